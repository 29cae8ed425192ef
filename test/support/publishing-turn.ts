import { setTimeout as sleep } from 'node:timers/promises';
import { createPublishingTurn, type PublishingTurn, type TurnLeases } from '../../src/cluster/publishing-turn.ts';
import type { Clock } from '../../src/core/time.ts';

/** The turn of a process without Redis. */
export const turnAlone = (leases: TurnLeases, now: Clock, owner = 'this process'): PublishingTurn =>
  createPublishingTurn({
    leases,
    redis: null,
    owner,
    monotonic: now,
    sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
  });
