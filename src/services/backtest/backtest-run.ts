import type { BacktestReport, BreakerLimits, TradingCosts } from '../../core/backtest.ts';
import { closeTimeMs, INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { utcDay } from '../../core/time.ts';
import type { Message } from '../../language/message.ts';
import type { RuleOutcome } from '../../ml/backtest/run-rules.ts';
import type { WidthTable } from '../../ml/calibration/widths.ts';
import { coinHistories, toHistory } from '../../ml/data/coin-history.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ModelBytes } from '../../ml/model/model-file.ts';
import type { RunBacktest } from '../../ml/workers/backtest.ts';

/** Random strategies that every rule is compared with. */
const DRAWS = 100;

/** The input of a backtest run. */
export interface BacktestJob {
  readonly model: ModelBytes;
  readonly card: ModelCard;
  readonly interval: Interval;
  readonly steps: number;
  /** First decision and last close; moved inward to the interval's grid, and past the model's training data. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly series: readonly MarketSeries[];
  /** Bitcoin's candles, whether or not it is among the series; null masks the market's inputs. */
  readonly btc: MarketSeries | null;
  /** Sentiment inputs of each coin, for a model that uses them. */
  readonly sentiment?: SentimentAt | undefined;
  /** Width factors by coin, as they were served; all are one without them. */
  readonly widths?: ReadonlyMap<string, WidthTable> | undefined;
  readonly refused: BacktestReport['refused'];
  /** Names of tracked rules. */
  readonly rules: readonly string[];
  readonly capital: number;
  readonly costs: TradingCosts;
  readonly breakers: BreakerLimits;
  /** Delay of every decision, in candles. */
  readonly delay: number;
  readonly simulated: boolean;
  readonly threads: number;
  readonly onCoin?: (done: number, of: number) => void;
  readonly onRule?: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** The first moment of a decision that lies after the model's training data, and a note where an earlier one was requested. */
export function outOfSample(card: ModelCard, fromMs: number): { readonly fromMs: number; readonly notes: Message[] } {
  const { stopUntilMs } = card.data;
  if (fromMs >= stopUntilMs) return { fromMs, notes: [] };
  const note: Message = { key: 'backtest.noteLearnt', values: { day: utcDay(stopUntilMs - 1) } };
  return { fromMs: stopUntilMs, notes: [note] };
}

/**
 * Runs rules over a model's walk-forward forecasts, each rule on the same ones. Throws `CC_IN_SAMPLE` where the model was trained on every
 * candle, `CC_HISTORY_TOO_SHORT` where nothing could be forecast, and as the run does.
 */
export async function backtestModel(job: BacktestJob, run: RunBacktest): Promise<readonly RuleOutcome[]> {
  const { card, interval, steps } = job;
  const step = INTERVAL_MS[interval];
  const counted = outOfSample(card, job.fromMs);
  const newestMs = Math.max(...job.series.map(({ candles }) => closeTimeMs(candles.at(-1)!, interval)));
  const span = {
    interval,
    steps,
    fromMs: Math.ceil(counted.fromMs / step) * step,
    toMs: Math.floor(Math.min(job.toMs, newestMs) / step) * step,
  };
  if (span.toMs <= span.fromMs) {
    if (counted.notes.length > 0) {
      throw new CandlecastError(
        'CC_IN_SAMPLE',
        `The model learnt from candles until ${utcDay(card.data.stopUntilMs - 1)}, and there is none after that to decide on.`,
        { said: { key: 'backtest.noneAfter', values: { day: utcDay(card.data.stopUntilMs - 1) } } },
      );
    }
    throw new CandlecastError('CC_HISTORY_TOO_SHORT', `There is no candle after ${utcDay(span.fromMs)} to decide on.`);
  }
  const btc = job.btc && toHistory(job.btc.symbol, job.btc.candles, interval);
  const outcomes = await run({
    coins: await coinHistories(job.series, interval, card.sentiment && job.sentiment),
    data: { model: job.model, setting: { ...span, btc, window: card.window }, widths: job.widths },
    job: {
      span,
      card,
      capital: job.capital,
      costs: job.costs,
      breakers: job.breakers,
      delay: job.delay,
      draws: DRAWS,
      refused: job.refused,
      notes: counted.notes,
      simulated: job.simulated,
    },
    rules: job.rules,
    threads: job.threads,
    ...(job.onCoin ? { onCoin: job.onCoin } : {}),
    ...(job.onRule ? { onRule: job.onRule } : {}),
    ...(job.signal ? { signal: job.signal } : {}),
  });
  if (outcomes.length === 0) {
    throw new CandlecastError(
      'CC_HISTORY_TOO_SHORT',
      'No candle of the period has enough history before it to forecast from.',
    );
  }
  return outcomes;
}
