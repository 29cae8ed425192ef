import type { StatusReport } from '../../src/core/status.ts';

/** What `/status` reports of jobs, posts, processes, the clock and training where nothing is wrong and nothing is under way. */
export const QUIET_STATUS = {
  unconfirmed: [],
  trackedSymbols: 30,
  jobs: [],
  jobsProblem: null,
  overduePosts: 0,
  unserved: [],
  shardConflicts: [],
  processes: [],
  clock: { state: 'right', aheadMs: 0, hosts: ['binance'] },
  discord: null,
  posts: null,
  longestBlock: null,
  universe: [],
  retrainings: [],
  training: null,
} as const satisfies Partial<StatusReport>;
