import { INTERVAL_MS } from '../../src/core/candle.ts';
import { HORIZONS, type HorizonName } from '../../src/core/horizon.ts';
import type { LedgerEntry } from '../../src/core/ledger.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { scoreForecast } from '../../src/ml/scoring/ledger-score.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { normals, START_MS } from './candles.ts';
import { spread, unissued } from './ledger.ts';

/** A ledger that has been kept for a while, with the clock it was kept by. */
export interface KeptLedger {
  readonly storage: Storage;
  readonly clock: { nowMs: number };
  readonly price: (symbol: string, timeMs: number) => number;
}

/**
 * Keeps a ledger of scheduled forecasts in memory over a made-up market whose volatility the forecasts know a little better than climatology
 * does, and scores what came due. `skip` leaves out the origins of some steps, as a bot that was down does.
 */
export async function keepLedger(options: {
  readonly symbols: readonly string[];
  readonly horizons: readonly HorizonName[];
  readonly steps: number;
  readonly skip?: (step: number) => boolean;
  readonly prices?: Readonly<Record<string, number>>;
  readonly model?: string;
}): Promise<KeptLedger> {
  const { symbols, horizons, steps, skip = () => false, model = 'm1' } = options;
  const { interval } = HORIZONS[horizons[0]!];
  const step = INTERVAL_MS[interval];
  const clock = { nowMs: START_MS };
  const storage = await openStorage('sqlite::memory:', { now: () => clock.nowMs });
  const normal = normals(5);
  const base = interval === '1d' ? 0.03 : 0.006;
  const paths = new Map(
    symbols.map((symbol) => [symbol, { closes: [options.prices?.[symbol] ?? 100], sigmas: [base] }]),
  );
  for (let i = 0; i < steps + 30; i++) {
    const market = normal();
    for (const path of paths.values()) {
      const sigma = base * (1 + 0.5 * Math.sin(i / 9));
      path.sigmas.push(sigma);
      path.closes.push(path.closes.at(-1)! * Math.exp(sigma * (0.7 * market + 0.71 * normal())));
    }
  }
  const price = (symbol: string, timeMs: number) => paths.get(symbol)!.closes[(timeMs - START_MS) / step]!;
  for (let i = 0; i < steps; i++) {
    const originMs = START_MS + i * step;
    clock.nowMs = originMs + MINUTE_MS;
    if (skip(i)) continue;
    const forecasts = symbols.flatMap((symbol) =>
      horizons.map((horizon) => {
        const path = paths.get(symbol)!;
        const root = Math.sqrt(HORIZONS[horizon].steps);
        const lastPrice = path.closes[i]!;
        const drift = 0.1 * base * root * normal();
        return unissued({
          symbol,
          horizon,
          originMs,
          lastPrice,
          model,
          quantiles: spread(lastPrice, path.sigmas[i + 1]! * root * 0.96, drift),
          climatology: spread(lastPrice, base * root * 1.05),
        });
      }),
    );
    await storage.ledger.append(forecasts, 'scheduled');
  }
  clock.nowMs = START_MS + steps * step + MINUTE_MS;
  await scoreAll(storage, clock.nowMs, price);
  return { storage, clock, price };
}

/** Scores what is due at the prices of a market. */
export async function scoreAll(
  storage: Storage,
  nowMs: number,
  price: (symbol: string, timeMs: number) => number,
  chosen: (entry: LedgerEntry) => boolean = () => true,
): Promise<void> {
  const due = (await storage.ledger.unscored(0, nowMs, 100_000)).filter(chosen);
  await storage.outcomes.add(
    due.map((entry) =>
      scoreForecast(entry, {
        actualPrice: price(entry.symbol, entry.targetMs),
        source: 'binance',
        scoredAtMs: nowMs,
        revision: 0,
      }),
    ),
  );
}
