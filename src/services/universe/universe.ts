import { INTERVAL_MS, INTERVALS, type Interval, lastFinalOpenMs, type SourcedCandle } from '../../core/candle.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { UniverseStatus } from '../../core/status.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import type { FilledRange, MarketService } from '../../market/series.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type { TrainingCoin, TrainingCoinRepository } from '../../storage/training-coin-repository.ts';
import { TRAINING_CANDLES } from '../models/training.ts';
import type { CoinList } from './coin-list.ts';
import { bitcoinFirst, type LearntCoin, seriesOf, type TrainingCoins } from './training-coins.ts';

/** What is missing after a run, and what came of it. */
export interface UniverseReport {
  readonly interval: Interval;
  readonly coins: number;
  /** Coins with candles. */
  readonly withCandles: number;
  /** Coins whose candles are still to be asked for: the run ended early, at its time limit or because the sources are busy. */
  readonly left: number;
  readonly failures: readonly { readonly symbol: string; readonly code: ErrorCode }[];
}

/** Keeps the candles of the coins that are learnt from, beyond the tracked ones. */
export interface Universe extends TrainingCoins {
  /**
   * Chooses the coins where that is due, and fetches what is missing of their candles: at first all that models learn from, then each day's new ones.
   * Ends early after `limitMs`. Throws `CC_DATABASE` and the signal's reason.
   */
  ingest(signal: AbortSignal, limitMs: number): Promise<readonly UniverseReport[]>;
  /** Whether the coins are chosen, every one has been asked for, and enough have candles for a first training. Throws `CC_DATABASE`. */
  isReady(interval: Interval): Promise<boolean>;
  /** Throws `CC_DATABASE`. */
  status(): Promise<readonly UniverseStatus[]>;
}

/** What it is made of. */
export interface UniverseParts {
  readonly list: CoinList;
  readonly repository: Pick<TrainingCoinRepository, 'noteHistory'>;
  readonly market: Pick<MarketService, 'fill'>;
  readonly candles: Pick<CandleRepository, 'range' | 'span'>;
  readonly tracked: readonly string[];
  readonly now: Clock;
  readonly logger: Logger;
}

/** Candles fetched at once: a page of Binance for days, two for hours; four and seven of Coinbase. */
const CHUNK_CANDLES: Readonly<Record<Interval, number>> = { '1d': 1_000, '1h': 2_000 };
/** Candles read from the database at once, few enough that no thread is kept busy and none are kept in memory. */
const READ_CANDLES = 240;
/** A little more than the market service waits before it asks again for a range that could not be had. */
const RETRY_MS = HOUR_MS + MINUTE_MS;
/** A history of which a source failed to give its part is asked for again after this. */
const AGAIN_MS = DAY_MS + MINUTE_MS;
/** With fewer coins, or a smaller share of them, the first training waits for its schedule. */
const READY = { coins: 5, share: 0.5 } as const;
/** Failures of sources that have no time. */
const BUSY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CC_BUSY', 'CC_SOURCE_RATE_LIMITED']);
/** So many coins in a row that fail so end a run: what is asked next would fail as well. One alone may be a young coin, of which the other sources have no more. */
const MAX_BUSY_IN_A_ROW = 3;

/** What is known of a coin's candles without reading the database. */
interface Known {
  /** Open time of the newest; null where there are none. */
  newestMs: number | null;
  oldestMs: number | null;
  /** Newer ones are not asked for before this, once they could not be had. */
  retryMs: number;
}

interface Progress {
  done: number;
  of: number;
  readonly startedMs: number;
}

