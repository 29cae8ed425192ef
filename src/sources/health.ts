import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen, type IBackoff } from 'cockatiel';
import { asCandlecastError, CandlecastError, type ErrorCode } from '../core/errors.ts';
import type { SourceFailure, SourceHealth } from '../core/market.ts';
import { type Clock, steadyClock } from '../core/time.ts';
import { pauseText } from './answer.ts';
import type { OddRowSink } from './odd-rows.ts';
import type { CandleSource, HeadlineSource } from './source.ts';
import { isUnknownMarket, SourceError, toSourceFailure } from './source-error.ts';

/** When a circuit opens and for how long. */
export interface CircuitOptions {
  readonly now: Clock;
  /** Whether an error says something about the health of the source. */
  readonly counts: (error: unknown) => boolean;
  /** Consecutive failures that open it. Default 3. */
  readonly failures?: number;
  /** First time it stays open, doubled each time the trial call fails. Default 30 s. */
  readonly openMs?: number;
  /** Longest time it stays open. Default 10 min. */
  readonly maxOpenMs?: number;
}

/** Stops calls to a source that fails again and again. */
export interface Circuit {
  /** Runs the job; call it only while {@link blockedUntilMs} is null. */
  run<T>(job: () => Promise<T>): Promise<T>;
  /** Until when no call may be made, or null; while one trial call is under way, others are blocked until now. */
  blockedUntilMs(): number | null;
}

/** Makes a circuit breaker that goes by the given clock. */
export function createCircuit(options: CircuitOptions): Circuit {
  const { now, counts, failures = 3, openMs = 30_000, maxOpenMs = 600_000 } = options;
  const steady = steadyClock(now);
  let reopensAtMs = 0;
  /**
   * cockatiel compares the duration of a back-off with `Date.now()`. This one answers by our clock instead: infinite until the
   * time has come, negative from then on. `next` is called when the circuit opens.
   */
  const openFor = (durationMs: number): IBackoff<unknown> => ({
    get duration() {
      return steady() >= reopensAtMs ? -1 : Number.POSITIVE_INFINITY;
    },
    next: () => enter(Math.min(durationMs * 2, maxOpenMs)),
  });
  const enter = (durationMs: number): IBackoff<unknown> => {
    reopensAtMs = steady() + durationMs;
    return openFor(durationMs);
  };
  const breaker = circuitBreaker(handleWhen(counts), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: { next: () => enter(openMs) },
  });
  return {
    run: (job) => breaker.execute(job),
    blockedUntilMs() {
      if (breaker.state === CircuitState.HalfOpen) return now();
      const leftMs = reopensAtMs - steady();
      return breaker.state === CircuitState.Open && leftMs > 0 ? now() + leftMs : null;
    },
  };
}

/** Anything whose health can be followed. One with `newestOpenMs` reads files. */
export interface NamedSource extends Partial<Pick<CandleSource, 'newestOpenMs'>> {
  readonly name: string;
}

/** One source with its circuit breaker and what is known of its health. */
export interface MonitoredSource<S extends NamedSource = CandleSource> {
  readonly source: S;
  /** Why it must not be asked at the moment, or null. */
  blocked(): SourceFailure | null;
  /** Runs a call against the source and notes how it ended, and what the job reports of dropped rows. */
  call<T>(job: (odd: OddRowSink) => Promise<T>): Promise<T>;
  /** Like {@link call}, but throws what {@link blocked} says instead of calling a source that must not be asked. */
  callUnlessBlocked<T>(job: (odd: OddRowSink) => Promise<T>): Promise<T>;
  /** Counts rows of an answer that were dropped after the call. */
  readonly noteOddRows: OddRowSink;
  health(): SourceHealth;
}

/** When a circuit opens and for how long; see {@link createCircuit}. */
export type CircuitTuning = Pick<CircuitOptions, 'failures' | 'openMs' | 'maxOpenMs'>;

/** These are about the request or about our own pace, not about whether the source works. */
const HARMLESS: ReadonlySet<ErrorCode> = new Set(['CC_SOURCE_UNKNOWN_MARKET', 'CC_SOURCE_RATE_LIMITED', 'CC_TIMEOUT']);

