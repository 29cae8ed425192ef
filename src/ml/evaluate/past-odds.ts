import type { Candle } from '../../core/candle.ts';
import type { FanPoint } from '../../core/forecast.ts';
import { levelOdds, ODDS_SPAN_MS } from '../../core/odds.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { HOUR_MS } from '../../core/time.ts';
import type { OddsCase } from '../scoring/odds-reliability.ts';

/** A forecast of the past: log returns at QUANTILE_LEVELS, so far ahead. */
export interface PastForecast {
  readonly aheadMs: number;
  readonly returns: readonly number[];
}

/** What odds of the past are made for. */
export interface PastOddsRequest {
  readonly originMs: number;
  /** Every horizon's forecast from the origin, in any order. */
  readonly forecasts: readonly PastForecast[];
  /** Hourly candles by open time, around the origin. */
  readonly hourAt: (openTimeMs: number) => Candle | undefined;
  readonly spansMs: readonly number[];
}

/** Odds of the past with what came of them, by how far ahead they were. */
export interface PastOdds {
  readonly spanMs: number;
  readonly end: OddsCase;
  readonly touch: OddsCase;
}

/** Levels, in usual moves over the span, away from the price. */
const LEVELS = [-2, -1.5, -1, -0.5, -0.25, 0.25, 0.5, 1, 1.5, 2] as const;
/** Hours before the origin that the usual move is taken from. */
const USUAL_HOURS = 720;
const FAN_PIECES = 8;

/**
 * Odds of ten levels at each span, as the bot would have stated them, with the price at the end (the close of its hour) and whether a high or low reached the level on
 * the way. Spans beyond the longest forecast, and with an hour missing, are left out. The levels lie at multiples of the usual move of the 30 days
 * before, which the forecasts do not choose.
 */
export function pastOdds({ originMs, forecasts, hourAt, spansMs }: PastOddsRequest): readonly PastOdds[] {
  const last = hourAt(originMs - HOUR_MS);
  const anchors = [...forecasts].sort((a, b) => a.aheadMs - b.aheadMs);
  const usual = usualMove(originMs, hourAt);
  if (!last || anchors.length === 0 || usual === null) return [];
  const lastPrice = last.close;
  const forecast = { originMs, lastPrice, fan: fanThrough(originMs, lastPrice, anchors) };
  const found: PastOdds[] = [];
  let [high, low, reachedMs] = [lastPrice, lastPrice, 0];
  for (const spanMs of [...spansMs].sort((a, b) => a - b)) {
    if (spanMs > Math.min(anchors.at(-1)!.aheadMs, ODDS_SPAN_MS.most)) break;
    for (; reachedMs < spanMs; reachedMs += HOUR_MS) {
      const hour = hourAt(originMs + reachedMs);
      if (!hour) return found;
      high = Math.max(high, hour.high);
      low = Math.min(low, hour.low);
    }
    const end = hourAt(originMs + spanMs - HOUR_MS)!.close;
    const move = usual * Math.sqrt(spanMs / HOUR_MS);
    for (const distance of LEVELS) {
      const level = lastPrice * Math.exp(distance * move);
      const { above, touch } = levelOdds(forecast, level, originMs + spanMs);
      const usualBeyond = normalAbove(Math.abs(distance));
      const happened = distance > 0 ? high >= level : low <= level;
      found.push({
        spanMs,
        end: { originMs, stated: above, happened: end > level, usual: normalAbove(distance) },
        touch: { originMs, stated: touch, happened, usual: 2 * usualBeyond },
      });
    }
  }
  return found;
}

/** A fan as a report holds it. */
function fanThrough(originMs: number, lastPrice: number, anchors: readonly PastForecast[]): readonly FanPoint[] {
  const fan: FanPoint[] = [{ timeMs: originMs, quantiles: QUANTILE_LEVELS.map(() => lastPrice) }];
  let from: PastForecast = { aheadMs: 0, returns: QUANTILE_LEVELS.map(() => 0) };
  for (const to of anchors) {
    for (let i = 1; i <= FAN_PIECES; i++) {
      const at = from.aheadMs + ((to.aheadMs - from.aheadMs) * i) / FAN_PIECES;
      const share = (Math.sqrt(at) - Math.sqrt(from.aheadMs)) / (Math.sqrt(to.aheadMs) - Math.sqrt(from.aheadMs));
      const quantiles = to.returns.map(
        (value, k) => lastPrice * Math.exp(from.returns[k]! + share * (value - from.returns[k]!)),
      );
      fan.push({ timeMs: originMs + at, quantiles });
    }
    from = to;
  }
  return fan;
}

/** Root mean square of the hourly log returns of the 30 days before; null where a tenth of them is missing. */
function usualMove(originMs: number, hourAt: PastOddsRequest['hourAt']): number | null {
  let [sum, n] = [0, 0];
  for (let hour = 1; hour < USUAL_HOURS; hour++) {
    const [own, before] = [hourAt(originMs - hour * HOUR_MS), hourAt(originMs - (hour + 1) * HOUR_MS)];
    if (!own || !before) continue;
    sum += Math.log(own.close / before.close) ** 2;
    n++;
  }
  return n < USUAL_HOURS * 0.9 || sum === 0 ? null : Math.sqrt(sum / n);
}

/** Probability that a standard normal variable is above `z` (Abramowitz & Stegun 26.2.17, off by 7.5e-8 at most). */
function normalAbove(z: number): number {
  if (z < 0) return 1 - normalAbove(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
