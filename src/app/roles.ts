import type { Config } from '../config.ts';

/** What one process does. */
export interface Role {
  /** Which scheduled jobs it runs. */
  readonly jobs: 'all' | 'all but training' | 'training' | 'none';
  /** How it reaches Discord: by a gateway and requests, by requests alone, or not at all. */
  readonly discord: 'gateway' | 'requests' | 'none';
  /** What it says at its start; null where the connection says enough. */
  readonly words: string | null;
}

/** Every role. `all` without a token has the local page instead of Discord. */
export const ROLE_TABLE = {
  all: { jobs: 'all', discord: 'gateway', words: null },
  shard: { jobs: 'none', discord: 'gateway', words: 'Shard: answers commands on Discord. No jobs.' },
  worker: {
    jobs: 'all but training',
    discord: 'requests',
    words: 'Worker: candles, forecasts, scores and posts. No gateway.',
  },
  trainer: {
    jobs: 'training',
    discord: 'none',
    words: 'Trainer: trains models and checks them for drift. Not on Discord.',
  },
} as const satisfies Readonly<Record<Config['ROLE'], Role>>;

/** The jobs that models are trained by; where they run, drift is followed and may start a retraining early. */
const TRAINING_JOBS: ReadonlySet<string> = new Set(['ingest-training', 'retrain-1d', 'retrain-1h']);

/** Whether a process of that role runs a job. */
export function runsJob({ jobs }: Role, name: string): boolean {
  if (jobs === 'all' || jobs === 'none') return jobs === 'all';
  return TRAINING_JOBS.has(name) === (jobs === 'training');
}

/** Whether a process of that role trains models. */
export function trains({ jobs }: Role): boolean {
  return jobs === 'all' || jobs === 'training';
}
