import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { PublicRecord } from '../../core/public-record.ts';
import { PAGE_GENERATOR, type PageSurroundings, recordPage } from './record-page.ts';

/** One file of the site. */
export interface SiteFile {
  readonly name: string;
  readonly contentType: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

const require = createRequire(import.meta.url);
const own = (name: string) => new URL(`./page/${name}`, import.meta.url);

/** Files that are the same for every record. */
const ASSETS = [
  { name: 'style.css', contentType: 'text/css; charset=utf-8', source: own('style.css') },
  { name: 'page.js', contentType: 'text/javascript; charset=utf-8', source: own('page.js') },
  { name: 'icon.svg', contentType: 'image/svg+xml', source: own('icon.svg') },
  ...[400, 600].map((weight) => ({
    name: `inter-${weight}.ttf`,
    contentType: 'font/ttf',
    source: require.resolve(
      `@expo-google-fonts/inter/${weight === 400 ? '400Regular/Inter_400Regular' : '600SemiBold/Inter_600SemiBold'}.ttf`,
    ),
  })),
];

/** Names of all files of the site; `figures.json` says whose folder it is. */
export const FIGURES = 'figures.json';
export const SITE_NAMES: readonly string[] = ['index.html', FIGURES, ...ASSETS.map(({ name }) => name)];

/** All files of the track record as a site: the page, its style, its script, its fonts, and its figures as data. */
export async function recordSite(record: PublicRecord, surroundings: PageSurroundings): Promise<readonly SiteFile[]> {
  const text = (name: string, contentType: string, data: string): SiteFile => ({
    name,
    contentType,
    data: new TextEncoder().encode(data),
  });
  const assets = await Promise.all(
    ASSETS.map(async ({ name, contentType, source }) => ({
      name,
      contentType,
      data: new Uint8Array(await readFile(source)),
    })),
  );
  return [
    ...assets,
    text(
      FIGURES,
      'application/json; charset=utf-8',
      `${JSON.stringify({ generator: PAGE_GENERATOR, format: 1, ...record })}\n`,
    ),
    // Last, because whoever opens it meanwhile wants the files that it names.
    text('index.html', 'text/html; charset=utf-8', recordPage(record, surroundings)),
  ];
}
