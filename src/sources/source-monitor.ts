import { CandlecastError, type ErrorCode } from '../core/errors.ts';
import type { SourceFailure, SourceHealth } from '../core/market.ts';
import type { Clock } from '../core/time.ts';
import { type CircuitOptions, createCircuit } from './circuit.ts';
import { pauseText } from './retry-after.ts';
import type { CandleSource } from './source.ts';
import { toSourceFailure } from './source-error.ts';

/** One source with its circuit breaker and what is known of its health. */
export interface MonitoredSource<S extends NamedSource = CandleSource> {
  readonly source: S;
  /** Why it must not be asked at the moment, or null. */
  blocked(): SourceFailure | null;
  /** Runs a call against the source and takes note of how it ended. */
  call<T>(job: () => Promise<T>): Promise<T>;
  health(): SourceHealth;
}

/** Anything that can be watched. One with `newestOpenMs` reads files. */
export interface NamedSource extends Partial<Pick<CandleSource, 'newestOpenMs'>> {
  readonly name: string;
}

/** When a circuit opens and for how long; see createCircuit. */
export type CircuitTuning = Pick<CircuitOptions, 'failures' | 'openMs' | 'longestOpenMs'>;

/** These say something about the request or about our own pace, not about whether the source works. */
const HARMLESS: ReadonlySet<ErrorCode> = new Set(['CC_SOURCE_UNKNOWN_MARKET', 'CC_SOURCE_RATE_LIMITED', 'CC_TIMEOUT']);

/** Watches one source. Files never open the circuit: one bad file says nothing about the next. */
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
  let pausedUntilMs = 0;

  const retryAtMs = () => {
    const untilMs = Math.max(circuit.blockedUntilMs() ?? 0, pausedUntilMs > now() ? pausedUntilMs : 0);
    return untilMs > 0 ? untilMs : null;
  };

  function noteFailure(error: unknown): void {
    if (error instanceof CandlecastError && error.code === 'CC_TIMEOUT') return;
    const { code, reason } = toSourceFailure(source.name, error);
    lastFailure = { atMs: now(), code, reason };
    const askedUntilMs = error instanceof CandlecastError ? error.context['retryAtMs'] : undefined;
    if (typeof askedUntilMs === 'number') pausedUntilMs = askedUntilMs;
  }

  return {
    source,
    blocked() {
      const untilMs = retryAtMs();
      if (untilMs === null) return null;
      const wait = pauseText(Math.max(1000, untilMs - now()));
      const paused = pausedUntilMs > now();
      return {
        source: source.name,
        code: paused ? 'CC_SOURCE_RATE_LIMITED' : 'CC_SOURCE_CIRCUIT_OPEN',
        reason: paused
          ? `${source.name} asked us to slow down (next try in ${wait}).`
          : `${source.name} failed repeatedly and is left alone for now (next try in ${wait}).`,
      };
    },
    async call(job) {
      try {
        // "Not listed" is an answer: the source works, and its row of failures ends there.
        const outcome = await circuit.run(() =>
          job().then(
            (value) => ({ value }),
            (error: unknown) => {
              if (isUnknownMarket(error)) return { unlisted: error };
              throw error;
            },
          ),
        );
        lastSuccessMs = now();
        if ('unlisted' in outcome) throw outcome.unlisted;
        return outcome.value;
      } catch (error) {
        if (!isUnknownMarket(error)) noteFailure(error);
        throw error;
      }
    },
    health() {
      const untilMs = retryAtMs();
      const failing = lastFailure !== null && lastFailure.atMs >= (lastSuccessMs ?? 0);
      const tried = lastFailure ? 'ok' : lastSuccessMs === null ? 'untried' : 'ok';
      const state = untilMs !== null ? 'down' : failing ? 'degraded' : tried;
      return { name: source.name, kind, state, lastSuccessMs, lastFailure, retryAtMs: untilMs };
    },
  };
}

/** Whether the error is a source's statement that it does not list the coin. */
export function isUnknownMarket(error: unknown): boolean {
  return error instanceof CandlecastError && error.code === 'CC_SOURCE_UNKNOWN_MARKET';
}

function countsAgainstHealth(error: unknown): boolean {
  if (!(error instanceof CandlecastError)) return true;
  // Too little of the shared time may have been left for it; only its own time limit counts.
  return !HARMLESS.has(error.code) && error.context['budgetMs'] === undefined;
}
