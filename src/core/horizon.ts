import { INTERVAL_MS, type Interval } from './candle.ts';
import { cutText } from './cut-text.ts';
import { CandlecastError } from './errors.ts';

/** Names of what the models forecast; the record and the model cards use them. */
export const HORIZON_NAMES = ['1h', '4h', '24h', '1d', '3d', '7d'] as const;
export type HorizonName = (typeof HORIZON_NAMES)[number];

/** The horizons that people choose from, counted from the moment they ask. One day is `1d`: the models of hours and of days both forecast it. */
export const CHOICES = ['1h', '4h', '1d', '3d', '7d'] as const satisfies readonly HorizonName[];
export type HorizonChoice = (typeof CHOICES)[number];

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

/** What people mean by the name of a horizon: 24 hours are one day. */
export function chosenHorizon(name: HorizonName): HorizonChoice {
  return name === '24h' ? '1d' : name;
}

/** Parses what a person typed; `24h` is another name of `1d`. Throws `CC_UNKNOWN_HORIZON`. */
export function parseHorizon(text: string): Horizon {
  const name = text.trim().toLowerCase();
  const found = HORIZON_NAMES.find((candidate) => candidate === name);
  if (!found)
    throw new CandlecastError('CC_UNKNOWN_HORIZON', `There is no forecast for the horizon "${cutText(text, 20)}".`, {
      said: { key: 'errors.horizonUnknown', values: { typed: cutText(text, 20) } },
    });
  return HORIZONS[chosenHorizon(found)];
}

/** How far ahead a horizon lies, in ms. */
export function horizonMs({ interval, steps }: Pick<Horizon, 'interval' | 'steps'>): number {
  return steps * INTERVAL_MS[interval];
}

/** The name of so many candles ahead, as `7d`; where a horizon has no name, `5 × 1d`. */
export function horizonName(interval: Interval, steps: number): string {
  const known = Object.values(HORIZONS).find((horizon) => horizon.interval === interval && horizon.steps === steps);
  return known?.name ?? `${steps} × ${interval}`;
}
