import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { levelOdds } from '../../../src/core/odds.ts';
import { type CoinGlance, coinLine } from '../../../src/core/outlook.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { ACCURACY_CHART_WIDTH, accuracyChartSvg } from '../../../src/render/accuracy/accuracy-chart.ts';
import { accuracyChartInput } from '../../../src/render/accuracy/accuracy-chart-input.ts';
import {
  ODDS_RECORD_CHART_SIZE,
  oddsRecordChartInput,
  oddsRecordChartSvg,
} from '../../../src/render/accuracy/odds-record-chart.ts';
import {
  BACKTEST_CHART_SIZE,
  backtestChartInput,
  backtestChartSvg,
} from '../../../src/render/backtest/backtest-chart.ts';
import { CANDLE_CHART_SIZE, candleChartSvg } from '../../../src/render/candles/candle-chart.ts';
import { candleChartInput } from '../../../src/render/candles/candle-chart-input.ts';
import { CHARTS } from '../../../src/render/chart/chart-task.ts';
import { FONTS } from '../../../src/render/chart/rasterize.ts';
import { CHART_SIZE, fanChartSvg } from '../../../src/render/forecast/fan-chart.ts';
import { fanChartInput } from '../../../src/render/forecast/fan-chart-input.ts';
import { ODDS_CHART_SIZE, oddsChartSvg } from '../../../src/render/odds/odds-chart.ts';
import { oddsChartInput } from '../../../src/render/odds/odds-chart-input.ts';
import { PRICE_CHART_WIDTH, type PriceChartInput, priceChartSvg } from '../../../src/render/price/price-chart.ts';
import { priceChartInput } from '../../../src/render/price/price-embed.ts';
import {
  SENTIMENT_CHART_SIZE,
  sentimentChartInput,
  sentimentChartSvg,
} from '../../../src/render/sentiment/sentiment-chart.ts';
import { COIN_TABLE_WIDTH, coinTableInput, coinTableSvg } from '../../../src/render/watch/coin-table.ts';
import { fakeContext } from '../../support/console/fake-context.ts';
import { believableOddsRecord } from '../../support/odds.ts';
import { steadyCandles } from '../../support/prices.ts';
import { believableAccuracy, believableCall, believableHorizon } from '../accuracy/believable-accuracy.ts';
import { believableBacktest } from '../backtest/believable-backtest.ts';
import { believableReport, ORIGIN_MS } from '../forecast/believable-report.ts';
import { believableSentiment } from '../sentiment/believable-sentiment.ts';

/** How wide the page, at 375 pixels, and Discord on a phone show a picture, and the smallest type that is read there, in pixels. */
const TABLE = { shown: 275, readable: 11 } as const;
/** The same of charts, whose labels are read beside lines: a phone shows those across its width. */
const CHART = { shown: 340, readable: 9.5 } as const;

