import { LRUCache } from 'lru-cache';
import { type Candle, closeTimeMs, INTERVAL_MS, type Interval, type SourcedCandle } from '../core/candle.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, DAY_MS, MINUTE_MS, steadyClock } from '../core/time.ts';
import { SourceError } from '../sources/source-error.ts';
import type { CoinSourceRepository } from '../storage/asset-repository.ts';
import type { CandleRepository } from '../storage/candle-repository.ts';
import type { ListedCoin } from './assets.ts';

/** Candles of one source that are to be judged, with the series they belong to. */
export interface SourceCandles {
  readonly symbol: string;
  readonly interval: Interval;
  readonly source: string;
  /** Ascending. */
  readonly candles: readonly Candle[];
}

/**
 * Whether the prices of a source are those of the coin that is meant. One ticker may be two coins at two exchanges, and a coin may be
 * quoted by the thousand or in another currency: such prices are several times off, at the same moment, from the coin list's price and
 * from those of other sources.
 */
export interface CoinIdentity {
  /**
   * Judges an answer before it is used; `others` are candles of the same answer that other sources gave. Throws
   * `CC_SOURCE_OTHER_COIN` when they are several times off, and `CC_DATABASE`.
   */
  check(answer: SourceCandles, others: readonly SourcedCandle[]): Promise<void>;
  /**
   * Judges stored candles of a series, and removes all of the coin's that came from a source whose prices are several times off. Resolves to
   * how many were removed. Throws `CC_DATABASE`.
   */
  clean(symbol: string, interval: Interval, stored: readonly SourcedCandle[]): Promise<number>;
  /** Whether nothing is known that the prices of a source could be compared with, so that two sources must be asked. */
  isUnknown(symbol: string, stored: readonly SourcedCandle[]): boolean;
}

/** What it is made of. */
export interface CoinIdentityOptions {
  readonly candles: Pick<CandleRepository, 'range' | 'removeSource'>;
  readonly confirmed: CoinSourceRepository;
  /** What the coin list says of a ticker. */
  readonly listed: (symbol: string) => ListedCoin | null;
  /** Fetches the coin list anew if it is older than that. */
  readonly refreshList: (maxAgeMs: number) => Promise<unknown>;
  /** Names of the sources in the configured order: of two that contradict each other, with nothing else known, the first is believed. */
  readonly order: readonly string[];
  readonly now: Clock;
  readonly logger: Logger;
}

/** Two prices of one moment farther apart than this are of two coins, units or currencies, in logs. */
const SEVERAL_TIMES = Math.log(3);
/** Up to this distance in time, a price of the coin list confirms a source. */
const NEAR_MS = DAY_MS;
/** Beyond this distance in time, the coin list's price says nothing about a candle. */
const FAR_MS = 30 * DAY_MS;
/** Before a source is refused for a price of the coin list older than this, the list is fetched again. */
const LIST_AGE_MS = 15 * MINUTE_MS;
/** Longest wait for the coin list while an answer is judged. */
const LIST_WAIT_MS = 3_000;
/** Candles from which the level of a source is taken. */
const LEVEL_CANDLES = 5;

/** Two exchanges that give the same coin differ by less than this, in logs: then they outvote a coin list that contradicts both. */
const AGREEING = Math.log(1.1);
/** Answers kept that the coin list contradicted, and for how long. */
const MAX_OUTVOTERS = 200;
const OUTVOTER_MS = 15 * MINUTE_MS;

/** How far a price is off, in logs, and how much of that is allowed. */
interface Difference {
  readonly off: number;
  readonly allowed: number;
  /** What it was compared with, for the message. */
  readonly other: string;
  readonly price: number;
  readonly otherPrice: number;
}

