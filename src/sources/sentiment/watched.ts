import { CandlecastError } from '../../core/errors.ts';
import type { FetchedHeadline, HeadlineKind } from '../../core/headline.ts';
import type { Clock } from '../../core/time.ts';
import type { HeadlineSource } from '../source.ts';
import { type CircuitTuning, type MonitoredSource, monitorSource } from '../source-monitor.ts';

/** A source as its adapter gives it, not watched yet. */
export interface BareHeadlineSource {
  readonly name: string;
  readonly kind: HeadlineKind;
  fetchHeadlines(signal: AbortSignal): Promise<readonly FetchedHeadline[]>;
}

/** Gives a source its health and leaves it alone after three failures in a row, or for as long as it asked. */
export function watchHeadlines(source: BareHeadlineSource, now: Clock, tuning: CircuitTuning = {}): HeadlineSource {
  const monitored = monitorSource(source, now, tuning, source.kind);
  return {
    name: source.name,
    kind: source.kind,
    fetchHeadlines: (signal) => callUnlessBlocked(monitored, () => source.fetchHeadlines(signal)),
    health: () => monitored.health(),
  };
}

/** Calls a watched source, or throws why it is left alone. */
export async function callUnlessBlocked<T>(
  monitored: Pick<MonitoredSource<{ name: string }>, 'blocked' | 'call' | 'health'>,
  job: () => Promise<T>,
): Promise<T> {
  const blocked = monitored.blocked();
  if (blocked) {
    const { source, code, reason } = blocked;
    throw new CandlecastError(code, reason, { context: { source, blocked: true }, retryable: true });
  }
  return monitored.call(job);
}
