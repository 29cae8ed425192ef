import { INTERVAL_MS, type Interval, type SourcedCandle } from '../../src/core/candle.ts';
import { HORIZON_NAMES } from '../../src/core/horizon.ts';
import { isLive, type LedgerCause, type LedgerEntry, type UnissuedForecast } from '../../src/core/ledger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { scoreForecast } from '../../src/ml/scoring/ledger-score.ts';
import type { Connection } from '../../src/storage/connection.ts';
import { migrateUp } from '../../src/storage/migrate.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { START_MS } from './candles.ts';
import { fillEarlierLedger } from './earlier-ledger.ts';
import { spread, unissued } from './ledger.ts';

/** When the record of `fillRecord` ends. */
export const RECORD_END_MS = START_MS + 30 * DAY_MS;

/** Prices of every size that a number can be written in. */
const PRICES = [100, 0.1, 98_123.45, 9.87654321e-7, 1e-9, 123_456_789_012_345_680, 2.5e21, 1e16 + 2, 1 / 3];

/** A candle that closes at a time, at a price. */
function closing(atMs: number, close: number, interval: Interval, source = 'binance'): SourcedCandle {
  const openTimeMs = atMs - INTERVAL_MS[interval];
  const prices = { open: close, high: close, low: close, close };
  return { openTimeMs, ...prices, volume: 1, source, fetchedAtMs: atMs + MINUTE_MS, flag: null };
}

/**
 * Fills a database with rows of every kind: those of an earlier version (numbers of eight bytes, a mark, a revision), then forecasts of every cause and
 * horizon, prices of every size, without climatology, with the closes they are scored by, a revision, models and checkpoints. 40 more forecasts come
 * after the last checkpoint but one.
 */
export async function fillRecord(databaseUrl: string, earlier: Connection): Promise<void> {
  await migrateUp(earlier.db, earlier.kind, { until: '0018-widths' });
  await fillEarlierLedger(earlier.db);
  await earlier.db.destroy();
  const clock = { nowMs: START_MS + 2 * DAY_MS };
  const storage = await openStorage(databaseUrl, { now: () => clock.nowMs });
  const { ledger, outcomes, candles, record } = storage;
  let written = (await ledger.head())!.number;
  const write = async (forecasts: readonly UnissuedForecast[], cause: LedgerCause) => {
    clock.nowMs = Math.max(...forecasts.map(({ originMs }) => originMs)) + 1_000;
    const states = await ledger.append(forecasts, cause);
    if (!states.every((state) => state === 'appended')) throw new Error(`Not all were appended: ${states.join()}`);
    const numbers = states.map((_, i) => written + 1 + i);
    written += states.length;
    return ledger.entries(numbers);
  };
  const keep = (entry: LedgerEntry, price: number) =>
    candles.upsert(entry.symbol, entry.interval, [closing(entry.targetMs, price, entry.interval)]);
  const score = (entry: LedgerEntry, actualPrice: number, revision = 0, source = 'binance') => {
    const scoredAtMs = entry.targetMs + 2 * MINUTE_MS + revision * DAY_MS;
    return outcomes.add([scoreForecast(entry, { actualPrice, source, scoredAtMs, revision })]);
  };

  await record.addModel({ interval: '1d', version: '1d-2024-01-01', sha256: 'ab'.repeat(32) });
  await record.checkpoint();
  const originMs = START_MS + 3 * DAY_MS;
  const sized = await write(
    PRICES.map((lastPrice, i) =>
      unissued({
        symbol: `P${i}`,
        originMs,
        lastPrice,
        quantiles: spread(lastPrice, 0.03),
        climatology: i % 3 === 0 ? null : spread(lastPrice, 0.04),
        horizon: HORIZON_NAMES[i % 6]!,
        source: 'O’Source "1" \\ \t',
        sentimentShare: [null, 0, 1, 1e-7][i % 4]!,
      }),
    ),
    'scheduled',
  );
  for (const [i, entry] of sized.entries()) {
    // Below, within and beyond every band, at the last price itself, and without a candle.
    const price = entry.lastPrice * [1, 1.01, 0.96, 1.3, 0.5][i % 5]!;
    if (i % 4 > 0) await keep(entry, price);
    await score(entry, price);
  }
  if (!(await record.checkpoint())) throw new Error('There is no checkpoint.');
  const revised = sized[1]!;
  await keep(revised, revised.lastPrice * 1.02);
  await candles.upsert(revised.symbol, revised.interval, [
    { ...closing(revised.targetMs, revised.lastPrice * 1.02, revised.interval), fetchedAtMs: clock.nowMs + DAY_MS },
  ]);
  await score(revised, revised.lastPrice * 1.02, 1);
  // A mark of this version.
  const [demanded] = await write([unissued({ symbol: 'M', originMs: originMs + DAY_MS })], 'on-demand');
  await ledger.append([unissued({ symbol: 'M', originMs: originMs + DAY_MS })], 'scheduled');
  await keep(demanded!, 101);
  await score(demanded!, 101);
  for (const cause of ['asked', 'posted'] as const) {
    const at = originMs + DAY_MS + HOUR_MS + 123_456;
    const [minute, hour] = await write(
      [unissued({ symbol: 'L', originMs: at }), unissued({ symbol: 'L', horizon: '4h', originMs: at })],
      cause,
    );
    if (!isLive(minute!.cause)) throw new Error('It should count from the moment it was made.');
    await score(minute!, 99.5, 0, 'binance 1m');
    const closeMs = Math.round(hour!.targetMs / HOUR_MS) * HOUR_MS;
    await candles.upsert('L', '1h', [closing(closeMs, 100.25, '1h')]);
    await score(hour!, 100.25, 0, 'binance 1h');
  }
  await record.addModel({ interval: '1h', version: '1h-2024-01-02', sha256: '01'.repeat(32) });
  await record.checkpoint();
  const many = Array.from({ length: 40 }, (_, i) =>
    unissued({ symbol: 'BTC', horizon: '1h', originMs: originMs + 5 * DAY_MS + i * HOUR_MS }),
  );
  for (const [i, forecast] of many.entries()) {
    const [entry] = await write([forecast], 'scheduled');
    await keep(entry!, 100 + (i % 7) / 10);
    await score(entry!, 100 + (i % 7) / 10);
  }
  clock.nowMs = RECORD_END_MS;
  await record.checkpoint();
  await storage.close();
}
