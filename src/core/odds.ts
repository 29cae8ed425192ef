import type { FanPoint, ForecastReport } from './forecast.ts';
import { HORIZONS, type HorizonChoice, type HorizonName, horizonMs } from './horizon.ts';
import type { OddsRecordReport } from './odds-record.ts';
import { probabilityAbove } from './quantiles.ts';
import { DAY_MS, HOUR_MS } from './time.ts';

/** The nearest and the farthest moment that odds are given for, in ms after the question. */
export const ODDS_SPAN_MS = { least: HOUR_MS, most: 7 * DAY_MS } as const;

/** Which side of the level is asked about. */
export type OddsDirection = 'above' | 'below';

/** The odds of one level at one moment. */
export interface LevelOdds {
  /** Probability that the price is above the level at the moment. */
  readonly above: number;
  /** Probability that the price reaches the level at any time up to the moment; at least that of being beyond it there. */
  readonly touch: number;
}

/** The part of a forecast that odds are read off. */
export type OddsForecast = Pick<ForecastReport, 'originMs' | 'lastPrice' | 'fan'>;

/** Odds that were asked for. Prices in US dollars, or, for a reader in another currency, in that of the forecast. */
export interface OddsAnswer extends LevelOdds {
  readonly forecast: ForecastReport;
  readonly level: number;
  readonly direction: OddsDirection;
  readonly targetMs: number;
  /** How such odds have held live, of all coins; null where that cannot be read. */
  readonly record: OddsRecordReport | null;
}

/** Odds of a level that somebody asked for, as they are frozen. Prices in US dollars. Nothing in it says who asked. */
export interface AskedOdds {
  readonly symbol: string;
  readonly level: number;
  /** Which side was asked about; `above` and `touch` are the chances all the same. */
  readonly direction: OddsDirection;
  readonly originMs: number;
  readonly targetMs: number;
  readonly lastPrice: number;
  readonly source: string;
  /** The recorded forecast that they were read off is that of the coin, this horizon, the same origin and this model. */
  readonly horizon: HorizonName;
  readonly model: string;
  readonly above: number;
  readonly touch: number;
  /** The same of the coin's usual moves; null with too little history. */
  readonly usual: { readonly above: number; readonly touch: number } | null;
}

/** What the chain of asked odds holds: the odds, and later what came of them. */
export type AskedOddsEvent =
  | { readonly kind: 'odds'; readonly odds: AskedOdds }
  | {
      readonly kind: 'outcome';
      readonly actualPrice: number;
      readonly source: string;
      /** Null where candles are missing, or do not tell on which side of the question's first or last minute it was. */
      readonly touched: boolean | null;
    }
  | { readonly kind: 'void'; readonly reason: 'no-price' | 'other-coin' };

/** The end of asked odds. */
export type AskedOddsEnd = Exclude<AskedOddsEvent, { kind: 'odds' }>;

/**
 * How much likelier reaching a level is than the reflection principle says, which gives 2·P(beyond it at the end) to a price that moves without
 * jumps and without a memory: measured on hourly candles of ten coins in 2020 and 2021, see docs/odds.md.
 */
const TOUCH_EXCESS = 0.11;

/** The shortest horizon whose forecast reaches so far. */
export function horizonReaching(spanMs: number): HorizonChoice {
  const choices = ['1h', '4h', '1d', '3d', '7d'] as const;
  return choices.find((name) => horizonMs(HORIZONS[name]) >= spanMs) ?? '7d';
}

/**
 * Quantiles of the log return from the last price to a moment up to the end of the fan, at QUANTILE_LEVELS, ascending: those of the fan where it has
 * the moment, between two of its points linear in the square root of time, as the fan is drawn.
 */
export function returnsAt({ originMs, lastPrice, fan }: OddsForecast, atMs: number): readonly number[] {
  const after = fan.findIndex(({ timeMs }) => timeMs >= atMs);
  const to = fan[after === -1 ? fan.length - 1 : after]!;
  const from = fan[Math.max(0, (after === -1 ? fan.length : after) - 1)]!;
  const returns = ({ quantiles }: FanPoint) => quantiles.map((price) => Math.log(price / lastPrice));
  if (to.timeMs <= atMs || to === from) return returns(to);
  const [a, t, b] = [from.timeMs, atMs, to.timeMs].map((ms) => Math.sqrt(Math.max(0, ms - originMs)));
  const share = (t! - a!) / (b! - a!);
  const [before, behind] = [returns(from), returns(to)];
  return before.map((value, k) => value + share * (behind[k]! - value));
}

/**
 * The odds of a level at a moment after the origin and within the fan. Being above it is read off the quantiles: linear between two of them, falling
 * exponentially beyond the outermost. Reaching it is x + 0.11·x·(1 − x), where x is twice the probability of being beyond it, 1 at most; the largest
 * of all moments up to this one counts, since what was reached stays reached.
 */
export function levelOdds(forecast: OddsForecast, level: number, atMs: number): LevelOdds {
  const { lastPrice, originMs, fan } = forecast;
  const threshold = Math.log(level / lastPrice);
  if (threshold === 0) return { above: probabilityAbove(returnsAt(forecast, atMs), 0), touch: 1 };
  const beyond = (quantiles: readonly number[]) => {
    const above = probabilityAbove(quantiles, threshold);
    return threshold > 0 ? above : 1 - above;
  };
  const returns = returnsAt(forecast, atMs);
  const before = fan.filter(({ timeMs }) => timeMs > originMs && timeMs < atMs);
  const most = Math.max(
    beyond(returns),
    ...before.map(({ quantiles }) => beyond(quantiles.map((price) => Math.log(price / lastPrice)))),
  );
  return { above: probabilityAbove(returns, threshold), touch: touchOdds(most) };
}

/** The probability of reaching a level on the way to a moment, from that of being beyond it there. */
export function touchOdds(beyond: number): number {
  const reflected = Math.min(1, 2 * beyond);
  return reflected + TOUCH_EXCESS * reflected * (1 - reflected);
}

/** A forecast of one moment alone as odds are read off it: before the moment, ranges grow with the square root of time. Prices at QUANTILE_LEVELS. */
export function endForecast(
  { originMs, lastPrice }: Pick<OddsForecast, 'originMs' | 'lastPrice'>,
  targetMs: number,
  quantiles: readonly number[],
): OddsForecast {
  return {
    originMs,
    lastPrice,
    fan: [
      { timeMs: originMs, quantiles: quantiles.map(() => lastPrice) },
      { timeMs: targetMs, quantiles },
    ],
  };
}

/** The probability of the side that is asked about. */
export function chanceOf({ above }: Pick<LevelOdds, 'above'>, direction: OddsDirection): number {
  return direction === 'above' ? above : 1 - above;
}
