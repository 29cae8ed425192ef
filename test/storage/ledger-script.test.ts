import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { START_MS } from '../support/candles.ts';
import { spread, unissued } from '../support/ledger.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-script-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const page = readFileSync(new URL('../../docs/ledger.md', import.meta.url), 'utf8');
const python = spawnSync('python3', ['-c', 'import sqlite3, sys; sys.exit(sys.version_info < (3, 8))']).status === 0;

describe.skipIf(!python)('the script in docs/ledger.md (needs Python)', () => {
  const script = join(folder, 'verify.py');
  writeFileSync(script, /```python\n([\s\S]*?)```/.exec(page)![1]!);

  it('comes to the same end of the chain, whatever the sizes of the numbers, and finds a changed row', async () => {
    const path = join(folder, 'ledger.db');
    const storage = await openStorage(`sqlite:${path}`, { now: () => START_MS });
    const prices = [
      1,
      100,
      0.1,
      98_123.45,
      1e-6,
      9.87654321e-7,
      1.5e-7,
      1e-9,
      123_456_789_012_345_680,
      2.5e21,
      1e16 + 2,
      1 / 3,
    ];
    await storage.ledger.append(
      prices.map((lastPrice, i) =>
        unissued({
          symbol: `C${i}`,
          lastPrice,
          quantiles: spread(lastPrice, 0.03),
          climatology: i % 2 ? null : spread(lastPrice, 0.04),
          source: 'O’Source "1" \\ \t',
          sentimentShare: [null, 0, 1, 1e-7][i % 4]!,
        }),
      ),
      'on-demand',
    );
    // The same script, unchanged since the first version, reads every cause.
    for (const cause of ['scheduled', 'asked', 'posted'] as const) {
      expect(await storage.ledger.append([unissued({ symbol: cause, originMs: START_MS - 123 })], cause)).toEqual([
        'appended',
      ]);
    }
    const { hash } = (await storage.ledger.head())!;
    await storage.close();
    expect(execFileSync('python3', [script, path], { encoding: 'utf8' })).toBe(`ends in ${hash}\n`);
    const database = new Sqlite(path);
    database.exec('drop trigger ledger_no_update');
    database.exec(`update ledger set last_price = last_price * 1.0000001 where sequence = 7`);
    database.close();
    expect(spawnSync('python3', [script, path], { encoding: 'utf8' }).stderr).toContain('row 7 is wrong');
  });
});