interface Text {
  readonly words: string;
  readonly size: number;
  readonly box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

/** The texts of a document with their places, as the font that is used really sets them. */
function textsOf(svg: string): Text[] {
  const open = /^<svg[^>]*>/.exec(svg)![0];
  // The mark across a simulated chart lies beneath everything.
  const level = svg.replace(/<g transform="rotate.*?<\/g>/g, '');
  return [...level.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([element, words]) => {
    const size = Number(/font-size[:=]"?([\d.]+)/.exec(element)![1]);
    const { x, y, width, height } = new Resvg(`${open}${element}</svg>`, FONTS).getBBox()!;
    return { words: words!, size, box: { left: x, right: x + width, top: y, bottom: y + height } };
  });
}

/** Texts that are too small on a phone, leave the picture or run into each other. */
function problemsOf(svg: string, width: number, { shown, readable }: typeof TABLE | typeof CHART = TABLE): string[] {
  const texts = textsOf(svg);
  expect(texts.length).toBeGreaterThan(3);
  return texts.flatMap((one, i) => [
    ...(one.size * (shown / width) < readable ? [`${one.words}: ${one.size}`] : []),
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

it('every kind of picture is held to what a phone shows', () => {
  const held = ['accuracy', 'backtest', 'candles', 'coins', 'fan', 'odds', 'oddsRecord', 'price', 'sentiment'];
  expect(Object.keys(CHARTS).sort()).toEqual(held);
});

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

describe.each(LANGUAGES)('on a phone, charts in %s', (locale) => {
  const reader = { translator: translatorFor(locale), timeZone: 'America/Buenos_Aires' };

  it.each([0.0000123456, 0.4321, 98_123.45])('are readable: odds at a price of %d', (price) => {
    for (const factor of [1.001, 1.02, 0.9]) {
      const forecast = believableReport({ horizon: '3d', price, simulated: true });
      const [level, targetMs] = [price * factor, ORIGIN_MS + 2 * DAY_MS];
      const odds = { level, direction: 'above' as const, targetMs, ...levelOdds(forecast, level, targetMs) };
      const input = oddsChartInput({ forecast, ...odds, record: null }, reader);
      for (const theme of ['dark', 'light'] as const) {
        expect(problemsOf(oddsChartSvg(input, theme), ODDS_CHART_SIZE.width, CHART)).toEqual([]);
      }
    }
  });

  it.each(['1h', '4h', '1d', '1w'] as const)('are readable: candles of %s', async (timeframe) => {
    const bitcoin = KNOWN_ASSETS.find(({ symbol }) => symbol === 'BTC')!;
    const history = await steadyCandles(() => bitcoin, ORIGIN_MS).history('BTC', timeframe);
    for (const fan of [null, believableReport({ horizon: '3d', price: 60_000, simulated: true })]) {
      const svg = candleChartSvg(candleChartInput(history, fan, reader), 'dark');
      expect(problemsOf(svg, CANDLE_CHART_SIZE.width, CHART)).toEqual([]);
    }
  });

  it.each([null, 'BTC', 'LONGTICKER'])('are readable: accuracy of %s', (symbol) => {
    const calls = (everyMs: number) =>
      Array.from({ length: 40 }, (_, i) => believableCall({ targetMs: ORIGIN_MS + i * everyMs, originMs: ORIGIN_MS }));
    for (const past of [calls(HOUR_MS), calls(DAY_MS), calls(11 * DAY_MS), []]) {
      for (const horizons of [undefined, [believableHorizon('1d', { n: 50 })]]) {
        const report = believableAccuracy({ symbol, past, simulated: true, ...(horizons ? { horizons } : {}) });
        const svg = accuracyChartSvg(accuracyChartInput(report, reader.translator), 'dark');
        expect(problemsOf(svg, ACCURACY_CHART_WIDTH, CHART)).toEqual([]);
      }
    }
  });

  it.each(['BTC', 'LONGTICKER'])('are readable: sentiment of %s', (symbol) => {
    const report = believableSentiment({ simulated: true });
    const known = sentimentChartInput({ ...report, asset: { ...report.asset, symbol } }, reader.translator);
    const gauges = known.gauges.map((gauge, i) => ({
      ...gauge,
      score: null,
      count: null,
      weekAgo: i % 2 ? -0.3 : null,
    }));
    for (const input of [known, { ...known, gauges, series: [] }]) {
      expect(problemsOf(sentimentChartSvg(input, 'light'), SENTIMENT_CHART_SIZE.width, CHART)).toEqual([]);
    }
  });

  it.each([0.0000123456, 98_123.45])('are readable: forecasts at a price of %d', (price) => {
    for (const horizon of ['1h', '1d', '7d'] as const) {
      const report = believableReport({ horizon, price, simulated: true });
      const svg = fanChartSvg(fanChartInput(report, reader.timeZone, locale), 'dark');
      expect(problemsOf(svg, CHART_SIZE.width, CHART)).toEqual([]);
    }
  });

  it.each([60, 20])('are readable: the record of odds over %i days', (days) => {
    const report = { ...believableOddsRecord(days), simulated: true };
    const svg = oddsRecordChartSvg(oddsRecordChartInput(report, reader.translator), 'light');
    expect(problemsOf(svg, ODDS_RECORD_CHART_SIZE.width, CHART)).toEqual([]);
  });

  it.each([1, 1e-6])('are readable: backtests, with prices %d times those of Bitcoin', (factor) => {
    const report = believableBacktest({ simulated: true });
    const price = report.equity.price?.map((value) => (value === null ? null : value * factor)) ?? null;
    for (const equity of [report.equity, { ...report.equity, price }, { ...report.equity, price: null }]) {
      const svg = backtestChartSvg(backtestChartInput({ ...report, equity }, reader.translator), 'dark');
      expect(problemsOf(svg, BACKTEST_CHART_SIZE.width, CHART)).toEqual([]);
    }
  });
});

it('gives a head of backtests only the lines that it has: the legend stands higher below a shorter one', () => {
  const input = backtestChartInput(believableBacktest(), translatorFor('en'));
  const legendTop = (title: string, subtitle: string) =>
    textsOf(backtestChartSvg({ ...input, title, subtitle }, 'dark')).find(({ words }) => words === input.subject)!.box
      .top;
  const long = 'Words of a head that is wider than the picture, which takes two lines of it at this size';
  const short = legendTop('Short', 'Short');
  expect(legendTop(long, 'Short') - short).toBeCloseTo(36);
  expect(legendTop('Short', long) - short).toBeCloseTo(32);
});
