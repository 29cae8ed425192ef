import type { HorizonName } from './horizon.ts';

/** Calls that one person may make in a server on one day (UTC). */
export const CALLS_A_DAY = 5;
/** How far ahead a call may look. */
export const CALL_HORIZONS = ['1d', '3d', '7d'] as const satisfies readonly HorizonName[];
/** The probability that a call of a direction stands for where its maker says none. */
export const DEFAULT_CONFIDENCE = 0.6;
/** Scored calls, and spans of time that they fill, from which on a member is ranked. */
export const RANKED_FROM = { calls: 20, spans: 6 } as const;

/** What is called: the chance of a rise, or a range that is to hold 8 times in 10. Prices in US dollars. */
export type Claim =
  | { readonly sort: 'direction'; readonly pUp: number }
  | { readonly sort: 'range'; readonly low: number; readonly high: number };

/** A member's call as it is frozen, with what the bot said at the same moment. */
export interface Call {
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** The moment it counts from, and the moment whose price decides. */
  readonly originMs: number;
  readonly targetMs: number;
  readonly lastPrice: number;
  readonly source: string;
  readonly claim: Claim;
  /** The bot's chance of a rise and its 80 % range. */
  readonly bot: { readonly pUp: number; readonly low: number; readonly high: number; readonly model: string };
  /** The 80 % range of how the coin usually moves; null with too little history. */
  readonly usual: { readonly low: number; readonly high: number } | null;
}

/** The scores of a call, of the bot and of knowing nothing; lower is better. */
export interface CallScores {
  readonly actualPrice: number;
  readonly source: string;
  readonly score: number;
  readonly bot: number;
  /** Of a direction a coin toss, of a range the usual one; null where that is not known. */
  readonly toss: number | null;
}

/** Why a call is never scored: no source had a price within two weeks, or it was made at another coin's price. */
export type VoidReason = 'no-price' | 'other-coin';

/** What a call's chain holds: the call, and later what came of it. */
export type CallEvent =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'outcome'; readonly scores: CallScores }
  | { readonly kind: 'void'; readonly reason: VoidReason };

/** A call with what came of it, if anything has. */
export interface RecordedCall {
  readonly number: number;
  readonly call: Call;
  readonly end: Exclude<CallEvent, { kind: 'call' }> | null;
}

/** Brier score of a chance of a rise: the rule of the record, where no change is no rise. */
export const brierScore = (pUp: number, lastPrice: number, actualPrice: number) =>
  (pUp - (Math.log(actualPrice / lastPrice) > 0 ? 1 : 0)) ** 2;

/** Tail beyond each side of an 80 % range, doubled: the alpha of the interval score. */
const ALPHA = 0.2;

/** Interval score of an 80 % range in log returns (Gneiting & Raftery 2007): its width, and ten times the distance by which it was missed. */
export function intervalScore(
  { low, high }: { readonly low: number; readonly high: number },
  actualPrice: number,
): number {
  const below = Math.max(Math.log(low / actualPrice), 0);
  const above = Math.max(Math.log(actualPrice / high), 0);
  return Math.log(high / low) + (2 / ALPHA) * (below + above);
}

/** Scores a call, and beside it the bot and knowing nothing. Ranges are divided by the width of the usual one (else the bot's), so that every coin counts alike. */
export function scoreCall({ claim, bot, usual, lastPrice }: Call, actualPrice: number, source: string): CallScores {
  if (claim.sort === 'direction') {
    return {
      actualPrice,
      source,
      score: brierScore(claim.pUp, lastPrice, actualPrice),
      bot: brierScore(bot.pUp, lastPrice, actualPrice),
      toss: 0.25,
    };
  }
  const scale = Math.log((usual ?? bot).high / (usual ?? bot).low);
  return {
    actualPrice,
    source,
    score: intervalScore(claim, actualPrice) / scale,
    bot: intervalScore(bot, actualPrice) / scale,
    toss: usual && intervalScore(usual, actualPrice) / scale,
  };
}

/** A skill in per cent with its 95 % interval. */
export interface CallSkill {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** One member in one table; skills are null where there are too few calls to tell. */
export interface Standing {
  readonly userId: string;
  readonly calls: number;
  readonly againstBot: CallSkill | null;
  readonly againstToss: CallSkill | null;
}

/** The tables of a server for a month, or for all time. */
export interface Leaderboard {
  /** `2026-11`, or null for all time. */
  readonly month: string | null;
  readonly direction: readonly Standing[];
  readonly range: readonly Standing[];
}
