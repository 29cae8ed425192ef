import type { BreakerName } from '../../core/backtest.ts';
import { type Candle, INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { changeOf } from '../../core/coin-changes.ts';
import { type LedgerEntry, SCHEDULE_GRACE_MS } from '../../core/ledger.ts';
import type { PaperAccount } from '../../core/paper.ts';
import type { Message } from '../../language/message.ts';
import {
  type AccountState,
  DEFAULT_COSTS,
  type Decision,
  exposureOf,
  slippageShare,
  type TradingTerms,
} from '../../ml/backtest/account.ts';
import { DEFAULT_BREAKERS, isStale } from '../../ml/backtest/breakers.ts';
import { forecastView } from '../../ml/backtest/forecast-view.ts';
import { decide, type TradingRule } from '../../ml/backtest/rules.ts';
import { stepAccount } from '../../ml/backtest/step-account.ts';
import type { NewPaperEvent } from '../../storage/paper-events.ts';

/** One coin's part of a portfolio with its account read. */
export interface CoinPart {
  readonly symbol: string;
  readonly state: AccountState;
  readonly holdUnits: number;
  readonly lastClose: number;
  /** Breakers that have been announced and are not over yet. */
  readonly standing: readonly BreakerName[];
}

/** What one candle is stepped with. */
export interface CoinStep {
  readonly part: CoinPart;
  /** The candle that has just closed; null where there is none, and nothing can have been traded. */
  readonly candle: Candle | null;
  /** The newest forecast from the candle's open or earlier that was written in time to be acted on; null where there is none. */
  readonly entry: LedgerEntry | null;
  /** Reasons that forbid positions at any forecast. */
  readonly blocked: BreakerName | null;
  /** Dollars usually traded in one candle; 0 where unknown. */
  readonly dollarVolume: number;
  readonly rule: TradingRule;
  readonly interval: Interval;
  readonly steps: number;
  /** Dollars the part began with. */
  readonly capital: number;
}

/** The terms a paper portfolio trades under: those of the backtest. */
export function paperTerms(rule: TradingRule, interval: Interval, steps: number): TradingTerms {
  return {
    interval,
    costs: DEFAULT_COSTS,
    breakers: DEFAULT_BREAKERS[interval],
    band: rule.band,
    cooldownCandles: steps,
  };
}

/**
 * The latest time a forecast can be written and still be acted on at a candle's open. Orders are filled at the open itself, as the backtest
 * fills them.
 */
export function issuedByMs(openMs: number, interval: Interval): number {
  return openMs + SCHEDULE_GRACE_MS[interval];
}

/**
 * Steps one coin's part through one closed candle with the backtester's own step. Where a forecast is missing, the one before it
 * is used, as in a backtest with a missing candle, until the breaker `stale-data` trips. Pure; events ascend in time.
 */
export function stepCoin(step: CoinStep): { readonly part: CoinPart; readonly events: readonly NewPaperEvent[] } {
  const { part, candle, rule, interval, steps } = step;
  if (!candle) return { part, events: [] };
  const { symbol, state } = part;
  const closeMs = candle.openTimeMs + INTERVAL_MS[interval];
  const decision = decisionOf(step);
  const stepped = stepAccount(state, candle, decision, paperTerms(rule, interval, steps));
  const kept = part.standing.filter((name) => stillOn(name, step, candle, decision));
  // A breaker that keeps an account out for weeks is announced once, when it begins.
  const began = [...new Set(stepped.tripped)].filter((name) => !kept.includes(name));
  const next: CoinPart = {
    symbol,
    state: stepped.state,
    holdUnits: part.holdUnits > 0 || !decision ? part.holdUnits : boughtOnce(step.capital, candle.open, decision),
    lastClose: candle.close,
    standing: [...kept, ...began],
  };
  const { pausedBy, pausedUntilMs } = stepped.state;
  return {
    part: next,
    events: [
      ...stepped.fills.map((fill) => ({ timeMs: fill.timeMs, body: { kind: 'fill', symbol, fill } as const })),
      ...began.map((breaker) => ({
        timeMs: closeMs,
        body: { kind: 'trip', symbol, breaker, untilMs: breaker === pausedBy ? pausedUntilMs : null } as const,
      })),
    ],
  };
}

/** Whether an announced breaker still has its cause, so that it is not announced again. */
function stillOn(name: BreakerName, step: CoinStep, candle: Candle, decision: Decision | null): boolean {
  const { state } = step.part;
  const { staleCandles } = DEFAULT_BREAKERS[step.interval];
  switch (name) {
    case 'drift-alarm':
    case 'no-edge':
      return step.blocked === name;
    case 'stale-data':
      return decision === null || isStale(candle.openTimeMs, decision.originMs, step.interval, staleCandles);
    case 'drawdown-limit':
    case 'volatility-shock':
      return state.pausedBy === name && candle.openTimeMs < state.pausedUntilMs;
  }
}

function decisionOf({ entry, interval, steps, rule, part, dollarVolume, blocked }: CoinStep): Decision | null {
  if (!entry) return null;
  const { originMs, lastPrice } = entry;
  const quantiles = entry.quantiles.map((price) => Math.log(price / lastPrice));
  const view = forecastView({ originMs, interval, steps, quantiles, dollarVolume, blocked });
  return decide(rule, view, exposureOf(part.state));
}

/** Units that all the money buys at a price as one market order, costs paid. */
function boughtOnce(dollars: number, price: number, { candleVolatility, dollarVolume }: Decision): number {
  const { feeShare, spreadShare } = DEFAULT_COSTS;
  const slip = spreadShare / 2 + slippageShare(DEFAULT_COSTS, candleVolatility, dollars, dollarVolume);
  return dollars / (price * (1 + slip) * (1 + feeShare));
}

/** Candles the usual volume is taken over, and how many of them must be there; as in the backtest. */
export const VOLUME_CANDLES: Readonly<Record<Interval, number>> = { '1d': 30, '1h': 168 };
const MIN_VOLUMES = 5;

/** Mean dollars traded in a candle; 0 where too few are known. */
export function usualDollars(candles: readonly Candle[]): number {
  if (candles.length < MIN_VOLUMES) return 0;
  return candles.reduce((sum, { volume, close }) => sum + volume * close, 0) / candles.length;
}

/** A part as it is kept. */
export function toAccount({ state, ...part }: CoinPart): PaperAccount {
  return { ...part, state: JSON.stringify(state) };
}

/** A kept part, read again. */
export function toPart({ state, ...account }: PaperAccount): CoinPart {
  return { ...account, state: JSON.parse(state) as AccountState };
}

/** Worth of all parts and of the same money held, at their last closes; `capital` is what each part began with. */
export function totalOf(
  parts: readonly CoinPart[],
  capital: number,
): { readonly equity: number; readonly hold: number } {
  const held = ({ holdUnits, lastClose }: CoinPart) => (holdUnits > 0 ? holdUnits * lastClose : capital);
  return {
    equity: parts.reduce((sum, { state }) => sum + state.equity, 0),
    hold: parts.reduce((sum, part) => sum + held(part), 0),
  };
}

/** Open of the first candle after a moment: the one that is open then began before. */
export function firstOpenMs(startedMs: number, interval: Interval): number {
  return Math.ceil(startedMs / INTERVAL_MS[interval]) * INTERVAL_MS[interval];
}

/**
 * The ticker under which a coin of a portfolio is forecast now: its new one where it was renamed one for one, so that units and prices go on.
 * A coin that is tracked under its own ticker keeps it.
 *
 * @param tracked tickers of the tracked coins
 */
export function tradedAs(symbol: string, tracked: readonly string[]): string {
  const change = tracked.includes(symbol) ? null : changeOf(symbol);
  return change?.kind === 'renamed' && change.to ? change.to.symbol : symbol;
}

/** Why coins of a portfolio go on under another ticker, or cannot go on: a sentence each, empty where nothing has changed. */
export function changesOf(symbols: readonly string[], tracked: readonly string[]): Message[] {
  return symbols.flatMap((symbol): Message[] => {
    if (tracked.includes(symbol)) return [];
    const change = changeOf(symbol);
    const current = tradedAs(symbol, tracked);
    if (change && current !== symbol && tracked.includes(current))
      return [{ key: 'coin.goesOn', values: { why: change.said, current } }];
    const coin: Message | string = current === symbol ? symbol : { key: 'coin.now', values: { coin: symbol, current } };
    return [
      change
        ? { key: 'coin.staysBecause', values: { why: change.said, coin } }
        : { key: 'coin.staysAs', values: { coin } },
    ];
  });
}
