import type { Message } from '../language/message.ts';
import type { Candle, Interval } from './candle.ts';
import type { Interval95 } from './evaluation.ts';

/** Why a breaker keeps an account out of the market against its rule. */
export const BREAKER_NAMES = ['drawdown-limit', 'volatility-shock', 'stale-data', 'drift-alarm', 'no-edge'] as const;
export type BreakerName = (typeof BREAKER_NAMES)[number];

/** Why something was bought or sold. */
export type FillReason = 'decision' | 'stop-loss' | 'take-profit' | 'trailing-stop' | 'liquidation' | BreakerName;

/** What an account pays for trading; shares are fractions of 1. */
export interface TradingCosts {
  /** Of the traded amount. */
  readonly feeShare: number;
  /** Between bid and ask, of the price; a market order pays half. */
  readonly spreadShare: number;
  /** Slippage is this × the candle's expected volatility × √(order ÷ usual traded amount of a candle). */
  readonly impact: number;
  /** Of a position's value for each day; longs pay it and shorts receive it. 0 is off. */
  readonly fundingPerDay: number;
}

/** When an account leaves the market by itself. 0 switches one off. */
export interface BreakerLimits {
  /** Loss from the account's peak, fraction of 1, and for how long it then stays out; the peak starts anew after that. */
  readonly drawdown: number;
  readonly drawdownPauseCandles: number;
  /** Size of a candle's move in units of its expected volatility, and for how long the account then stays out. */
  readonly shockSigmas: number;
  readonly shockPauseCandles: number;
  /** A decision is dropped when more candles than this are missing after it; null: never. */
  readonly staleCandles: number | null;
  /** Stays out while drift tests raise an alarm, and while the model's skill over climatology is not measurably above zero. */
  readonly drift: boolean;
  readonly edge: boolean;
}

/** One order as it was carried out. Amounts in dollars. */
export interface BacktestFill {
  readonly timeMs: number;
  readonly side: 'buy' | 'sell';
  readonly units: number;
  /** Spread and slippage included. */
  readonly price: number;
  readonly fee: number;
  /** What spread and slippage cost. */
  readonly slippage: number;
  readonly reason: FillReason;
}

/** One position from flat to flat, or to the other side. */
export interface BacktestTrade {
  readonly symbol: string;
  readonly side: 'long' | 'short';
  readonly openedMs: number;
  /** Null while it is still open at the end. */
  readonly closedMs: number | null;
  /** Mean price paid, spread and slippage included. */
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** After all costs, in dollars and as a share of the coin's account at the start. */
  readonly profit: number;
  readonly profitShare: number;
  readonly reason: FillReason | null;
}

/** A named variant that is tracked, for lists and autocomplete. */
export interface RuleDescription {
  readonly name: string;
  readonly label: string;
  readonly explanation: string;
}

/** The deepest fall of an account below its peak. */
export interface Drawdown {
  /** Fraction of 1, zero or above. */
  readonly depth: number;
  readonly peakMs: number;
  readonly troughMs: number;
  /** When the peak was reached again; null if it was not. */
  readonly recoveredMs: number | null;
  /** From the peak to the recovery, or to the end. */
  readonly days: number;
}

/** Performance of an account. Shares and returns are fractions of 1; per year means 365 days. */
export interface TradingStatistics {
  readonly totalReturn: number;
  readonly annualReturn: number;
  readonly annualVolatility: number;
  /** Mean ÷ standard deviation of the returns per candle, per year; block-bootstrap interval. Null where returns do not vary. */
  readonly sharpe: Interval95 | null;
  readonly sortino: number | null;
  readonly drawdown: Drawdown;
  /** Longest time below a peak, days. */
  readonly longestUnderWaterDays: number;
  /** Amount traded in a year ÷ mean size of the account. */
  readonly turnover: number;
  /** Mean size of the position ÷ account, and share of candles with any position. */
  readonly exposure: number;
  readonly timeInMarket: number;
  /** Finished trades; the hit rate is the share that gained after costs, the profit factor gains ÷ losses. Null without such. */
  readonly trades: number;
  readonly hitRate: number | null;
  readonly profitFactor: number | null;
  /** In dollars; what longs and shorts paid as funding less what they received. */
  readonly costs: { readonly fees: number; readonly slippage: number; readonly funding: number };
}

