import type { Kysely } from 'kysely';

/** Lets a checkpoint hold the ends of the chains of members' calls and of odds, too. Those from before hold none there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('checkpoints').addColumn('calls', 'integer').execute();
  await db.schema.alterTable('checkpoints').addColumn('odds', 'integer').execute();
}
