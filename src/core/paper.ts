import type { Message } from '../language/message.ts';
import type { BacktestFill, BreakerName } from './backtest.ts';
import type { Interval } from './candle.ts';
import type { HorizonName } from './horizon.ts';

/** A paper portfolio of a server: it follows the issued forecasts by one rule, with imagined money. No order is ever sent. */
export interface PaperPortfolio {
  readonly id: string;
  readonly guildId: string;
  /** Name of a tracked rule. */
  readonly rule: string;
  readonly horizon: HorizonName;
  readonly symbols: readonly string[];
  /** Dollars at the start, in equal parts for each coin. */
  readonly capital: number;
  readonly startedBy: string;
  /** The first decision is the first close from here on. */
  readonly startedMs: number;
  readonly stoppedMs: number | null;
}

/** Bounds of a portfolio's capital, dollars. */
export const MIN_CAPITAL = 100;
export const MAX_CAPITAL = 1_000_000_000;

/** One coin's part of a portfolio, as it stands after the candle that closed at `markedMs`. */
export interface PaperAccount {
  readonly symbol: string;
  /** The backtester's account, as JSON; its format is its own. */
  readonly state: string;
  /** Units of the holding benchmark, bought at the first forecast after costs; 0 before it. */
  readonly holdUnits: number;
  readonly lastClose: number;
  /** Breakers that have been announced and are not over yet. */
  readonly standing: readonly BreakerName[];
}

/** An event of a portfolio. */
export type PaperEventBody =
  | {
      readonly kind: 'start';
      readonly rule: string;
      readonly horizon: HorizonName;
      readonly symbols: readonly string[];
      readonly capital: number;
    }
  | { readonly kind: 'fill'; readonly symbol: string; readonly fill: BacktestFill }
  /** A breaker tripped and keeps the coin's account out of the market; `untilMs` is null where that lasts as long as its cause. */
  | {
      readonly kind: 'trip';
      readonly symbol: string;
      readonly breaker: BreakerName;
      readonly untilMs: number | null;
    }
  /** Worth of everything at a close, and of the same money simply held; dollars. */
  | { readonly kind: 'mark'; readonly equity: number; readonly hold: number }
  | { readonly kind: 'stop' };

/** One row of a portfolio's own ledger: rows are only ever added, each chained to the one before by its hash. */
export interface PaperEvent {
  readonly portfolioId: string;
  /** From 1, without gaps, in each portfolio. */
  readonly number: number;
  readonly timeMs: number;
  readonly body: PaperEventBody;
  readonly previousHash: string;
  readonly hash: string;
}

/** The text whose SHA-256 is an event's hash: its fields but the hash itself, in alphabetical order, the body as it is stored. */
export function canonicalPaperEvent(event: Omit<PaperEvent, 'hash' | 'body'> & { readonly body: string }): string {
  return JSON.stringify({
    body: event.body,
    number: event.number,
    portfolioId: event.portfolioId,
    previousHash: event.previousHash,
    timeMs: event.timeMs,
  });
}

/** The payload of a post about tripped breakers, as JSON. */
export interface PaperTripPayload {
  /** The close at which it was found. */
  readonly atMs: number;
  readonly trips: readonly {
    readonly symbol: string;
    readonly breaker: BreakerName;
    readonly untilMs: number | null;
  }[];
  readonly simulated: boolean;
}

/** One coin's position now. */
export interface PaperPosition {
  readonly symbol: string;
  /** Worth of the coin's part, dollars, and what it began with. */
  readonly equity: number;
  readonly capital: number;
  /** Share of the part that is in the market, negative for short. */
  readonly exposure: number;
  readonly entryPrice: number;
  readonly lastClose: number;
  /** The reason that forbids a position now; null where there is none. */
  readonly heldBack: BreakerName | null;
  readonly pausedUntilMs: number | null;
}

/** What `/paper status` shows. */
export interface PaperReport {
  readonly portfolio: PaperPortfolio;
  readonly ruleLabel: string;
  readonly ruleExplanation: string;
  readonly interval: Interval;
  readonly nowMs: number;
  /** Open of the first candle that counts. */
  readonly fromMs: number;
  /** Close of the last candle stepped through; null before the first. */
  readonly markedMs: number | null;
  readonly equity: number;
  readonly hold: number;
  readonly positions: readonly PaperPosition[];
  /** What became of coins that have changed since the portfolio began, in sentences; empty where none has. */
  readonly changes: readonly Message[];
  /** Dollars of fees, spread and slippage paid so far, and orders filled. */
  readonly costs: number;
  readonly fills: number;
  /** The newest, newest first. */
  readonly recent: readonly { readonly symbol: string; readonly fill: BacktestFill }[];
  readonly trips: readonly { readonly timeMs: number; readonly symbol: string; readonly breaker: BreakerName }[];
  /** Marks for the chart, ascending, every `markEveryMs` up to the newest. */
  readonly markEveryMs: number;
  readonly marks: readonly { readonly timeMs: number; readonly equity: number; readonly hold: number }[];
  readonly simulated: boolean;
}
