import { LRUCache } from 'lru-cache';
import { CORRECTED_WITHIN_MS, INTERVAL_MS, type Interval, type SourcedCandle } from '../core/candle.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { SourceFailure } from '../core/market.ts';
import {
  DOUBT_HISTORY,
  type Doubt,
  deservesComparison,
  doubtAbout,
  isSeveralTimesOff,
  marketMoveOf,
  provenByNext,
  standsStill,
} from '../core/price-doubt.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../core/time.ts';
import type { UnconfirmedPrice } from '../core/unconfirmed-price.ts';
import type { CandleRepository } from '../storage/candle-repository.ts';
import type { UnconfirmedPriceRepository } from '../storage/unconfirmed-price-repository.ts';
import type { MarketGateway, MarketRequest } from './failover.ts';
import { areFarApart } from './identity.ts';
import { OPINION_MS, type Opinion, opinionOn, refusal, unconfirmedFrom } from './second-opinion.ts';

/** Candles that a source has sent for a range. */
export interface ArrivedCandles {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
  /** Open time of the newest complete candle there can be. */
  readonly newestMs: number;
  /** Ascending. */
  readonly candles: readonly SourcedCandle[];
  /** A price that an owner has confirmed; null where there is none. */
  readonly believed?: UnconfirmedPrice | null;
  /** Judges whether another source means the same coin; see the gateway's. */
  readonly accept?: MarketRequest['accept'];
}

/** What may be stored of them. */
export interface Admission {
  /** Believed candles, ascending; some may come from another source than the one that was judged. */
  readonly candles: readonly SourcedCandle[];
  /** Sources whose candles were refused because of another's. */
  readonly refused: readonly SourceFailure[];
  /** Set where the newest candles are not believed; they are in none of the other fields. */
  readonly unconfirmed: UnconfirmedPrice | null;
}

/** The one way from a source's answer to the stored candles. */
export interface PriceGate {
  /**
   * Believes ordinary candles at once. One far outside the usual moves of the coin and the market, after a gap in price, or standing still needs
   * proof: the moves of the other coins, the hours of a day, another source, which is asked at once, or the next candle. Of a range that
   * lies in the past, only its ends are compared with the stored neighbours. Throws `CC_DATABASE`.
   */
  admit(arrived: ArrivedCandles): Promise<Admission>;
}

/** What the gate is made of. */
export interface PriceGateParts {
  readonly gateway: Pick<MarketGateway, 'fetchCandles'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  readonly unconfirmed: Pick<UnconfirmedPriceRepository, 'all'>;
  /** Coins that the market's move is taken from. */
  readonly symbols: readonly string[];
  readonly now: Clock;
  readonly logger: Logger;
}

/** Series and sources whose last refused candle is remembered. */
const MAX_REFUSED_KEPT = 2_000;
/** Hours of a day that must be stored for them to prove its close, and how close the two prices must be. */
const MIN_HOURS = 20;
const SAME_CLOSE = 0.02;

