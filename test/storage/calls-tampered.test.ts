import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { sampleCall } from '../contracts/calls.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-calls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const maker = { guildId: 'g', userId: 'ann' };

/** Three calls in a file, in which statements are then run past the triggers. */
async function verifiedAfter(name: string, statements: readonly string[]) {
  const path = join(folder, `${name.replaceAll(' ', '-')}.db`);
  const storage = await openStorage(`sqlite:${path}`, { now: () => 0 });
  for (const symbol of ['BTC', 'ETH', 'SOL']) await storage.calls.add(maker, sampleCall({ symbol }), 1);
  await storage.close();
  const database = new Sqlite(path);
  for (const trigger of ['no_update', 'no_delete', 'no_replace']) database.exec(`drop trigger call_events_${trigger}`);
  for (const one of statements) database.exec(one);
  database.close();
  const again = await openStorage(`sqlite:${path}`, { now: () => 0 });
  try {
    return await again.ledger.verify();
  } finally {
    await again.close();
  }
}

describe('the chain of members’ calls names the first row that is wrong', () => {
  it.each([
    ['nothing', [], null],
    [
      'a price',
      ["update call_events set body = replace(body, ':100,', ':90,') where number = 2"],
      'Row 2 of the calls has been changed.',
    ],
    ['no JSON', ["update call_events set body = 'x' where number = 2"], 'Row 2 of the calls has been changed.'],
    ['the maker', ["update call_events set member = 'x' where number = 1"], 'Row 1 of the calls has been changed.'],
    ['the target', ['update call_events set target_ms = 5 where number = 3'], 'Row 3 of the calls has been changed.'],
    ['a gap', ['delete from call_events where number = 2'], 'Row 2 of the calls is missing.'],
    [
      'another hash',
      [`update call_events set previous_hash = '${'0'.repeat(64)}' where number = 2`],
      'Row 2 of the calls does not follow the one before it.',
    ],
  ] as const)('%s', async (name, statements, problem) => {
    expect(await verifiedAfter(name, statements)).toMatchObject({ problem });
  });
});
