import type { Interval } from './candle.ts';
import { cutText } from './cut-text.ts';
import { CandlecastError } from './errors.ts';

/** Name of a horizon, as a person types it. */
export const HORIZON_NAMES = ['1h', '4h', '24h', '1d', '3d', '7d'] as const;
export type HorizonName = (typeof HORIZON_NAMES)[number];

/** A horizon: the interval of its candles and the number of candles ahead. */
export interface Horizon {
  readonly name: HorizonName;
  readonly interval: Interval;
  readonly steps: number;
  /** For people, such as "3 days". */
  readonly label: string;
}

export const HORIZONS: Readonly<Record<HorizonName, Horizon>> = {
  '1h': { name: '1h', interval: '1h', steps: 1, label: '1 hour' },
  '4h': { name: '4h', interval: '1h', steps: 4, label: '4 hours' },
  '24h': { name: '24h', interval: '1h', steps: 24, label: '24 hours' },
  '1d': { name: '1d', interval: '1d', steps: 1, label: '1 day' },
  '3d': { name: '3d', interval: '1d', steps: 3, label: '3 days' },
  '7d': { name: '7d', interval: '1d', steps: 7, label: '7 days' },
};

/** The horizons, in steps, that one net forecasts together. */
export const HORIZON_STEPS: Readonly<Record<Interval, readonly number[]>> = { '1h': [1, 4, 24], '1d': [1, 3, 7] };

/** Parses what a person typed; throws `CC_UNKNOWN_HORIZON`. */
export function parseHorizon(text: string): Horizon {
  const name = text.trim().toLowerCase();
  const found = HORIZON_NAMES.find((candidate) => candidate === name);
  if (!found)
    throw new CandlecastError('CC_UNKNOWN_HORIZON', `There is no forecast for the horizon "${cutText(text, 20)}".`);
  return HORIZONS[found];
}

/** The name of so many candles ahead, as `7d`; where a horizon has no name, `5 × 1d`. */
export function horizonName(interval: Interval, steps: number): string {
  const known = Object.values(HORIZONS).find((horizon) => horizon.interval === interval && horizon.steps === steps);
  return known?.name ?? `${steps} × ${interval}`;
}
