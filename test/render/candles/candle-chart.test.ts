import { expect, it } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { candleChartSvg } from '../../../src/render/candles/candle-chart.ts';
import { candleChartInput } from '../../../src/render/candles/candle-chart-input.ts';
import { steadyCandles } from '../../support/prices.ts';
import { believableReport, ORIGIN_MS } from '../forecast/believable-report.ts';

const bitcoin = KNOWN_ASSETS.find(({ symbol }) => symbol === 'BTC')!;
const history = (most?: number) => steadyCandles(() => bitcoin, ORIGIN_MS, most).history('BTC', '4h');
const readerOf = (locale: string) => ({ translator: translatorFor(locale), timeZone: 'UTC' });
const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);
/** Where the texts of a picture begin, by their words. */
const placeOf = (svg: string, text: string) => {
  const found = [...svg.matchAll(/<text[^>]*transform="translate\(([\d.]+) ([\d.]+)\)"[^>]*>([^<]*)</g)];
  const [, x, y] = found.find(([, , , words]) => words === text)!;
  return { x: Number(x), y: Number(y) };
};

it.each(LANGUAGES)('draws candles with the reader’s words in %s, with and without a forecast', async (locale) => {
  const reader = readerOf(locale);
  const report = believableReport({ horizon: '3d', price: 60_000 });
  for (const fan of [null, report]) {
    const input = candleChartInput(await history(), fan, reader);
    const texts = textsOf(candleChartSvg(input, 'dark'));
    expect(texts).toEqual(expect.arrayContaining([input.title, input.subtitle, ...input.averages, input.volume]));
    expect(
      texts.includes(
        reader.translator.t('candles.next', { duration: reader.translator.formats.duration(3 * 86_400_000) }),
      ),
    ).toBe(fan !== null);
    expect(texts.join(' ')).not.toMatch(/NaN|undefined|Infinity/);
  }
});

it('names no average that there is none of, and marks a simulated market', async () => {
  const reader = readerOf('en');
  const few = textsOf(candleChartSvg(candleChartInput(await history(120), null, reader), 'dark'));
  expect(few).toContain('Average of 20');
  expect(few).not.toContain('Average of 50');
  expect(few).toContain('SIMULATED');
});

it('puts the forecast beside the newest candles, at the same height as its prices', async () => {
  const input = candleChartInput(await history(), believableReport({ horizon: '3d', price: 60_000 }), readerOf('en'));
  const svg = candleChartSvg(input, 'dark');
  const [median, low, high] = input.fan!.labels.map(({ text }) => placeOf(svg, text));
  expect(high!.y).toBeLessThan(median!.y);
  expect(median!.y).toBeLessThan(low!.y);
  expect(input.slots).toHaveLength(72);
  expect(input.fan!.originMs).toBeGreaterThanOrEqual(input.slots.at(-1)!.openTimeMs + input.stepMs);
});
