import { beforeEach, describe, expect, it } from 'vitest';
import type { ProcessReadings, Readiness, StoredReadings } from '../../src/core/metrics.ts';
import { createPrometheus, type Prometheus } from '../../src/metrics/prometheus.ts';
import { parseExposition, sampleValue } from '../support/exposition.ts';
import { PROMISED_NAMES } from './promised-names.ts';

const READY: Readiness = { database: { ok: true, reason: 'It answers.' }, clock: { ok: true, reason: 'It is right.' } };
const PROCESS: ProcessReadings = {
  gateway: {
    shards: [
      { id: 4, up: true },
      { id: 5, up: false },
    ],
    guilds: 812,
  },
  clock: [{ against: 'Discord', aheadMs: -1_500 }],
  sources: [
    {
      name: 'binance',
      kind: 'market',
      state: 'ok',
      lastSuccessMs: 1_700_000_000_000,
      lastFailure: null,
      retryAtMs: null,
      oddRows: [{ reason: 'with a negative "volume"\n', rows: 3 }],
    },
    { name: 'kraken', kind: 'market', state: 'down', lastSuccessMs: null, lastFailure: null, retryAtMs: 5 },
    { name: 'coinbase', kind: 'market', state: 'untried', lastSuccessMs: null, lastFailure: null, retryAtMs: null },
  ],
};
const STORED: StoredReadings = {
  posts: { open: 7, overdue: 2 },
  ledgerRows: 4_711,
  candleAges: [{ interval: '1h', ageMs: 90_000 }],
  jobs: [
    { job: 'publish', lastSuccessMs: 1_700_000_060_000, overdueMs: 0 },
    { job: 'clean-up', lastSuccessMs: null, overdueMs: 600_000 },
  ],
  models: [{ interval: '1d', version: '1d-20261121-8fda3f' }],
  record: [
    {
      horizon: '4h',
      n: 900,
      enough: true,
      coverage: [{ level: 0.8, value: 0.79, low: 0.74, high: 0.83 }],
      skill: [{ baseline: 'climatology', value: 0.021 }],
    },
    {
      horizon: '7d',
      n: 4,
      enough: false,
      coverage: [{ level: 0.8, value: 0, low: null, high: null }],
      skill: [],
    },
  ],
};
const NOTHING = { readiness: READY, process: null, stored: null };

let prometheus: Prometheus;
beforeEach(() => {
  prometheus = createPrometheus({ version: '1.2.3', role: 'all' });
});
const shown = async (what: Parameters<Prometheus['text']>[0]) => parseExposition(await prometheus.text(what));

