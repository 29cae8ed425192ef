import { describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeWatches } from '../contracts/watches.ts';

describe('watched coins in SQLite', () => {
  describeWatches(() => openStorage('sqlite::memory:', { now: () => 0 }));
});
