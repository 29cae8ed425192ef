import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { NO_HASH, type UnissuedForecast } from '../../src/core/ledger.ts';
import type { Database } from '../../src/storage/schema.ts';
import { START_MS } from './candles.ts';
import { outcomeOf, unissued } from './ledger.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function insert(db: Kysely<Database>, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)));
  await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(db);
}

/**
 * Rows, a mark and outcomes as versions before 0019-record wrote them: numbers as JSON, hashes as text, outcomes without. 700 rows, so that they are
 * copied in more than one piece. Returns the hash of the last row.
 */
export async function fillEarlierLedger(db: Kysely<Database>): Promise<string> {
  let previousHash = NO_HASH;
  let sequence = 0;
  const issuedAtMs = START_MS + 1_000;
  const write = async (forecast: UnissuedForecast, cause: string) => {
    const body = { ...forecast, cause, issuedAtMs, sequence: ++sequence, previousHash };
    const hash = sha256(JSON.stringify(Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)))));
    await insert(db, 'ledger', {
      sequence,
      cause,
      symbol: body.symbol,
      interval: body.interval,
      horizon: body.horizon,
      origin_ms: body.originMs,
      target_ms: body.targetMs,
      last_price: body.lastPrice,
      quantiles: JSON.stringify(body.quantiles),
      p_up: body.pUp,
      climatology: body.climatology && JSON.stringify(body.climatology),
      model: body.model,
      source: body.source,
      sentiment_share: body.sentimentShare,
      issued_at_ms: issuedAtMs,
      previous_hash: previousHash,
      hash,
    });
    previousHash = hash;
    return { ...forecast, cause: 'scheduled' as const, issuedAtMs, sequence, hash };
  };
  // In double precision, as they were made.
  const precise = unissued({ lastPrice: 1 / 3, sentimentShare: 1e-7 });
  const first = await write(
    { ...precise, quantiles: precise.quantiles.map((price) => price * (1 + 1e-12)) },
    'on-demand',
  );
  const second = await write(unissued({ symbol: 'C0', climatology: null }), 'scheduled');
  for (let i = 1; i < 700; i++) await write(unissued({ symbol: `C${i}`, climatology: null }), 'scheduled');
  const mark = { markedAtMs: issuedAtMs, number: 1, previousHash: NO_HASH, rowHash: first.hash, sequence: 1 };
  await insert(db, 'ledger_marks', {
    number: 1,
    sequence: 1,
    row_hash: first.hash,
    marked_at_ms: issuedAtMs,
    previous_hash: NO_HASH,
    hash: sha256(JSON.stringify(mark)),
  });
  for (const outcome of [outcomeOf(first, 0.4), outcomeOf(first, 0.3, 1), outcomeOf(second, 99)]) {
    await insert(db, 'outcomes', {
      sequence: outcome.sequence,
      revision: outcome.revision,
      actual_price: outcome.actualPrice,
      source: outcome.source,
      scored_at_ms: outcome.scoredAtMs,
      log_return: outcome.logReturn,
      pinball: outcome.pinball,
      climatology_pinball: outcome.climatologyPinball,
      absolute_error: outcome.absoluteError,
      naive_scale: outcome.naiveScale,
      direction_hit: outcome.directionHit ? 1 : 0,
      brier: outcome.brier,
      band: outcome.band,
      level: outcome.level,
    });
  }
  return previousHash;
}
