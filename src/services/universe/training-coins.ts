import { INTERVAL_MS, type Interval, lastFinalOpenMs, type SourcedCandle } from '../../core/candle.ts';
import { findGaps, flagCandles } from '../../core/candle-quality.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { Clock } from '../../core/time.ts';
import type { MarketGateway } from '../../market/failover.ts';
import type { CandleSource } from '../../sources/source.ts';
import { TRAINING_CANDLES } from '../models/training.ts';
import { chooseCoins, type KnownCoin } from './choose-coins.ts';

/** A coin to learn from, and about how many candles there are of it, as many as models are trained on at most. */
export interface LearntCoin {
  readonly symbol: string;
  readonly candles: number;
  /** Whether it is one of the bot's own: those are learnt from whatever they are. */
  readonly tracked: boolean;
}

/** The coins that models learn from, and their candles. */
export interface TrainingCoins {
  /** Fetches what is missing up to now; what cannot be had is left for later. `onCoin` hears how far it is. Throws `CC_DATABASE` and the signal's reason. */
  update(interval: Interval, signal?: AbortSignal, onCoin?: (done: number, of: number) => void): Promise<void>;
  /** In the order in which coins are kept where memory is short: Bitcoin, the tracked ones, then the most traded. Throws `CC_DATABASE`. */
  list(interval: Interval): Promise<readonly LearntCoin[]>;
  /** The newest candles that are there. Throws `CC_HISTORY_TOO_SHORT` where there are none, `CC_DATABASE`, and `CC_SOURCE_*` where they are not stored. */
  read(symbol: string, interval: Interval, candles: number): Promise<MarketSeries>;
}

/** Bitcoin, the market context of all others, before the rest in their order. */
export function bitcoinFirst<T extends { readonly symbol: string }>(coins: readonly T[]): readonly T[] {
  return coins.toSorted((a, b) => Number(b.symbol === 'BTC') - Number(a.symbol === 'BTC'));
}

/** Candles as a series with flags and gaps. Throws `CC_HISTORY_TOO_SHORT` where there are none. */
export function seriesOf(symbol: string, interval: Interval, candles: readonly SourcedCandle[]): MarketSeries {
  const [first, last] = [candles[0], candles.at(-1)];
  if (!first || !last)
    throw new CandlecastError('CC_HISTORY_TOO_SHORT', `There are no ${interval} candles of ${symbol}.`);
  return {
    symbol,
    interval,
    candles: flagCandles(candles, interval),
    gaps: findGaps(candles, interval, first.openTimeMs, last.openTimeMs),
    source: last.source,
    fetchedAtMs: last.fetchedAtMs,
    failures: [],
    unconfirmed: null,
  };
}

/** What coins of files or of a simulated market are made of. */
export interface UnstoredCoinsParts {
  readonly sources: readonly CandleSource[];
  readonly gateway: Pick<MarketGateway, 'fetchCandles' | 'newestOpenMs'>;
  readonly tracked: readonly string[];
  readonly wanted: Readonly<Record<Interval, number>>;
  /** What the coin list says, by ticker. */
  readonly known: () => ReadonlyMap<string, KnownCoin>;
  readonly now: Clock;
}

/** The coins of files or of a simulated market: they are chosen and read anew each time, as that costs no request to anybody. */
export function createUnstoredCoins(parts: UnstoredCoinsParts): TrainingCoins {
  const { sources, gateway, tracked, wanted, known, now } = parts;
  return {
    async update() {},
    async list(interval) {
      const lists = [];
      for (const { name, listMarkets } of wanted[interval] > tracked.length ? sources : []) {
        const markets = await listMarkets?.();
        if (markets) lists.push({ source: name, markets });
      }
      const chosen = chooseCoins({
        tracked,
        wanted: wanted[interval],
        lists,
        members: [],
        known: known(),
        nowMs: now(),
      });
      return bitcoinFirst(
        chosen.coins.map(({ symbol }) => ({
          symbol,
          candles: TRAINING_CANDLES[interval],
          tracked: tracked.includes(symbol),
        })),
      );
    },
    async read(symbol, interval, candles) {
      const toMs = (await gateway.newestOpenMs?.(symbol, interval)) ?? lastFinalOpenMs(now(), interval);
      const fromMs = Math.max(0, toMs - (candles - 1) * INTERVAL_MS[interval]);
      return seriesOf(symbol, interval, (await gateway.fetchCandles({ symbol, interval, fromMs, toMs })).candles);
    },
  };
}