/** Makes the universe. Coins are asked for one after the other and in the background, so that nobody waits for it. */
export function createUniverse(parts: UniverseParts): Universe {
  const { list, repository, market, candles, now, logger } = parts;
  const isTracked = new Set(parts.tracked);
  const known = new Map<string, Known>();
  const progress = new Map<Interval, Progress>();
  const turns = new Map<Interval, Promise<unknown>>();

  async function knownOf({ symbol }: TrainingCoin, interval: Interval, fresh: boolean): Promise<Known> {
    const key = `${symbol} ${interval}`;
    const held = known.get(key);
    if (held && !fresh) return held;
    const span = await candles.span(symbol, interval);
    const read = { newestMs: span?.toMs ?? null, oldestMs: span?.fromMs ?? null, retryMs: held?.retryMs ?? 0 };
    known.set(key, read);
    return read;
  }

  const fromMsOf = (interval: Interval, toMs: number) =>
    toMs - (TRAINING_CANDLES[interval] - 1) * INTERVAL_MS[interval];

  /** What is missing of a coin up to an open time and may be asked for now. */
  function missing(coin: TrainingCoin, { newestMs, retryMs }: Known, interval: Interval, toMs: number) {
    // What no source lists any more stays as it is.
    if (!isTracked.has(coin.symbol) && Object.keys(coin.volumes).length === 0) return null;
    const isAsked = coin.historyFromMs !== null && coin.historyFromMs <= fromMsOf(interval, toMs);
    // A moment that a wrong clock wrote far ahead counts for nothing.
    const isWaiting = coin.historyDueMs > now() && coin.historyDueMs <= now() + AGAIN_MS;
    if (!isAsked && !isWaiting) return 'history';
    if (!isAsked && newestMs === null) return null;
    if (retryMs > now() || (newestMs ?? 0) >= toMs) return null;
    // Listed, but never traded when it was asked for.
    return newestMs === null ? 'history' : 'newest';
  }

  /** Fetches a coin's candles of a range, newest first, chunk by chunk. */
  async function fetchChunks(symbol: string, interval: Interval, fromMs: number, toMs: number, signal?: AbortSignal) {
    const step = INTERVAL_MS[interval];
    const failures: FilledRange['failures'][number][] = [];
    for (let endMs = toMs; endMs >= fromMs; endMs -= CHUNK_CANDLES[interval] * step) {
      signal?.throwIfAborted();
      const startMs = Math.max(fromMs, endMs - (CHUNK_CANDLES[interval] - 1) * step);
      const range = { symbol, interval, fromMs: startMs, toMs: endMs };
      const filled = await market.fill(range, { background: true, ...(signal ? { signal } : {}) });
      failures.push(...filled.failures);
      if (!filled.answered) return { answered: false, failures };
      // Nobody traded it before.
      if (filled.candles === 0) break;
    }
    return { answered: true, failures };
  }

  /** Fetches what is missing of one coin; returns why it could not be had, or null. */
  async function fetchCoin(
    coin: TrainingCoin,
    held: Known,
    what: 'history' | 'newest',
    interval: Interval,
    toMs: number,
    signal?: AbortSignal,
  ): Promise<ErrorCode | null> {
    const { symbol } = coin;
    const wantedMs = fromMsOf(interval, toMs);
    const fromMs = what === 'history' ? wantedMs : Math.max(wantedMs, held.newestMs! + INTERVAL_MS[interval]);
    const { answered, failures } = await fetchChunks(symbol, interval, fromMs, toMs, signal);
    const failed = answered ? undefined : (failures[0]?.code ?? 'CC_SOURCE_UNAVAILABLE');
    const busy = failed && failures.find(({ code }) => BUSY.has(code))?.code;
    if (what === 'history') {
      const isComplete = answered && failures.length === 0;
      await repository.noteHistory(interval, symbol, {
        historyFromMs: isComplete ? wantedMs : coin.historyFromMs,
        historyDueMs: isComplete ? 0 : now() + (answered ? AGAIN_MS : RETRY_MS),
      });
    }
    const read = await knownOf(coin, interval, true);
    if ((read.newestMs ?? 0) < toMs) read.retryMs = now() + RETRY_MS;
    return busy ?? failed ?? null;
  }

  /** Fetches what is missing of all coins up to an open time. */
  async function fetchAll(
    interval: Interval,
    toMs: number,
    { signal, untilMs, onCoin }: { signal?: AbortSignal | undefined; untilMs: number; onCoin?: TrainingProgress },
  ): Promise<UniverseReport> {
    const coins = await list.coins(interval);
    const wanted: { coin: TrainingCoin; held: Known; what: 'history' | 'newest' }[] = [];
    for (const coin of coins) {
      const held = await knownOf(coin, interval, false);
      const what = missing(coin, held, interval, toMs);
      if (what) wanted.push({ coin, held, what });
    }
    const failures: { symbol: string; code: ErrorCode }[] = [];
    const count: Progress = { done: 0, of: wanted.length, startedMs: now() };
    let busyInARow = 0;
    if (wanted.length > 0) progress.set(interval, count);
    try {
      for (const { coin, held, what } of wanted) {
        signal?.throwIfAborted();
        onCoin?.(count.done, count.of);
        if (now() >= untilMs) break;
        const code = await fetchCoin(coin, held, what, interval, toMs, signal);
        if (code) {
          failures.push({ symbol: coin.symbol, code });
          logger.debug({ symbol: coin.symbol, interval, code }, 'candles to learn from could not be had');
        }
        busyInARow = code && BUSY.has(code) ? busyInARow + 1 : 0;
        if (busyInARow === MAX_BUSY_IN_A_ROW) break;
        count.done++;
      }
    } finally {
      progress.delete(interval);
    }
    let withCandles = 0;
    for (const coin of coins) if ((await knownOf(coin, interval, false)).newestMs !== null) withCandles++;
    return { interval, coins: coins.length, withCandles, left: count.of - count.done, failures };
  }

  /** One fetch of an interval at a time: the job and a retraining would ask for the same. */
  async function inTurn<T>(interval: Interval, work: () => Promise<T>): Promise<T> {
    const before = turns.get(interval) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(work);
    turns.set(interval, turn);
    return turn;
  }

  async function newestFirst(symbol: string, interval: Interval, count: number): Promise<readonly SourcedCandle[]> {
    const step = INTERVAL_MS[interval];
    const span = await candles.span(symbol, interval);
    if (!span) return [];
    const toMs = lastFinalOpenMs(now(), interval);
    const found: SourcedCandle[] = [];
    const firstMs = Math.max(span.fromMs, toMs - (count - 1) * step);
    for (let fromMs = firstMs; fromMs <= Math.min(toMs, span.toMs); fromMs += READ_CANDLES * step) {
      const endMs = Math.min(toMs, span.toMs, fromMs + (READ_CANDLES - 1) * step);
      found.push(...(await candles.range(symbol, interval, fromMs, endMs)));
    }
    return found;
  }

  return {
    async ingest(signal, limitMs) {
      const untilMs = now() + limitMs;
      await list.refresh(signal);
      const midnightMs = Math.floor(now() / DAY_MS) * DAY_MS;
      const reports: UniverseReport[] = [];
      // Days come first: they are fewer, and their model learns from more coins.
      for (const interval of INTERVALS.toReversed()) {
        const toMs = midnightMs - INTERVAL_MS[interval];
        reports.push(await inTurn(interval, () => fetchAll(interval, toMs, { signal, untilMs })));
      }
      return reports;
    },

    async update(interval, signal, onCoin) {
      await list.refresh(signal);
      const toMs = lastFinalOpenMs(now(), interval);
      const report = await inTurn(interval, () =>
        fetchAll(interval, toMs, { signal, untilMs: Number.POSITIVE_INFINITY, ...(onCoin ? { onCoin } : {}) }),
      );
      if (report.failures.length > 0) {
        logger.warn(report, 'candles to learn from are missing');
      }
    },

    async list(interval) {
      const step = INTERVAL_MS[interval];
      const coins: LearntCoin[] = [];
      for (const coin of await list.coins(interval)) {
        const { oldestMs, newestMs } = await knownOf(coin, interval, true);
        if (oldestMs === null || newestMs === null) continue;
        const stored = Math.round((newestMs - oldestMs) / step) + 1;
        const { symbol } = coin;
        coins.push({ symbol, candles: Math.min(stored, TRAINING_CANDLES[interval]), tracked: isTracked.has(symbol) });
      }
      return bitcoinFirst(coins);
    },

    async read(symbol, interval, count) {
      return seriesOf(symbol, interval, await newestFirst(symbol, interval, count));
    },

    async isReady(interval) {
      if (!(await list.isChosen(interval))) return false;
      const coins = await list.coins(interval);
      const toMs = Math.floor(now() / DAY_MS) * DAY_MS - INTERVAL_MS[interval];
      let withCandles = 0;
      for (const coin of coins) {
        const held = await knownOf(coin, interval, false);
        if (missing(coin, held, interval, toMs) !== null) return false;
        if (held.newestMs !== null) withCandles++;
      }
      return withCandles >= Math.max(READY.coins, READY.share * coins.length);
    },

    async status() {
      const reports: UniverseStatus[] = [];
      for (const interval of INTERVALS.toReversed()) {
        const coins = await list.coins(interval);
        let withCandles = 0;
        for (const coin of coins) if ((await knownOf(coin, interval, false)).newestMs !== null) withCandles++;
        const running = progress.get(interval);
        const perCoinMs = running && running.done > 0 ? (now() - running.startedMs) / running.done : null;
        reports.push({
          interval,
          coins: coins.length,
          former: coins.filter(({ place, symbol }) => place === null && !isTracked.has(symbol)).length,
          withCandles,
          fetching: running
            ? {
                done: running.done,
                of: running.of,
                secondsLeft: perCoinMs === null ? null : ((running.of - running.done) * perCoinMs) / 1_000,
              }
            : null,
        });
      }
      return reports;
    },
  };
}

type TrainingProgress = (done: number, of: number) => void;
