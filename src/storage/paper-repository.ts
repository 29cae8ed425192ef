import { createHash } from 'node:crypto';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { HorizonName } from '../core/horizon.ts';
import { NO_HASH } from '../core/ledger.ts';
import type { PaperAccount, PaperEvent, PaperEventBody, PaperPortfolio } from '../core/paper.ts';
import { canonicalPaperEvent } from '../core/paper.ts';
import type { Guard } from './database-error.ts';
import type { PaperEventRow, PaperPortfolioRow } from './paper-schema.ts';
import type { Database } from './schema.ts';

/** A portfolio with how far it has come. */
export interface MarkedPortfolio extends PaperPortfolio {
  /** Close of the last candle that went in; before the first, the moment on the candles' grid that it begins at. */
  readonly markedMs: number;
}

/** What is to be written down about a portfolio. */
export interface NewPaperEvent {
  readonly timeMs: number;
  readonly body: PaperEventBody;
}

/** Paper portfolios: what they hold may change, what happened to them is only ever added to. */
export interface PaperRepository {
  /** Begins a portfolio, with its first event; false when the server has one already. */
  start(portfolio: PaperPortfolio, markedMs: number, accounts: readonly PaperAccount[]): Promise<boolean>;
  /** Those that run, of all servers. */
  active(): Promise<readonly MarkedPortfolio[]>;
  /** The one that runs in a server, else the one that ran there last; null when there was none. */
  newest(guildId: string): Promise<MarkedPortfolio | null>;
  accounts(portfolioId: string): Promise<readonly PaperAccount[]>;
  /**
   * Takes a portfolio from one close to the next, all or nothing; false when another process was faster or it was stopped.
   */
  advance(
    portfolioId: string,
    fromMs: number,
    toMs: number,
    accounts: readonly PaperAccount[],
    events: readonly NewPaperEvent[],
  ): Promise<boolean>;
  /** Ends the server's portfolio; false when none runs. */
  stop(guildId: string, by: string, atMs: number): Promise<boolean>;
  /** Events of one kind, newest first. */
  events(portfolioId: string, kind: PaperEventBody['kind'], limit: number): Promise<readonly PaperEvent[]>;
  count(portfolioId: string, kind: PaperEventBody['kind']): Promise<number>;
  /** Walks the chains of all portfolios; the first thing that is wrong, in words, or null. */
  verify(): Promise<{ readonly events: number; readonly problem: string | null }>;
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

/** Makes the repository. */
export function createPaperRepository(db: Kysely<Database>, guard: Guard): PaperRepository {
  return {
    start: (portfolio, markedMs, accounts) =>
      guard('store a paper portfolio in', () =>
        db.transaction().execute(async (transaction) => {
          const made = await transaction
            .insertInto('paper_portfolios')
            .values(toRow(portfolio, markedMs))
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          if (Number(made.numInsertedOrUpdatedRows ?? 0n) === 0) return false;
          await writeAccounts(transaction, portfolio.id, accounts);
          const { rule, horizon, symbols, capital } = portfolio;
          const body = { kind: 'start', rule, horizon, symbols, capital } as const;
          await append(transaction, portfolio.id, [{ timeMs: portfolio.startedMs, body }]);
          return true;
        }),
      ),

    async active() {
      const rows = await guard('read paper portfolios from', () =>
        db.selectFrom('paper_portfolios').selectAll().where('stopped_ms', 'is', null).orderBy('started_ms').execute(),
      );
      return rows.map(toPortfolio);
    },

    async newest(guildId) {
      const row = await guard('read paper portfolios from', () =>
        db
          .selectFrom('paper_portfolios')
          .selectAll()
          .where('guild_id', '=', guildId)
          .orderBy((order) => order.case().when('stopped_ms', 'is', null).then(0).else(1).end())
          .orderBy('started_ms', 'desc')
          .limit(1)
          .executeTakeFirst(),
      );
      return row ? toPortfolio(row) : null;
    },

    async accounts(portfolioId) {
      const rows = await guard('read paper portfolios from', () =>
        db.selectFrom('paper_accounts').selectAll().where('portfolio_id', '=', portfolioId).orderBy('symbol').execute(),
      );
      return rows.map(({ symbol, state, hold_units, last_close }) => ({
        symbol,
        state,
        holdUnits: hold_units,
        lastClose: last_close,
      }));
    },

    advance: (portfolioId, fromMs, toMs, accounts, events) =>
      guard('store a paper portfolio in', () =>
        db.transaction().execute(async (transaction) => {
          const moved = await transaction
            .updateTable('paper_portfolios')
            .set({ marked_ms: toMs })
            .where('id', '=', portfolioId)
            .where('marked_ms', '=', fromMs)
            .where('stopped_ms', 'is', null)
            .executeTakeFirst();
          if (moved.numUpdatedRows === 0n) return false;
          await writeAccounts(transaction, portfolioId, accounts);
          await append(transaction, portfolioId, events);
          return true;
        }),
      ),

    stop: (guildId, by, atMs) =>
      guard('store a paper portfolio in', () =>
        db.transaction().execute(async (transaction) => {
          const stopped = await transaction
            .updateTable('paper_portfolios')
            .set({ stopped_ms: atMs })
            .where('guild_id', '=', guildId)
            .where('stopped_ms', 'is', null)
            .returning('id')
            .executeTakeFirst();
          if (!stopped) return false;
          await append(transaction, stopped.id, [{ timeMs: atMs, body: { kind: 'stop', by } }]);
          return true;
        }),
      ),

    async events(portfolioId, kind, limit) {
      const rows = await guard('read paper portfolios from', () =>
        db
          .selectFrom('paper_events')
          .selectAll()
          .where('portfolio_id', '=', portfolioId)
          .where('kind', '=', kind)
          .orderBy('number', 'desc')
          .limit(limit)
          .execute(),
      );
      return rows.map((row) => ({
        portfolioId,
        number: row.number,
        timeMs: row.time_ms,
        body: JSON.parse(row.body) as PaperEventBody,
        previousHash: row.previous_hash,
        hash: row.hash,
      }));
    },

    async count(portfolioId, kind) {
      const row = await guard('read paper portfolios from', () =>
        db
          .selectFrom('paper_events')
          .select((select) => select.fn.countAll().as('n'))
          .where('portfolio_id', '=', portfolioId)
          .where('kind', '=', kind)
          .executeTakeFirstOrThrow(),
      );
      return Number(row.n);
    },

    verify: () => guard('read paper portfolios from', () => verify(db)),
  };
}

function toRow(portfolio: PaperPortfolio, markedMs: number): PaperPortfolioRow {
  return {
    id: portfolio.id,
    guild_id: portfolio.guildId,
    rule: portfolio.rule,
    horizon: portfolio.horizon,
    symbols: JSON.stringify(portfolio.symbols),
    capital: portfolio.capital,
    started_by: portfolio.startedBy,
    started_ms: portfolio.startedMs,
    stopped_ms: portfolio.stoppedMs,
    marked_ms: markedMs,
  };
}

function toPortfolio(row: Selectable<PaperPortfolioRow>): MarkedPortfolio {
  return {
    id: row.id,
    guildId: row.guild_id,
    rule: row.rule,
    horizon: row.horizon as HorizonName,
    symbols: JSON.parse(row.symbols) as string[],
    capital: row.capital,
    startedBy: row.started_by,
    startedMs: row.started_ms,
    stoppedMs: row.stopped_ms,
    markedMs: row.marked_ms,
  };
}

async function writeAccounts(
  db: Transaction<Database>,
  portfolioId: string,
  accounts: readonly PaperAccount[],
): Promise<void> {
  if (accounts.length === 0) return;
  const rows = accounts.map(({ symbol, state, holdUnits, lastClose }) => ({
    portfolio_id: portfolioId,
    symbol,
    state,
    hold_units: holdUnits,
    last_close: lastClose,
  }));
  await db
    .insertInto('paper_accounts')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['portfolio_id', 'symbol']).doUpdateSet((update) => ({
        state: update.ref('excluded.state'),
        hold_units: update.ref('excluded.hold_units'),
        last_close: update.ref('excluded.last_close'),
      })),
    )
    .execute();
}

/** Adds to a portfolio's chain. The row of the portfolio is locked by then, so that no other process adds to it. */
async function append(db: Transaction<Database>, portfolioId: string, events: readonly NewPaperEvent[]): Promise<void> {
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

async function verify(db: Kysely<Database>): Promise<{ events: number; problem: string | null }> {
  let events = 0;
  const portfolios = await db.selectFrom('paper_portfolios').select('id').orderBy('started_ms').execute();
  for (const { id } of portfolios) {
    const rows = await db
      .selectFrom('paper_events')
      .selectAll()
      .where('portfolio_id', '=', id)
      .orderBy('number')
      .execute();
    let last = { number: 0, hash: NO_HASH };
    for (const row of rows) {
      const at = `Event ${last.number + 1} of the paper portfolio ${id}`;
      if (row.number !== last.number + 1) return { events, problem: `${at} is missing.` };
      if (row.previous_hash !== last.hash) return { events, problem: `${at} does not follow the one before it.` };
      if (hashOf(row) !== row.hash) return { events, problem: `${at} has been changed.` };
      last = row;
      events++;
    }
    if (rows.length === 0) return { events, problem: `The events of the paper portfolio ${id} are missing.` };
  }
  return { events, problem: null };
}
