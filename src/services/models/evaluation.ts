import { INTERVAL_MS, type Interval, MIN_DAY_HOURS } from '../../core/candle.ts';
import type { EvaluationReport } from '../../core/evaluation.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { EventSchedule } from '../../core/market-events.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { DAY_MS, HOUR_MS, utcDay } from '../../core/time.ts';
import { BASELINES } from '../../ml/baselines/registry.ts';
import { knownColumns, toHistory, withSentiment } from '../../ml/data/coin-history.ts';
import { ALONE, type DayByHours, pickOrigins } from '../../ml/evaluate/combined-days.ts';
import type { CoinEvaluation } from '../../ml/evaluate/evaluate-coin.ts';
import { type EvaluationPart, planCandles, planRollingDays } from '../../ml/evaluate/evaluation-parts.ts';
import type { EvaluationSpan } from '../../ml/evaluate/forecast-origins.ts';
import { crashSpells, REGIME_DEFINITIONS } from '../../ml/evaluate/regimes.ts';
import { createReportAssembler, type PlacedEvaluation } from '../../ml/evaluate/report.ts';
import { HOURS_SHARE } from '../../ml/forecast/from-now.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ModelBytes } from '../../ml/model/model-file.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';
import { type EvaluationThreads, startEvaluation } from '../../ml/workers/evaluation.ts';
import { type EvaluationWidths, learnWidths } from './evaluation-widths.ts';

/** A model, and the first origin that it forecasts. */
export interface ServedModel {
  readonly fromMs: number;
  readonly model: ModelBytes;
  readonly card: ModelCard;
}

/** What is evaluated, on what, and where its results go. */
export interface EvaluationJob {
  readonly model: ModelBytes;
  readonly card: ModelCard;
  /** Models that take its place at origins from a moment on, ascending; without any it forecasts every origin. */
  readonly successors?: readonly ServedModel[];
  readonly interval: Interval;
  readonly steps: readonly number[];
  /** Origins from … to, both included; moved inward to the grid of the interval, or of hours. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly series: readonly MarketSeries[];
  /**
   * With it, days end at every hour: `series` and `btc` are hourly candles, of which the days are built, and this holds daily candles by coin for where the hours are
   * too few.
   */
  readonly days?: ReadonlyMap<string, MarketSeries> | undefined;
  /** The hourly model whose 24 hours are combined with one day; only with `days`. */
  readonly hourly?: { readonly model: ModelBytes; readonly card: ModelCard } | undefined;
  /** Bitcoin's candles, whether or not it is among the series; null masks the market's inputs. */
  readonly btc: MarketSeries | null;
  /** Sentiment inputs; with them, a model that uses sentiment is scored with and without. */
  readonly sentiment?: SentimentAt | undefined;
  /** Scheduled announcements, which widen forecasts; none where left out. */
  readonly events?: EventSchedule | undefined;
  /** Coins whose forecasts widths are learnt from; by default those that are scored. Not with `days`. */
  readonly learnFrom?: readonly MarketSeries[] | undefined;
  readonly refused: EvaluationReport['refused'];
  readonly doubtful: EvaluationReport['doubtful'];
  readonly threads: number;
  readonly command: string;
  /** Takes the lines of a coin's forecasts; absent when nobody wants them. */
  readonly write?: (lines: string) => Promise<void>;
  /** Parts that are done: coins, or with `days` coins and hours of the day. */
  readonly onPart?: (done: number, of: number) => void;
}

/**
 * Runs a rolling-origin evaluation in worker threads: every coin forecast at every origin by the model and every baseline, scored
 * together. Throws as the model's decoding does, and `CC_WORKER_DIED`.
 */
