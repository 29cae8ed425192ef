import { gzipSync } from 'node:zlib';
import type { AccuracyReport, HorizonAccuracy, LiveAccuracy, PastCall } from '../../../src/core/accuracy.ts';
import type { Asset } from '../../../src/core/asset.ts';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import {
  CHOICES,
  chosenHorizon,
  HORIZON_NAMES,
  HORIZONS,
  type HorizonChoice,
  type HorizonName,
} from '../../../src/core/horizon.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import type { AccuracyService } from '../../../src/services/accuracy/accuracy.ts';
import type { RecordPartService } from '../../../src/services/record/record-part.ts';
import { believableReport, ORIGIN_MS } from '../forecast/believable-report.ts';

/** One forecast of long ago with its outcome. */
export function believableCall(overrides: Partial<PastCall> = {}): PastCall {
  const { quantiles, lastPrice, pUp } = believableReport();
  return {
    symbol: 'BTC',
    horizon: '1d',
    originMs: ORIGIN_MS - 2 * DAY_MS,
    targetMs: ORIGIN_MS - DAY_MS,
    lastPrice,
    quantiles,
    pUp,
    model: '1d-2026-11-01',
    actualPrice: lastPrice * 1.012,
    band: 50,
    position: 0.4,
    revised: false,
    isScored: true,
    ...overrides,
  };
}

/** The live record of one horizon after sixty days of thirty coins. */
export function believableHorizon(horizon: HorizonName, overrides: Partial<HorizonAccuracy> = {}): HorizonAccuracy {
  return {
    horizon,
    n: 1_590,
    coins: 30,
    periods: 53,
    blocks: 53 / 14,
    fromMs: ORIGIN_MS - 55 * DAY_MS,
    toMs: ORIGIN_MS - DAY_MS,
    enough: true,
    scores: {
      rmse: 0.0298,
      mae: 0.0228,
      noChange: { rmse: 0.0296, mae: 0.0226 },
      mase: 0.91,
      direction: { value: 0.494, low: 0.478, high: 0.528, up: 0.48, baseRate: 0.52 },
      coverage: [
        { nominal: 0.5, value: 0.47, low: 0.43, high: 0.51 },
        { nominal: 0.8, value: 0.79, low: 0.75, high: 0.83 },
        { nominal: 0.95, value: 0.958, low: 0.94, high: 0.97 },
      ],
      skillPct: { value: 1.6, low: -0.2, high: 3.1 },
      compared: 1_590,
      brier: { score: 0.2508, baseRate: 0.2496 },
      calibration: [
        { n: 768, pUp: 0.462, rises: { value: 0.49, low: 0.43, high: 0.55 } },
        { n: 822, pUp: 0.541, rises: { value: 0.51, low: 0.46, high: 0.57 } },
      ],
    },
    waiting: 30,
    unscored: 0,
    expected: 1_650,
    missing: 12,
    missedFor: { unconfirmed: 3 },
    onDemand: 41,
    revised: 2,
    card: believableReport({ horizon }).record,
    ...overrides,
  };
}

/** What was asked for and posted at one horizon in those days, in a few servers. */
export function believableLive(horizon: HorizonChoice, overrides: Partial<LiveAccuracy> = {}): LiveAccuracy {
  const { scores } = believableHorizon(horizon);
  return {
    horizon,
    n: 412,
    coins: 17,
    days: 51,
    enough: true,
    scores: { ...scores!, compared: 412, skillPct: { value: 1.1, low: -1.4, high: 3.6 } },
    asked: 803,
    posted: 120,
    waiting: 9,
    unscored: 0,
    revised: 0,
    ...overrides,
  };
}

/** What the service would answer; `days` of daily calls of one coin on the chart. */
export function believableAccuracy(overrides: Partial<AccuracyReport> = {}): AccuracyReport {
  const shown = overrides.shown ?? '1d';
  const step = INTERVAL_MS[HORIZONS[shown].interval];
  const past = Array.from({ length: 50 }, (_, i) =>
    believableCall({
      originMs: ORIGIN_MS - (51 - i) * step,
      targetMs: ORIGIN_MS - (50 - i) * step,
      position: Math.sin(i * 1.7) * 2.4,
      band: i % 5 === 0 ? null : 80,
    }),
  );
  return {
    symbol: null,
    name: null,
    model: null,
    days: 60,
    nowMs: ORIGIN_MS,
    horizons: HORIZON_NAMES.map((name) => believableHorizon(name)),
    live: CHOICES.map((name) => believableLive(name)),
    shown,
    best: believableCall({ symbol: 'ETH', originMs: ORIGIN_MS - 20 * DAY_MS }),
    worst: believableCall({ symbol: 'SOL', band: null, actualPrice: 80_000 }),
    last: believableCall(),
    past,
    pastEvery: 1,
    simulated: false,
    ...overrides,
  };
}

/** A service that answers every question with believable figures; `resolve` refuses unknown coins. */
export function fakeAccuracy(resolve: (text: string) => Asset, simulated = false): AccuracyService {
  return {
    async report({ symbol, horizon, days = 60, model }) {
      const asset = symbol === undefined ? null : resolve(symbol);
      return believableAccuracy({
        symbol: asset?.symbol ?? null,
        name: asset?.name ?? null,
        days,
        model: model ?? null,
        simulated,
        ...(horizon
          ? { shown: horizon, horizons: [believableHorizon(horizon)], live: [believableLive(chosenHorizon(horizon))] }
          : {}),
      });
    },
    last: async () => believableAccuracy().last,
  };
}

/** A service that answers every question with a small file. */
export const fakeRecordParts: RecordPartService = {
  part: async ({ symbol, days = 60 }) => ({
    name: `record-${symbol ?? 'server'}.jsonl.gz`,
    data: gzipSync('{}\n'),
    verifier: new TextEncoder().encode('print()\n'),
    symbols: symbol === undefined ? ['BTC', 'ETH'] : [symbol],
    ofServer: symbol === undefined,
    days,
    forecasts: 4_321,
    scored: 4_200,
    cutBeforeMs: null,
    simulated: false,
  }),
};
