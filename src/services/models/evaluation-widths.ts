import { INTERVAL_MS } from '../../core/candle.ts';
import type { LearntWidths } from '../../core/evaluation.ts';
import type { EventSchedule } from '../../core/market-events.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { createWidthFactors } from '../../ml/calibration/width-factors.ts';
import { type CoinRatios, learnFromMs, patternsFromMs, recordWidths } from '../../ml/calibration/width-stream.ts';
import type { WidthTable } from '../../ml/calibration/widths.ts';
import type { PlannedSeries } from '../../ml/evaluate/evaluation-parts.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { EvaluationThreads, KnownQuantiles } from '../../ml/workers/evaluation.ts';

/** The width factors of every moment of an evaluation. */
export interface EvaluationWidths {
  tableOf(symbol: string): WidthTable;
  /** What the ensemble said about a coin's rows, so that it is not asked again. The second call gives nothing. */
  takeKnown(symbol: string): KnownQuantiles | undefined;
  readonly learnt: LearntWidths;
}

/** Bytes of the ensemble's quantiles that are kept between the two passes; what goes beyond is forecast again. */
const KEPT_BYTES = 256 * 2 ** 20;

/** Whose forecasts are learnt from, and when they serve. */
export interface WidthsJob {
  readonly card: ModelCard;
  /** Whether the card is that of the hourly model of a combination. */
  readonly ofHours?: boolean;
  readonly series: readonly PlannedSeries[];
  /** Coins whose tables are asked for; by default those that are learnt from. */
  readonly scored?: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Scheduled announcements. */
  readonly events?: EventSchedule | undefined;
  /** Time between two origins; the interval of the model by default. */
  readonly everyMs?: number;
  /** Whether the parts of the second pass are the same series, so that what the ensemble says is worth keeping. */
  readonly keep?: boolean;
}

/**
 * The first of the two passes of an evaluation: how a model's forecasts of all coins came out, from the moment after which its widths are learnt (see
 * `learnFromMs`), and the factors of every moment that follow, each from what had matured by then.
 */
export async function learnWidths(threads: EvaluationThreads, job: WidthsJob): Promise<EvaluationWidths> {
  const { card, ofHours = false, series, toMs, events, keep = false, everyMs = INTERVAL_MS[card.interval] } = job;
  const { interval, steps } = card;
  const fromMs = learnFromMs(interval, card, job.fromMs);
  const state = card.widths?.untilMs === fromMs ? card.widths : null;
  // A card from before announcements and weekdays were learnt from knows nothing of them.
  const patternsMs = state?.events && state.weekdays ? fromMs : patternsFromMs(interval, fromMs);
  const firstMs = patternsMs - Math.max(...steps) * INTERVAL_MS[interval];
  const kept = new Map<string, KnownQuantiles>();
  const coins: CoinRatios[] = [];
  let bytes = 0;
  await threads.ratios(
    series.map(({ make }) => async () => {
      const coin = await make();
      bytes += coin.history.raw.rows * steps.length * QUANTILE_LEVELS.length * Float64Array.BYTES_PER_ELEMENT;
      return { ...coin, ofHours, fromMs: firstMs, toMs, keep: keep && bytes <= KEPT_BYTES };
    }),
    async ({ coin, known }) => {
      coins.push(coin);
      if (known) kept.set(coin.symbol, known);
    },
  );
  const widths = createWidthFactors(interval, steps, state, events);
  const symbols = job.scored ?? series.map(({ symbol }) => symbol);
  const learntUntilMs = card.data.stopUntilMs;
  const stream = { interval, steps, coins, fromMs, toMs, patternsFromMs: patternsMs, learntUntilMs, everyMs };
  const tableOf = recordWidths(widths, stream, symbols);
  return {
    tableOf,
    learnt: { fromMs, fromCard: state !== null, state: widths.state() },
    takeKnown(symbol) {
      const known = kept.get(symbol);
      kept.delete(symbol);
      return known;
    },
  };
}
