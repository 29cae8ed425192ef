import { describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeCalls } from '../contracts/calls.ts';

describe('members’ calls in SQLite', () => {
  describeCalls(() => openStorage('sqlite::memory:', { now: () => 0 }));
});
