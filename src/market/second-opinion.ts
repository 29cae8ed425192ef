import type { Interval, SourcedCandle } from '../core/candle.ts';
import type { SourceFailure } from '../core/market.ts';
import { type Doubt, deservesComparison, doubtAbout, sourcesAgree } from '../core/price-doubt.ts';
import type { UnconfirmedPrice } from '../core/unconfirmed-price.ts';

/** What another source says about a candle. */
export type Opinion =
  | { readonly kind: 'agrees' | 'unclear'; readonly other: UnconfirmedPrice['other'] }
  | {
      readonly kind: 'contradicts';
      readonly other: NonNullable<UnconfirmedPrice['other']>;
      readonly candles: readonly SourcedCandle[];
    };

/** A candle that another source is asked about. */
export interface QuestionedCandle {
  readonly candle: SourcedCandle;
  /** Believed candles before it, ascending; at least one. */
  readonly before: readonly SourcedCandle[];
  readonly interval: Interval;
  /** Null where it is only unusual. */
  readonly doubt: Doubt | null;
  /** Log move of the market over the candle; see doubtAbout. */
  readonly market: number;
}

/** Longest wait for another source's opinion, and how many are asked. */
export const OPINION_MS = 3_000;
const MAX_OPINIONS = 2;

/**
 * What the other sources say about a candle. `ask` gives the candles of a source that is not among the `heard`, from the last believed one on;
 * null when there is none.
 */
export async function opinionOn(
  { candle, before, interval, doubt, market }: QuestionedCandle,
  ask: (heard: readonly string[]) => Promise<readonly SourcedCandle[] | null>,
): Promise<Opinion> {
  const previous = before.at(-1)!;
  const heard = [candle.source];
  let unclear: Opinion = { kind: 'unclear', other: null };
  for (let asked = 0; asked < MAX_OPINIONS; asked++) {
    const found = await ask(heard);
    if (!found) return unclear;
    const { source } = found[0]!;
    heard.push(source);
    const other = found.find(({ openTimeMs }) => openTimeMs === candle.openTimeMs);
    if (!other) continue;
    const said = { source, price: other.close };
    const stands = doubtAbout(other, before, interval, market);
    if (doubt?.kind === 'stuck') {
      if (stands?.kind === 'stuck') return { kind: 'agrees', other: said };
    } else {
      const otherPrevious = found.find(({ openTimeMs }) => openTimeMs === previous.openTimeMs);
      const compared = {
        candle,
        previousClose: previous.close,
        other,
        otherPreviousClose: otherPrevious?.close ?? null,
      };
      if (sourcesAgree(compared)) return { kind: 'agrees', other: said };
    }
    // Where the first candle is only unusual, the other one must be ordinary to be preferred.
    if (!stands && (doubt || !deservesComparison(other, before, interval))) {
      const later = found.filter(({ openTimeMs }) => openTimeMs >= candle.openTimeMs);
      return { kind: 'contradicts', other: said, candles: later };
    }
    unclear = { kind: 'unclear', other: said };
  }
  return unclear;
}

/** What a price is not believed for. */
export interface DoubtedCandles extends Pick<UnconfirmedPrice, 'symbol' | 'interval' | 'previousPrice' | 'other'> {
  /** Ascending; the doubt is about the first. */
  readonly doubted: readonly SourcedCandle[];
  readonly doubt: Doubt;
  readonly nowMs: number;
}

/** The note of a price that is not believed. */
export function unconfirmedFrom({ doubted, doubt, nowMs, other, ...price }: DoubtedCandles): UnconfirmedPrice {
  const [first, newest] = [doubted[0]!, doubted.at(-1)!];
  return {
    ...price,
    openTimeMs: first.openTimeMs,
    newestOpenTimeMs: newest.openTimeMs,
    kind: other && doubt.kind !== 'stuck' ? 'disagreement' : doubt.kind,
    price: first.close,
    source: first.source,
    other,
    foundAtMs: nowMs,
    askedAtMs: nowMs,
  };
}

/** The failure of a source whose price was not used. */
export function refusal(source: string, reason: string): SourceFailure {
  return { source, code: 'CC_SOURCE_IMPLAUSIBLE', reason };
}
