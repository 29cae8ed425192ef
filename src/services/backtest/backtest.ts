import { LRUCache } from 'lru-cache';
import type { BacktestReport, RuleDescription } from '../../core/backtest.ts';
import { closeTimeMs, type Interval } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { DAY_MS } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import { DEFAULT_CAPITAL, DEFAULT_COSTS } from '../../ml/backtest/account.ts';
import { DEFAULT_BREAKERS } from '../../ml/backtest/breakers.ts';
import { RULES, ruleNamed } from '../../ml/backtest/rules.ts';
import type { RunBacktest } from '../../ml/workers/backtest.ts';
import { type ForecastMarket, HISTORY_CANDLES } from '../forecast/forecast-inputs.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import { backtestModel, outOfSample } from './backtest-run.ts';

/** The input of a backtest. */
export interface BacktestRequest {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** Name of a tracked rule. */
  readonly rule: string;
  /** Days back from the newest candle; candles that the model was trained on are left out. */
  readonly days: number;
}

/** Backtests of tracked rules. */
export interface BacktestService {
  /**
   * Backtests a rule on candles that the serving model was not trained on. `onProgress` gets the share done, 0 to 1. Throws
   * `CC_IN_SAMPLE`, `CC_UNKNOWN_RULE`, `CC_HISTORY_TOO_SHORT`, `CC_STOPPING` when the signal says so, and as the forecast does.
   */
  run(request: BacktestRequest, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<BacktestReport>;
  /** The tracked rules, for autocomplete; from memory. */
  rules(): readonly RuleDescription[];
}

/** Days that can be asked for. */
export const MIN_DAYS = 7;
export const MAX_DAYS = 1_500;
const CANDLES_PER_DAY: Readonly<Record<Interval, number>> = { '1d': 1, '1h': 24 };
/** Reports kept in memory, about 100 kB each for a year of days. */
const MAX_REPORTS = 50;
/** Progress, 0 to 1, after the candles are read and after they are forecast. */
const CANDLES_SHARE = 0.1;
const FORECAST_SHARE = 0.9;

/** What the backtest service is built from. */
export interface BacktestParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly market: Pick<ForecastMarket, 'series'>;
  readonly models: Pick<ModelRegistry, 'serving'>;
  /** Sentiment inputs of a coin, for a model that uses them; later headlines change nothing at past closes. */
  readonly sentiment?: SentimentAt;
  /** Runs the work elsewhere than on this thread. */
  readonly run: RunBacktest;
  readonly simulated: () => boolean;
  readonly logger: Logger;
}

/**
 * Makes the service. One backtest runs at a time, in a thread of its own; the others wait. A report is kept until one of its inputs
 * changes: the model, the newest candle, or what was asked for.
 */
export function createBacktestService(parts: BacktestParts): BacktestService {
  const known = new LRUCache<string, BacktestReport>({ max: MAX_REPORTS });
  let before: Promise<unknown> = Promise.resolve();

  async function candlesOf(symbol: string, interval: Interval, days: number): Promise<readonly MarketSeries[]> {
    const candles = days * CANDLES_PER_DAY[interval] + HISTORY_CANDLES[interval];
    const bitcoin = async (): Promise<MarketSeries[]> => {
      try {
        return [await parts.market.series({ symbol: 'BTC', interval, candles })];
      } catch (error) {
        parts.logger.warn({ err: asCandlecastError(error), interval }, 'no market context');
        return [];
      }
    };
    const [own, btc] = await Promise.all([
      parts.market.series({ symbol, interval, candles }),
      symbol === 'BTC' ? [] : bitcoin(),
    ]);
    return [own, ...btc];
  }

  return {
    rules: () => RULES.map(({ name, label, hint, explanation }) => ({ name, label, hint, explanation })),

    async run({ symbol: asked, horizon: name, rule, days }, onProgress = () => {}, signal) {
      if (!Number.isInteger(days) || days < MIN_DAYS || days > MAX_DAYS) {
        throw new CandlecastError('CC_USAGE', `A backtest looks back ${MIN_DAYS} to ${MAX_DAYS} days.`);
      }
      const wanted = ruleNamed(rule).name;
      const { symbol } = parts.assets.resolve(asked);
      const { interval, steps } = HORIZONS[name];
      const model = await parts.models.serving(interval);
      const { card } = model;
      onProgress(0);
      const list = await candlesOf(symbol, interval, days);
      stopIfAsked(signal);
      onProgress(CANDLES_SHARE);
      const series = list[0]!;
      const newestMs = closeTimeMs(series.candles.at(-1)!, interval);
      const fromMs = newestMs - days * DAY_MS;
      const btc = list.find((one) => one.symbol === 'BTC') ?? null;
      const btcMs = btc ? closeTimeMs(btc.candles.at(-1)!, interval) : 0;
      const first = Math.min(...list.map(({ candles }) => candles[0]!.openTimeMs));
      const key = [symbol, name, wanted, days, card.version, newestMs, btcMs, first, parts.simulated()].join(' ');
      const kept = known.get(key);
      if (kept) {
        onProgress(1);
        return kept;
      }
      let unread = false;
      const work = async (): Promise<BacktestReport> => {
        stopIfAsked(signal);
        const [outcome] = await backtestModel(
          {
            model: model.bytes,
            card,
            interval,
            steps,
            fromMs,
            toMs: newestMs,
            series: [series],
            btc,
            // Sentiment is optional, as in live forecasts: without it the backtest runs and a note says so.
            sentiment: async (symbol, closeTimesMs) => {
              try {
                return (await parts.sentiment?.(symbol, closeTimesMs)) ?? null;
              } catch (error) {
                unread = true;
                parts.logger.warn({ symbol, err: asCandlecastError(error) }, 'a backtest runs without sentiment');
                return null;
              }
            },
            refused: [],
            rules: [wanted],
            capital: DEFAULT_CAPITAL,
            costs: DEFAULT_COSTS,
            breakers: DEFAULT_BREAKERS[interval],
            delay: 0,
            simulated: parts.simulated(),
            threads: 1,
            onCoin: () => onProgress(FORECAST_SHARE),
            ...(signal ? { signal } : {}),
          },
          parts.run,
        );
        const { report } = outcome!;
        return { ...report, notes: [...report.notes, ...notesOn(btc === null, unread, model.problem)] };
      };
      // Refused before the queue: there is nothing to run.
      if (outOfSample(card, fromMs).fromMs >= newestMs) return work();
      const turn = before.then(work);
      before = turn.catch(() => {});
      const report = await turn;
      // A backtest without its sentiment is not cached: the sentiment may be readable next time.
      if (!unread) known.set(key, report);
      onProgress(1);
      return report;
    },
  };
}

function notesOn(noContext: boolean, unread: boolean, problem: string | null): string[] {
  return [
    ...(noContext ? ['Bitcoin’s candles could not be had, so the model worked without the market’s context.'] : []),
    ...(unread ? ['What was said about the coin could not be read, so the model worked without it.'] : []),
    ...(problem === null ? [] : [problem]),
  ];
}

function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CandlecastError('CC_STOPPING', 'The backtest was stopped.');
}
