import { expect, it } from 'vitest';
import { type Connection, runBatch } from '../../src/storage/connection.ts';

/** What statements that run together keep to on every database. */
export function describeBatches(connect: () => Promise<Connection>) {
  const turn = (name: string, untilMs = 1) => ({ name, owner: 'me', until_ms: untilMs });

  it('gives the result of each statement, those of later ones after what earlier ones wrote', async () => {
    const { db } = await connect();
    const [written, read, moved] = await runBatch(db, [
      db.insertInto('turns').values([turn('a'), turn('b')]),
      db.selectFrom('turns').select('name').orderBy('name'),
      db.updateTable('turns').set({ until_ms: 7 }).where('name', '=', 'a'),
    ]);
    expect(written.numAffectedRows).toBe(2n);
    expect(read.rows).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(moved.numAffectedRows).toBe(1n);
    expect(await runBatch(db, [])).toEqual([]);
    await db.destroy();
  });

  it('writes nothing where one fails', async () => {
    const { db } = await connect();
    const twice = runBatch(db, [
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
      await runBatch(transaction, [transaction.insertInto('turns').values(turn('a'))]);
      const [read] = await runBatch(transaction, [transaction.selectFrom('turns').select('name')]);
      expect(read.rows).toEqual([{ name: 'a' }]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('turns').selectAll().execute()).toEqual([]);
    await db.destroy();
  });
}
