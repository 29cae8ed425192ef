import { type Candle, INTERVAL_MS, type Interval, type SourcedCandle } from '../../src/core/candle.ts';
import { seededRandom } from '../../src/core/random.ts';

/** 2024-01-01T00:00:00Z, on the grid of both intervals. */
export const START_MS = 1_704_067_200_000;

/** A walk of candles with a volatility of about 3 % a bar, the same for the same seed. */
export function walk(count: number, interval: Interval = '1d', seed = 1, startMs = START_MS): Candle[] {
  const random = seededRandom(seed);
  let price = 100;
  return Array.from({ length: count }, (_, i) => {
    const open = price;
    const close = open * Math.exp(0.06 * (random() + random() - 1));
    const high = Math.max(open, close) * (1 + 0.01 * random());
    const low = Math.min(open, close) * (1 - 0.01 * random());
    price = close;
    return { openTimeMs: startMs + i * INTERVAL_MS[interval], open, high, low, close, volume: 1000 + 500 * random() };
  });
}

/** The same candles as if a source had sent them. */
export function sourced(candles: readonly Candle[], source = 'binance', fetchedAtMs = START_MS): SourcedCandle[] {
  return candles.map((candle) => ({ ...candle, source, fetchedAtMs, flag: null }));
}

/** A generator of standard normal numbers (Box–Muller), the same for the same seed. */
export function normals(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Candles of a geometric random walk with normal returns, from 2020-01-01, the same for the same seed. */
export function randomCandles(count: number, options: { seed: number; interval?: Interval }): Candle[] {
  const { seed, interval = '1d' } = options;
  const normal = normals(seed);
  let price = 100;
  return Array.from({ length: count }, (_, i) => {
    const open = price;
    const close = open * Math.exp(0.03 * normal());
    const high = Math.max(open, close) * Math.exp(0.01 * Math.abs(normal()));
    const low = Math.min(open, close) * Math.exp(-0.01 * Math.abs(normal()));
    price = close;
    const volume = 1000 * Math.exp(0.3 * normal());
    return { openTimeMs: Date.UTC(2020, 0, 1) + i * INTERVAL_MS[interval], open, high, low, close, volume };
  });
}

/** A candle with all of its prices times a factor. */
export function scaled(candle: Candle, factor: number): Candle {
  const { open, high, low, close } = candle;
  return { ...candle, open: open * factor, high: high * factor, low: low * factor, close: close * factor };
}