export async function evaluateModel(job: EvaluationJob): Promise<EvaluationReport> {
  const { card, interval, steps, days, successors = [] } = job;
  const step = INTERVAL_MS[interval];
  const originStep = days ? HOUR_MS : step;
  const candleInterval = days ? '1h' : interval;
  const newestMs = Math.max(
    newestCloseMs(job.series, candleInterval),
    ...(days ? [newestCloseMs([...days.values()], interval)] : []),
  );
  const span: EvaluationSpan = {
    interval,
    steps,
    fromMs: Math.ceil(job.fromMs / originStep) * originStep,
    toMs: Math.floor(Math.min(job.toMs, newestMs) / originStep) * originStep,
  };
  const btc = job.btc && toHistory(job.btc.symbol, job.btc.candles, candleInterval);
  const crashes = btc ? crashSpells(knownColumns(btc)) : [];
  const { hourly } = job;
  const served = [{ fromMs: Number.NEGATIVE_INFINITY, card }, ...successors];
  const cards = [...served.map((one) => one.card), ...(hourly ? [hourly.card] : [])];
  const seen = (symbol: string) => cards.some(({ data }) => data.symbols.includes(symbol));
  /** The last moment that the models which forecast this origin have seen. */
  const learntUntilMs = (originMs: number) => {
    const { data } = served.findLast(({ fromMs }) => fromMs <= originMs)!.card;
    return Math.max(data.stopUntilMs, hourly?.card.data.stopUntilMs ?? 0);
  };
  const names = [...BASELINES.map((baseline) => baseline.name), ...(hourly ? ALONE : [])];
  const assembler = createReportAssembler(span, originStep, names, seen, btc !== null);
  const counts = { origins: 0, forecastOrigins: 0, notUsable: 0, recomputed: 0, withoutOutcome: 0 };
  const covered = { origins: 0, headlineOrigins: 0 };
  let inSample = 0;
  let forecasts = 0;
  const learnt = cards.some(({ sentiment }) => sentiment !== undefined);
  // Beside a combination, the same one without sentiment would take both models masked.
  const ablate = learnt && job.sentiment !== undefined && !hourly;
  const rolling =
    days &&
    planRollingDays({ hours: job.series, days, btc: job.btc, window: card.window, sentiment: job.sentiment }, span);
  const plan = rolling ?? planCandles(job.series, btc, interval, span, job.sentiment);
  let coin: PlacedEvaluation[] = [];
  let lines: string[] = [];
  const take = async (evaluation: CoinEvaluation, index: number) => {
    const { fromMs, place, symbol } = plan.parts[index]!;
    coin.push({ evaluation, place });
    for (const line of evaluation.lines) lines.push(line);
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += evaluation.counts[name];
    for (const { all } of evaluation.horizons) {
      forecasts += all.model.n;
      all.count.forEach((n, period) => {
        const originMs = fromMs + period * step;
        if (originMs < learntUntilMs(originMs)) inSample += n;
      });
    }
    covered.origins += evaluation.sentimentOrigins.origins;
    covered.headlineOrigins += evaluation.sentimentOrigins.headlineOrigins;
    job.onPart?.(index + 1, plan.parts.length);
    if (plan.parts[index + 1]?.symbol === symbol) return;
    assembler.add(coin);
    // Lines of one coin differ first in the horizon, then in the origin, as text too.
    if (coin.length > 1) lines.sort();
    if (job.write && lines.length > 0) await job.write(lines.join(''));
    coin = [];
    lines = [];
  };
  const window = Math.max(...served.map((one) => one.card.window));
  const events = job.events?.events ?? [];
  const setting = { interval, steps, crashes, events, window, lines: job.write !== undefined, ablate };
  const hours = hourly && { model: hourly.model, btc };
  let widths: EvaluationWidths | null = null;
  const threads = startEvaluation({ model: job.model, successors, setting, markets: plan.markets, hours }, job.threads);
  try {
    const dayByHours = hourly && (await forecastHours(job, hourly.card, span, threads));
    const served = { fromMs: span.fromMs, toMs: span.toMs };
    const learnFrom = job.learnFrom && planCandles(job.learnFrom, btc, interval, span, job.sentiment).series;
    widths = await learnWidths(threads, {
      card,
      series: learnFrom ?? plan.series,
      scored: plan.series.map(({ symbol }) => symbol),
      everyMs: originStep,
      ...served,
      events: job.events,
      keep: !rolling && successors.length === 0,
    });
    job.onPart?.(0, plan.parts.length);
    const parts = plan.parts.map(({ symbol, make }) => async () => {
      const part = { ...(await make()), widths: widths!.tableOf(symbol), known: widths!.takeKnown(symbol) };
      return dayByHours ? { ...part, dayByHours: dayByHours(symbol, part) } : part;
    });
    await threads.evaluate(parts, take);
  } finally {
    await threads.close();
  }
  const symbols = job.series.map(({ symbol }) => symbol);
  return {
    format: 1,
    command: job.command,
    model: evaluatedModel(card),
    ...(hourly ? { withHours: { model: evaluatedModel(hourly.card), hoursShare: HOURS_SHARE } } : {}),
    interval,
    fromMs: span.fromMs,
    toMs: span.toMs,
    ...(widths ? { widths: widths.learnt } : {}),
    ...(rolling ? { rollingDays: { midnightOnly: rolling.midnightOnly } } : {}),
    symbols,
    seen: symbols.filter(seen),
    unseen: symbols.filter((symbol) => !seen(symbol)),
    marketContext: btc !== null,
    inSample: inSampleOf(inSample, forecasts, learntUntilMs(span.fromMs)),
    ...(job.sentiment ? { sentiment: { learnt, ...covered } } : {}),
    refused: job.refused,
    doubtful: job.doubtful,
    counts,
    crashes: crashes.filter((spell) => spell.toMs > span.fromMs && spell.fromMs <= span.toMs),
    definitions: {
      ...EVALUATION_DEFINITIONS,
      ...(rolling ? ROLLING_DEFINITIONS : {}),
      ...(hourly ? COMBINED_DEFINITIONS : {}),
    },
    horizons: assembler.horizons(),
  };
}

/**
 * Forecasts 24 hours of every coin at every origin of the span with the hourly model. Returns what it says about the origins of a coin's part, which
 * lie a day apart; nothing about a coin without hourly candles.
 */
