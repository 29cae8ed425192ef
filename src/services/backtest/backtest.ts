import { LRUCache } from 'lru-cache';
import type { BacktestReport, RuleDescription } from '../../core/backtest.ts';
import { closeTimeMs, type Interval } from '../../core/candle.ts';
import { createSharedCalls } from '../../core/concurrency.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import { type Asking, createFairQueue } from '../../core/fair-queue.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { DAY_MS } from '../../core/time.ts';
import type { UnconfirmedPrice } from '../../core/unconfirmed-price.ts';
import type { Message } from '../../language/message.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import { DEFAULT_CAPITAL, DEFAULT_COSTS } from '../../ml/backtest/account.ts';
import { DEFAULT_BREAKERS } from '../../ml/backtest/breakers.ts';
import { RULES, ruleNamed } from '../../ml/backtest/rules.ts';
import type { RunBacktest } from '../../ml/workers/backtest.ts';
import { type ForecastMarket, faultsOf, HISTORY_CANDLES } from '../forecast/forecast-inputs.ts';
import type { ModelRegistry, ServingModel } from '../models/model-registry.ts';
import { type WidthService, widthsOfCoins } from '../models/widths.ts';
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

/** On whose behalf a backtest runs, and what hears how many others run before it. */
export interface BacktestAsking extends Asking {
  readonly onWait?: (before: number) => void;
}

/** Backtests of tracked rules. */
export interface BacktestService {
  /**
   * Backtests a rule on candles that the serving model was not trained on. Equal requests at the same time are one; the others take turns
   * by server and person. `onProgress` gets the share done, 0 to 1. Throws `CC_IN_SAMPLE`, `CC_UNKNOWN_RULE`, `CC_HISTORY_TOO_SHORT`,
   * `CC_HISTORY_UNSOUND`, `CC_BUSY`, the signal's reason, and as the forecast does.
   */
  run(request: BacktestRequest, onProgress?: (share: number) => void, asking?: BacktestAsking): Promise<BacktestReport>;
  /** The tracked rules, for autocomplete; from memory. */
  rules(): readonly RuleDescription[];
}

/** Days that can be asked for. */
export const MIN_DAYS = 7;
export const MAX_DAYS = 1_500;
const CANDLES_PER_DAY: Readonly<Record<Interval, number>> = { '1d': 1, '1h': 24 };
/** Reports kept in memory, about 100 kB each for a year of days. */
const MAX_REPORTS = 50;
/** Each takes seconds or minutes of a core, so they run one at a time, and nobody has many of them waiting. */
const TURNS = { atOnce: 1, perPerson: 2, perServer: 40, total: 120, noun: 'backtests' } as const;
/** Progress, 0 to 1, after the candles are read and after they are forecast. */
const CANDLES_SHARE = 0.1;
const FORECAST_SHARE = 0.9;

/** What one who waits for a backtest hears of it. */
interface Watcher {
  readonly onProgress: (share: number) => void;
  readonly onWait: (before: number) => void;
}

/** What the backtest service is built from. */
export interface BacktestParts {
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly market: Pick<ForecastMarket, 'series'>;
  readonly models: Pick<ModelRegistry, 'serving'>;
  /** The twin of a model that has learnt from everything: it has not seen the newest candles, on which it decides. Null for a model without one. */
  readonly twinOf?: (model: ServingModel) => Promise<Pick<ServingModel, 'bytes' | 'card'> | null>;
  /** Sentiment inputs of a coin, for a model that uses them; later headlines change nothing at past closes. */
  readonly sentiment?: SentimentAt;
  readonly widths: Pick<WidthService, 'tableFor'>;
  /** Runs the work elsewhere than on this thread. */
  readonly run: RunBacktest;
  readonly simulated: () => boolean;
  readonly logger: Logger;
}

/**
 * Makes the service. One backtest runs at a time, in a thread of its own; the others take turns. A report is kept until one of its inputs
 * changes: the model, the newest candle, or what was asked for.
 */
