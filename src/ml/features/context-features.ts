import { INTERVAL_MS } from '../../core/candle.ts';
import { OBSERVATION_METRICS, type ObservationMetric } from '../../core/market.ts';
import { type ObservationColumn, observationChange, rowOpenMs } from './columns.ts';
import { dailyPattern, macd, rsi } from './indicators.ts';
import type { PreparedSeries } from './prepared-series.ts';
import { rollingCrossMean, rollingMax, rollingMean, rollingMedian } from './rolling.ts';
import { alignedRow } from './step-features.ts';

/** Candles in the trailing windows that volatility, momentum and averages are taken over. */
export const SCALES = [5, 10, 22, 66, 180, 365] as const;
const LONGEST = 365;

/** A context number per row: its name, and the column. NaN means unknown. */
export interface ContextColumn {
  readonly name: string;
  readonly values: Float64Array;
}

/** A column of `length` numbers, computed from row `from` on; NaN before. */
function map(length: number, of: (row: number) => number, from: number): Float64Array {
  const values = new Float64Array(length).fill(Number.NaN, 0, from);
  for (let row = from; row < length; row++) values[row] = of(row);
  return values;
}

const rootMean = (squares: Float64Array, from: number) => map(squares.length, (row) => Math.sqrt(squares[row]!), from);
const least = (n: number) => Math.max(3, Math.floor(n / 2));

/** Realised volatility (root mean square) over the scales, of ranges and of returns, and robust ones; logs relative to σ. */
function volatilityColumns(series: PreparedSeries, from: number): ContextColumn[] {
  const { range, returns, sigma } = series;
  const rows = sigma.length;
  const squaredRange = range.map((value) => value * value);
  const squaredReturn = returns.map((value) => value * value);
  const relative = (name: string, values: Float64Array): ContextColumn => ({
    name,
    values: map(rows, (i) => Math.log(Math.max(values[i]!, 1e-6) / sigma[i]!), from),
  });
  const absolute = returns.map(Math.abs);
  return [
    { name: 'logSigma', values: map(rows, (i) => Math.log(sigma[i]!), from) },
    relative('rangeVol1', range),
    ...SCALES.map((n) => relative(`rangeVol${n}`, rootMean(rollingMean(squaredRange, n, least(n)), from))),
    ...SCALES.filter((n) => n !== 10).map((n) =>
      relative(`returnVol${n}`, rootMean(rollingMean(squaredReturn, n, least(n)), from)),
    ),
    relative('medianReturn22', rollingMedian(absolute, 22, 11, from)),
    relative('medianReturn66', rollingMedian(absolute, 66, 33, from)),
    relative('medianRange22', rollingMedian(range, 22, 11, from)),
    { name: 'volOfVol22', values: dispersion(range.map(Math.log), 22, from) },
  ];
}

/** Standard deviation of the last n numbers. */
function dispersion(values: Float64Array, n: number, from: number): Float64Array {
  const mean = rollingMean(values, n, least(n));
  const square = rollingMean(
    values.map((value) => value * value),
    n,
    least(n),
  );
  return map(values.length, (i) => Math.sqrt(Math.max(square[i]! - mean[i]! * mean[i]!, 0)), from);
}

/** Where the price stands against its past, in units of σ √n, and the classical oscillators. */
function trendColumns(series: PreparedSeries, from: number): ContextColumn[] {
  const { columns, returns, sigma } = series;
  const rows = columns.rows;
  const { close } = columns;
  const sumOver = (n: number) => rollingMean(returns, n, least(n)).map((value) => value * n);
  const momentum = [1, 5, 22, 66].map((n): ContextColumn => {
    const sums = n === 1 ? returns : sumOver(n);
    return { name: `momentum${n}`, values: map(rows, (i) => sums[i]! / (sigma[i]! * Math.sqrt(n)), from) };
  });
  const averages = [20, 50, 200].map((n): ContextColumn => {
    const mean = rollingMean(close, n, least(n));
    return {
      name: `aboveSma${n}`,
      values: map(rows, (i) => Math.log(close[i]! / mean[i]!) / (sigma[i]! * Math.sqrt(n)), from),
    };
  });
  const strength = rsi(close, 14);
  const { line, histogram } = macd(close, 12, 26, 9);
  const peak = rollingMax(close, LONGEST);
  const cubes = rollingMean(
    returns.map((value) => value ** 3),
    66,
    33,
  );
  const squares = rollingMean(
    returns.map((value) => value * value),
    66,
    33,
  );
  return [
    ...momentum,
    ...averages,
    { name: 'rsi14', values: map(rows, (i) => (strength[i]! - 50) / 50, from) },
    { name: 'macd', values: map(rows, (i) => line[i]! / (close[i]! * sigma[i]!), from) },
    { name: 'macdHistogram', values: map(rows, (i) => histogram[i]! / (close[i]! * sigma[i]!), from) },
    { name: 'drawdown', values: map(rows, (i) => Math.log(close[i]! / peak[i]!), from) },
    { name: 'skew66', values: map(rows, (i) => cubes[i]! / Math.max(squares[i]!, 1e-12) ** 1.5, from) },
  ];
}

/** Recent against usual volume. */
function volumeColumns(series: PreparedSeries, from: number): ContextColumn[] {
  const mean = (n: number) => rollingMean(series.columns.volume, n, least(n));
  const [short, middle, long] = [mean(5), mean(22), mean(132)];
  const ratio = (a: Float64Array, b: Float64Array) =>
    map(a.length, (i) => (a[i]! > 0 && b[i]! > 0 ? Math.log(a[i]! / b[i]!) : Number.NaN), from);
  return [
    { name: 'volume5to22', values: ratio(short, middle) },
    { name: 'volume22to132', values: ratio(middle, long) },
  ];
}