/** Makes the judge. What it confirms is stored, so that a crash after it is not taken for another coin. */
export function createCoinIdentity(options: CoinIdentityOptions): CoinIdentity {
  const { candles: repository, confirmed, listed, refreshList, order, now, logger } = options;
  let loading: Promise<Map<string, string>> | null = null;
  const keyOf = (symbol: string, source: string) => `${symbol} ${source}`;
  const idOf = (symbol: string) => listed(symbol)?.id ?? '';

  /** By series, the newest candles of the last source that the list contradicted: a second one that agrees with them shows that the list is wrong. */
  const contradicted = new LRUCache<string, readonly SourcedCandle[]>({
    max: MAX_OUTVOTERS,
    ttl: OUTVOTER_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
  });

  /** The ids for which sources were confirmed, by symbol and source. */
  function ids(): Promise<Map<string, string>> {
    loading ??= confirmed
      .all()
      .then((rows) => new Map(rows.map(({ symbol, source, assetId }) => [keyOf(symbol, source), assetId])));
    loading.catch(() => {
      loading = null;
    });
    return loading;
  }

  const isConfirmed = async (symbol: string, source: string) =>
    (await ids()).get(keyOf(symbol, source)) === idOf(symbol);

  async function confirm(symbol: string, source: string): Promise<void> {
    if (await isConfirmed(symbol, source)) return;
    const assetId = idOf(symbol);
    (await ids()).set(keyOf(symbol, source), assetId);
    await confirmed.confirm({ symbol, source, assetId, confirmedAtMs: now() });
  }

  const contradicts = ({ off, allowed }: Difference) => Math.abs(off) > allowed;

  /** The difference from the coin list, asked again where an old price contradicts; null where it says nothing. */
  async function fromList({
    symbol,
    interval,
    candles,
  }: SourceCandles): Promise<(Difference & { near: boolean }) | null> {
    const compare = () => {
      const coin = listed(symbol);
      return coin?.priceUsd ? differenceFromPrice(candles, interval, coin.priceUsd, coin.atMs) : null;
    };
    const found = compare();
    const coin = listed(symbol);
    if (!found || !contradicts(found) || !coin || now() - coin.atMs <= LIST_AGE_MS) return found;
    await Promise.race([refreshList(LIST_AGE_MS), waited(LIST_WAIT_MS)]);
    return compare();
  }

  async function split(symbol: string, candles: readonly SourcedCandle[], source: string) {
    const own: SourcedCandle[] = [];
    const sure: SourcedCandle[] = [];
    const unsure: SourcedCandle[] = [];
    for (const candle of candles) {
      if (candle.source === source) own.push(candle);
      else if (await isConfirmed(symbol, candle.source)) sure.push(candle);
      else unsure.push(candle);
    }
    return { own, sure, unsure };
  }

  function otherCoin({ symbol, source }: SourceCandles, { other, price, otherPrice }: Difference): SourceError {
    const what = `gives ${dollars(price)} for ${symbol}, several times off ${other} (${dollars(otherPrice)}): another coin, unit or currency.`;
    return new SourceError(source, 'CC_SOURCE_OTHER_COIN', what, { countsAgainstHealth: false, context: { symbol } });
  }

  /** Removes what a source gave for the coin. */
  async function remove(symbol: string, source: string, { other, price, otherPrice }: Difference): Promise<number> {
    const rows = await repository.removeSource(symbol, source);
    (await ids()).delete(keyOf(symbol, source));
    await confirmed.remove(symbol, source);
    logger.warn({ symbol, source, rows, price, other, otherPrice }, 'stored candles of another coin were removed');
    return rows;
  }

  /** Whether another exchange gives the price that the coin list contradicts; that other one is then confirmed. */
  async function outvoted({ symbol, interval, source, candles }: SourceCandles, { price, otherPrice }: Difference) {
    const key = `${symbol} ${interval}`;
    const before = contradicted.get(key)?.filter((candle) => candle.source !== source) ?? [];
    const difference = differenceFromCandles(candles, before, interval);
    if (difference && Math.abs(difference.off) <= AGREEING) {
      const { other } = difference;
      logger.warn(
        { symbol, sources: [other, source], price, listed: otherPrice },
        'two exchanges outvote the coin list',
      );
      await confirm(symbol, other);
      return true;
    }
    const newest = candles.slice(-LEVEL_CANDLES);
    contradicted.set(
      key,
      newest.map((candle) => ({ ...candle, source, fetchedAtMs: now(), flag: null })),
    );
    return false;
  }

  const earlier = (a: string, b: string) => {
    const [placeA, placeB] = [order.indexOf(a), order.indexOf(b)];
    return placeA >= 0 && (placeB < 0 || placeA < placeB);
  };

  return {
    async check(answer, others) {
      const { symbol, interval, source, candles } = answer;
      const [first, last] = [candles[0], candles.at(-1)];
      if (!first || !last) return;
      const step = INTERVAL_MS[interval];
      const stored = await repository.range(symbol, interval, first.openTimeMs - step, last.openTimeMs + step);
      const { own, sure, unsure } = await split(symbol, [...stored, ...others], source);
      const fromSure = differenceFromCandles(candles, sure, interval);
      if (fromSure) {
        if (contradicts(fromSure)) throw otherCoin(answer, fromSure);
        return confirm(symbol, source);
      }
      // A source that goes on from its own confirmed prices gives the same coin, whatever happened to the price.
      if (own.length > 0 && (await isConfirmed(symbol, source))) return;
      const list = await fromList(answer);
      if (list) {
        if (contradicts(list) && !(await outvoted(answer, list))) throw otherCoin(answer, list);
        if (list.near || contradicts(list)) return confirm(symbol, source);
      }
      const fromUnsure = differenceFromCandles(candles, unsure, interval);
      if (!fromUnsure) return;
      if (!contradicts(fromUnsure)) {
        await confirm(symbol, source);
        for (const { source: name } of unsure) await confirm(symbol, name);
      } else if (!earlier(source, fromUnsure.other)) throw otherCoin(answer, fromUnsure);
    },

    async clean(symbol, interval, stored) {
      const bySource = new Map<string, SourcedCandle[]>();
      for (const candle of stored) {
        const held = bySource.get(candle.source);
        if (held) held.push(candle);
        else bySource.set(candle.source, [candle]);
      }
      const unsure: string[] = [];
      for (const source of bySource.keys()) if (!(await isConfirmed(symbol, source))) unsure.push(source);
      if (unsure.length === 0) return 0;
      let removed = 0;
      // First by the list, then by the sources that the list confirmed, then by their order.
      const open: string[] = [];
      for (const source of unsure) {
        const list = await fromList({ symbol, interval, source, candles: bySource.get(source)! });
        if (list && contradicts(list)) removed += await remove(symbol, source, list);
        else if (list?.near) await confirm(symbol, source);
        else open.push(source);
      }
      for (const source of open) {
        const { sure, unsure: rest } = await split(symbol, stored, source);
        const left = rest.filter((candle) => open.includes(candle.source) && earlier(candle.source, source));
        const difference =
          differenceFromCandles(bySource.get(source)!, sure, interval) ??
          differenceFromCandles(bySource.get(source)!, left, interval);
        if (!difference) continue;
        if (contradicts(difference)) removed += await remove(symbol, source, difference);
        else await confirm(symbol, source);
      }
      return removed;
    },

    isUnknown: (symbol, stored) => stored.length === 0 && !listed(symbol)?.priceUsd,
  };
}

