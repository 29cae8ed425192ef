import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, vi } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { openPostgres } from '../../src/storage/postgres.ts';
import { describeBatches } from '../contracts/batches.ts';
import { describeInPostgres } from '../support/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-together-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

describeInPostgres('statements together in PostgreSQL', (server) => {
  describeBatches(async () => {
    const connection = openPostgres(await server().createDatabase(), 'a test', silentLogger);
    await migrate(connection);
    return connection;
  });
});
