import { INTERVAL_MS, INTERVALS, type Interval } from '../../core/candle.ts';
import { flagCandles, seriesVerdict } from '../../core/candle-quality.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { DriftStatus } from '../../core/model-info.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { type Clock, DAY_MS, MINUTE_MS, type Sleep, steadyClock } from '../../core/time.ts';
import { coinHistories } from '../../ml/data/coin-history.ts';
import { createDriftMonitor, expectationOf, FALSE_ALARMS_PER_YEAR } from '../../ml/drift/monitor.ts';
import type { ReplayModel } from '../../ml/workers/drift.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import { HISTORY_CANDLES } from '../forecast/forecast-inputs.ts';
import type { ModelRegistry, ServingModel } from './model-registry.ts';
import { type WidthService, widthsOfCoins } from './widths.ts';

/** How the serving models do on newer candles. */
export interface DriftReports {
  /** How the serving models do on candles after those they learnt from, one entry for each interval followed. Never throws. */
  status(): Promise<readonly DriftStatus[]>;
}

/** Origins of a replay: two years of days, ninety days of hours. */
const MAX_ORIGINS: Readonly<Record<Interval, number>> = { '1d': 730, '1h': 2_160 };
/** Coins a replay takes; the tests count all coins of a moment as one observation, so more would add little. */
const MAX_COINS = 30;
/** A replay that found nothing to score, or failed, is tried again after this. */
const RETRY_MS = 10 * MINUTE_MS;

/** What the drift service is built from. */
export interface DriftParts {
  readonly models: Pick<ModelRegistry, 'serving'>;
  readonly candles: Pick<CandleRepository, 'range' | 'span'>;
  /** Coins that are followed. */
  readonly symbols: readonly string[];
  /** Sentiment inputs of a coin, for a model that uses them. */
  readonly sentiment?: SentimentAt;
  readonly widths: Pick<WidthService, 'tableFor'>;
  readonly replay: ReplayModel;
  readonly logger: Logger;
  readonly now: Clock;
  readonly sleep: Sleep;
  /** How long `status` waits for replays under way; then they are shown as such. */
  readonly waitMs: number;
  /** Called with an alarm, at most once a day and interval: this is where a retraining starts early. */
  readonly onAlarm?: (status: DriftStatus) => void;
}

/** Follows how the serving models do on the candles that came after those they learnt from; `status` starts the day's replay where it is due. */
export interface DriftService extends DriftReports {
  /** Starts the day's replays where they are due and waits for them, however long. Never throws. */
  check(): Promise<readonly DriftStatus[]>;
  /** Ends replays under way. */
  close(): Promise<void>;
}

interface Known {
  readonly status: DriftStatus;
  readonly validUntilMs: number;
}

/**
 * Makes the service. The ledger of issued forecasts starts empty everywhere and mixes models, so the monitor is fed by replaying the serving model
 * over the stored candles after its data: at most once a day and model, in a thread of its own, and nothing is fetched for it.
 */
