import type { Config } from '../config.ts';
import type { Logger } from '../core/logger.ts';
import { type Metrics, noMetrics, type Readiness } from '../core/metrics.ts';
import { type Clock, MINUTE_MS, type Sleep } from '../core/time.ts';
import { createPrometheus } from '../metrics/prometheus.ts';
import { refreshed } from '../metrics/refreshed.ts';
import { serveObservations } from '../metrics/server.ts';
import type { App } from './app.ts';

/** What shows an operator how this process is: nothing without `METRICS_PORT`. */
export interface Observing {
  readonly metrics: Metrics;
  /** The port that is listened on; null without one. */
  readonly port: number | null;
  /** Says what keeps the program from being built, until it is. */
  waiting(reason: string): void;
  /** Shows the checks and the values of the built program. */
  watch(app: Pick<App, 'readings' | 'readiness'>): void;
  /** From now on the process is not ready. */
  stopping(): void;
  close(): Promise<void>;
}

/** What observing is made of. */
export interface ObservingOptions {
  readonly config: Pick<Config, 'METRICS_PORT' | 'ROLE'>;
  readonly version: string;
  readonly logger: Logger;
  /** A clock that nobody sets. */
  readonly monotonic: Clock;
  readonly sleep: Sleep;
}

/** What stands in the database is read this often at most, and waited for this long. */
const STORED = { everyMs: 10_000, keptMs: 2 * MINUTE_MS, waitMs: 1_000 } as const;

const NOTHING: Observing = {
  metrics: noMetrics,
  port: null,
  waiting() {},
  watch() {},
  stopping() {},
  close: async () => undefined,
};

/** Serves `/livez`, `/readyz` and `/metrics` on `METRICS_PORT` from now on, before anything else is there. Throws `CC_PORT_IN_USE`. */
export async function startObserving(options: ObservingOptions): Promise<Observing> {
  const { config, version, logger, monotonic, sleep } = options;
  if (config.METRICS_PORT === undefined) return NOTHING;
  const prometheus = createPrometheus({ version, role: config.ROLE });
  let app: Pick<App, 'readings' | 'readiness'> | null = null;
  let reason = 'The program is starting.';
  let isStopping = false;
  const stored = refreshed(async () => (await app?.readings.stored()) ?? null, { ...STORED, monotonic, wait: sleep });

  async function readiness(): Promise<Readiness> {
    // What it would ask is being closed.
    if (isStopping) return { stop: { ok: false, reason: 'The process is being stopped.' } };
    return app === null ? { start: { ok: false, reason } } : app.readiness();
  }

  const server = await serveObservations({
    port: config.METRICS_PORT,
    readiness,
    async metrics() {
      const [checks, standing] = await Promise.all([readiness(), app === null || isStopping ? null : stored()]);
      const text = await prometheus.text({
        readiness: checks,
        process: app?.readings.process() ?? null,
        stored: standing,
      });
      return { contentType: prometheus.contentType, text };
    },
    logger,
  });
  logger.info({ port: server.port }, 'metrics are served');
  return {
    metrics: prometheus.metrics,
    port: server.port,
    waiting(why) {
      reason = why;
    },
    watch(built) {
      app = built;
    },
    stopping() {
      isStopping = true;
    },
    close: server.close,
  };
}