/** Makes the gate. */
export function createPriceGate(parts: PriceGateParts): PriceGate {
  const { gateway, candles, unconfirmed, symbols, now, logger } = parts;
  /** The last refused candle of a source, by series: a source that stands still sends it again and again. */
  const lastRefused = new LRUCache<string, SourcedCandle>({ max: MAX_REFUSED_KEPT });

  /** Median log move of the other coins over one candle; 0 where too few are known or it is beyond belief. */
  async function marketMove(symbol: string, interval: Interval, openTimeMs: number): Promise<number> {
    const step = INTERVAL_MS[interval];
    const doubted = new Map(
      (await unconfirmed.all())
        .filter((one) => one.interval === interval && one.openTimeMs === openTimeMs)
        .map((one) => [one.symbol, Math.log(one.price / one.previousPrice)]),
    );
    const moves: number[] = [];
    for (const other of new Set([...symbols, ...doubted.keys()])) {
      if (other === symbol) continue;
      const [before, at] = await candles.range(other, interval, openTimeMs - step, openTimeMs);
      const move = before && at ? Math.log(at.close / before.close) : doubted.get(other);
      if (move !== undefined) moves.push(move);
    }
    return marketMoveOf(moves, interval);
  }

  /** Whether believed hourly candles lead to the close of a day. */
  async function provenByHours(symbol: string, day: SourcedCandle): Promise<boolean> {
    const hours = await candles.range(symbol, '1h', day.openTimeMs, day.openTimeMs + DAY_MS - HOUR_MS);
    const last = hours.at(-1);
    if (hours.length < MIN_HOURS || last?.openTimeMs !== day.openTimeMs + DAY_MS - HOUR_MS) return false;
    return isSameClose(last, day);
  }

  /** Asks the sources that have not been heard about a candle and those after it; null when none has it. */
  async function anotherSource(
    { symbol, interval, toMs, accept }: ArrivedCandles,
    fromMs: number,
    heard: readonly string[],
  ): Promise<readonly SourcedCandle[] | null> {
    try {
      const request = {
        symbol,
        interval,
        fromMs,
        toMs,
        notFrom: heard,
        withinMs: OPINION_MS,
        ...(accept ? { accept } : {}),
      };
      const { candles: found, source } = await gateway.fetchCandles(request);
      const own = found.filter((one) => one.source === source && !heard.includes(source));
      return own.length > 0 ? own : null;
    } catch (error) {
      logger.debug({ symbol, interval, code: asCandlecastError(error).code }, 'no second opinion on a price');
      return null;
    }
  }

  /** History: believed unless its ends are several times off the stored candles beside them; then another source is asked. */
  async function admitHistory(arrived: ArrivedCandles, mayAsk = true): Promise<Admission> {
    const { symbol, interval, candles: came } = arrived;
    const step = INTERVAL_MS[interval];
    const [first, last] = [came[0]!, came.at(-1)!];
    const [before] = await candles.range(symbol, interval, first.openTimeMs - step, first.openTimeMs - step);
    const [after] = await candles.range(symbol, interval, last.openTimeMs + step, last.openTimeMs + step);
    const off =
      (before !== undefined && isSeveralTimesOff(first.open, before.close)) ||
      (after !== undefined && isSeveralTimesOff(after.open, last.close));
    if (!off) return { candles: came, refused: [], unconfirmed: null };
    const refused = [
      refusal(last.source, `${last.source} gives prices of ${symbol} several times off the stored ones beside them.`),
    ];
    const others = mayAsk ? await anotherSource(arrived, first.openTimeMs, [last.source]) : null;
    const inside = others?.filter(({ openTimeMs }) => openTimeMs <= last.openTimeMs) ?? [];
    if (inside.length === 0) return { candles: [], refused, unconfirmed: null };
    const second = await admitHistory({ ...arrived, candles: inside }, false);
    return { ...second, refused: [...refused, ...second.refused] };
  }

  /** Judges the candles, none of which is stored, from index `from` on, one after the other; those before are believed. */
  async function judge(arrived: ArrivedCandles, before: readonly SourcedCandle[], from: number): Promise<Admission> {
    const { symbol, interval, newestMs } = arrived;
    const step = INTERVAL_MS[interval];
    let came = arrived.candles;
    const [first, last] = [came[0]!, came.at(-1)!];
    const inside = await candles.range(symbol, interval, first.openTimeMs, last.openTimeMs + step);
    const stored = new Map(inside.map((one) => [one.openTimeMs, one]));
    let place = 0;
    const refused: SourceFailure[] = [];
    const isFirst = before.length === 0;
    const believed: SourcedCandle[] = came.slice(0, from);
    /** What a candle is judged by: believed and stored ones before it. */
    const chain: SourcedCandle[] = [...before, ...believed];
    const believe = (candle: SourcedCandle) => {
      believed.push(candle);
      chain.push(candle);
    };
    const refuse = ({ source }: SourcedCandle, why: string) =>
      refused.push(refusal(source, `${source} gives a price of ${symbol} that ${why}.`));

    for (let i = from; i < came.length; i++) {
      const candle = came[i]!;
      for (; (inside[place]?.openTimeMs ?? Number.POSITIVE_INFINITY) <= candle.openTimeMs; place++) {
        chain.push(inside[place]!);
      }
      // Another source's candle for a time that is stored already.
      if (chain.at(-1)?.openTimeMs === candle.openTimeMs) continue;
      const previous = chain.at(-1);
      // Of two sources several times apart, the check of the coin's identity has decided, which then removes the other's candles.
      const decided = arrived.accept && previous && previous.source !== candle.source;
      if (decided && isSeveralTimesOff(candle.open, previous.close)) {
        believe(candle);
        continue;
      }
      const repeated = lastRefused.get(`${symbol} ${interval} ${candle.source}`);
      let doubt =
        repeated && standsStill(candle, repeated) ? stillDoubt(candle, chain) : doubtAbout(candle, chain, interval);
      let market = 0;
      if (doubt && doubt.kind !== 'stuck') {
        market = await marketMove(symbol, interval, candle.openTimeMs);
        doubt = doubtAbout(candle, chain, interval, market);
      }
      const proven = doubt && doubt.kind !== 'stuck' && interval === '1d' && (await provenByHours(symbol, candle));
      const compared =
        doubt !== null || (isNewest(candle, newestMs, step) && deservesComparison(candle, chain, interval));
      if (proven || !compared || isConfirmed(candle, arrived.believed)) {
        believe(candle);
        continue;
      }
      const ask = (heard: readonly string[]) => anotherSource(arrived, previous!.openTimeMs, heard);
      const opinion = await opinionOn({ candle, before: chain, interval, doubt, market }, ask);
      if (opinion.kind === 'contradicts') {
        refuse(candle, `${opinion.other.source} contradicts`);
        lastRefused.set(`${symbol} ${interval} ${candle.source}`, candle);
        logger.warn(
          { symbol, interval, source: candle.source, price: candle.close, other: opinion.other },
          'a price that another source contradicts was refused',
        );
        came = [...came.slice(0, i), ...opinion.candles];
        believe(came[i]!);
        continue;
      }
      if (!doubt || opinion.kind === 'agrees') {
        believe(candle);
        continue;
      }
      const later = came.slice(i + 1);
      const next = later[0] ?? stored.get(candle.openTimeMs + step);
      const traded = doubt.kind === 'stuck' ? later.find((one) => one.volume > 0 && !standsStill(one, candle)) : next;
      if (traded && provenByNext(doubt, candle, traded, chain, interval)) {
        believe(candle);
      } else if (doubt.kind !== 'stuck' && next && !doubtAbout(next, chain, interval, market)) {
        // In a history that comes at once it is kept, and flagged as a glitch.
        if (isFirst) believed.push(candle);
        else refuse(candle, 'the next candle takes back');
      } else if (later.length === 0 && next) {
        refuse(candle, 'does not fit the next candle');
      } else {
        return { candles: believed, refused, unconfirmed: noted(arrived, came.slice(i), chain, doubt, opinion) };
      }
    }
    return { candles: believed, refused, unconfirmed: null };
  }

  function noted(
    { symbol, interval }: ArrivedCandles,
    doubted: readonly SourcedCandle[],
    before: readonly SourcedCandle[],
    doubt: Doubt,
    { other }: Opinion,
  ): UnconfirmedPrice {
    const first = doubted[0]!;
    logger.warn(
      { symbol, interval, kind: doubt.kind, source: first.source, price: first.close, move: doubt.move, other },
      'a price is not believed until it is confirmed',
    );
    const previousPrice = before.at(-1)!.close;
    return unconfirmedFrom({ symbol, interval, doubted, previousPrice, doubt, other, nowMs: now() });
  }

  async function admit(arrived: ArrivedCandles): Promise<Admission> {
    const { symbol, interval, candles: came, newestMs } = arrived;
    const [first, last] = [came[0], came.at(-1)];
    if (!first || !last) return { candles: [], refused: [], unconfirmed: null };
    const step = INTERVAL_MS[interval];
    const before = await candles.range(
      symbol,
      interval,
      first.openTimeMs - DOUBT_HISTORY[interval] * step,
      first.openTimeMs - step,
    );
    if (before.length > 0) return judge(arrived, before, 0);
    const [later] = await candles.range(symbol, interval, first.openTimeMs, last.openTimeMs + step);
    if (later) {
      const isOlder = ({ openTimeMs }: SourcedCandle) => openTimeMs < later.openTimeMs;
      const older = await admitHistory({ ...arrived, candles: came.filter(isOlder) });
      const newer = came.filter((candle) => !isOlder(candle));
      // Judged by the stored candles before them.
      const rest = newer.length > 0 ? await admit({ ...arrived, candles: newer }) : null;
      return rest
        ? {
            candles: [...older.candles, ...rest.candles],
            refused: [...older.refused, ...rest.refused],
            unconfirmed: rest.unconfirmed,
          }
        : older;
    }
    const recent = came.findIndex(({ openTimeMs }) => openTimeMs > newestMs - CORRECTED_WITHIN_MS[interval]);
    return recent < 0 ? { candles: came, refused: [], unconfirmed: null } : judge(arrived, [], recent);
  }

  return { admit };
}

/** The doubt about a candle that repeats one which was refused. */
function stillDoubt({ open, close }: SourcedCandle, before: readonly SourcedCandle[]): Doubt {
  const previous = before.at(-1)?.close ?? close;
  return { kind: 'stuck', move: Math.log(close / previous), gap: Math.log(open / previous) };
}

/** Whether an owner has confirmed the price: of the candles that were doubted, those near the price that was noted. */
function isConfirmed({ openTimeMs, close }: SourcedCandle, believed: UnconfirmedPrice | null | undefined): boolean {
  if (!believed || areFarApart(close, believed.price)) return false;
  return openTimeMs >= believed.openTimeMs && openTimeMs <= believed.newestOpenTimeMs;
}

function isNewest({ openTimeMs }: SourcedCandle, newestMs: number, step: number): boolean {
  return openTimeMs > newestMs - 2 * step;
}

function isSameClose(a: SourcedCandle, b: SourcedCandle): boolean {
  return Math.abs(Math.log(a.close / b.close)) <= SAME_CLOSE;
}
