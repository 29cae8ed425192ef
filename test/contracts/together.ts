import { expect, it } from 'vitest';
import type { Connection } from '../../src/storage/connection.ts';
import { runTogether } from '../../src/storage/together.ts';

/** What statements that run together keep to on every database. */
export function describeTogether(connect: () => Promise<Connection>) {
  const turn = (name: string, untilMs = 1) => ({ name, owner: 'me', until_ms: untilMs });

  it('gives the result of each statement, those of later ones after what earlier ones wrote', async () => {
    const { db } = await connect();
    const [written, read, moved] = await runTogether(db, [
      db.insertInto('turns').values([turn('a'), turn('b')]),
      db.selectFrom('turns').select('name').orderBy('name'),
      db.updateTable('turns').set({ until_ms: 7 }).where('name', '=', 'a'),
    ]);
    expect(written.numAffectedRows).toBe(2n);
    expect(read.rows).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(moved.numAffectedRows).toBe(1n);
    expect(await runTogether(db, [])).toEqual([]);
    await db.destroy();
  });

  it('writes nothing where one fails', async () => {
    const { db } = await connect();
    const twice = runTogether(db, [
      db.insertInto('turns').values(turn('a')),
      db.insertInto('turns').values(turn('b')),
      db.insertInto('turns').values(turn('a')),
    ]);
    await expect(twice).rejects.toThrow();
    expect(await db.selectFrom('turns').selectAll().execute()).toEqual([]);
    await db.destroy();
  });

  it('belongs to the transaction in which it runs', async () => {
    const { db } = await connect();
    const failing = db.transaction().execute(async (transaction) => {
      await runTogether(transaction, [transaction.insertInto('turns').values(turn('a'))]);
      const [read] = await runTogether(transaction, [transaction.selectFrom('turns').select('name')]);
      expect(read.rows).toEqual([{ name: 'a' }]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('turns').selectAll().execute()).toEqual([]);
    await db.destroy();
  });
}
