import { LRUCache } from 'lru-cache';
import { CORRECTED_WITHIN_MS, INTERVAL_MS, INTERVALS, lastFinalOpenMs } from '../../core/candle.ts';
import { mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import { isLive, type LedgerEntry, type Outcome } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';
import { areFarApart } from '../../market/identity.ts';
import type { MarketService } from '../../market/series.ts';
import { scoreForecast } from '../../ml/scoring/ledger-score.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type { LedgerRepository } from '../../storage/ledger-repository.ts';
import type { OutcomeRepository } from '../../storage/outcome-repository.ts';
import { createTargetPrices, HOUR_SOURCE, nearestHourOpenMs, type TargetPriceParts } from './target-prices.ts';

/** The result of scoring the due forecasts. */
export interface ScoringReport {
  readonly scored: number;
  readonly revised: number;
  /** Forecasts whose target candle has not come yet. */
  readonly waiting: number;
}

/** The dependencies of scoring. */
export interface ScorerParts {
  readonly ledger: Pick<LedgerRepository, 'unscored' | 'entries'>;
  readonly outcomes: Pick<OutcomeRepository, 'add' | 'recent'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  readonly market: Pick<MarketService, 'series'>;
  /** Minutes, by which forecasts are scored that count from the moment they were made. */
  readonly prices: TargetPriceParts['prices'];
  readonly logger: Logger;
  readonly now: Clock;
}

/** How long a target candle is waited for; after that the forecast counts as unscored. */
const WAIT_FOR_MS = 14 * DAY_MS;
const AT_ONCE = 4;
/** Forecasts from another coin's price that the log has told of. */
const MAX_TOLD = 5_000;
/** Rows held in memory at once. */
const ROWS_AT_ONCE = 2_000;

/** Makes the function that scores due forecasts; overlapping runs share one. */
export function createScorer(parts: ScorerParts): (signal: AbortSignal) => Promise<ScoringReport> {
  const { ledger, outcomes, candles, market, logger, now } = parts;
  const told = new LRUCache<number, true>({ max: MAX_TOLD });
  const targetPrices = createTargetPrices(parts);

  /** Scores one coin's forecasts that count from the moment they were made. */
  async function scoreLive(entries: readonly LedgerEntry[], signal: AbortSignal): Promise<Outcome[]> {
    const { symbol } = entries[0]!;
    const { prices, ofOthers } = await targetPrices(symbol, entries, signal);
    tellOf(symbol, ofOthers);
    const scoredAtMs = now();
    return entries.flatMap((entry) => {
      const price = prices.get(entry.sequence);
      return price ? [scoreForecast(entry, { ...price, scoredAtMs, revision: 0 })] : [];
    });
  }

  /** They come again every time for two weeks: a line for each would fill the log. */
  function tellOf(symbol: string, ofOthers: readonly number[]): void {
    const fresh = ofOthers.filter((sequence) => !told.has(sequence));
    for (const sequence of fresh) told.set(sequence, true);
    if (fresh.length === 0) return;
    const facts = { symbol, forecasts: fresh.length };
    logger.warn(facts, "forecasts were made from another coin's price and are not scored");
  }

  /** Scores one coin's entries from its candles, which are fetched where they are not stored yet. */
  async function scoreCloses(entries: readonly LedgerEntry[]): Promise<Outcome[]> {
    const { symbol, interval } = entries[0]!;
    const step = INTERVAL_MS[interval];
    // Back to the origins, whose closes tell whether a forecast was made from this coin's price.
    const oldestMs = Math.min(...entries.map(({ originMs }) => originMs)) - step;
    const count = (lastFinalOpenMs(now(), interval) - oldestMs) / step + 1;
    // The newest candles are fetched again: a source may have corrected them.
    const { candles: kept } = await market.series({ symbol, interval, candles: Math.max(count, 3), refresh: true });
    const byOpen = new Map(kept.map((candle) => [candle.openTimeMs, candle]));
    const scoredAtMs = now();
    const ofOthers: number[] = [];
    const scored = entries.flatMap((entry) => {
      const candle = byOpen.get(entry.targetMs - step);
      const origin = byOpen.get(entry.originMs - step);
      if (origin && areFarApart(origin.close, entry.lastPrice)) {
        ofOthers.push(entry.sequence);
        return [];
      }
      if (!candle) return [];
      return [scoreForecast(entry, { actualPrice: candle.close, source: candle.source, scoredAtMs, revision: 0 })];
    });
    tellOf(symbol, ofOthers);
    return scored;
  }

  async function scoreNew(signal: AbortSignal): Promise<{ scored: number; waiting: number }> {
    let [scored, waiting, after] = [0, 0, 0];
    for (;;) {
      const due = await ledger.unscored(now() - WAIT_FOR_MS, now(), ROWS_AT_ONCE, after);
      const coins = bySeries(due);
      await mapLimited([...coins.values()], AT_ONCE, async (entries) => {
        signal.throwIfAborted();
        let found: Outcome[] = [];
        try {
          found = await (isLive(entries[0]!.cause) ? scoreLive(entries, signal) : scoreCloses(entries));
        } catch (error) {
          signal.throwIfAborted();
          const known = asCandlecastError(error);
          if (known.code === 'CC_DATABASE') throw known;
          logger.warn({ symbol: entries[0]!.symbol, code: known.code, err: known }, 'forecasts cannot be scored yet');
        }
        const added = await outcomes.add(found);
        // After the await: `scored += await …` would read the sum before the other coins have added theirs.
        scored += added;
        waiting += entries.length - found.length;
      });
      if (due.length < ROWS_AT_ONCE) return { scored, waiting };
      after = due.at(-1)!.sequence;
    }
  }

  /**
   * Adds a revision to every score whose candle its source has corrected, or that was scored by the price of another coin. A candle of another
   * source is no correction: exchanges differ. Nor is a forecast that was made from another coin's price compared with this one's.
   */
  async function revise(signal: AbortSignal): Promise<number> {
    const recent = [];
    for (const interval of INTERVALS) {
      recent.push(...(await outcomes.recent(now() - CORRECTED_WITHIN_MS[interval], interval)));
    }
    const revised: Outcome[] = [];
    // A minute is read once; no source corrects it later.
    const byCandle = recent.filter(({ cause, source }) => !isLive(cause) || source.endsWith(HOUR_SOURCE));
    for (const scores of bySeries(byCandle).values()) {
      signal.throwIfAborted();
      const { symbol, cause } = scores[0]!;
      const interval = isLive(cause) ? '1h' : scores[0]!.interval;
      const suffix = isLive(cause) ? HOUR_SOURCE : '';
      const openOf = (timeMs: number) => (isLive(cause) ? nearestHourOpenMs(timeMs) : timeMs - INTERVAL_MS[interval]);
      const opens = scores.map(({ targetMs }) => openOf(targetMs));
      const kept = await candles.range(symbol, interval, Math.min(...opens), Math.max(...opens));
      const byOpen = new Map(kept.map((candle) => [candle.openTimeMs, candle]));
      const changed = scores.filter(({ targetMs, actualPrice, source }) => {
        const candle = byOpen.get(openOf(targetMs));
        if (candle === undefined || candle.close === actualPrice) return false;
        return candle.source + suffix === source || areFarApart(candle.close, actualPrice);
      });
      const entries = new Map(
        (await ledger.entries(changed.map(({ sequence }) => sequence))).map((entry) => [entry.sequence, entry]),
      );
      for (const { sequence, targetMs, revision } of changed) {
        const entry = entries.get(sequence)!;
        const originOpenMs = openOf(entry.originMs);
        const [origin] = await candles.range(symbol, interval, originOpenMs, originOpenMs);
        if (origin && areFarApart(origin.close, entry.lastPrice)) continue;
        const { close: actualPrice, source } = byOpen.get(openOf(targetMs))!;
        const actual = { actualPrice, source: source + suffix, scoredAtMs: now(), revision: revision + 1 };
        revised.push(scoreForecast(entry, actual));
      }
    }
    return outcomes.add(revised);
  }

  let running: Promise<ScoringReport> | null = null;
  return (signal) => {
    const run = async () => {
      const { scored, waiting } = await scoreNew(signal);
      const revised = await revise(signal);
      if (scored + revised + waiting > 0) logger.info({ scored, revised, waiting }, 'forecasts scored');
      return { scored, revised, waiting };
    };
    running ??= run().finally(() => {
      running = null;
    });
    return running;
  };
}

/** Rows grouped by the candle series that scores them. */
function bySeries<Row extends Pick<LedgerEntry, 'symbol' | 'interval' | 'cause'>>(
  rows: readonly Row[],
): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.symbol} ${isLive(row.cause) ? 'live' : row.interval}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
