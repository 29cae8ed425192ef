import { type Candle, DAY_HOURS, type Interval, rollingDays } from '../../core/candle.ts';
import { flagCandles } from '../../core/candle-quality.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { WidthTable } from '../calibration/widths.ts';
import { type CoinHistory, toHistory, withSentiment } from '../data/coin-history.ts';
import { minimumCandles } from '../features/build.ts';
import type { PeriodPlace } from '../scoring/score-book.ts';
import type { DayByHours } from './combined-days.ts';
import type { EvaluationSpan } from './forecast-origins.ts';

/** A part of a coin's origins: those from `fromMs` to `toMs` of one series of candles. */
export interface EvaluationPart extends Pick<EvaluationSpan, 'fromMs' | 'toMs'> {
  readonly history: CoinHistory;
  /** Which of the markets of the evaluation is Bitcoin's series with the same slots. */
  readonly market: number;
  /** What the hourly model says about 24 hours at these origins, to combine with one day; left out where it is not asked. */
  readonly dayByHours?: DayByHours | undefined;
  /** The coin's width factors; left out where all are one. */
  readonly widths?: WidthTable | undefined;
  /** The ensemble's quantiles of rows of this history that are known already: rows × horizons × QUANTILE_LEVELS. */
  readonly known?: { readonly rows: Int32Array; readonly quantiles: Float64Array } | undefined;
}

/** A part that is made when its turn comes, with its coin and its place among the origins of the report. */
export interface PlannedPart {
  readonly symbol: string;
  readonly fromMs: number;
  readonly place: PeriodPlace;
  readonly make: () => Promise<EvaluationPart>;
}

/** A coin's whole series, of which width factors are learnt. */
export interface PlannedSeries {
  readonly symbol: string;
  readonly make: () => Promise<Pick<EvaluationPart, 'history' | 'market'>>;
}

/** The parts of every coin, one coin after the other, and Bitcoin's candles that they name. */
export interface EvaluationPlan {
  readonly parts: readonly PlannedPart[];
  /** One a coin, in the same order; where days end at every hour, those that end at midnight. */
  readonly series: readonly PlannedSeries[];
  readonly markets: readonly (CoinHistory | null)[];
}

type Series = Pick<MarketSeries, 'symbol' | 'candles'>;

/** One part a coin: an origin at every candle. */
export function planCandles(
  series: readonly Series[],
  btc: CoinHistory | null,
  interval: Interval,
  { fromMs, toMs }: EvaluationSpan,
  sentiment?: SentimentAt,
): EvaluationPlan {
  const coins = series.map(({ symbol, candles }): PlannedSeries => {
    const make = async () => ({
      history: await withSentiment(toHistory(symbol, candles, interval), sentiment),
      market: 0,
    });
    return { symbol, make };
  });
  const parts = coins.map(({ symbol, make }): PlannedPart => {
    const place = { first: 0, every: 1 };
    return { symbol, fromMs, place, make: async () => ({ ...(await make()), fromMs, toMs }) };
  });
  return { parts, series: coins, markets: [btc] };
}

/** What days that end at every hour are built from. */
export interface RollingInput {
  /** Hourly candles of every coin; none for a coin without any. */
  readonly hours: readonly Series[];
  /** Daily candles by coin, which end at 00:00 UTC. */
  readonly days: ReadonlyMap<string, Series>;
  /** Bitcoin's hourly candles. */
  readonly btc: Series | null;
  /** Candles in one window of the model. */
  readonly window: number;
  readonly sentiment?: SentimentAt | undefined;
}

/** A plan of rolling days, and the coins that have origins at midnight only, until when. */
export interface RollingPlan extends EvaluationPlan {
  readonly midnightOnly: readonly { readonly symbol: string; readonly untilMs: number | null }[];
}

/** Index of Bitcoin's daily candles among the markets; those before it are its rolling days by hour. */
const DAILY_MARKET = DAY_HOURS;

function shifted(series: Series, hour: number): CoinHistory {
  return toHistory(series.symbol, flagCandles(rollingDays(series.candles, hour), '1d'), '1d');
}

/**
 * The parts of coins whose days end at every hour: for each hour of the day a series of its own, beside Bitcoin's days that end at that
 * hour, so that everything which looks back (windows, scales, climatology, calibration) does so over days that end there too.
 *
 * Days that end at another hour than midnight need hourly candles. Daily candles, which cannot be shifted, stand in only at midnight and
 * only until the hourly candles are as many days as a window with its warm-up takes. That moment follows from the first hourly candles, so
 * later ones do not decide what an origin is forecast from.
 */
export function planRollingDays(input: RollingInput, span: EvaluationSpan): RollingPlan {
  const { hours, days, btc, window, sentiment } = input;
  const dailyBtc = days.get('BTC');
  const markets = Array.from({ length: DAY_HOURS }, (_, hour) => btc && shifted(btc, hour));
  const midnightMarket = dailyBtc ? toHistory('BTC', dailyBtc.candles, '1d') : markets[0]!;
  const midnightOnly: { symbol: string; untilMs: number | null }[] = [];
  const parts: PlannedPart[] = [];
  const midnights: PlannedSeries[] = [];

  const add = (symbol: string, part: Omit<EvaluationPart, 'history'>, makeHistory: () => CoinHistory) => {
    if (part.fromMs > part.toMs) return false;
    const first = Math.round((part.fromMs - span.fromMs) / HOUR_MS);
    const make = async () => ({ ...part, history: await withSentiment(makeHistory(), sentiment) });
    parts.push({ symbol, fromMs: part.fromMs, place: { first, every: DAY_HOURS }, make });
    return true;
  };
  for (const coin of hours) {
    const { symbol } = coin;
    const daily = days.get(symbol);
    const fromHoursMs = hoursSufficeMs(coin.candles, window);
    // The live bot learns from the sources' own days too, and serves what it has learnt at every hour.
    const midnight = () => (daily ? toHistory(symbol, daily.candles, '1d') : shifted(coin, 0));
    const market = daily && dailyBtc ? DAILY_MARKET : 0;
    midnights.push({ symbol, make: async () => ({ history: await withSentiment(midnight(), sentiment), market }) });
    for (let hour = 0; hour < DAY_HOURS; hour++) {
      const shiftMs = hour * HOUR_MS;
      let fromMs = Math.ceil((span.fromMs - shiftMs) / DAY_MS) * DAY_MS + shiftMs;
      if (hour === 0 && daily && daily.candles[0]!.openTimeMs < fromHoursMs - minimumCandles(window) * DAY_MS) {
        const toMs = Math.min(span.toMs, fromHoursMs - DAY_MS);
        if (add(symbol, { market: DAILY_MARKET, fromMs, toMs }, () => toHistory(symbol, daily.candles, '1d'))) {
          midnightOnly.push({ symbol, untilMs: fromHoursMs > span.toMs ? null : fromHoursMs });
        }
        fromMs = Math.max(fromMs, fromHoursMs);
      }
      if (coin.candles.length > 0) {
        add(symbol, { market: hour, fromMs, toMs: span.toMs }, () => shifted(coin, hour));
      }
    }
  }
  return { parts, series: midnights, markets: [...markets, midnightMarket], midnightOnly };
}

/** The first midnight at which the hourly candles are as many days as a window with its warm-up takes; infinite for none. */
function hoursSufficeMs(hours: readonly Candle[], window: number): number {
  const first = rollingDays(hours, 0)[0];
  return first ? first.openTimeMs + minimumCandles(window) * DAY_MS : Number.POSITIVE_INFINITY;
}
