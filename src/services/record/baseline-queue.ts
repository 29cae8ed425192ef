import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import { toHistory } from '../../ml/data/coin-history.ts';
import { lookBackRows } from '../../ml/scoring/baseline-losses.ts';
import type { BaselineScorer } from '../../ml/workers/record-baselines.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type { RecordRow } from '../../storage/record-reader.ts';

/** Receives the losses of the baselines at one forecast's origin, beside the forecast's own. */
export type TakeBaseline = (
  horizon: HorizonName,
  symbol: string,
  originMs: number,
  baseline: 'EWMA' | 'random walk',
  own: number,
  loss: number,
) => void;

/** Scored forecasts that wait for what the baselines would have said at their origins. */
export interface BaselineQueue {
  /** Takes a scored forecast; many at once are compared, while more are read. */
  add(row: RecordRow): Promise<void>;
  /** Compares the rest. */
  finish(): Promise<void>;
}

/** Forecasts compared at once: 24 bytes each are kept until then, and candles are read again for each lot. */
const AT_ONCE = 300_000;

interface Waiting {
  readonly origins: number[];
  readonly returns: number[];
  readonly own: number[];
}

/** Makes the queue. */
export function createBaselineQueue(
  candles: Pick<CandleRepository, 'range'>,
  scorer: Pick<BaselineScorer, 'losses'>,
  take: TakeBaseline,
  signal?: AbortSignal,
): BaselineQueue {
  let waiting = new Map<string, Map<HorizonName, Waiting>>();
  let count = 0;
  let running: Promise<void> = Promise.resolve();

  async function compare(lot: typeof waiting): Promise<void> {
    for (const [key, horizons] of lot) {
      signal?.throwIfAborted();
      const [symbol, interval] = key.split(' ') as [string, Interval];
      const step = INTERVAL_MS[interval];
      let [firstMs, lastMs, longest] = [Number.POSITIVE_INFINITY, 0, 0];
      for (const [horizon, { origins }] of horizons) {
        longest = Math.max(longest, HORIZONS[horizon].steps);
        for (const originMs of origins) {
          firstMs = Math.min(firstMs, originMs);
          lastMs = Math.max(lastMs, originMs);
        }
      }
      // Nothing that closes after the last origin.
      const kept = await candles.range(
        symbol,
        interval,
        firstMs - (lookBackRows(interval, longest) + 1) * step,
        lastMs - step,
      );
      if (kept.length === 0) continue;
      const history = toHistory(symbol, kept, interval);
      const named = [...horizons];
      const groups = named.map(([horizon, { origins, returns }]) => ({
        steps: HORIZONS[horizon].steps,
        rows: Int32Array.from(origins, (originMs) => Math.round((originMs - step - history.raw.startMs) / step)),
        returns: Float64Array.from(returns),
      }));
      const losses = await scorer.losses({ history, groups }, signal);
      named.forEach(([horizon, { origins, own }], at) => {
        const { ewma, randomWalk } = losses[at]!;
        origins.forEach((originMs, i) => {
          if (!Number.isNaN(ewma[i]!)) take(horizon, symbol, originMs, 'EWMA', own[i]!, ewma[i]!);
          if (!Number.isNaN(randomWalk[i]!)) take(horizon, symbol, originMs, 'random walk', own[i]!, randomWalk[i]!);
        });
      });
    }
  }

  /** Waits for the lot before, and begins with this one. */
  async function begin(): Promise<void> {
    const lot = waiting;
    waiting = new Map();
    count = 0;
    await running;
    running = compare(lot);
    // Seen at the next lot or at the end.
    running.catch(() => {});
  }

  return {
    async add({ symbol, interval, horizon, originMs, outcome }) {
      if (!outcome) return;
      const key = `${symbol} ${interval}`;
      const horizons = getOrMake(waiting, key, () => new Map<HorizonName, Waiting>());
      const own = getOrMake(horizons, horizon, () => ({ origins: [], returns: [], own: [] }));
      own.origins.push(originMs);
      own.returns.push(outcome.logReturn);
      own.own.push(outcome.pinball);
      if (++count >= AT_ONCE) await begin();
    },

    async finish() {
      await begin();
      await running;
    },
  };
}
