import { ACCURACY_CHART_WIDTH, accuracyChartSvg } from '../accuracy/accuracy-chart.ts';
import { ODDS_RECORD_CHART_SIZE, oddsRecordChartSvg } from '../accuracy/odds-record-chart.ts';
import { BACKTEST_CHART_SIZE, backtestChartSvg } from '../backtest/backtest-chart.ts';
import { CANDLE_CHART_SIZE, candleChartSvg } from '../candles/candle-chart.ts';
import { CHART_SIZE, fanChartSvg } from '../forecast/fan-chart.ts';
import { ODDS_CHART_SIZE, oddsChartSvg } from '../odds/odds-chart.ts';
import { PRICE_CHART_WIDTH, priceChartSvg } from '../price/price-chart.ts';
import { SENTIMENT_CHART_SIZE, sentimentChartSvg } from '../sentiment/sentiment-chart.ts';
import { COIN_TABLE_WIDTH, coinTableSvg } from '../watch/coin-table.ts';
import type { ChartTheme } from './chart-theme.ts';
import { svgToPng } from './rasterize.ts';

/** Pixels for each chart unit: sharp on a phone, and small enough to draw in time. */
const PIXEL_RATIO = 1.5;

/** A kind of chart: how its picture is drawn from what it shows, and how large it is in its own units. */
interface ChartKind<Input> {
  readonly width: number;
  svg(input: Input, theme: ChartTheme): string;
}

/** Narrows a kind's input to what its drawing takes; the worker gets it as a message. */
const kind = <Input>(width: number, svg: (input: Input, theme: ChartTheme) => string): ChartKind<Input> => ({
  width,
  svg,
});

/** Every kind of chart. */
export const CHARTS = {
  fan: kind(CHART_SIZE.width, fanChartSvg),
  backtest: kind(BACKTEST_CHART_SIZE.width, backtestChartSvg),
  accuracy: kind(ACCURACY_CHART_WIDTH, accuracyChartSvg),
  candles: kind(CANDLE_CHART_SIZE.width, candleChartSvg),
  oddsRecord: kind(ODDS_RECORD_CHART_SIZE.width, oddsRecordChartSvg),
  odds: kind(ODDS_CHART_SIZE.width, oddsChartSvg),
  price: kind(PRICE_CHART_WIDTH, priceChartSvg),
  sentiment: kind(SENTIMENT_CHART_SIZE.width, sentimentChartSvg),
  coins: kind(COIN_TABLE_WIDTH, coinTableSvg),
} as const;

/** The name of a kind of chart. */
type ChartName = keyof typeof CHARTS;

/** What a kind of chart shows: small enough to post to a worker; its hash is the cache's key. */
type ChartInput<Name extends ChartName> = Parameters<(typeof CHARTS)[Name]['svg']>[0];

/** One chart to draw. */
export type ChartTask = {
  [Name in ChartName]: { readonly name: Name; readonly input: ChartInput<Name>; readonly theme: ChartTheme };
}[ChartName];

/** The worker's function: draws a chart as PNG, its width times {@link PIXEL_RATIO} pixels. */
export const task = (_setup: null) => ({
  draw: ({ name, input, theme }: ChartTask): Uint8Array => {
    const chart = CHARTS[name];
    // Name and input belong together by ChartTask's type, which a union of functions cannot show.
    const svg = chart.svg as (input: ChartTask['input'], theme: ChartTask['theme']) => string;
    return svgToPng(svg(input, theme), chart.width * PIXEL_RATIO);
  },
});
