import { describe, expect, it } from 'vitest';
import type { PriceBar } from '../../../src/core/backtest.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import {
  type AccountState,
  type Decision,
  exposureOf,
  NO_STOPS,
  newAccount,
  type TradingTerms,
} from '../../../src/ml/backtest/account.ts';
import { NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import { type AccountStep, stepAccount } from '../../../src/ml/backtest/step-account.ts';

const FREE = { feeShare: 0, spreadShare: 0, impact: 0, fundingPerDay: 0 };
const terms = (changes: Partial<TradingTerms> = {}): TradingTerms => ({
  interval: '1d',
  costs: FREE,
  breakers: NO_BREAKERS,
  band: 0.1,
  cooldownCandles: 1,
  ...changes,
});
const bar = (day: number, open: number, high: number, low: number, close: number): PriceBar => ({
  openTimeMs: day * DAY_MS,
  open,
  high,
  low,
  close,
});
const decision = (day: number, exposure: number, changes: Partial<Decision> = {}): Decision => ({
  originMs: day * DAY_MS,
  exposure,
  candleVolatility: 0.04,
  dollarVolume: 1_000_000,
  stops: NO_STOPS,
  blocked: null,
  ...changes,
});

/** Steps through candles; the decision of each was made at its open. */
function walk(steps: readonly (readonly [PriceBar, Decision | null])[], using: TradingTerms, cash = 10_000) {
  let state: AccountState = newAccount(cash);
  const results: AccountStep[] = [];
  for (const [candle, made] of steps) {
    const result = stepAccount(state, candle, made, using);
    results.push(result);
    state = result.state;
  }
  return { state, results, fills: results.flatMap(({ fills }) => fills), closed: results.flatMap((one) => one.closed) };
}

describe('an account computed by hand', () => {
  /** Fee 0.1 %, half a spread of 0.02 %, slippage 1 × 0.04 × √(order ÷ 1,000,000), funding 0.05 % a day. */
  const costs = { feeShare: 0.001, spreadShare: 0.0004, impact: 1, fundingPerDay: 0.0005 };

  it('comes out to the cent: bought, funded, and sold at a loss after costs', () => {
    const { state, fills, closed } = walk(
      [
        [bar(0, 100, 104, 99, 103), decision(0, 1)],
        [bar(1, 102, 103, 97, 98), decision(1, 0)],
      ],
      terms({ costs }),
    );
    // Order 10,000: slippage 0.04 × √0.01 = 0.004, with half the spread 0.0042. Price 100.42.
    // Units 10,000 ÷ (1.0042 · 1.001) ÷ 100 = 99.4822743; cost 9,990.0100 and fee 9.9900: all of the cash.
    // Funding 99.4822743 · 100 · 0.0005 = 4.9741. Close: 99.4822743 · 103 − 4.9741 = 10,241.7001.
    // Sold at 102: order 10,147.1920, slippage 0.04 · √0.0101471920 = 0.0040293, price 102 · (1 − 0.0042293) = 101.5686.
    // Proceeds 10,104.2762, fee 10.1043. Cash 10,104.2762 − 10.1043 − 4.9741 = 10,089.1978.
    expect(fills.map(({ side, price }) => [side, price.toFixed(4)])).toEqual([
      ['buy', '100.4200'],
      ['sell', '101.5686'],
    ]);
    expect(fills[0]!.units).toBeCloseTo(99.4822743, 6);
    expect(fills[0]!.fee.toFixed(2)).toBe('9.99');
    expect(fills[1]!.fee.toFixed(2)).toBe('10.10');
    expect(state.funding.toFixed(2)).toBe('4.97');
    expect(state.equity.toFixed(2)).toBe('10089.20');
    expect(closed.map(({ profit }) => profit.toFixed(2))).toEqual(['89.20']);
    expect(state.cash).toBe(state.equity);
  });

  it('comes out to the cent when turned from long to short', () => {
    const { state, fills } = walk(
      [
        [bar(0, 50, 50, 50, 50), decision(0, 0.5)],
        [bar(1, 60, 60, 48, 48), decision(1, -1)],
      ],
      terms({ costs: { ...FREE, feeShare: 0.001 } }),
      1_000,
    );
    // 500 ÷ 1.001 = 499.5005 bought at 50: 9.990010 units, fee 0.4995. Sold at 60: 599.4006 less fee 0.5994; cash 1,098.8012.
    // 1,098.8012 ÷ 1.001 = 1,097.7035 sold short at 60: 18.295058 units, fee 1.0977. Cash 2,195.4070; at 48 it owes 878.1628.
    expect(fills.map(({ side, units }) => [side, units.toFixed(6)])).toEqual([
      ['buy', '9.990010'],
      ['sell', '9.990010'],
      ['sell', '18.295058'],
    ]);
    expect(state.equity.toFixed(2)).toBe('1317.24');
  });

  it('is the same after a night as JSON', () => {
    const first = stepAccount(newAccount(10_000), bar(0, 100, 104, 99, 103), decision(0, -0.7), terms({ costs }));
    const woken = JSON.parse(JSON.stringify(first.state)) as AccountState;
    expect(woken).toEqual(first.state);
    const next = [bar(1, 102, 103, 97, 98), decision(1, 0.4), terms({ costs })] as const;
    expect(stepAccount(woken, ...next)).toEqual(stepAccount(first.state, ...next));
  });

  it('does not change the state that it is given', () => {
    const before = newAccount(500);
    stepAccount(before, bar(0, 100, 104, 99, 103), decision(0, 1), terms());
    expect(before).toEqual(newAccount(500));
  });
});

describe('what is carried out', () => {
  it('is carried out at the next open, never at the close that was decided on', () => {
    const { fills } = walk([[bar(0, 120, 130, 110, 125), decision(0, 1)]], terms());
    expect(fills.map(({ price, timeMs }) => [price, timeMs])).toEqual([[120, 0]]);
  });

  it('leaves small changes of size alone, but not leaving or turning', () => {
    const steps = [1, 0.95, 0.92, 0.7, 0.05, 0, -0.05].map(
      (exposure, day) => [bar(day, 100, 100, 100, 100), decision(day, exposure)] as const,
    );
    const { results } = walk(steps, terms());
    expect(results.map(({ fills }) => fills.length)).toEqual([1, 0, 0, 1, 1, 1, 1]);
    expect(results.map(({ state }) => Number(exposureOf(state).toFixed(9)))).toEqual([1, 1, 1, 0.7, 0.05, 0, -0.05]);
  });

  it('never borrows for a full position, whatever the costs', () => {
    const dear = { feeShare: 0.02, spreadShare: 0.02, impact: 2, fundingPerDay: 0 };
    const { state } = walk([[bar(0, 100, 101, 99, 100), decision(0, 1)]], terms({ costs: dear }));
    expect(state.cash).toBeGreaterThanOrEqual(-1e-9);
    expect(state.cash).toBeLessThan(1e-6);
  });

  it('pays funding when long and receives it when short', () => {
    const costs = { ...FREE, fundingPerDay: 0.001 };
    const of = (exposure: number) =>
      walk([[bar(0, 100, 100, 100, 100), decision(0, exposure)]], terms({ costs })).state.equity;
    expect([of(1), of(-1)]).toEqual([9_990, 10_010]);
  });

  it('holds nothing without a decision', () => {
    const { state, results } = walk(
      [
        [bar(0, 100, 100, 100, 100), decision(0, 1)],
        [bar(1, 110, 110, 110, 110), null],
      ],
      terms(),
    );
    expect(results[1]!.fills.map(({ side, price }) => [side, price])).toEqual([['sell', 110]]);
    expect(state.equity).toBe(11_000);
  });
});

describe('stops', () => {
  const stops = { loss: 0.05, profit: 0.1, trailing: 0 };
  const long = (candle: PriceBar, changes = stops) =>
    walk([[candle, decision(candle.openTimeMs / DAY_MS, 1, { stops: changes })]], terms());

  it('takes the worse one first when both lie inside one candle', () => {
    const { fills, closed, state } = long(bar(0, 100, 115, 90, 112));
    expect(fills.map(({ reason, price }) => [reason, price])).toEqual([
      ['decision', 100],
      ['stop-loss', 95],
    ]);
    expect(closed[0]!.profit).toBeCloseTo(-500, 9);
    expect(state.equity).toBeCloseTo(9_500, 9);
  });

  it('takes the profit where only that lies inside, as a resting order without slippage', () => {
    const costs = { feeShare: 0.001, spreadShare: 0.01, impact: 1, fundingPerDay: 0 };
    const { fills } = walk(
      [[bar(0, 100, 130, 99, 120), decision(0, 1, { stops: { loss: 0, profit: 0.1, trailing: 0 } })]],
      terms({ costs }),
    );
    expect(fills[1]!.reason).toBe('take-profit');
    expect(fills[1]!.price).toBeCloseTo(fills[0]!.price * 1.1, 9);
    expect(fills[1]!.slippage).toBe(0);
    expect(fills[1]!.fee).toBeGreaterThan(0);
  });

  it('fills at the open where the price opens beyond the stop', () => {
    const { fills } = walk(
      [
        [bar(0, 100, 101, 99, 100), decision(0, 1, { stops })],
        [bar(1, 80, 85, 70, 84), decision(1, 1, { stops })],
      ],
      terms(),
    );
    expect(fills.map(({ reason, price }) => [reason, price])).toEqual([
      ['decision', 100],
      ['stop-loss', 80],
    ]);
  });

  it('guards shorts on the other side', () => {
    const { fills } = walk([[bar(0, 100, 106, 89, 95), decision(0, -1, { stops })]], terms());
    expect(fills[1]).toMatchObject({ side: 'buy', reason: 'stop-loss', price: 105 });
    const gained = walk([[bar(0, 100, 104, 89, 95), decision(0, -1, { stops })]], terms());
    expect(gained.fills[1]).toMatchObject({ side: 'buy', reason: 'take-profit', price: 90 });
  });

  it('trails the best price of finished candles, not of the one that may have fallen first', () => {
    const trailing = { loss: 0, profit: 0, trailing: 0.1 };
    const { results } = walk(
      [
        [bar(0, 100, 130, 95, 125), decision(0, 1, { stops: trailing })],
        [bar(1, 125, 126, 118, 119), decision(1, 1, { stops: trailing })],
        [bar(2, 119, 121, 116, 120), decision(2, 1, { stops: trailing })],
      ],
      terms(),
    );
    expect(results.map(({ closed }) => closed.map(({ reason, exitPrice }) => [reason, exitPrice]))).toEqual([
      [],
      [],
      [['trailing-stop', 117]],
    ]);
  });

  it('waits after a stop before it goes in again', () => {
    const steps = [0, 1, 2, 3].map(
      (day) => [bar(day, 100, 101, day === 0 ? 90 : 99, 100), decision(day, 1, { stops })] as const,
    );
    const { results } = walk(steps, terms({ cooldownCandles: 2 }));
    expect(results.map(({ state }) => state.units !== 0)).toEqual([false, false, false, true]);
  });

  it('keeps the distances of the entry when later decisions name others', () => {
    const { fills } = walk(
      [
        [bar(0, 100, 101, 99, 100), decision(0, 1, { stops })],
        [bar(1, 100, 101, 97, 98), decision(1, 1, { stops: { loss: 0.01, profit: 0, trailing: 0 } })],
      ],
      terms(),
    );
    expect(fills).toHaveLength(1);
  });
});

describe('ruin', () => {
  it('is ended by the exchange while something is left of a short position', () => {
    const { state, fills } = walk([[bar(0, 100, 300, 95, 250), decision(0, -1)]], terms());
    // 100 short at 100, cash 20,000: margin of 5 % of the debt is reached at 20,000 ÷ 105.
    expect(fills[1]).toMatchObject({ reason: 'liquidation', side: 'buy' });
    expect(fills[1]!.price).toBeCloseTo(20_000 / 105, 9);
    expect(state.equity).toBeCloseTo(20_000 - 100 * (20_000 / 105), 6);
    expect(state.ruined).toBe(false);
  });

  it('leaves nothing, and no debt, when the price jumps past that', () => {
    const { state, results } = walk(
      [
        [bar(0, 100, 100, 100, 100), decision(0, -1)],
        [bar(1, 500, 500, 500, 500), decision(1, -1)],
        [bar(2, 500, 500, 400, 450), decision(2, 1)],
      ],
      terms(),
    );
    expect(state).toMatchObject({ equity: 0, units: 0, ruined: true });
    expect(results[2]!.fills).toEqual([]);
  });
});

describe('breakers', () => {
  const limits = (changes: Partial<TradingTerms['breakers']>) => terms({ breakers: { ...NO_BREAKERS, ...changes } });

  it('leave after a drawdown at the next open, stay out, and start a new peak', () => {
    const using = limits({ drawdown: 0.2, drawdownPauseCandles: 2 });
    const closes = [100, 79, 80, 81, 82, 70];
    const steps = closes.map((close, day) => {
      const open = day === 0 ? 100 : closes[day - 1]!;
      return [bar(day, open, Math.max(open, close), Math.min(open, close), close), decision(day, 1)] as const;
    });
    const { results } = walk(steps, using);
    expect(results.map(({ tripped }) => tripped)).toEqual([
      [],
      ['drawdown-limit'],
      ['drawdown-limit'],
      ['drawdown-limit'],
      [],
      [],
    ]);
    expect(results.map(({ state }) => state.units > 0)).toEqual([true, true, false, false, true, true]);
    expect(results[2]!.fills.map(({ reason, price }) => [reason, price])).toEqual([['drawdown-limit', 79]]);
  });

  it('stay out after a candle of many times its expected move', () => {
    const using = limits({ shockSigmas: 5, shockPauseCandles: 1 });
    const { results } = walk(
      [
        [bar(0, 100, 101, 99, 100), decision(0, 1)],
        [bar(1, 100, 125, 99, 124), decision(1, 1)],
        [bar(2, 124, 125, 123, 124), decision(2, 1)],
        [bar(3, 124, 125, 123, 124), decision(3, 1)],
      ],
      using,
    );
    expect(results.map(({ tripped }) => tripped)).toEqual([[], ['volatility-shock'], ['volatility-shock'], []]);
  });

  it('do not follow a decision from before a gap', () => {
    const late = [bar(3, 100, 101, 99, 100), decision(1, 1)] as const;
    expect(walk([late], limits({ staleCandles: 0 })).results[0]!.tripped).toEqual(['stale-data']);
    expect(walk([late], limits({ staleCandles: 2 })).results[0]!.tripped).toEqual([]);
    expect(walk([late], limits({})).state.units).toBeGreaterThan(0);
  });

  it.each(['drift-alarm', 'no-edge'] as const)('close what is open on %s, where that is switched on', (blocked) => {
    const steps = [
      [bar(0, 100, 101, 99, 100), decision(0, 1)],
      [bar(1, 100, 101, 99, 100), decision(1, 1, { blocked })],
    ] as const;
    const on = walk(steps, limits({ drift: true, edge: true }));
    expect(on.fills.map(({ reason }) => reason)).toEqual(['decision', blocked]);
    expect(on.results[1]!.tripped).toEqual([blocked]);
    expect(walk(steps, limits({})).fills).toHaveLength(1);
  });
});