export function createBacktestService(parts: BacktestParts): BacktestService {
  const known = new LRUCache<string, BacktestReport>({ max: MAX_REPORTS });
  const turns = createFairQueue(TURNS);
  const running = createSharedCalls<BacktestReport>();
  const watchers = new Map<string, Set<Watcher>>();

  async function candlesOf(
    symbol: string,
    interval: Interval,
    days: number,
    asking: Asking,
  ): Promise<readonly MarketSeries[]> {
    const candles = days * CANDLES_PER_DAY[interval] + HISTORY_CANDLES[interval];
    const bitcoin = async (): Promise<MarketSeries[]> => {
      try {
        const series = await parts.market.series({ symbol: 'BTC', interval, candles }, asking);
        return faultsOf(series).length === 0 ? [series] : [];
      } catch (error) {
        asking.signal?.throwIfAborted();
        parts.logger.warn({ err: asCandlecastError(error), interval }, 'no market context');
        return [];
      }
    };
    const [own, btc] = await Promise.all([
      parts.market.series({ symbol, interval, candles }, asking),
      symbol === 'BTC' ? [] : bitcoin(),
    ]);
    return [own, ...btc];
  }

  async function twinOf(serving: ServingModel): Promise<Pick<ServingModel, 'bytes' | 'card'> | null> {
    try {
      return (await parts.twinOf?.(serving)) ?? null;
    } catch (error) {
      parts.logger.warn({ version: serving.card.version, err: asCandlecastError(error) }, 'a twin cannot be read');
      return null;
    }
  }

  return {
    rules: () => RULES.map(({ name, label, explanation }) => ({ name, label, explanation })),

    async run({ symbol: asked, horizon: name, rule, days }, onProgress = () => {}, asking = {}) {
      const { asker, signal, onWait = () => {} } = asking;
      if (!Number.isInteger(days) || days < MIN_DAYS || days > MAX_DAYS) {
        throw new CandlecastError('CC_USAGE', `A backtest looks back ${MIN_DAYS} to ${MAX_DAYS} days.`, {
          said: { key: 'errors.backtestDays', values: { least: MIN_DAYS, most: MAX_DAYS } },
        });
      }
      const wanted = ruleNamed(rule).name;
      const { symbol } = parts.assets.resolve(asked);
      const { interval, steps } = HORIZONS[name];
      const serving = await parts.models.serving(interval);
      const twin = await twinOf(serving);
      const model = twin ? { ...serving, ...twin } : serving;
      const { card } = model;
      onProgress(0);
      const list = await candlesOf(symbol, interval, days, { asker, signal });
      signal?.throwIfAborted();
      onProgress(CANDLES_SHARE);
      const series = list[0]!;
      const faults = faultsOf(series);
      if (faults.length > 0) {
        throw new CandlecastError('CC_HISTORY_UNSOUND', `The prices of ${symbol} are not sound: ${faults.join(' ')}`);
      }
      const newestMs = closeTimeMs(series.candles.at(-1)!, interval);
      const fromMs = newestMs - days * DAY_MS;
      const btc = list.find((one) => one.symbol === 'BTC') ?? null;
      const btcMs = btc ? closeTimeMs(btc.candles.at(-1)!, interval) : 0;
      const first = Math.min(...list.map(({ candles }) => candles[0]!.openTimeMs));
      const key = [
        symbol,
        name,
        wanted,
        days,
        card.version,
        newestMs,
        btcMs,
        first,
        parts.simulated(),
        series.unconfirmed !== null,
      ].join(' ');
      const kept = known.get(key);
      if (kept) {
        onProgress(1);
        return kept;
      }
      const watching = watchers.get(key) ?? new Set<Watcher>();
      const work = async (stop: AbortSignal): Promise<BacktestReport> => {
        let unread = false;
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
            widths: await widthsOfCoins(parts.widths, model, [series], newestMs),
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
            onCoin: () => {
              for (const watcher of watching) watcher.onProgress(FORECAST_SHARE);
            },
            signal: stop,
          },
          parts.run,
        );
        const { report } = outcome!;
        const noted = {
          ...report,
          notes: [
            ...report.notes,
            ...notesOn(series, btc === null, unread, twin !== null, model.problem, card.version),
          ],
        };
        // A backtest without its sentiment is not cached: the sentiment may be readable next time.
        if (!unread) known.set(key, noted);
        return noted;
      };
      const watcher: Watcher = { onProgress, onWait };
      watching.add(watcher);
      watchers.set(key, watching);
      const tell = (before: number) => {
        for (const one of watching) one.onWait(before);
      };
      // Where there is nothing to run, that is said at once.
      const isRefused = outOfSample(card, fromMs).fromMs >= newestMs;
      try {
        const report = await running.run(key, signal, (wanted) =>
          isRefused ? work(wanted) : turns.run({ asker, signal: wanted }, () => work(wanted), tell),
        );
        onProgress(1);
        return report;
      } finally {
        watching.delete(watcher);
        if (watching.size === 0) watchers.delete(key);
      }
    },
  };
}

function notesOn(
  { unconfirmed }: MarketSeries,
  noContext: boolean,
  unread: boolean,
  byTwin: boolean,
  problem: string | null,
  model: string,
): Message[] {
  return [
    ...(unconfirmed ? [unconfirmedNote(unconfirmed)] : []),
    ...(noContext ? [{ key: 'backtest.noteNoContext' } as const] : []),
    ...(unread ? [{ key: 'backtest.noteUnread' } as const] : []),
    ...(byTwin ? [{ key: 'backtest.noteTwin' } as const] : []),
    ...(problem ? [{ key: 'backtest.noteOtherModel', values: { model } } as const] : []),
  ];
}

const unconfirmedNote = ({ source, price, previousPrice }: UnconfirmedPrice): Message => ({
  key: 'backtest.noteUnconfirmed',
  values: { source, price: { price }, previous: { price: previousPrice } },
});