/** A benchmark: the same capital over the same candles at the same costs. */
export interface BacktestBenchmark {
  readonly name: 'hold' | 'volatility-hold' | 'coin-flip';
  readonly label: string;
  readonly explanation: string;
  /** Of coin flips, the draw with the median total return. */
  readonly statistics: TradingStatistics;
  /** The rule's log growth a year less the benchmark's, paired block bootstrap over time; null for coin flips, which have `draws`. */
  readonly difference: Interval95 | null;
  /** Coin flips: how many, the 5 and 95 % quantiles and the median of their total returns, and the share of them that the rule beat. */
  readonly draws: {
    readonly n: number;
    readonly low: number;
    readonly median: number;
    readonly high: number;
    readonly beaten: number;
  } | null;
}

/** The result of a rule on candles that its model was not trained on. */
export interface BacktestReport {
  readonly format: 1;
  /** The result in one plain sentence. */
  readonly sentence: string;
  /** Caveats of the result, in sentences. */
  readonly notes: readonly Message[];
  readonly simulated: boolean;
  readonly rule: RuleDescription & { readonly short: boolean };
  readonly model: {
    readonly version: string;
    readonly fitUntilMs: number;
    readonly stopUntilMs: number;
    /** From here on origins served early stopping before the model was trained on them; null where they only served early stopping. */
    readonly stopFromMs: number | null;
    readonly description: string;
  };
  readonly interval: Interval;
  /** Candles a forecast looks ahead, and the horizon's name. */
  readonly steps: number;
  readonly horizon: string;
  readonly options: {
    /** Dollars at the start, in equal parts for each coin. */
    readonly capital: number;
    readonly costs: TradingCosts;
    readonly breakers: BreakerLimits;
    /** Candles that every decision was held back before it was carried out; 0 is the next open. */
    readonly delayCandles: number;
  };
  /** First decision and last close. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly symbols: readonly string[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
  readonly n: {
    readonly coins: number;
    /** Closes in the equity series after the first. */
    readonly periods: number;
    /** Forecasts that were decided on, over all coins. */
    readonly decisions: number;
    /** Candles over all coins that a breaker kept the account out of, although the rule would have been in. */
    readonly heldBack: Readonly<Record<BreakerName, number>>;
    readonly stops: { readonly loss: number; readonly profit: number; readonly trailing: number };
  };
  /** Dollars at `fromMs + i · stepMs`, every `stepMs`; of coin flips the draw with the median total return. */
  readonly equity: {
    readonly stepMs: number;
    readonly rule: readonly number[];
    readonly hold: readonly number[];
    readonly volatilityHold: readonly number[];
    readonly coinFlip: readonly number[];
    /** Closes of the coin at the same moments, null where there is no candle; null for several coins. */
    readonly price: readonly (number | null)[] | null;
  };
  readonly statistics: TradingStatistics;
  /** Probability that the true Sharpe ratio is above the best one expected of that many variants without skill (Bailey & López de Prado 2014). */
  readonly deflatedSharpe: {
    readonly probability: number | null;
    readonly variants: number;
    /** Annual Sharpe ratio expected of the best of them by chance. */
    readonly luckSharpe: number;
  };
  readonly benchmarks: readonly BacktestBenchmark[];
  /** The newest ones. */
  readonly trades: readonly BacktestTrade[];
}

/** A candle without its volume, as an account needs it. */
export type PriceBar = Pick<Candle, 'openTimeMs' | 'open' | 'high' | 'low' | 'close'>;
