import { afterAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describePaper } from '../contracts/paper.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const folder = sqliteFolder();
afterAll(folder.remove);

async function sqliteDatabase() {
  const file = folder.next();
  return {
    open: (now: () => number) => openStorage(file.url, { now }),
    // Two connections of one process would wait for each other on one thread; test/services has two processes.
    openOther: async <T>(first: T) => first,
    run: file.run,
    disarm: () => file.disarm(['paper_events']),
  };
}

describe('paper portfolios in a SQLite file', () => {
  describePaper(sqliteDatabase);

  it('refuse INSERT OR REPLACE too, which asks no delete trigger', async () => {
    const database = await sqliteDatabase();
    const storage = await database.open(() => 0);
    const base = { rule: 'r', horizon: '1d', symbols: ['BTC'], capital: 1, startedBy: 'u' } as const;
    const one = { ...base, id: 'p', guildId: 'g', startedMs: 1, stoppedMs: null };
    await storage.paper.start(one, { markedMs: 1, blocked: null }, []);
    await expect(
      database.run('insert or replace into paper_events select * from paper_events where number = 1'),
    ).rejects.toThrow(/append-only/);
    await storage.close();
  });
});
