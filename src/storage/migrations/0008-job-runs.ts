import type { Kysely } from 'kysely';

/** Makes the leases, one a job, by which processes agree who runs what, and the runs that came of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('job_leases')
    .addColumn('job', 'text', (column) => column.notNull().primaryKey())
    .addColumn('scheduled_ms', 'bigint', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('until_ms', 'bigint', (column) => column.notNull())
    .addColumn('finished', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('job_runs')
    .addColumn('job', 'text', (column) => column.notNull())
    .addColumn('scheduled_ms', 'bigint', (column) => column.notNull())
    .addColumn('started_ms', 'bigint', (column) => column.notNull())
    .addColumn('ended_ms', 'bigint', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('summary', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('job_runs_key', ['job', 'scheduled_ms', 'started_ms'])
    .execute();
  await db.schema.createIndex('job_runs_by_start').on('job_runs').column('started_ms').execute();
}
