import type { BreakerName } from '../core/backtest.ts';
import type { Candle, Interval, SourcedCandle } from '../core/candle.ts';
import { INTERVAL_MS } from '../core/candle.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { SCHEDULE_GRACE_MS } from '../core/ledger.ts';
import type { PaperAccount, PaperEventBody } from '../core/paper.ts';
import type { AccountState, TradingTerms } from '../ml/backtest/account.ts';
import { exposureOf } from '../ml/backtest/account.ts';
import { DEFAULT_BREAKERS } from '../ml/backtest/breakers.ts';
import { DEFAULT_COSTS } from '../ml/backtest/costs.ts';
import { decide } from '../ml/backtest/decide.ts';
import type { Decision } from '../ml/backtest/decision.ts';
import { forecastView } from '../ml/backtest/forecast-view.ts';
import type { TradingRule } from '../ml/backtest/rules/rule.ts';
import { stepAccount } from '../ml/backtest/step-account.ts';

/** One coin's part of a portfolio with its account read. */
export interface CoinPart {
  readonly symbol: string;
  readonly state: AccountState;
  readonly holdUnits: number;
  readonly lastClose: number;
}

/** What one candle is stepped with. */
export interface CoinStep {
  readonly part: CoinPart;
  /** The candle that has just closed; null where there is none, and nothing can have been traded. */
  readonly candle: Candle | null;
  /** The newest forecast whose origin is the candle's open or earlier; null where none was written down. */
  readonly entry: LedgerEntry | null;
  /** What forbids positions whatever the forecast says. */
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
 * Takes one coin's part through one closed candle, by the very step the backtester uses. A forecast that was written down too late to
 * have been acted on at the candle's open counts as missing. Pure.
 */
export function stepCoin(step: CoinStep): { readonly part: CoinPart; readonly events: readonly PaperEventBody[] } {
  const { part, candle, rule, interval, steps } = step;
  if (!candle) return { part, events: [] };
  const { symbol, state } = part;
  const terms = paperTerms(rule, interval, steps);
  const stepped = stepAccount(state, candle, decisionOf(step, candle), terms);
  // What keeps an account out for weeks is said once, when it begins.
  const began = stepped.tripped.filter((name) => name !== state.heldBack && name !== state.pausedBy);
  return {
    part: {
      symbol,
      state: stepped.state,
      holdUnits: part.holdUnits > 0 ? part.holdUnits : boughtOnce(step.capital, candle.open),
      lastClose: candle.close,
    },
    events: [
      ...stepped.fills.map((fill) => ({ kind: 'fill' as const, symbol, fill })),
      ...[...new Set(began)].map((breaker) => ({ kind: 'trip' as const, symbol, breaker })),
    ],
  };
}

function decisionOf(step: CoinStep, candle: Candle): Decision | null {
  const { entry, interval, steps, rule, part } = step;
  if (!entry || entry.issuedAtMs > candle.openTimeMs + SCHEDULE_GRACE_MS[interval]) return null;
  const { originMs, lastPrice } = entry;
  const quantiles = entry.quantiles.map((price) => Math.log(price / lastPrice));
  const view = forecastView({
    originMs,
    interval,
    steps,
    quantiles,
    dollarVolume: step.dollarVolume,
    blocked: step.blocked,
  });
  return decide(rule, view, exposureOf(part.state));
}

/** Units that all the money buys at a price, fee and half the spread paid. */
function boughtOnce(dollars: number, price: number): number {
  const { feeShare, spreadShare } = DEFAULT_COSTS;
  return dollars / (price * (1 + spreadShare / 2) * (1 + feeShare));
}

/** Candles the usual volume is taken over. */
const VOLUME_CANDLES: Readonly<Record<Interval, number>> = { '1d': 30, '1h': 168 };
const FEWEST_VOLUMES = 5;

/** Mean dollars traded in the candles before a moment; 0 where too few are known. Candles ascend. */
export function usualDollars(candles: readonly SourcedCandle[], beforeMs: number, interval: Interval): number {
  const fromMs = beforeMs - VOLUME_CANDLES[interval] * INTERVAL_MS[interval];
  const known = candles.filter(({ openTimeMs }) => openTimeMs >= fromMs && openTimeMs < beforeMs);
  if (known.length < FEWEST_VOLUMES) return 0;
  return known.reduce((sum, { volume, close }) => sum + volume * close, 0) / known.length;
}

/** A part as it is kept. */
export function toAccount({ symbol, state, holdUnits, lastClose }: CoinPart): PaperAccount {
  return { symbol, state: JSON.stringify(state), holdUnits, lastClose };
}

/** A kept part, read again. */
export function toPart({ symbol, state, holdUnits, lastClose }: PaperAccount): CoinPart {
  return { symbol, state: JSON.parse(state) as AccountState, holdUnits, lastClose };
}

/** Worth of a part and of the same money held, at its last close. */
export function worthOf(part: CoinPart, capital: number): { readonly equity: number; readonly hold: number } {
  const hold = part.holdUnits > 0 ? part.holdUnits * part.lastClose : capital;
  return { equity: part.state.equity, hold };
}
