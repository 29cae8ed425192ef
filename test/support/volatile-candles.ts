import { type Candle, INTERVAL_MS, type Interval } from '../../src/core/candle.ts';
import { normals } from './candles.ts';

/** Moves inside a candle from which its high and low come. */
const MOVES = 24;

/** A process of volatility: gives the next candle's σ from its past σ and returns, oldest first, and a normal number. */
export type VolatilityProcess = (sigma: readonly number[], returns: readonly number[], normal: () => number) => number;

/** Candles whose volatility follows the process, with normal moves inside each, from 2020-01-01; the same for the same seed. */
export function volatileCandles(
  count: number,
  options: { seed: number; interval?: Interval; process: VolatilityProcess; freedom?: number },
): Candle[] {
  const { seed, interval = '1d', process, freedom } = options;
  const normal = normals(seed);
  const sigma: number[] = [];
  const returns: number[] = [];
  let price = 100;
  return Array.from({ length: count }, (_, i) => {
    const next = process(sigma, returns, normal);
    const mixed = next * (freedom ? mixture(freedom, normal) : 1);
    const open = price;
    let [high, low] = [open, open];
    for (let move = 0; move < MOVES; move++) {
      price *= Math.exp((mixed * normal()) / Math.sqrt(MOVES));
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    sigma.push(next);
    returns.push(Math.log(price / open));
    return {
      openTimeMs: Date.UTC(2020, 0, 1) + i * INTERVAL_MS[interval],
      open,
      high,
      low,
      close: price,
      volume: 1000,
    };
  });
}

/** What a normal number is multiplied by to be Student's t of unit variance. */
function mixture(freedom: number, normal: () => number): number {
  let square = 0;
  for (let i = 0; i < freedom; i++) square += normal() ** 2;
  return Math.sqrt((freedom - 2) / square);
}

/** GARCH(1,1), the usual variance first. */
export function garchProcess(omega: number, alpha: number, beta: number): VolatilityProcess {
  return (sigma, returns) => {
    const last = sigma.length - 1;
    if (last < 0) return Math.sqrt(omega / Math.max(1 - alpha - beta, 0.02));
    return Math.sqrt(omega + alpha * returns[last]! ** 2 + beta * sigma[last]! ** 2);
  };
}

/** Log volatility that reverts to its own averages over a day, a week and a month. */
export const harProcess: VolatilityProcess = (sigma, _, normal) => {
  const usual = Math.log(0.03);
  const mean = (n: number) => {
    const past = sigma.slice(-n);
    return past.length === 0 ? usual : Math.log(past.reduce((sum, value) => sum + value, 0) / past.length);
  };
  return Math.exp(0.08 * usual + 0.35 * mean(1) + 0.3 * mean(7) + 0.27 * mean(30) + 0.25 * normal());
};
