import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics, ProcessReadings, Readiness, StoredReadings } from '../core/metrics.ts';

/** What `/metrics` shows beside what was counted. */
export interface Shown {
  readonly readiness: Readiness;
  /** Null while the program is still being built. */
  readonly process: ProcessReadings | null;
  /** Null where nothing of it is known, as without a database. */
  readonly stored: StoredReadings | null;
}

/** The metrics of one process, in Prometheus' form. */
export interface Prometheus {
  /** Where the program reports what happens. */
  readonly metrics: Metrics;
  /** Of the text: Prometheus' text format 0.0.4. */
  readonly contentType: string;
  /** Names of all metrics, Node's own among them. */
  names(): readonly string[];
  /** Every metric with its present value. */
  text(shown: Shown): Promise<string>;
}

const ANSWER_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 30, 60, 300];
/** Ten thousand posts of one minute take more than four; one is skipped after six hours. */
const LATENESS_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 21_600];
/** Routes that are shown by their names; paths that are none of the program's would come after these. */
const MAX_ROUTES = 100;

/** Makes the registry. `version` and `role` are shown as they are. */
export function createPrometheus({ version, role }: { readonly version: string; readonly role: string }): Prometheus {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `candlecast_${name}`, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name: `candlecast_${name}`, help, labelNames, registers });

  const interactions = counter('interactions_total', 'Interactions by how they ended.', ['command', 'outcome']);
  const interactionSeconds = new Histogram({
    name: 'candlecast_interaction_seconds',
    help: 'Time from an interaction to its answer, by phase.',
    labelNames: ['command', 'phase'],
    buckets: ANSWER_SECONDS,
    registers,
  });
  const refusals = counter('admission_refused_total', 'Interactions refused by a limit.', ['reason']);
  const posts = counter('posts_total', 'Tries to send a post, by how they ended.', ['kind', 'outcome']);
  const lateness = new Histogram({
    name: 'candlecast_post_lateness_seconds',
    help: 'How long after its time a post was sent.',
    buckets: LATENESS_SECONDS,
    registers,
  });
  const requests = counter('discord_requests_total', 'Requests to Discord by route and HTTP status.', [
    'method',
    'route',
    'status',
  ]);
  const rateLimited = counter('discord_ratelimited_total', 'Answers of Discord that asked to slow down.', ['scope']);
  const jobRuns = counter('job_runs_total', 'Runs of jobs in this process.', ['job', 'outcome']);
  const sourceRequests = counter('source_requests_total', 'Requests to sources of data.', ['source', 'outcome']);

  const droppedRows = counter('source_rows_dropped_total', 'Rows of answers that were not used.', ['source', 'reason']);
  const ledgerRows = counter('ledger_rows_total', 'Forecasts in the ledger.', []);
  const buildInfo = gauge('build_info', 'Always 1; the version and the role of the process.', ['version', 'role']);
  const ready = gauge('ready', 'Whether /readyz says that the process can do its work.', []);
  const checks = gauge('check_ok', 'Each check of /readyz.', ['check']);
  const shardUp = gauge('gateway_shard_up', 'Whether a gateway connection of this process is ready.', ['shard']);
  const guilds = gauge('guilds', 'Servers on the shards of this process.', []);
  const skew = gauge('clock_skew_seconds', 'How far this machine is ahead of a host.', ['against']);
  const sourceUp = gauge('source_up', 'Whether the last call of a source succeeded.', ['source']);
  const sourceSuccess = gauge('source_last_success_timestamp_seconds', 'When a source last answered.', ['source']);
  const postsOpen = gauge('posts_open', 'Posts that wait to be sent.', []);
  const postsOverdue = gauge('posts_overdue', 'Posts that should have gone out a quarter of an hour ago.', []);
  const candleAge = gauge(
    'candle_age_seconds',
    'Since the newest stored candle closed, of the middle one of the tracked coins.',
    ['interval'],
  );
  const jobSuccess = gauge('job_last_success_timestamp_seconds', 'When a job last succeeded, in any process.', ['job']);
  const jobOverdue = gauge('job_overdue_seconds', 'How long a job of this process has been due without running.', [
    'job',
  ]);
  const modelInfo = gauge('model_info', 'Always 1; the models that serve.', ['interval', 'version']);
  const coverage = gauge('coverage_ratio', 'Share of live outcomes inside a band, over 60 days.', ['horizon', 'level']);
  const coverageBound = gauge('coverage_bound_ratio', 'The 95 % interval of the coverage.', [
    'horizon',
    'level',
    'bound',
  ]);
  const skill = gauge('skill_ratio', 'One minus the live loss divided by that of a baseline, over 60 days.', [
    'horizon',
    'baseline',
  ]);
  const scored = gauge('scored_forecasts', 'Live forecasts behind coverage and skill.', ['horizon']);
  buildInfo.set({ version, role }, 1);
  collectDefaultMetrics({ register: registry });

  const routes = new Set<string>();
  /** The route, or `other` where there are more than any program of ours asks. */
  function bounded(route: string): string {
    if (!routes.has(route) && routes.size >= MAX_ROUTES) return 'other';
    routes.add(route);
    return route;
  }

  const metrics: Metrics = {
    interaction: (command, outcome) => interactions.inc({ command, outcome }),
    interactionPhase: (command, phase, ms) => interactionSeconds.observe({ command, phase }, Math.max(0, ms) / 1_000),
    admissionRefused: (reason) => refusals.inc({ reason }),
    post: (kind, outcome) => posts.inc({ kind, outcome }),
    postLateness: (ms) => lateness.observe(Math.max(0, ms) / 1_000),
    discordRequest: (method, route, status) => requests.inc({ method, route: bounded(route), status: String(status) }),
    discordRateLimited: (scope) => rateLimited.inc({ scope }),
    jobRun: (job, outcome) => jobRuns.inc({ job, outcome }),
    sourceRequest: (source, outcome) => sourceRequests.inc({ source, outcome }),
  };

  function showProcess(process: ProcessReadings | null): void {
    for (const one of [shardUp, guilds, skew, sourceUp, sourceSuccess, droppedRows]) one.reset();
    const gateway = process?.gateway;
    if (gateway) guilds.set(gateway.guilds);
    else guilds.remove();
    for (const { id, up } of gateway?.shards ?? []) shardUp.set({ shard: String(id) }, up ? 1 : 0);
    for (const { against, aheadMs } of process?.clock ?? []) skew.set({ against }, aheadMs / 1_000);
    for (const { name: source, state, lastSuccessMs, oddRows = [] } of process?.sources ?? []) {
      if (state !== 'untried') sourceUp.set({ source }, state === 'ok' ? 1 : 0);
      if (lastSuccessMs !== null) sourceSuccess.set({ source }, lastSuccessMs / 1_000);
      for (const { reason, rows } of oddRows) droppedRows.inc({ source, reason }, rows);
    }
  }

  /** What is not known is left out rather than shown as 0. */
  function showStored(stored: StoredReadings | null): void {
    for (const one of [
      candleAge,
      jobSuccess,
      jobOverdue,
      modelInfo,
      coverage,
      coverageBound,
      skill,
      scored,
      ledgerRows,
    ])
      one.reset();
    if (stored?.ledgerRows == null) ledgerRows.remove();
    else ledgerRows.inc(stored.ledgerRows);
    if (stored?.posts == null) {
      postsOpen.remove();
      postsOverdue.remove();
    } else {
      postsOpen.set(stored.posts.open);
      postsOverdue.set(stored.posts.overdue);
    }
    for (const { interval, ageMs } of stored?.candleAges ?? []) candleAge.set({ interval }, ageMs / 1_000);
    for (const { job, lastSuccessMs, overdueMs } of stored?.jobs ?? []) {
      if (lastSuccessMs !== null) jobSuccess.set({ job }, lastSuccessMs / 1_000);
      jobOverdue.set({ job }, overdueMs / 1_000);
    }
    for (const model of stored?.models ?? []) modelInfo.set({ interval: model.interval, version: model.version }, 1);
    for (const { horizon, n, enough, coverage: bands, skill: skills } of stored?.record ?? []) {
      scored.set({ horizon }, n);
      // A share of five forecasts would look like a fault.
      if (!enough) continue;
      for (const { level, value, low, high } of bands) {
        const labels = { horizon, level: String(level) };
        coverage.set(labels, value);
        if (low !== null) coverageBound.set({ ...labels, bound: 'low' }, low);
        if (high !== null) coverageBound.set({ ...labels, bound: 'high' }, high);
      }
      for (const { baseline, value } of skills) skill.set({ horizon, baseline }, value);
    }
  }

  return {
    metrics,
    contentType: registry.contentType,
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
    async text({ readiness, process, stored }) {
      checks.reset();
      for (const [check, { ok }] of Object.entries(readiness)) checks.set({ check }, ok ? 1 : 0);
      ready.set(Object.values(readiness).every(({ ok }) => ok) ? 1 : 0);
      showProcess(process);
      showStored(stored);
      // prom-client writes `Nan`, which the format's definition does not know.
      return (await registry.metrics()).replace(/ Nan$/gm, ' NaN');
    },
  };
}