/**
 * How far candles are off those of other sources at the same time, or beside them: the median over the newest such pairs, so that one wrong
 * candle does not decide. Null where there is no such pair: a coin may move any number of times over a gap.
 */
function differenceFromCandles(
  candles: readonly Candle[],
  others: readonly SourcedCandle[],
  interval: Interval,
): Difference | null {
  if (others.length === 0) return null;
  const step = INTERVAL_MS[interval];
  const byOpen = new Map(candles.map((candle) => [candle.openTimeMs, candle]));
  const pairs: Omit<Difference, 'allowed'>[] = [];
  const newestFirst = others.toSorted((a, b) => b.openTimeMs - a.openTimeMs);
  const add = (price: number, otherPrice: number, other: string) =>
    pairs.push({ off: Math.log(price / otherPrice), price, otherPrice, other });
  for (const other of newestFirst) {
    if (pairs.length >= LEVEL_CANDLES) break;
    const same = byOpen.get(other.openTimeMs);
    const after = byOpen.get(other.openTimeMs + step);
    const before = byOpen.get(other.openTimeMs - step);
    if (same) add(same.close, other.close, other.source);
    else if (after) add(after.open, other.close, other.source);
    else if (before) add(before.close, other.open, other.source);
  }
  const middle = pairs.toSorted((a, b) => Math.abs(a.off) - Math.abs(b.off))[(pairs.length - 1) >> 1];
  return middle ? { ...middle, allowed: SEVERAL_TIMES } : null;
}

/**
 * How far candles are off one price of a moment: the least of the few candles nearest to it, so that neither one wrong candle nor a crash
 * decides. Null where all are too far away in time.
 */
function differenceFromPrice(
  candles: readonly Candle[],
  interval: Interval,
  otherPrice: number,
  atMs: number,
): (Difference & { near: boolean }) | null {
  const nearest = candles
    .map((candle) => ({
      candle,
      awayMs: Math.max(candle.openTimeMs - atMs, atMs - closeTimeMs(candle, interval), 0),
    }))
    .filter(({ awayMs }) => awayMs <= FAR_MS)
    .sort((a, b) => a.awayMs - b.awayMs)
    .slice(0, LEVEL_CANDLES);
  const first = nearest[0];
  if (!first) return null;
  const differences = nearest.map(({ candle: { open, low, high, close, openTimeMs }, awayMs }) => {
    const price = awayMs === 0 ? Math.min(Math.max(otherPrice, low), high) : openTimeMs > atMs ? open : close;
    return { off: Math.log(price / otherPrice), price };
  });
  const least = differences.reduce((a, b) => (Math.abs(b.off) < Math.abs(a.off) ? b : a));
  const allowed = SEVERAL_TIMES * Math.max(1, Math.sqrt(first.awayMs / DAY_MS));
  return { ...least, allowed, otherPrice, other: 'the coin list', near: first.awayMs <= NEAR_MS };
}

/** Whether two prices of one moment cannot be of the same coin, unit and currency. */
export function areFarApart(a: number, b: number): boolean {
  return Math.abs(Math.log(a / b)) > SEVERAL_TIMES;
}

function dollars(price: number): string {
  return `$${Number(price.toPrecision(3))}`;
}

function waited(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
