import { describe, expect, it } from 'vitest';
import { shardConflicts } from '../../src/core/processes.ts';

const holds = (first: number, last: number, count: number, connected = true, waits = false) => ({
  shards: { first, last, count },
  connected,
  report: { waits },
});
const noGateway = { shards: null, connected: false, report: { waits: false } };

describe('conflicts of shards', () => {
  it('are none where each shard is held once, or a process only waits for it', () => {
    expect(shardConflicts([holds(0, 3, 8), holds(4, 7, 8), noGateway])).toEqual([]);
    expect(shardConflicts([holds(0, 3, 8), holds(0, 3, 8, false)])).toEqual([]);
    expect(shardConflicts([holds(0, 3, 8), holds(0, 3, 8, true, true)])).toEqual([]);
  });

  it('are named: shards held twice, and different numbers of shards', () => {
    expect(shardConflicts([holds(0, 3, 8), holds(3, 7, 8)])).toEqual([
      'several processes hold shard 3 of 8, and each answers its servers; stop all but one',
    ]);
    const [first, ...others] = shardConflicts([holds(0, 1, 2), holds(0, 3, 4)]);
    expect(first).toContain('processes with 2 and 4 shards run at once');
    expect(others).toEqual([]);
  });
});
