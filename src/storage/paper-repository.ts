import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { BreakerName } from '../core/backtest.ts';
import type { HorizonName } from '../core/horizon.ts';
import type { PaperAccount, PaperEvent, PaperEventBody, PaperPortfolio } from '../core/paper.ts';
import type { Guard } from './connection.ts';
import { appendPaperEvents, type NewPaperEvent, toEvent, verifyPaper } from './paper-events.ts';
import type { Database, PaperPortfolioRow } from './schema.ts';

/** A portfolio with its progress. */
export interface MarkedPortfolio extends PaperPortfolio {
  /** Close of the last candle stepped through; before the first, the grid time that it begins at. */
  readonly markedMs: number;
  /** Reason that forbade positions in all coins when the candle after `markedMs` opened; null where none did. */
  readonly blocked: BreakerName | null;
}

/** One step of a portfolio: from one close to the next, and the reason that forbids positions from there on. */
export interface PaperStep {
  readonly fromMs: number;
  readonly toMs: number;
  readonly blocked: BreakerName | null;
}

/** Paper portfolios: their holdings change, their events are append-only. */
export interface PaperRepository {
  /** Begins a portfolio, with its first event; false when the server has one already. */
  start(
    portfolio: PaperPortfolio,
    begin: Pick<MarkedPortfolio, 'markedMs' | 'blocked'>,
    accounts: readonly PaperAccount[],
  ): Promise<boolean>;
  /** Those that run, of all servers. */
  active(): Promise<readonly MarkedPortfolio[]>;
  /** The one that runs in a server, else the one that ran there last; null when there was none. */
  newest(guildId: string): Promise<MarkedPortfolio | null>;
  accounts(portfolioId: string): Promise<readonly PaperAccount[]>;
  /**
   * Moves a portfolio from one close to the next in one transaction; false when another process did so before or it was stopped.
   */
  advance(
    portfolioId: string,
    step: PaperStep,
    accounts: readonly PaperAccount[],
    events: readonly NewPaperEvent[],
  ): Promise<boolean>;
  /** Ends the server's portfolio; false when none runs. */
  stop(guildId: string, atMs: number): Promise<boolean>;
  /** Events of one kind, newest first. */
  events(portfolioId: string, kind: PaperEventBody['kind'], limit: number): Promise<readonly PaperEvent[]>;
  count(portfolioId: string, kind: PaperEventBody['kind']): Promise<number>;
  /** Marks every `everyMs` back from `lastMs`, ascending. */
  marks(portfolioId: string, lastMs: number, everyMs: number): Promise<readonly PaperEvent[]>;
  /** Trips that have not been announced in the server, the oldest first. */
  unannounced(portfolioId: string): Promise<readonly PaperEvent[]>;
  /** Notes that everything up to an event was announced in the server. */
  markAnnounced(portfolioId: string, number: number): Promise<void>;
  /** Verifies the chains of all portfolios; returns the first fault in words, or null. */
  verify(): Promise<{ readonly events: number; readonly problem: string | null }>;
}

/** Makes the repository. */
export function createPaperRepository(db: Kysely<Database>, guard: Guard): PaperRepository {
  return {
    start: (portfolio, begin, accounts) =>
      guard('store a paper portfolio in', () =>
        db.transaction().execute(async (transaction) => {
          const made = await transaction
            .insertInto('paper_portfolios')
            .values(toPortfolioRow(portfolio, begin))
            .onConflict((conflict) => conflict.column('guild_id').where('stopped_ms', 'is', null).doNothing())
            .executeTakeFirst();
          if (Number(made.numInsertedOrUpdatedRows ?? 0n) === 0) return false;
          await writeAccounts(transaction, portfolio.id, accounts);
          const { rule, horizon, symbols, capital } = portfolio;
          const body = { kind: 'start', rule, horizon, symbols, capital } as const;
          await appendPaperEvents(transaction, portfolio.id, [{ timeMs: portfolio.startedMs, body }]);
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
      return rows.map(({ symbol, state, hold_units, last_close, standing }) => ({
        symbol,
        state,
        holdUnits: hold_units,
        lastClose: last_close,
        standing: JSON.parse(standing) as BreakerName[],
      }));
    },

    advance: (portfolioId, { fromMs, toMs, blocked }, accounts, events) =>
      guard('store a paper portfolio in', () =>
        db.transaction().execute(async (transaction) => {
          const moved = await transaction
            .updateTable('paper_portfolios')
            .set({ marked_ms: toMs, blocked })
            .where('id', '=', portfolioId)
            .where('marked_ms', '=', fromMs)
            .where('stopped_ms', 'is', null)
            .executeTakeFirst();
          if (moved.numUpdatedRows === 0n) return false;
          await writeAccounts(transaction, portfolioId, accounts);
          await appendPaperEvents(transaction, portfolioId, events);
          return true;
        }),
      ),

    stop: (guildId, atMs) =>
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
          await appendPaperEvents(transaction, stopped.id, [{ timeMs: atMs, body: { kind: 'stop' } }]);
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
      return rows.map(toEvent);
    },

    async marks(portfolioId, lastMs, everyMs) {
      const rows = await guard('read paper portfolios from', () =>
        db
          .selectFrom('paper_events')
          .selectAll()
          .where('portfolio_id', '=', portfolioId)
          .where('kind', '=', 'mark')
          .where(sql<boolean>`(cast(${lastMs} as bigint) - time_ms) % cast(${everyMs} as bigint) = 0`)
          .orderBy('number')
          .execute(),
      );
      return rows.map(toEvent);
    },

    async unannounced(portfolioId) {
      const rows = await guard('read paper portfolios from', () =>
        db
          .selectFrom('paper_events as e')
          .innerJoin('paper_portfolios as p', 'p.id', 'e.portfolio_id')
          .selectAll('e')
          .where('e.portfolio_id', '=', portfolioId)
          .where('e.kind', '=', 'trip')
          .whereRef('e.number', '>', 'p.told_number')
          .orderBy('e.number')
          .execute(),
      );
      return rows.map(toEvent);
    },

    markAnnounced: (portfolioId, number) =>
      guard('store a paper portfolio in', () =>
        db.transaction().execute(async (transaction) => {
          await transaction
            .updateTable('paper_portfolios')
            .set({ told_number: number })
            .where('id', '=', portfolioId)
            .where('told_number', '<', number)
            .execute();
        }),
      ),

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

    verify: () => guard('read paper portfolios from', () => verifyPaper(db)),
  };
}

async function writeAccounts(
  db: Transaction<Database>,
  portfolioId: string,
  accounts: readonly PaperAccount[],
): Promise<void> {
  if (accounts.length === 0) return;
  const rows = accounts.map(({ symbol, state, holdUnits, lastClose, standing }) => ({
    portfolio_id: portfolioId,
    symbol,
    state,
    hold_units: holdUnits,
    last_close: lastClose,
    standing: JSON.stringify(standing),
  }));
  await db
    .insertInto('paper_accounts')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['portfolio_id', 'symbol']).doUpdateSet((update) => ({
        state: update.ref('excluded.state'),
        hold_units: update.ref('excluded.hold_units'),
        last_close: update.ref('excluded.last_close'),
        standing: update.ref('excluded.standing'),
      })),
    )
    .execute();
}

function toPortfolioRow(
  portfolio: PaperPortfolio,
  { markedMs, blocked }: Pick<MarkedPortfolio, 'markedMs' | 'blocked'>,
): PaperPortfolioRow {
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
    blocked,
    told_number: 0,
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
    blocked: row.blocked as BreakerName | null,
  };
}
