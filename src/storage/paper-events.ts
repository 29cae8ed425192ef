import { createHash } from 'node:crypto';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { NO_HASH } from '../core/ledger.ts';
import { canonicalPaperEvent, type PaperEvent, type PaperEventBody } from '../core/paper.ts';
import { CHANGED, type ChainVerdict, verifyEvents } from './event-chain.ts';
import type { Database, PaperEventRow } from './schema.ts';

/** An event to add to a portfolio's chain. */
export interface NewPaperEvent {
  readonly timeMs: number;
  readonly body: PaperEventBody;
}

const hashOf = (row: Omit<PaperEventRow, 'hash' | 'kind'>) =>
  createHash('sha256')
    .update(
      canonicalPaperEvent({
        portfolioId: row.portfolio_id,
        number: row.number,
        timeMs: row.time_ms,
        body: row.body,
        previousHash: row.previous_hash,
      }),
      'utf8',
    )
    .digest('hex');

/** The event a row holds. */
export function toEvent(row: Selectable<PaperEventRow>): PaperEvent {
  return {
    portfolioId: row.portfolio_id,
    number: row.number,
    timeMs: row.time_ms,
    body: JSON.parse(row.body) as PaperEventBody,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

/** Adds to a portfolio's chain. The row of the portfolio is locked by then, so that no other process adds to it. */
export async function appendPaperEvents(
  db: Transaction<Database>,
  portfolioId: string,
  events: readonly NewPaperEvent[],
): Promise<void> {
  const end = await db
    .selectFrom('paper_events')
    .select(['number', 'hash'])
    .where('portfolio_id', '=', portfolioId)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  let last = end ?? { number: 0, hash: NO_HASH };
  const rows = events.map(({ timeMs, body }): PaperEventRow => {
    const row = {
      portfolio_id: portfolioId,
      number: last.number + 1,
      time_ms: timeMs,
      body: JSON.stringify(body),
      previous_hash: last.hash,
    };
    const whole = { ...row, kind: body.kind, hash: hashOf(row) };
    last = whole;
    return whole;
  });
  if (rows.length > 0) await db.insertInto('paper_events').values(rows).execute();
}

/** Verifies the chains of all portfolios; counts the valid events up to the first fault. */
export async function verifyPaper(db: Kysely<Database>): Promise<ChainVerdict> {
  let events = 0;
  const portfolios = await db.selectFrom('paper_portfolios').select('id').orderBy('started_ms').execute();
  for (const { id } of portfolios) {
    const rowsAfter = (number: number, limit: number) =>
      db
        .selectFrom('paper_events')
        .selectAll()
        .where('portfolio_id', '=', id)
        .where('number', '>', number)
        .orderBy('number')
        .limit(limit)
        .execute();
    const found = await verifyEvents(
      (number) => `Event ${number} of the paper portfolio ${id}`,
      rowsAfter,
      (row) => (isIntact(row) ? null : CHANGED),
    );
    events += found.events;
    if (found.problem !== null) return { events, problem: found.problem };
    if (found.events === 0) return { events, problem: `The events of the paper portfolio ${id} are missing.` };
  }
  return { events, problem: null };
}

/** The hash covers the body alone, so the column `kind` is compared with it. */
const isIntact = (row: PaperEventRow) =>
  hashOf(row) === row.hash && (JSON.parse(row.body) as PaperEventBody).kind === row.kind;
