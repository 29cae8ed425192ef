import { type Candle, INTERVAL_MS, type Interval } from '../../../src/core/candle.ts';
import type { ForecastReport } from '../../../src/core/forecast.ts';
import { HORIZONS, type HorizonName } from '../../../src/core/horizon.ts';
import { MEDIAN_INDEX, probabilityAbove, QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { DAY_MS, MINUTE_MS } from '../../../src/core/time.ts';

/** Newest close used by {@link believableReport}: midnight, 21 November 2026, UTC. */
export const ORIGIN_MS = Date.UTC(2026, 10, 21);

/** Standard normal quantile by bisection on a logistic approximation: good enough to draw with. */
function spread(level: number): number {
  return Math.log(level / (1 - level)) / 1.702;
}

/** A forecast as the service would make it for a coin at `price` whose forecast moves by `sigma` (log return a candle), after three weeks of hours. */
export function believableReport(
  options: {
    symbol?: string;
    name?: string;
    horizon?: HorizonName;
    price?: number;
    sigma?: number;
    seed?: number;
    missing?: readonly number[];
    simulated?: boolean;
    candles?: number;
    /** The moment asked; the newest close is the last full hour, or midnight of daily candles. */
    originMs?: number;
    historyInterval?: Interval;
  } = {},
): ForecastReport {
  const { symbol = 'BTC', name = 'Bitcoin', price = 98_123.45, seed = 7, missing = [], simulated = false } = options;
  const { originMs = ORIGIN_MS, historyInterval = '1h' } = options;
  const horizon = HORIZONS[options.horizon ?? '1d'];
  const stepMs = INTERVAL_MS[horizon.interval];
  const sigma = options.sigma ?? (horizon.interval === '1h' ? 0.006 : 0.026);
  const random = seededRandom(seed);
  const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);

  const candles: Candle[] = [];
  const candleMs = INTERVAL_MS[historyInterval];
  const move = sigma * Math.sqrt(candleMs / stepMs);
  const closeMs = Math.floor(originMs / candleMs) * candleMs;
  let close = originMs === closeMs ? price : price * Math.exp(move * 0.5);
  for (let i = 1; i <= (options.candles ?? 21 * 24); i++) {
    const open = close / Math.exp(move * normal());
    const high = Math.max(open, close) * Math.exp(move * 0.6 * random());
    const low = Math.min(open, close) * Math.exp(-move * 0.6 * random());
    candles.unshift({ openTimeMs: closeMs - i * candleMs, open, high, low, close, volume: 1200 });
    close = open;
  }
  const at = (steps: number): number[] =>
    QUANTILE_LEVELS.map(
      (level) => price * Math.exp(spread(level) * sigma * Math.sqrt(steps) * (level < 0.5 ? 1.06 : 1) + 0.0008 * steps),
    );
  const quantiles = at(horizon.steps);
  const points = Math.max(horizon.steps, 12);
  return {
    asset: { symbol, name, rank: 1, marketCapUsd: 1.9e12, stablecoin: false },
    horizon,
    originMs,
    targetMs: originMs + horizon.steps * stepMs,
    lastPrice: price,
    price: { kind: 'trade', atMs: originMs, source: simulated ? 'simulated' : 'binance' },
    parts: [{ horizon: horizon.name, model: `${horizon.interval}-2026-11-01`, candlesUntilMs: closeMs }],
    quantiles,
    pUp: probabilityAbove(quantiles, price),
    fan: Array.from({ length: points + 1 }, (_, i) => ({
      timeMs: originMs + (i / points) * horizon.steps * stepMs,
      quantiles: i === 0 ? QUANTILE_LEVELS.map(() => price) : at((i / points) * horizon.steps),
    })),
    history: candles.filter((_, i) => !missing.includes(candles.length - 1 - i)),
    historyInterval,
    volatility: { expected: sigma * Math.sqrt(horizon.steps), usual: (sigma * Math.sqrt(horizon.steps)) / 1.3 },
    climatology: QUANTILE_LEVELS.map(
      (level) => price * Math.exp((spread(level) * sigma * Math.sqrt(horizon.steps)) / 1.3),
    ),
    record: {
      kind: 'card',
      baseline: 'climatology',
      skillPct: 1.6,
      skillLowPct: 0.9,
      skillHighPct: 2.3,
      coverage80: 0.796,
      n: 12_345,
      coins: 14,
      fromMs: Date.UTC(2024, 0, 1),
      toMs: Date.UTC(2026, 5, 30),
      edge: true,
    },
    model: {
      version: `${horizon.interval}-2026-11-01`,
      trainedAtMs: originMs - 20 * DAY_MS,
      dataUntilMs: originMs - 21 * DAY_MS,
      family: 'conv-lstm',
      members: 3,
    },
    unconfirmed: null,
    data: { source: simulated ? 'simulated' : 'binance', fetchedAtMs: originMs + 2 * MINUTE_MS, failures: [] },
    simulated,
    notes: simulated ? [{ code: 'simulated', severity: 'warning', message: { key: 'notes.simulated' } }] : [],
    issuedAtMs: originMs,
  };
}

/** The median of a report's target. */
export function medianOf(report: ForecastReport): number {
  return report.quantiles[MEDIAN_INDEX]!;
}
