import { DAY_MS } from '../../../core/time.ts';
import { FACTOR_VOLATILITY } from '../coins.ts';
import { EPOCH_MS, HOURS_PER_YEAR, hourOf } from '../grid.ts';
import type { PriceModel } from '../price-model.ts';
import { StreamRandom, streamId } from '../stream-random.ts';
import { type Endpoint, json, type Simulation, type WireAnswer, type WireRequest } from './endpoint.ts';

/** What blockchain.info charts about Bitcoin and we simulate. */
const CHAIN_CHARTS = {
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

type ChainChart = keyof typeof CHAIN_CHARTS;

/** The chart's value for every day from `fromMs` (00:00 UTC) that is over at `nowMs`, ascending: busier when prices move more. */
function chainActivity(model: PriceModel, chart: ChainChart, fromMs: number, nowMs: number) {
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

const UNIT_DAYS = { days: 1, day: 1, weeks: 7, week: 7, months: 30, month: 30, years: 365, year: 365 } as const;

/** blockchain.info's charts of Bitcoin, one value a day, only for days that are over. */
export function blockchainEndpoints({ model, now }: Simulation): readonly Endpoint[] {
  function answer({ query, parts }: WireRequest): WireAnswer {
    const chart = parts[0] as ChainChart;
    const days = timespanDays(query.get('timespan') ?? '1year');
    if (days === null) return json({ error: 'invalid-parameters', message: 'Bad timespan', status: 400 }, 400);
    const { name, unit, description } = CHAIN_CHARTS[chart];
    const fromMs = Number.isFinite(days) ? now() - days * DAY_MS : EPOCH_MS;
    const values = chainActivity(model, chart, fromMs, now());
    return json({
      status: 'ok',
      name,
      unit,
      period: 'day',
      description,
      values: values.map(({ timeMs, value }) => ({ x: timeMs / 1_000, y: value })),
    });
  }
  return [{ provider: 'blockchain', method: 'GET', path: /^\/charts\/(n-unique-addresses|n-transactions)$/, answer }];
}

/** `1year`, `30days`, `all` and the like in days, or null. */
function timespanDays(text: string): number | null {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  const match = /^(\d{1,5})(days?|weeks?|months?|years?)$/.exec(text);
  return match ? Number(match[1]) * UNIT_DAYS[match[2] as keyof typeof UNIT_DAYS] : null;
}
