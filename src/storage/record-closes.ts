import type { Kysely, Selectable } from 'kysely';
import { INTERVAL_MS, type Interval } from '../core/candle.ts';
import { isLive, type LedgerEntry } from '../core/ledger.ts';
import type { AskedOdds } from '../core/odds.ts';
import { HOUR_MS } from '../core/time.ts';
import type { CandleRow, Database } from './schema.ts';

/** A coin's closes of one interval, from and to times of close that are both included. */
export interface Span {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
  /** Times of close, both included, between which lines also hold highs and lows, since odds of touching a level were asked about; in order, apart from each other. */
  readonly asked: readonly (readonly [number, number])[];
}

/**
 * Collects the closes that an export needs: at origins and targets of forecasts, of those that count from a moment the nearest hour, and the hours of odds
 * that were asked for.
 */
export function createSpans(): {
  add(entry: LedgerEntry): void;
  addOdds(odds: AskedOdds): void;
  all(): readonly Span[];
} {
  const spans = new Map<string, Omit<Span, 'asked'>>();
  const asked = new Map<string, [number, number][]>();
  const extend = (symbol: string, interval: Interval, fromMs: number, toMs: number) => {
    const key = `${interval} ${symbol}`;
    const known = spans.get(key);
    if (known && known.fromMs <= fromMs && known.toMs >= toMs) return;
    spans.set(key, {
      symbol,
      interval,
      fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
      toMs: Math.max(toMs, known?.toMs ?? toMs),
    });
  };
  return {
    add({ symbol, cause, interval, originMs, targetMs }) {
      if (isLive(cause)) extend(symbol, '1h', targetMs - HOUR_MS, targetMs + HOUR_MS);
      else extend(symbol, interval, originMs, targetMs);
    },
    addOdds({ symbol, originMs, targetMs }) {
      // The hours of the question and of the moment, which belong to it in part, and those between.
      const [fromMs, toMs] = [(Math.floor(originMs / HOUR_MS) + 1) * HOUR_MS, Math.ceil(targetMs / HOUR_MS) * HOUR_MS];
      extend(symbol, '1h', fromMs, toMs);
      const known = asked.get(symbol) ?? [];
      asked.set(symbol, known);
      const last = known.at(-1);
      // Odds come nearly in the order of their origins, so that most lie beside those before.
      if (last && fromMs >= last[0] && fromMs <= last[1] + HOUR_MS) last[1] = Math.max(last[1], toMs);
      else known.push([fromMs, toMs]);
    },
    // Sorted here, since databases sort text in their own ways.
    all: () =>
      [...spans.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, span]) => ({ ...span, asked: span.interval === '1h' ? merged(asked.get(span.symbol) ?? []) : [] })),
  };
}

function merged(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const apart: [number, number][] = [];
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = apart.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else apart.push([from, to]);
  }
  return apart;
}

/** The next closes of a span after an open time. */
export const closesAfter = (
  db: Kysely<Database>,
  { symbol, interval, toMs }: Span,
  afterOpenMs: number,
  limit: number,
) =>
  db
    .selectFrom('candles')
    .select(['open_time_ms', 'high', 'low', 'close', 'source', 'fetched_at_ms'])
    .where('symbol', '=', symbol)
    .where('interval', '=', interval)
    .where('open_time_ms', '>', afterOpenMs)
    .where('open_time_ms', '<=', toMs - INTERVAL_MS[interval])
    .orderBy('open_time_ms')
    .limit(limit)
    .execute();

/** Writes the closes of a span as lines; called in their order. */
export function createCloseLine({ symbol, interval, asked }: Span) {
  let next = 0;
  return (
    row: Pick<Selectable<CandleRow>, 'open_time_ms' | 'high' | 'low' | 'close' | 'source' | 'fetched_at_ms'>,
  ): string => {
    const closeTimeMs = row.open_time_ms + INTERVAL_MS[interval];
    while (asked[next] && asked[next]![1] < closeTimeMs) next++;
    const isAsked = asked[next] !== undefined && asked[next]![0] <= closeTimeMs;
    return JSON.stringify({
      close: row.close,
      closeTimeMs,
      fetchedAtMs: row.fetched_at_ms,
      ...(isAsked ? { high: row.high } : {}),
      interval,
      ...(isAsked ? { low: row.low } : {}),
      source: row.source,
      symbol,
    });
  };
}
