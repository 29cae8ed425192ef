import { DAY_MS } from '../../core/time.ts';
import { FACTOR_VOLATILITY } from './coins.ts';
import { EPOCH_MS, HOURS_PER_YEAR, hourOf } from './grid.ts';
import type { PriceModel } from './price-model.ts';
import { StreamRandom, streamId } from './stream-random.ts';

/** What blockchain.info charts about Bitcoin and we simulate. */
export const CHAIN_CHARTS = {
  'n-unique-addresses': {
    name: 'Unique Addresses Used',
    unit: 'Addresses',
    description: 'The total number of unique addresses used on the blockchain. SIMULATED.',
    ordinary: 560_000,
  },
  'n-transactions': {
    name: 'Confirmed Transactions Per Day',
    unit: 'Transactions',
    description: 'The total number of confirmed transactions per day. SIMULATED.',
    ordinary: 420_000,
  },
} as const;

export type ChainChart = keyof typeof CHAIN_CHARTS;

/** The chart's value for every day from `fromMs` (00:00 UTC) that is over at `nowMs`, ascending: busier when prices move more. */
export function chainActivity(model: PriceModel, chart: ChainChart, fromMs: number, nowMs: number) {
  const random = new StreamRandom();
  const stream = streamId(`chain:${chart}`);
  const ordinary = FACTOR_VOLATILITY / Math.sqrt(HOURS_PER_YEAR);
  const values: { timeMs: number; value: number }[] = [];
  const first = Math.max(EPOCH_MS, Math.ceil(fromMs / DAY_MS) * DAY_MS);
  for (let timeMs = first; timeMs + DAY_MS <= nowMs; timeMs += DAY_MS) {
    const hour = hourOf(timeMs);
    let unrest = 0;
    for (let h = hour; h < hour + 24; h++) unrest += model.factor.volatility(h) / ordinary / 24;
    const noise = random.seek(model.seed, stream, hour).normal();
    const value = CHAIN_CHARTS[chart].ordinary * Math.exp(0.12 * Math.log(unrest) + 0.05 * noise);
    values.push({ timeMs, value: Math.round(value) });
  }
  return values;
}