/** Follows the health of one source. Files never open the circuit: one bad file says nothing about the next. */
export function monitorSource<S extends NamedSource>(
  source: S,
  now: Clock,
  tuning: CircuitTuning = {},
  kind: SourceHealth['kind'] = 'market',
): MonitoredSource<S> {
  const isStatic = source.newestOpenMs !== undefined;
  const circuit = createCircuit({ ...tuning, now, counts: (error) => !isStatic && countsAgainstHealth(error) });
  let lastSuccessMs: number | null = null;
  let lastFailure: SourceHealth['lastFailure'] = null;
  const steady = steadyClock(now);
  let pausedUntilMs = 0;
  let failedLast = false;
  let failingSinceMs: number | null = null;
  const oddRows = new Map<string, number>();
  const noteOddRows: OddRowSink = (dropped) => {
    for (const { reason, rows } of dropped) oddRows.set(reason, (oddRows.get(reason) ?? 0) + rows);
  };

  const retryAtMs = () => {
    const pauseLeftMs = pausedUntilMs - steady();
    const untilMs = Math.max(circuit.blockedUntilMs() ?? 0, pauseLeftMs > 0 ? now() + pauseLeftMs : 0);
    return untilMs > 0 ? untilMs : null;
  };

  function noteFailure(error: unknown): void {
    if (error instanceof CandlecastError && (error.code === 'CC_TIMEOUT' || error.code === 'CC_BUSY')) return;
    const { code, reason } = toSourceFailure(source.name, error);
    lastFailure = { atMs: now(), code, reason };
    failedLast = true;
    failingSinceMs ??= lastFailure.atMs;
    if (error instanceof SourceError && error.pause) pausedUntilMs = steady() + error.pause.waitMs;
  }

  function blocked(): SourceFailure | null {
    const untilMs = retryAtMs();
    if (untilMs === null) return null;
    const wait = pauseText(Math.max(1000, untilMs - now()));
    const paused = pausedUntilMs > steady();
    return {
      source: source.name,
      code: paused ? 'CC_SOURCE_RATE_LIMITED' : 'CC_SOURCE_CIRCUIT_OPEN',
      reason: paused
        ? `${source.name} asked us to slow down (next try in ${wait}).`
        : `${source.name} failed repeatedly and is left alone for now (next try in ${wait}).`,
    };
  }

  async function call<T>(job: (odd: OddRowSink) => Promise<T>): Promise<T> {
    try {
      // "Not listed" is an answer: the source works, and its row of failures ends there.
      const outcome = await circuit.run(() =>
        job(noteOddRows).then(
          (value) => ({ value }),
          (error: unknown) => {
            if (isUnknownMarket(error)) return { unlisted: error };
            throw error;
          },
        ),
      );
      lastSuccessMs = now();
      failedLast = false;
      failingSinceMs = null;
      if ('unlisted' in outcome) throw outcome.unlisted;
      return outcome.value;
    } catch (error) {
      if (!isUnknownMarket(error)) noteFailure(error);
      throw error;
    }
  }

  return {
    source,
    blocked,
    call,
    noteOddRows,
    async callUnlessBlocked(job) {
      const failure = blocked();
      if (!failure) return call(job);
      throw new CandlecastError(failure.code, failure.reason, {
        context: { source: failure.source, blocked: true },
        retryable: true,
      });
    },
    health() {
      const untilMs = retryAtMs();
      const tried = lastFailure ? 'ok' : lastSuccessMs === null ? 'untried' : 'ok';
      const state = untilMs !== null ? 'down' : failedLast ? 'degraded' : tried;
      const dropped = [...oddRows].map(([reason, rows]) => ({ reason, rows }));
      return {
        name: source.name,
        kind,
        state,
        lastSuccessMs,
        lastFailure,
        failingSinceMs,
        retryAtMs: untilMs,
        ...(dropped.length > 0 ? { oddRows: dropped } : {}),
      };
    },
  };
}

/** The health of a source, with what is wrong with its minutes where its candles come. */
export function healthWithMinutes(candles: SourceHealth, minutes: SourceHealth | undefined): SourceHealth {
  const dropped = new Map<string, number>();
  for (const { reason, rows } of [...(candles.oddRows ?? []), ...(minutes?.oddRows ?? [])])
    dropped.set(reason, (dropped.get(reason) ?? 0) + rows);
  const oddRows = [...dropped].map(([reason, rows]) => ({ reason, rows }));
  const answers = candles.state === 'ok' || candles.state === 'untried';
  const fails = answers && (minutes?.state === 'degraded' || minutes?.state === 'down');
  return {
    ...candles,
    ...(oddRows.length > 0 ? { oddRows } : {}),
    ...(fails ? { note: `no last trades: ${minutes.lastFailure?.reason}` } : {}),
  };
}

/** Gives an adapter its health: after three failures in a row, or for as long as it asked, it is not called. */
export function monitorHeadlines(
  source: Pick<HeadlineSource, 'name' | 'kind'> & {
    fetchHeadlines(signal: AbortSignal, odd: OddRowSink): ReturnType<HeadlineSource['fetchHeadlines']>;
  },
  now: Clock,
): HeadlineSource {
  const monitored = monitorSource(source, now, {}, source.kind);
  return {
    name: source.name,
    kind: source.kind,
    fetchHeadlines: (signal) => monitored.callUnlessBlocked((odd) => source.fetchHeadlines(signal, odd)),
    health: () => monitored.health(),
  };
}

function countsAgainstHealth(error: unknown): boolean {
  if (!(error instanceof CandlecastError)) return true;
  return !HARMLESS.has(error.code) && !(error instanceof SourceError && !error.countsAgainstHealth);
}

/** Counts the rows of an answer that was refused as another coin's, and throws the error again. */
export function countRefused(monitored: MonitoredSource, rows: number): (error: unknown) => never {
  return (error) => {
    const isOther = asCandlecastError(error).code === 'CC_SOURCE_OTHER_COIN';
    if (isOther) monitored.noteOddRows([{ reason: 'of another coin, unit or currency', rows }]);
    throw error;
  };
}
