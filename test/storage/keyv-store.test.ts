import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../src/storage/connection.ts';
import { KyselyKeyvStore } from '../../src/storage/keyv-store.ts';
import { openSqlite } from '../../src/storage/sqlite.ts';
import { describeKeyvStore } from '../contracts/keyv-store.ts';

describe('the Keyv store in SQLite', () => {
  describeKeyvStore(async () => openSqlite(':memory:', 'memory'));

  it('lets a Keyv hear of a failed read, which Keyv itself swallows', async () => {
    const connection = openSqlite(':memory:', 'the test database');
    const store = new KyselyKeyvStore({ ...connection, now: () => 0, guard: createGuard(connection.label, []) });
    const keyv = new Keyv({ store });
    const errors: unknown[] = [];
    keyv.on('error', (error) => errors.push(error));
    // Not migrated: there is no such table.
    expect(await keyv.get('a')).toBeUndefined();
    expect(errors).toEqual([expect.objectContaining({ code: 'CC_DATABASE' })]);
    await connection.db.destroy();
  });
});
