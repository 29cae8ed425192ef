import { describe, expect, it } from 'vitest';
import { translatorFor } from '../../../src/language/translator.ts';
import { accuracyChartSvg } from '../../../src/render/accuracy/accuracy-chart.ts';
import { accuracyChartInput } from '../../../src/render/accuracy/accuracy-chart-input.ts';
import { svgToPng } from '../../../src/render/chart/rasterize.ts';
import { believableAccuracy, believableCall, believableHorizon } from './believable-accuracy.ts';

const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!.trim());
const draw = (report = believableAccuracy(), theme: 'dark' | 'light' = 'dark', locale = 'en-US') =>
  accuracyChartSvg(accuracyChartInput(report, translatorFor(locale)), theme);

describe('the chart of /accuracy', () => {
  it('places every coin’s outcomes in shared bands, and the calibration of P(up) below them', () => {
    const shown = words(draw());
    expect(shown).toContain('BTC, 1 day ahead');
    expect(shown).toContain('What was said and what happened');
    expect(shown).toEqual(
      expect.arrayContaining(['97.5 %', 'middle', '10 %', 'rises that happened', 'inside 80 %', 'outside']),
    );
  });

  it('shows one coin’s prices instead, without calibration where forecasts are few', () => {
    const few = believableAccuracy({ symbol: 'BTC', horizons: [believableHorizon('1d', { n: 50 })] });
    const shown = words(draw(few, 'light'));
    expect(shown.some((word) => /^\$\d\d,\d{3}$/.test(word))).toBe(true);
    expect(shown).not.toContain('rises that happened');
    expect(shown).not.toContain('middle');
  });

  it('draws three bars a forecast and one mark an outcome', () => {
    const past = [10, 9, 8]
      .map((day) => believableCall({ targetMs: day * 86_400_000, originMs: (day - 1) * 86_400_000 }))
      .reverse();
    const empty = believableAccuracy({
      symbol: 'BTC',
      past: past.slice(0, 1),
      horizons: [believableHorizon('1d', { n: 3 })],
    });
    const three = { ...empty, past };
    const fills = (svg: string, colour: string) => svg.split(`fill="${colour}"`).length - 1;
    const more = (colour: string) => fills(draw(three), colour) - fills(draw(empty), colour);
    expect(['#303974', '#414c9e', '#5b69d2'].map(more)).toEqual([2, 2, 2]);
    expect(more('#3fc7ae')).toBe(2);
  });

  it.each([0, 1, 2])('becomes a picture of %i forecasts without failing', (count) => {
    for (const symbol of [null, 'BTC']) {
      const past = Array.from({ length: count }, (_, i) =>
        believableCall({ targetMs: (i + 1) * 86_400_000, position: 9 }),
      );
      expect(svgToPng(draw(believableAccuracy({ symbol, past })), 900).length).toBeGreaterThan(5_000);
    }
  });

  it('has its words, prices and dates in the reader’s language', () => {
    const shown = words(draw(believableAccuracy({ symbol: 'BTC', simulated: true }), 'dark', 'de'));
    expect(shown).toContain('BTC, 1 Tag voraus');
    expect(shown).toEqual(expect.arrayContaining(['in 80 %', 'außerhalb', 'eingetretene Anstiege', 'SIMULIERT']));
    expect(shown.some((word) => /^\d\d\.\d{3}\s\$$/.test(word))).toBe(true);
    expect(shown.some((word) => /^\d+\. (Sept|Okt|Nov)\.$/.test(word))).toBe(true);
  });

  it('says SIMULATED', () => {
    expect(words(draw(believableAccuracy({ simulated: true })))).toContain('SIMULATED');
    expect(words(draw())).not.toContain('SIMULATED');
  });
});
