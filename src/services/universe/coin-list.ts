import { INTERVALS, type Interval } from '../../core/candle.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import type { CandleSource } from '../../sources/source.ts';
import type { TrainingCoin, TrainingCoinRepository } from '../../storage/training-coin-repository.ts';
import { chooseCoins, type KnownCoin, type MarketList } from './choose-coins.ts';

/** What the list is made of. */
export interface CoinListParts {
  readonly sources: readonly CandleSource[];
  readonly repository: TrainingCoinRepository;
  readonly tracked: readonly string[];
  /** Coins of each interval that are to be learnt from. */
  readonly wanted: Readonly<Record<Interval, number>>;
  /** What the coin list says, by ticker. */
  readonly known: () => ReadonlyMap<string, KnownCoin>;
  readonly now: Clock;
  readonly logger: Logger;
}

/** Which coins are learnt from, chosen by what the sources say they trade. */
export interface CoinList {
  /** Asks the sources and chooses, once after a start and once a day; again an hour later where one did not answer. Throws `CC_DATABASE` and the signal's reason. */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Those that are learnt from, tracked ones first, then as many former ones as half of what is wanted. */
  coins(interval: Interval): Promise<readonly TrainingCoin[]>;
  /** Whether as many coins were chosen as are wanted and listed; false while no source has told what it trades. */
  isChosen(interval: Interval): Promise<boolean>;
}

/** After this, lists are asked for again where none came. */
const RETRY_MS = 5 * MINUTE_MS;
/** Of the coins that have lost their place, those that were listed last are learnt from, as many as this share of what is wanted. */
const FORMER_SHARE = 0.5;

/** Makes the list. Sources whose candles are put together from single prices are asked only where there are no others: their candles reach back weeks. */
export function createCoinList(parts: CoinListParts): CoinList {
  const { repository, tracked, wanted, known, now, logger } = parts;
  const exact = parts.sources.filter(({ approximate }) => !approximate);
  const sources = (exact.length > 0 ? exact : parts.sources).filter((source) => source.listMarkets);
  let dueMs = 0;
  let refreshing: Promise<void> | null = null;

  async function fetchLists(signal?: AbortSignal): Promise<readonly MarketList[]> {
    const lists: MarketList[] = [];
    for (const source of sources) {
      try {
        const markets = await source.listMarkets?.(signal, (dropped) => {
          logger.warn({ source: source.name, dropped }, 'odd rows in a list of markets');
        });
        if (markets && markets.length > 0) lists.push({ source: source.name, markets });
      } catch (error) {
        signal?.throwIfAborted();
        const { code, message } = asCandlecastError(error);
        logger.warn({ source: source.name, code, problem: message }, 'a source does not tell what it trades');
      }
    }
    return lists;
  }

  async function choose(signal?: AbortSignal): Promise<void> {
    const needed = INTERVALS.some((interval) => wanted[interval] > tracked.length);
    const lists = needed ? await fetchLists(signal) : [];
    const coinList = known();
    for (const interval of INTERVALS) {
      const members = await repository.all(interval);
      const chosen = chooseCoins({ tracked, wanted: wanted[interval], lists, members, known: coinList, nowMs: now() });
      await repository.put(interval, chosen.coins, chosen.removed);
      const coins = chosen.coins.filter(({ place }) => place !== null).length;
      logger.info(
        { interval, coins, sources: lists.map(({ source }) => source) },
        'the coins to learn from are chosen',
      );
    }
    const complete = !needed || lists.length === sources.length;
    const tomorrowMs = (Math.floor(now() / DAY_MS) + 1) * DAY_MS;
    dueMs = complete ? tomorrowMs : now() + (lists.length > 0 ? HOUR_MS : RETRY_MS);
  }

  return {
    async refresh(signal) {
      // Also after a clock that was ahead for a while.
      if (now() < dueMs && dueMs - now() <= DAY_MS) return;
      refreshing ??= choose(signal).finally(() => {
        refreshing = null;
      });
      await refreshing;
    },
    async coins(interval) {
      const all = await repository.all(interval);
      const isTracked = new Set(tracked);
      const chosen = all.filter(({ symbol, place }) => place !== null || isTracked.has(symbol));
      const former = all.filter(({ symbol, place }) => place === null && !isTracked.has(symbol));
      return [...chosen, ...former.slice(0, Math.floor(wanted[interval] * FORMER_SHARE))];
    },
    async isChosen(interval) {
      const all = await repository.all(interval);
      const isTracked = new Set(all.map(({ symbol }) => symbol));
      if (!tracked.every((symbol) => isTracked.has(symbol))) return false;
      return wanted[interval] <= tracked.length || all.some(({ volumes }) => Object.keys(volumes).length > 0);
    },
  };
}
