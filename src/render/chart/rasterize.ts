import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { FONT } from './chart-theme.ts';

const require = createRequire(import.meta.url);
const fontFiles = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'].map((file) =>
  require.resolve(`@expo-google-fonts/inter/${file}`),
);

/** The project's own font and no other. */
export const FONTS = {
  font: { loadSystemFonts: false, fontFiles, defaultFontFamily: FONT, sansSerifFamily: FONT },
  logLevel: 'off',
} as const;

/** Turns an SVG document of ours into a PNG `widthPx` wide. */
export function svgToPng(svg: string, widthPx: number): Uint8Array {
  const resvg = new Resvg(svg, { ...FONTS, fitTo: { mode: 'width', value: widthPx } });
  return resvg.render().asPng();
}
