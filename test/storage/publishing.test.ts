import { describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePublishing } from '../contracts/publishing.ts';

describe('publishing in SQLite', () => {
  describePublishing(() => openStorage('sqlite::memory:', { now: () => 1_000 }), false);
});