async function forecastHours(
  { series, sentiment, events }: EvaluationJob,
  card: ModelCard,
  { fromMs, toMs }: EvaluationSpan,
  threads: EvaluationThreads,
): Promise<(symbol: string, part: EvaluationPart) => DayByHours> {
  const coins = series
    .filter(({ candles }) => candles.length > 0)
    .map(({ symbol, candles }) => ({
      symbol,
      make: async () => ({ history: await withSentiment(toHistory(symbol, candles, '1h'), sentiment), market: 0 }),
    }));
  const widths = await learnWidths(threads, { card, ofHours: true, series: coins, fromMs, toMs, events });
  const found = new Map<string, DayByHours>();
  await threads.forecastHours(
    coins.map(({ symbol, make }) => async () => {
      return { history: (await make()).history, fromMs, toMs, widths: widths.tableOf(symbol) };
    }),
    async (forecasts, index) => {
      found.set(coins[index]!.symbol, forecasts);
    },
  );
  const nothing: DayByHours = { firstMs: fromMs, everyMs: HOUR_MS, quantiles: new Float64Array() };
  return (symbol, part) => pickOrigins(found.get(symbol) ?? nothing, part.fromMs, part.toMs, DAY_MS);
}

const evaluatedModel = (card: ModelCard): EvaluationReport['model'] => ({
  version: card.version,
  family: card.family,
  members: card.training.seeds.length,
  treeShares: card.trees?.share ?? null,
  trainedAtMs: card.trainedAtMs,
  dataFromMs: card.data.fromMs,
  fitUntilMs: card.data.fitUntilMs,
  stopUntilMs: card.data.stopUntilMs,
  stopFromMs: card.data.stopFromMs ?? null,
  trainedOn: card.data.description,
});

function inSampleOf(inSample: number, of: number, untilMs: number): EvaluationReport['inSample'] {
  if (inSample === 0) return null;
  const share = inSample === of ? 'All' : `${((100 * inSample) / of).toFixed(1)} % of the`;
  const warning = `${share} forecasts have origins before ${utcDay(untilMs)}, dates this model was trained or stopped on: they are no evidence of skill.`;
  return { forecasts: inSample, of, untilMs, warning };
}

function newestCloseMs(series: readonly MarketSeries[], interval: Interval): number {
  return Math.max(...series.map(({ candles }) => (candles.at(-1)?.openTimeMs ?? 0) + INTERVAL_MS[interval]));
}

/** The terms of an evaluation report, defined in every report. */
export const EVALUATION_DEFINITIONS: Readonly<Record<string, string>> = {
  origin: 'close time of the last candle used; nothing later goes into a forecast, flags on candles included',
  outcome: "log return from the origin's close to the close at the target, both as they stand in the file",
  widths:
    'before the calibration of single coins, the distance of each pair of quantiles from the median is scaled by a factor that all coins share, learnt at each close from the forecasts of all these coins whose targets were complete by then; `widths` of the report says from when on',
  experts:
    'before the widths are scaled, quantiles of days are averaged with those of GARCH-t and HAR, by shares learnt in the same order from forecasts that the model had not seen; `widths` of the report holds what was learnt',
  pinball: 'mean pinball loss over the 19 quantile levels 0.05 … 0.95',
  skill: `100 × (1 − model ÷ baseline) of mean pinball losses, on forecasts both made; 95 % interval by circular block bootstrap over time, all coins of a period together, blocks of ${BLOCK_PERIODS['1d']} days (daily) or ${BLOCK_PERIODS['1h']} hours (hourly), 1,000 resamples`,
  pValue: 'two-sided, paired block bootstrap of the loss difference centred at its mean, same blocks',
  direction:
    'share of medians on the same side of zero as the outcome; interval by block bootstrap; Wilson’s interval, which takes forecasts as independent, beside it; base rate: always saying the commoner side',
  brier: 'P(up) against what happened; skill over always saying the share of ups in these very outcomes',
  coverage80Within3Points: 'coins whose 80 % band held 77 to 83 % of outcomes',
  ...REGIME_DEFINITIONS,
};

/** The terms of an evaluation whose days end at every hour. */
const ROLLING_DEFINITIONS: Readonly<Record<string, string>> = {
  rollingDay: `24 hours that end at any full hour, built of hourly candles; one with fewer than ${MIN_DAY_HOURS} of them, or without its last, is missing`,
  offset:
    "at each hour of the day everything rests on days that end at that hour, Bitcoin's too: the window, climatology (365 such days), the other baselines, and the calibration, which has learnt from forecasts made at that hour alone",
  midnightOnly:
    'until its hourly candles are as many days as a window takes with its warm-up, a coin is forecast from daily candles, at 00:00 UTC only',
};

/** The terms of an evaluation of one day from two models. */
const COMBINED_DEFINITIONS: Readonly<Record<string, string>> = {
  combination: `one day is the daily model's, its quantiles averaged with those that the hourly model has for 24 hours from the same origin (share of the hourly one ${HOURS_SHARE}); where that makes none, and at other horizons, it is the daily model's`,
};
