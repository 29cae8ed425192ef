import type { SourcedCandle } from '../../src/core/candle.ts';
import type { Checkpoint } from '../../src/core/record.ts';
import { type Clock, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { scoreForecast } from '../../src/ml/scoring/ledger-score.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { START_MS } from './candles.ts';
import { unissued } from './ledger.ts';

/** Hours that a record of `fillHours` spans. */
export const HOURS = 30;
const COINS = ['BTC', 'ETH'];
/** The model that its forecasts are by. */
export const MODEL = '1h-20240101-abcdef';

/** The close of a coin's hour that ends at a time. */
export function closeAt(symbol: string, closeMs: number): number {
  const hour = (closeMs - START_MS) / HOUR_MS;
  return (symbol === 'BTC' ? 40_000 : 2_000) * (1 + 0.01 * Math.sin(hour * (symbol === 'BTC' ? 1 : 2)));
}

function candleUntil(symbol: string, closeMs: number): SourcedCandle {
  const [open, close] = [closeAt(symbol, closeMs - HOUR_MS), closeAt(symbol, closeMs)];
  return {
    openTimeMs: closeMs - HOUR_MS,
    open,
    high: Math.max(open, close) * 1.001,
    low: Math.min(open, close) * 0.999,
    close,
    volume: 1,
    source: 'binance',
    fetchedAtMs: closeMs + 5_000,
    flag: null,
  };
}

/** How a record of hours is written. */
export interface HourlyRecord {
  readonly fromHour?: number;
  readonly hours?: number;
  /** Of the file of its model. */
  readonly sha256?: string;
  /** Called after each checkpoint, as a post that carries its head. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<unknown>;
}

/**
 * Writes hours of a record as the bot does: candles, forecasts of 1h and 4h of two coins by a recorded model, one that was asked for, the scores as they
 * come due, and checkpoints. Rows 1 to 4 are from the first hour; each later hour adds five.
 */
export async function fillHours(
  storage: Storage,
  clock: { nowMs: number },
  { fromHour = 0, hours = HOURS, sha256 = 'ab'.repeat(32), onCheckpoint = async () => {} }: HourlyRecord = {},
): Promise<void> {
  for (let hour = fromHour; hour < fromHour + hours; hour++) {
    const originMs = START_MS + hour * HOUR_MS;
    clock.nowMs = originMs + 10_000;
    await storage.record.addModel({ interval: '1h', version: MODEL, sha256 });
    for (const symbol of COINS) await storage.candles.upsert(symbol, '1h', [candleUntil(symbol, originMs)]);
    const made = COINS.flatMap((symbol) =>
      (['1h', '4h'] as const).map((horizon) =>
        unissued({ symbol, horizon, originMs, lastPrice: closeAt(symbol, originMs), model: MODEL }),
      ),
    );
    await storage.ledger.append(made, 'scheduled');
    clock.nowMs = originMs + MINUTE_MS;
    const due = await storage.ledger.unscored(0, clock.nowMs, 1_000);
    await storage.outcomes.add(
      due.map((entry) =>
        scoreForecast(entry, {
          actualPrice: closeAt(entry.symbol, entry.cause === 'asked' ? originMs : entry.targetMs),
          source: entry.cause === 'asked' ? 'binance 1m' : 'binance',
          scoredAtMs: clock.nowMs,
          revision: 0,
        }),
      ),
    );
    clock.nowMs = originMs + 2 * MINUTE_MS;
    const asked = unissued({
      symbol: 'BTC',
      horizon: '1h',
      originMs: clock.nowMs,
      lastPrice: closeAt('BTC', originMs),
      model: `${MODEL} + climatology`,
    });
    await storage.ledger.append([asked], 'asked');
    if (hour % 5 === 4) await onCheckpoint((await storage.record.checkpoint())!);
  }
}

/** A clock that is set by hand. */
export const clockAt =
  (state: { readonly nowMs: number }): Clock =>
  () =>
    state.nowMs;
