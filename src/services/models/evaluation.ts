import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { EvaluationReport } from '../../core/evaluation.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { utcDay } from '../../core/time.ts';
import { BASELINES } from '../../ml/baselines/registry.ts';
import { coinHistories, knownColumns, toHistory } from '../../ml/data/coin-history.ts';
import type { CoinEvaluation, EvaluationSpan } from '../../ml/evaluate/evaluate-coin.ts';
import { crashSpells, REGIME_DEFINITIONS } from '../../ml/evaluate/regimes.ts';
import { createReportAssembler } from '../../ml/evaluate/report.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ModelBytes } from '../../ml/model/model-file.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';
import { runEvaluation } from '../../ml/workers/evaluation.ts';

/** What is evaluated, on what, and where its results go. */
export interface EvaluationJob {
  readonly model: ModelBytes;
  readonly card: ModelCard;
  readonly interval: Interval;
  readonly steps: readonly number[];
  /** Origins from … to, both included; moved inward to the interval's grid. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly series: readonly MarketSeries[];
  /** Bitcoin's candles, whether or not it is among the series; null masks the market's inputs. */
  readonly btc: MarketSeries | null;
  /** Sentiment inputs; with them, a model that uses sentiment is scored with and without. */
  readonly sentiment?: SentimentAt | undefined;
  readonly refused: EvaluationReport['refused'];
  readonly doubtful: EvaluationReport['doubtful'];
  readonly threads: number;
  readonly command: string;
  /** Takes the lines of a coin's forecasts; absent when nobody wants them. */
  readonly write?: (lines: string) => Promise<void>;
  readonly onCoin?: (done: number, of: number) => void;
}

/**
 * Runs a rolling-origin evaluation in worker threads: every coin forecast at every origin by the model and every baseline, scored
 * together. Throws as the model's decoding does, and `CC_WORKER_DIED`.
 */
export async function evaluateModel(job: EvaluationJob): Promise<EvaluationReport> {
  const { card, interval, steps } = job;
  const step = INTERVAL_MS[interval];
  const span: EvaluationSpan = {
    interval,
    steps,
    fromMs: Math.ceil(job.fromMs / step) * step,
    toMs: Math.floor(Math.min(job.toMs, newestCloseMs(job.series, interval)) / step) * step,
  };
  const btc = job.btc && toHistory(job.btc.symbol, job.btc.candles, interval);
  const crashes = btc ? crashSpells(knownColumns(btc)) : [];
  const seen = (symbol: string) => card.data.symbols.includes(symbol);
  const names = BASELINES.map((baseline) => baseline.name);
  const assembler = createReportAssembler(span, names, seen, btc !== null);
  const counts = { origins: 0, forecastOrigins: 0, notUsable: 0, recomputed: 0, withoutOutcome: 0 };
  const covered = { origins: 0, headlineOrigins: 0 };
  let inSample = 0;
  let forecasts = 0;
  let done = 0;
  const take = async (evaluation: CoinEvaluation) => {
    assembler.add(evaluation);
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += evaluation.counts[name];
    for (const { all } of evaluation.horizons) {
      forecasts += all.model.n;
      all.count.forEach((n, period) => {
        if (span.fromMs + period * step < card.data.stopUntilMs) inSample += n;
      });
    }
    if (job.write && evaluation.lines) await job.write(evaluation.lines);
    covered.origins += evaluation.sentimentOrigins.origins;
    covered.headlineOrigins += evaluation.sentimentOrigins.headlineOrigins;
    job.onCoin?.(++done, job.series.length);
  };
  const learnt = card.sentiment !== undefined;
  const ablate = learnt && job.sentiment !== undefined;
  const setting = { ...span, btc, crashes, window: card.window, lines: job.write !== undefined, ablate };
  const coins = await coinHistories(job.series, interval, job.sentiment);
  await runEvaluation(coins, { model: job.model, setting }, job.threads, take);
  const symbols = job.series.map(({ symbol }) => symbol);
  return {
    format: 1,
    command: job.command,
    model: {
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
    },
    interval,
    fromMs: span.fromMs,
    toMs: span.toMs,
    symbols,
    seen: symbols.filter(seen),
    unseen: symbols.filter((symbol) => !seen(symbol)),
    marketContext: btc !== null,
    inSample: inSampleOf(inSample, forecasts, card),
    ...(job.sentiment ? { sentiment: { learnt, ...covered } } : {}),
    refused: job.refused,
    doubtful: job.doubtful,
    counts,
    crashes: crashes.filter((spell) => spell.toMs > span.fromMs && spell.fromMs <= span.toMs),
    definitions: EVALUATION_DEFINITIONS,
    horizons: assembler.horizons(),
  };
}

function inSampleOf(inSample: number, of: number, { data }: ModelCard): EvaluationReport['inSample'] {
  if (inSample === 0) return null;
  const share = inSample === of ? 'All' : `${((100 * inSample) / of).toFixed(1)} % of the`;
  const warning = `${share} forecasts have origins before ${utcDay(data.stopUntilMs)}, dates this model was trained or stopped on: they are no evidence of skill.`;
  return { forecasts: inSample, of, untilMs: data.stopUntilMs, warning };
}

function newestCloseMs(series: readonly MarketSeries[], interval: Interval): number {
  return Math.max(...series.map(({ candles }) => (candles.at(-1)?.openTimeMs ?? 0) + INTERVAL_MS[interval]));
}

/** The terms of an evaluation report, defined in every report. */
export const EVALUATION_DEFINITIONS: Readonly<Record<string, string>> = {
  origin: 'close time of the last candle used; nothing later goes into a forecast, flags on candles included',
  outcome: "log return from the origin's close to the close at the target, both as they stand in the file",
  pinball: 'mean pinball loss over the 19 quantile levels 0.05 … 0.95',
  skill: `100 × (1 − model ÷ baseline) of mean pinball losses, on forecasts both made; 95 % interval by circular block bootstrap over time, all coins of a period together, blocks of ${BLOCK_PERIODS['1d']} days (daily) or ${BLOCK_PERIODS['1h']} hours (hourly), 1,000 resamples`,
  pValue: 'two-sided, paired block bootstrap of the loss difference centred at its mean, same blocks',
  direction:
    'share of medians on the same side of zero as the outcome; interval by block bootstrap; Wilson’s interval, which takes forecasts as independent, beside it; base rate: always saying the commoner side',
  brier: 'P(up) against what happened; skill over always saying the share of ups in these very outcomes',
  coverage80Within3Points: 'coins whose 80 % band held 77 to 83 % of outcomes',
  ...REGIME_DEFINITIONS,
};
