import { DAY_MS } from '../../../core/time.ts';
import { CHAIN_CHARTS, type ChainChart, chainActivity } from '../chain-activity.ts';
import { EPOCH_MS } from '../grid.ts';
import { type Endpoint, json, type Simulation, type WireAnswer, type WireRequest } from './endpoint.ts';

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
