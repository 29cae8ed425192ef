import { DAY_MS } from '../../../core/time.ts';
import { FACTOR_VOLATILITY } from '../coins.ts';
import { EPOCH_MS, HOURS_PER_YEAR, hourOf } from '../grid.ts';
import type { HourlyLevels } from '../hourly-process.ts';
import { StreamRandom, streamId } from '../stream-random.ts';
import { type Endpoint, json, type Simulation, type WireAnswer, type WireRequest, wholeNumber } from './endpoint.ts';

/** One day of the fear and greed index. */
export interface FearGreedReading {
  /** 00:00 UTC of the day on which it is published. */
  readonly timeMs: number;
  /** Whole number, 0 for extreme fear to 100 for extreme greed. */
  readonly value: number;
  readonly classification: string;
}

/** What the index is computed from. */
export interface FearGreedModel {
  readonly seed: number;
  readonly factor: HourlyLevels;
}

const STREAM = streamId('fear-greed');
const MISSING_SHARE = 0.003;
const MONTH_HOURS = 720;

/**
 * The fear and greed index of the simulated market, one reading a day up to `nowMs`, newest first; a few days are missing,
 * as they are in the real one. A reading looks back only: at the common factor's last thirty days and its recent unrest.
 */
export function fearGreedReadings(model: FearGreedModel, nowMs: number): FearGreedReading[] {
  const readings: FearGreedReading[] = [];
  const random = new StreamRandom();
  for (let timeMs = Math.floor(nowMs / DAY_MS) * DAY_MS; timeMs > EPOCH_MS; timeMs -= DAY_MS) {
    const hour = hourOf(timeMs) - 1;
    random.seek(model.seed, STREAM, hour);
    if (random.uniform() < MISSING_SHARE) continue;
    const value = valueAt(model, hour, random.normal());
    readings.push({ timeMs, value, classification: classify(value) });
  }
  return readings;
}

function valueAt(model: FearGreedModel, hour: number, noise: number): number {
  const { factor } = model;
  const ordinary = FACTOR_VOLATILITY / Math.sqrt(HOURS_PER_YEAR);
  const momentum = (factor.level(hour) - factor.level(hour - MONTH_HOURS)) / (ordinary * Math.sqrt(MONTH_HOURS));
  let sum = 0;
  for (let h = Math.max(0, hour - 167); h <= hour; h++) sum += factor.volatility(h) ** 2;
  const unrest = Math.log(Math.sqrt(sum / Math.min(168, hour + 1)) / ordinary);
  return Math.round(Math.max(3, Math.min(97, 50 + 30 * Math.tanh(0.8 * momentum) - 10 * unrest + 4 * noise)));
}

function classify(value: number): string {
  if (value <= 24) return 'Extreme Fear';
  if (value <= 46) return 'Fear';
  if (value <= 54) return 'Neutral';
  return value <= 75 ? 'Greed' : 'Extreme Greed';
}

/** The fear and greed index as alternative.me answers: newest first, everything in strings; `limit=0` is all of it. */
export function fearGreedEndpoints({ model, now }: Simulation): readonly Endpoint[] {
  function answer({ query }: WireRequest): WireAnswer {
    const limit = wholeNumber(query.get('limit'), 1, 0, 1_000_000);
    if (limit === null) return json({ data: [], metadata: { error: 'Invalid limit' } }, 400);
    const nowMs = now();
    const readings = fearGreedReadings(model, nowMs);
    const data = readings.slice(0, limit === 0 ? readings.length : limit).map((reading, i) => ({
      value: String(reading.value),
      value_classification: reading.classification,
      timestamp: String(reading.timeMs / 1_000),
      ...(i === 0 ? { time_until_update: String(Math.floor((reading.timeMs + DAY_MS - nowMs) / 1_000)) } : {}),
    }));
    return json({ name: 'Fear and Greed Index', data, metadata: { error: null } });
  }
  return [{ provider: 'feargreed', method: 'GET', path: /^\/fng\/?$/, answer }];
}