export function createDriftService(parts: DriftParts): DriftService {
  const { models, logger, now } = parts;
  const steady = steadyClock(now);
  const known = new Map<Interval, Known>();
  const running = new Map<Interval, Promise<void>>();
  const lastAlarmMs = new Map<Interval, number>();
  const ending = new AbortController();

  async function replay(interval: Interval, model: ServingModel): Promise<void> {
    let status = emptyStatus(interval, model, 'unknown', now());
    let validUntilMs = steady() + RETRY_MS;
    try {
      status = await driftOf(parts, interval, model, ending.signal);
      // Once a day is enough for tests that are about months; with nothing to score yet, candles may come sooner.
      if (status.state !== 'unknown') validUntilMs = steady() + DAY_MS - (now() % DAY_MS);
    } catch (error) {
      if (!ending.signal.aborted)
        logger.warn({ err: asCandlecastError(error), interval }, 'drift could not be checked');
    }
    known.set(interval, { status, validUntilMs });
    if (status.state !== 'alarm') return;
    const alarmedMs = lastAlarmMs.get(interval) ?? Number.NEGATIVE_INFINITY;
    if (steady() - alarmedMs < DAY_MS) return;
    lastAlarmMs.set(interval, steady());
    logger.warn({ interval, version: status.version, findings: status.findings }, 'the model has drifted');
    parts.onAlarm?.(status);
  }

  /** Starts the replay of an interval where it is due; gives the model and the run under way, or null without a model. */
  async function startIfDue(
    interval: Interval,
  ): Promise<{ readonly model: ServingModel; readonly run: Promise<void> } | null> {
    let model: ServingModel;
    try {
      model = await models.serving(interval);
    } catch {
      // The status of the models says why there is none.
      return null;
    }
    const last = known.get(interval);
    const fresh = last !== undefined && last.status.version === model.card.version && steady() < last.validUntilMs;
    if (!fresh && !running.has(interval) && !ending.signal.aborted) {
      const run = replay(interval, model).finally(() => running.delete(interval));
      running.set(interval, run);
    }
    return { model, run: running.get(interval) ?? Promise.resolve() };
  }

  async function report(limit: (runs: Promise<unknown>) => Promise<unknown>): Promise<readonly DriftStatus[]> {
    const started = await Promise.all(INTERVALS.map(startIfDue));
    await limit(Promise.all(started.map((one) => one?.run)));
    return INTERVALS.flatMap((interval, i) => {
      const model = started[i]?.model;
      if (!model) return [];
      const last = known.get(interval)?.status;
      return last?.version === model.card.version ? [last] : [emptyStatus(interval, model, 'checking', now())];
    });
  }

  return {
    async status() {
      const waiting = new AbortController();
      const timeUp = parts.sleep(parts.waitMs, waiting.signal).catch(() => {});
      try {
        return await report((runs) => Promise.race([runs, timeUp]));
      } finally {
        waiting.abort();
      }
    },
    check: () => report((runs) => runs),
    async close() {
      ending.abort();
      await Promise.all(running.values());
    },
  };
}

function emptyStatus(
  interval: Interval,
  { card }: ServingModel,
  state: 'checking' | 'unknown',
  nowMs: number,
): DriftStatus {
  return {
    interval,
    version: card.version,
    state,
    coins: 0,
    fromMs: null,
    toMs: null,
    horizons: [],
    findings: [],
    falseAlarmsPerYear: FALSE_ALARMS_PER_YEAR,
    checkedAtMs: nowMs,
  };
}

/** Replays a model over what is stored and reads the monitor. */
async function driftOf(
  parts: DriftParts,
  interval: Interval,
  model: ServingModel,
  signal: AbortSignal,
): Promise<DriftStatus> {
  const { card } = model;
  const step = INTERVAL_MS[interval];
  const symbols = [...new Set(['BTC', ...parts.symbols])].slice(0, MAX_COINS);
  const spans = await Promise.all(symbols.map((symbol) => parts.candles.span(symbol, interval)));
  const newestMs = Math.max(...spans.map((span) => (span ? span.toMs + step : 0)));
  const empty = emptyStatus(interval, model, 'unknown', parts.now());
  const fromMs = Math.max(card.data.stopUntilMs, newestMs - MAX_ORIGINS[interval] * step);
  if (newestMs <= fromMs) return empty;
  const flagged: Pick<MarketSeries, 'symbol' | 'candles'>[] = [];
  for (const symbol of symbols) {
    const stored = await parts.candles.range(symbol, interval, fromMs - HISTORY_CANDLES[interval] * step, newestMs);
    // A coin whose history is not trusted is not forecast by the model either.
    if (stored.length > 0 && seriesVerdict(stored, interval).trusted)
      flagged.push({ symbol, candles: flagCandles(stored, interval) });
  }
  const coins = await coinHistories(flagged, interval, card.sentiment && parts.sentiment);
  const btc = coins.find((coin) => coin.symbol === 'BTC') ?? null;
  const widths = await widthsOfCoins(parts.widths, model, coins, newestMs);
  const periods = await parts.replay(coins, { model: model.bytes, btc, fromMs, widths }, signal);
  const expectations = card.steps.map((steps) =>
    expectationOf(
      steps,
      card.evaluation?.records.find((record) => record.steps === steps),
    ),
  );
  const monitor = createDriftMonitor(interval, expectations);
  for (const period of periods) monitor.add(period);
  return {
    ...empty,
    ...monitor.read(),
    coins: Math.max(0, ...periods.map(({ n }) => n)),
    fromMs: periods[0]?.originMs ?? null,
    toMs: periods.at(-1)?.originMs ?? null,
    checkedAtMs: parts.now(),
  };
}
