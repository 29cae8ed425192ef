import { describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeOdds } from '../contracts/odds.ts';

describe('odds in SQLite', () => {
  describeOdds((now) => openStorage('sqlite::memory:', { now }));
});
