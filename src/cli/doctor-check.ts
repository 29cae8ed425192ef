import type { CheckState, DoctorCheck } from '../core/doctor.ts';
import { asCandlecastError } from '../core/errors.ts';

/** A finished line. */
export const line = (name: string, state: CheckState, message: string, remedy: string | null = null): DoctorCheck => ({
  name,
  state,
  message,
  remedy,
});

/** What a check that threw says. */
export function failure(name: string, error: unknown, state: CheckState = 'failed'): DoctorCheck {
  const { code, message, remedy, cause } = asCandlecastError(error);
  const detail = code === 'CC_INTERNAL' && cause instanceof Error ? ` (${cause.message.slice(0, 200)})` : '';
  return line(name, state, `${message}${detail}`, remedy);
}

/**
 * Runs a check that is given a signal and, should it not heed that, is left behind: it ends within `limitMs` either way, and never
 * rejects.
 */
export async function bounded(
  name: string,
  limitMs: number,
  check: (signal: AbortSignal) => Promise<readonly DoctorCheck[]>,
): Promise<readonly DoctorCheck[]> {
  const signal = AbortSignal.timeout(limitMs);
  const seconds = Math.round(limitMs / 1_000);
  const late = line(
    name,
    'failed',
    `No answer within ${seconds} seconds.`,
    'Check the network; try again in a minute.',
  );
  const work = check(signal).catch((error: unknown) => [signal.aborted ? late : failure(name, error)]);
  const limit = new Promise<readonly DoctorCheck[]>((resolve) => {
    // A little after the signal, so that a check which heeds it can say more.
    signal.addEventListener('abort', () => setTimeout(() => resolve([late]), 500).unref(), { once: true });
  });
  return Promise.race([work, limit]);
}
