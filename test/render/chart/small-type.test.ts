import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { type CoinGlance, coinLine } from '../../../src/core/outlook.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { FONTS } from '../../../src/render/chart/rasterize.ts';
import { PRICE_CHART_WIDTH, type PriceChartInput, priceChartSvg } from '../../../src/render/price/price-chart.ts';
import { priceChartInput } from '../../../src/render/price/price-embed.ts';
import { COIN_TABLE_WIDTH, coinTableInput, coinTableSvg } from '../../../src/render/watch/coin-table.ts';
import { fakeContext } from '../../support/console/fake-context.ts';
import { believableReport, ORIGIN_MS } from '../forecast/believable-report.ts';

/** How wide the page, at 375 pixels, and Discord on a phone show a picture, and the smallest type that is read there, in pixels. */
const SHOWN = 275;
const READABLE = 11;

interface Text {
  readonly words: string;
  readonly size: number;
  readonly box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

/** The texts of a document with their places, as the font that is used really sets them. */
function textsOf(svg: string): Text[] {
  const open = /^<svg[^>]*>/.exec(svg)![0];
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([element, words]) => {
    const size = Number(/font-size[:=]"?([\d.]+)/.exec(element)![1]);
    const { x, y, width, height } = new Resvg(`${open}${element}</svg>`, FONTS).getBBox()!;
    return { words: words!, size, box: { left: x, right: x + width, top: y, bottom: y + height } };
  });
}

/** Texts that are too small on a phone, leave the picture or run into each other. */
function problemsOf(svg: string, width: number): string[] {
  const texts = textsOf(svg);
  expect(texts.length).toBeGreaterThan(3);
  return texts.flatMap((one, i) => [
    ...(one.size * (SHOWN / width) < READABLE ? [`${one.words}: ${one.size}`] : []),
    ...(one.box.left < 0 || one.box.right > width ? [`${one.words} leaves the picture`] : []),
    ...texts
      .slice(i + 1)
      .filter(
        ({ box }) =>
          box.left < one.box.right + 4 &&
          box.right > one.box.left - 4 &&
          box.top < one.box.bottom &&
          box.bottom > one.box.top,
      )
      .map(({ words }) => `${one.words} runs into ${words}`),
  ]);
}

describe.each(LANGUAGES)('on a phone, pictures of several coins in %s', (locale) => {
  const translator = translatorFor(locale);
  const glance = (symbol: string, price: number, changed = 0): CoinGlance => ({
    symbol,
    line: { ...coinLine(believableReport({ symbol, price, simulated: true })), dayAgo: price / (1 + changed) },
    problem: null,
  });
  const glances = [
    glance('BTC', 98_123.45),
    glance('SHIB', 0.0000123456, 1.2345),
    glance('LONGTICKER', 1_234.56, -0.345),
    glance('BTTC', 0.000000067891),
    { symbol: 'WWWWWWWWWW', line: null, problem: new CandlecastError('CC_MARKET_HALTED', 'Not traded.') },
  ];

  it.each(['watch.title', 'outlook.title'] as const)('are readable: the table %s', (title) => {
    const input = coinTableInput(glances, translator.t(title), translator);
    expect(problemsOf(coinTableSvg(input, 'dark'), COIN_TABLE_WIDTH)).toEqual([]);
  });

  it('are readable: prices', async () => {
    const { price } = fakeContext().services;
    const asks = price.read('BTC/EUR ETH/BTC SHIB DOGE/EUR SOL');
    const board = await price.board(asks, 'USD');
    const prices = board.prices.map((one, i) => ({ ...one, price: one.price / 1_000 ** i }));
    const look = { locale, timeZone: 'UTC', currency: 'USD', horizon: '1d', view: 'brief' } as const;
    const several: PriceChartInput = priceChartInput({ ...board, prices }, look)!;
    expect(problemsOf(priceChartSvg(several, 'dark'), PRICE_CHART_WIDTH)).toEqual([]);
    const wide = prices.map((one) => ({ ...one, price: 1_234_567_890, dayAgo: 1e9 }));
    const large = priceChartInput({ ...board, prices: wide }, look)!;
    expect(problemsOf(priceChartSvg(large, 'dark'), PRICE_CHART_WIDTH)).toEqual([]);
    const only = priceChartInput({ prices: prices.slice(0, 1), failed: [] }, look)!;
    expect(problemsOf(priceChartSvg(only, 'dark'), PRICE_CHART_WIDTH)).toEqual([]);
    expect(board.prices[0]!.atMs).toBe(ORIGIN_MS);
  });
});
