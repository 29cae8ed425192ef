import { DAY_MS } from '../../../core/time.ts';
import { moodReadings } from '../fear-greed.ts';
import { type Endpoint, json, type Simulation, type WireAnswer, type WireRequest, wholeNumber } from './endpoint.ts';

/** The fear and greed index as alternative.me answers: newest first, everything in strings; `limit=0` is all of it. */
export function fearGreedEndpoints({ model, now }: Simulation): readonly Endpoint[] {
  function answer({ query }: WireRequest): WireAnswer {
    const limit = wholeNumber(query.get('limit'), 1, 0, 1_000_000);
    if (limit === null) return json({ data: [], metadata: { error: 'Invalid limit' } }, 400);
    const nowMs = now();
    const readings = moodReadings(model, nowMs);
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
