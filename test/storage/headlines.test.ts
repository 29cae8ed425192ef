import { describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeHeadlineStorage } from '../contracts/headlines.ts';

const now = () => Date.UTC(2026, 6, 1);

describe('headlines in SQLite', () => {
  describeHeadlineStorage(() => openStorage('sqlite::memory:', { now }));
});