describe('the metrics of a process', () => {
  it('have the names that operators were promised, with words about each, and Node’s own', async () => {
    const families = await shown(NOTHING);
    expect(PROMISED_NAMES.filter((name) => !families.has(name))).toEqual([]);
    expect([...families.keys()]).toEqual(expect.arrayContaining(['nodejs_eventloop_lag_p99_seconds']));
    expect([...families.keys()]).toEqual(expect.arrayContaining(['process_resident_memory_bytes']));
    expect([...families.keys()].sort()).toEqual([...prometheus.names()].sort());
    expect([...families.values()].every(({ help }) => help.length > 5)).toBe(true);
    expect(sampleValue(families, 'candlecast_build_info', { version: '1.2.3', role: 'all' })).toBe(1);
  });

  it('count what is reported', async () => {
    const { metrics } = prometheus;
    metrics.interaction('forecast', 'answered');
    metrics.interaction('forecast', 'answered');
    metrics.interactionPhase('forecast', 'draw', 250);
    metrics.admissionRefused('person-fast');
    metrics.post('daily', 'sent');
    metrics.postLateness(90_000);
    metrics.discordRequest('POST', '/channels/:id/messages', 200);
    metrics.discordRequest('POST', '/channels/:id/messages', 'none');
    metrics.discordRateLimited('global');
    metrics.jobRun('publish', 'timed-out');
    metrics.sourceRequest('binance', 'bad-data');
    const families = await shown(NOTHING);
    const value = (name: string, labels = {}) => sampleValue(families, `candlecast_${name}`, labels);
    expect(value('interactions_total', { command: 'forecast', outcome: 'answered' })).toBe(2);
    expect(value('interaction_seconds_sum', { command: 'forecast', phase: 'draw' })).toBe(0.25);
    expect(value('interaction_seconds_bucket', { phase: 'draw', le: '0.2' })).toBe(0);
    expect(value('interaction_seconds_bucket', { phase: 'draw', le: '0.3' })).toBe(1);
    expect(value('admission_refused_total', { reason: 'person-fast' })).toBe(1);
    expect(value('posts_total', { kind: 'daily', outcome: 'sent' })).toBe(1);
    expect(value('post_lateness_seconds_bucket', { le: '60' })).toBe(0);
    expect(value('post_lateness_seconds_bucket', { le: '120' })).toBe(1);
    const route = { method: 'POST', route: '/channels/:id/messages' };
    expect(value('discord_requests_total', { ...route, status: '200' })).toBe(1);
    expect(value('discord_requests_total', { ...route, status: 'none' })).toBe(1);
    expect(value('discord_ratelimited_total', { scope: 'global' })).toBe(1);
    expect(value('job_runs_total', { job: 'publish', outcome: 'timed-out' })).toBe(1);
    expect(value('source_requests_total', { source: 'binance', outcome: 'bad-data' })).toBe(1);
  });

  it('show what the process and the database hold', async () => {
    const families = await shown({ readiness: READY, process: PROCESS, stored: STORED });
    const value = (name: string, labels = {}) => sampleValue(families, `candlecast_${name}`, labels);
    expect(value('gateway_shard_up', { shard: '4' })).toBe(1);
    expect(value('gateway_shard_up', { shard: '5' })).toBe(0);
    expect(value('guilds')).toBe(812);
    expect(value('clock_skew_seconds', { against: 'Discord' })).toBe(-1.5);
    expect(value('source_up', { source: 'binance' })).toBe(1);
    expect(value('source_up', { source: 'kraken' })).toBe(0);
    expect(value('source_up', { source: 'coinbase' })).toBeUndefined();
    expect(value('source_last_success_timestamp_seconds', { source: 'binance' })).toBe(1_700_000_000);
    expect(value('source_rows_dropped_total', { source: 'binance', reason: 'with a negative "volume"\n' })).toBe(3);
    expect(value('posts_open')).toBe(7);
    expect(value('posts_overdue')).toBe(2);
    expect(value('ledger_rows_total')).toBe(4_711);
    expect(value('candle_age_seconds', { interval: '1h' })).toBe(90);
    expect(value('job_last_success_timestamp_seconds', { job: 'publish' })).toBe(1_700_000_060);
    expect(value('job_last_success_timestamp_seconds', { job: 'clean-up' })).toBeUndefined();
    expect(value('job_overdue_seconds', { job: 'clean-up' })).toBe(600);
    expect(value('model_info', { interval: '1d', version: '1d-20261121-8fda3f' })).toBe(1);
    expect(value('coverage_ratio', { horizon: '4h', level: '0.8' })).toBe(0.79);
    expect(value('coverage_bound_ratio', { horizon: '4h', level: '0.8', bound: 'low' })).toBe(0.74);
    expect(value('skill_ratio', { horizon: '4h', baseline: 'climatology' })).toBe(0.021);
    expect(value('scored_forecasts', { horizon: '7d' })).toBe(4);
  });

  it('claim no share of too few forecasts', async () => {
    const families = await shown({ readiness: READY, process: PROCESS, stored: STORED });
    expect(sampleValue(families, 'candlecast_coverage_ratio', { horizon: '7d' })).toBeUndefined();
  });

  it('leave out what is not known any more, rather than show 0 or what was', async () => {
    await shown({ readiness: READY, process: PROCESS, stored: STORED });
    const red = { ...READY, database: { ok: false, reason: 'It is away.' } };
    const families = await shown({ readiness: red, process: { ...PROCESS, gateway: null }, stored: null });
    for (const name of ['posts_open', 'posts_overdue', 'ledger_rows_total', 'guilds', 'model_info', 'coverage_ratio'])
      expect(families.get(`candlecast_${name}`)?.samples, name).toEqual([]);
    expect(sampleValue(families, 'candlecast_check_ok', { check: 'database' })).toBe(0);
    expect(sampleValue(families, 'candlecast_ready')).toBe(0);
    expect(sampleValue(families, 'candlecast_clock_skew_seconds')).toBe(-1.5);
  });

  it('name a hundred routes at most', async () => {
    for (let i = 0; i < 150; i++) prometheus.metrics.discordRequest('GET', `/path-${i}`, 200);
    const routes = (await shown(NOTHING)).get('candlecast_discord_requests_total')!.samples;
    expect(routes).toHaveLength(101);
    expect(routes.find(({ labels }) => labels['route'] === 'other')?.value).toBe(50);
  });
});