/** Bitcoin's volatility and this coin's relation to it. All NaN without Bitcoin's candles. */
function bitcoinColumns(series: PreparedSeries, btc: PreparedSeries | null, from: number): ContextColumn[] {
  const rows = series.columns.rows;
  const aligned = (values: Float64Array | undefined, first: number) =>
    map(
      rows,
      (i) => {
        const at = btc ? alignedRow(series.columns, i, btc.columns) : -1;
        return at < 0 || !values ? Number.NaN : values[at]!;
      },
      first,
    );
  const squared = btc?.range.map((value) => value * value);
  const btcVol = (n: number) => aligned(squared && rootMean(rollingMean(squared, n, least(n)), 0), from);
  const sigma = aligned(btc?.sigma, from);
  // Averages over them begin with the first row.
  const returns = aligned(btc?.returns, 0);
  const [vol5, vol22, vol66, vol365] = [btcVol(5), btcVol(22), btcVol(66), btcVol(365)];
  const cross = rollingCrossMean(series.returns, returns, 66, 33);
  const own = rollingMean(
    series.returns.map((value) => value * value),
    66,
    33,
  );
  const theirs = rollingMean(
    returns.map((value) => value * value),
    66,
    33,
  );
  const btcSum = rollingMean(returns, 5, 3);
  return [
    { name: 'ownToBtcSigma', values: map(rows, (i) => Math.log(series.sigma[i]! / sigma[i]!), from) },
    { name: 'btcVol5to66', values: map(rows, (i) => Math.log(vol5[i]! / vol66[i]!), from) },
    { name: 'btcVol22to365', values: map(rows, (i) => Math.log(vol22[i]! / vol365[i]!), from) },
    { name: 'btcVol5toSigma', values: map(rows, (i) => Math.log(vol5[i]! / sigma[i]!), from) },
    { name: 'btcMomentum1', values: map(rows, (i) => returns[i]! / sigma[i]!, from) },
    { name: 'btcMomentum5', values: map(rows, (i) => (btcSum[i]! * 5) / (sigma[i]! * Math.sqrt(5)), from) },
    {
      name: 'btcCorrelation66',
      values: map(rows, (i) => cross[i]! / Math.sqrt(Math.max(own[i]! * theirs[i]!, 1e-18)), from),
    },
    { name: 'btcKnown', values: map(rows, (i) => (Number.isNaN(sigma[i]!) ? 0 : 1), from) },
  ];
}

/** Time of day and of week of the candle that comes next, as the first and second harmonics. */
function calendarColumns(series: PreparedSeries, from: number): ContextColumn[] {
  const { columns } = series;
  const step = INTERVAL_MS[columns.interval];
  const harmonic = (name: string, periodMs: number, order: number): ContextColumn[] => {
    const angle = (i: number) => (2 * Math.PI * order * ((rowOpenMs(columns, i) + step) % periodMs)) / periodMs;
    return [
      { name: `${name}Sin${order}`, values: map(columns.rows, (i) => Math.sin(angle(i)), from) },
      { name: `${name}Cos${order}`, values: map(columns.rows, (i) => Math.cos(angle(i)), from) },
    ];
  };
  const week = 7 * 86_400_000;
  const weekly = [...harmonic('week', week, 1), ...harmonic('week', week, 2), ...harmonic('week', week, 3)];
  if (columns.interval === '1d') return weekly;
  return [...weekly, ...[1, 2, 3].flatMap((order) => harmonic('day', 86_400_000, order))];
}

/** Hours ahead that the daily pattern is looked up for: the candle that has just closed, the next one, and the next four. */
const PATTERN_SPANS = [
  [0, 0],
  [1, 1],
  [1, 4],
] as const;

/** The coin's usual volatility at this hour of the day and at the next hours; hourly candles only. */
function dailyPatternColumns(series: PreparedSeries, from: number): ContextColumn[] {
  if (series.columns.interval === '1d') return [];
  const columns = dailyPattern(series, PATTERN_SPANS, from);
  return PATTERN_SPANS.map(([first, last], at) => ({ name: `hourRange${first}to${last}`, values: columns[at]! }));
}

/** How much of the longest trailing window there is, as a fraction; an input by which the net can weigh the long scales. */
function historyColumn(series: PreparedSeries): ContextColumn {
  let seen = 0;
  const values = series.columns.close.map((close) => {
    if (!Number.isNaN(close)) seen++;
    return Math.min(seen / LONGEST, 1);
  });
  return { name: 'history', values };
}

/** Market capitalisation and on-chain activity: change of the last week against the last quarter, each with its mask. */
function observationColumns(
  series: PreparedSeries,
  observations: ReadonlyMap<ObservationMetric, ObservationColumn>,
): ContextColumn[] {
  return OBSERVATION_METRICS.flatMap((metric) => {
    const values = observationChange(series.columns, observations.get(metric));
    return [
      { name: `${metric}Change`, values },
      { name: `${metric}Known`, values: values.map((value) => (Number.isNaN(value) ? 0 : 1)) },
    ];
  });
}

/**
 * All context columns of one coin, always the same names in the same order for an interval. Rows before `from` are not wanted and may hold
 * anything; the others are the same bits whatever `from` is.
 */
export function contextColumns(
  series: PreparedSeries,
  btc: PreparedSeries | null,
  observations: ReadonlyMap<ObservationMetric, ObservationColumn>,
  from = 0,
): ContextColumn[] {
  return [
    ...volatilityColumns(series, from),
    ...trendColumns(series, from),
    ...volumeColumns(series, from),
    ...bitcoinColumns(series, btc, from),
    ...calendarColumns(series, from),
    ...dailyPatternColumns(series, from),
    historyColumn(series),
    ...observationColumns(series, observations),
  ];
}
