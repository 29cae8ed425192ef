import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePublishing } from '../contracts/publishing.ts';

const now = () => 1_000;

describe('publishing in a SQLite file', () => {
  let folder: string;
  // Opened once: two connections of one process would wait for each other on one thread. Two processes are in test/discord/.
  // Before the contract's own, so that each test finds an empty database.
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'candlecast-publishing-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  describePublishing(() => openStorage(`sqlite:${join(folder, 'one.db')}`, { now }), false);
});
