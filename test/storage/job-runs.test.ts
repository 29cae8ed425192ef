import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeJobRuns } from '../contracts/job-runs.ts';
import { START_MS } from '../support/candles.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres.ts';

const now = () => START_MS;

describe('in a SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'candlecast-jobs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  describeJobRuns(() => openStorage(`sqlite:${join(folder, 'candlecast.db')}`, { now }));
});

describe.skipIf(findPostgres() === null)('in PostgreSQL (needs a server or its binaries)', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());
  describeJobRuns(() => openStorage(server.url, { now }));
});
