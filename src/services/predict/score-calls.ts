import { type RecordedCall, scoreCall } from '../../core/calls.ts';
import { mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import { DAY_MS } from '../../core/time.ts';
import type { CallRepository } from '../../storage/call-repository.ts';
import { createTargetPrices, type TargetPriceParts, type TargetPrices } from '../accuracy/target-prices.ts';

/** Scores calls that have come due. */
export interface CallScorer {
  /** Throws `CC_DATABASE` and the signal's reason; a price that is late or not confirmed waits for the next run. */
  scoreCalls(
    signal: AbortSignal,
  ): Promise<{ readonly scored: number; readonly voided: number; readonly waiting: number }>;
}

/** A target's price is waited for so long; then the call is void. */
const WAIT_FOR_MS = 14 * DAY_MS;
const AT_ONCE = 4;
const CALLS_AT_ONCE = 2_000;

type End = Parameters<CallRepository['end']>[0][number];

/** Makes the scorer: prices at targets are found as for the bot's own forecasts that were asked for. */
export function createCallScorer(
  parts: TargetPriceParts & {
    readonly calls: Pick<CallRepository, 'due' | 'end'>;
    readonly clockIsRight: () => boolean;
  },
): CallScorer {
  const { calls, clockIsRight, logger, now } = parts;
  const targetPrices = createTargetPrices(parts);

  async function endsOf(symbol: string, due: readonly RecordedCall[], signal: AbortSignal): Promise<End[]> {
    let found: TargetPrices = { prices: new Map(), ofOthers: [] };
    try {
      found = await targetPrices(
        symbol,
        due.map(({ number, call }) => ({ ...call, sequence: number })),
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      const known = asCandlecastError(error);
      if (known.code === 'CC_DATABASE') throw known;
      logger.warn({ symbol, code: known.code, err: known }, 'calls cannot be scored yet');
    }
    return due.flatMap(({ number, call }): End[] => {
      if (found.ofOthers.includes(number)) return [{ number, event: { kind: 'void', reason: 'other-coin' } }];
      const price = found.prices.get(number);
      if (price) {
        const scores = scoreCall(call, price.actualPrice, price.source);
        return [{ number, event: { kind: 'outcome', scores } }];
      }
      const isOver = now() - call.targetMs > WAIT_FOR_MS;
      return isOver ? [{ number, event: { kind: 'void', reason: 'no-price' } }] : [];
    });
  }

  return {
    async scoreCalls(signal) {
      // By a clock that is ahead, a target would be over before it is.
      if (!clockIsRight()) return { scored: 0, voided: 0, waiting: 0 };
      const due = await calls.due(now(), CALLS_AT_ONCE);
      const symbols = [...new Set(due.map(({ call }) => call.symbol))];
      const ends = await mapLimited(symbols, AT_ONCE, async (symbol) => {
        signal.throwIfAborted();
        const own = due.filter(({ call }) => call.symbol === symbol);
        return endsOf(symbol, own, signal);
      });
      const all = ends.flat();
      await calls.end(all, now());
      const scored = all.filter(({ event }) => event.kind === 'outcome').length;
      return { scored, voided: all.length - scored, waiting: due.length - all.length };
    },
  };
}
