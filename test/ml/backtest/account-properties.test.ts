import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { type AccountState, newAccount } from '../../../src/ml/backtest/account.ts';
import { DEFAULT_BREAKERS, NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import { type AccountStep, stepAccount } from '../../../src/ml/backtest/step-account.ts';

const unit = (min: number, max: number) => fc.double({ min, max, noNaN: true });
/** A candle by its moves, and what is wanted at its open. */
const step = fc.record({
  gap: unit(-0.3, 0.3),
  move: unit(-0.3, 0.3),
  up: unit(0, 0.3),
  down: unit(0, 0.3),
  missing: fc.boolean(),
  exposure: unit(-1, 1),
  stops: fc.record({ loss: unit(0, 0.5), profit: unit(0, 0.5), trailing: unit(0, 0.5) }),
});
const costs = fc.record({
  feeShare: unit(0, 0.01),
  spreadShare: unit(0, 0.01),
  impact: unit(0, 1),
  fundingPerDay: unit(-0.001, 0.001),
});

function walk(
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  using: Parameters<typeof stepAccount>[3],
) {
  let price = 100;
  let state: AccountState = newAccount(1_000);
  const results: AccountStep[] = [];
  steps.forEach(({ gap, move, up, down, missing, exposure, stops }, day) => {
    const open = price * Math.exp(gap);
    const close = open * Math.exp(move);
    price = close;
    if (missing) return;
    const candle = {
      openTimeMs: day * DAY_MS,
      open,
      close,
      high: Math.max(open, close) * (1 + up),
      low: Math.min(open, close) * (1 - down),
    };
    const decision = {
      originMs: day * DAY_MS,
      exposure,
      candleVolatility: 0.05,
      dollarVolume: 1e5,
      stops,
      blocked: null,
    };
    const result = stepAccount(state, candle, decision, using);
    results.push(result);
    state = result.state;
    for (const fill of result.fills) {
      const worst = fill.side === 'buy' ? candle.high : candle.low;
      // Worse than the candle only by what spread and slippage cost.
      const paid = fill.side === 'buy' ? fill.price - worst : worst - fill.price;
      expect(paid).toBeLessThanOrEqual(fill.slippage / fill.units + 1e-9 * price);
    }
    expect(state.equity).toBeCloseTo(state.ruined ? 0 : state.cash + state.units * close, 6);
  });
  return { state, results };
}

it('accounts for every cent, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), costs, fc.boolean(), (steps, paying, guarded) => {
      const breakers = guarded ? { ...DEFAULT_BREAKERS['1d'], staleCandles: null } : NO_BREAKERS;
      const { state, results } = walk(steps, {
        interval: '1d',
        costs: paying,
        breakers,
        band: 0.05,
        cooldownCandles: 1,
      });
      const fills = results.flatMap((one) => one.fills);
      const spent = fills.reduce(
        (sum, { side, units, price, fee }) => sum + (side === 'buy' ? 1 : -1) * units * price + fee,
        0,
      );
      if (!state.ruined) expect(state.cash).toBeCloseTo(1_000 - spent - state.funding, 5);
      expect(state.fees).toBeCloseTo(
        fills.reduce((sum, { fee }) => sum + fee, 0),
        6,
      );
      expect(state.slippage).toBeCloseTo(
        fills.reduce((sum, { slippage }) => sum + slippage, 0),
        6,
      );
      const closed = results.flatMap((one) => one.closed).reduce((sum, { profit }) => sum + profit, 0);
      if (state.units === 0 && !state.ruined) expect(state.equity).toBeCloseTo(1_000 + closed, 5);
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    }),
  );
});

it('never loses more than everything, and nothing trades after that', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const free = { feeShare: 0, spreadShare: 0, impact: 0, fundingPerDay: 0 };
      const { results } = walk(steps, {
        interval: '1d',
        costs: free,
        breakers: NO_BREAKERS,
        band: 0,
        cooldownCandles: 0,
      });
      const end = results.findIndex(({ state }) => state.ruined);
      for (const { state } of results) expect(state.equity).toBeGreaterThanOrEqual(-1e-9);
      if (end >= 0) expect(results.slice(end + 1).every(({ fills }) => fills.length === 0)).toBe(true);
    }),
  );
});

it('has the same at the end as at the start where prices stand still and nothing costs anything', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const still = steps.map((one) => ({ ...one, gap: 0, move: 0, up: 0, down: 0 }));
      const free = { feeShare: 0, spreadShare: 0, impact: 0, fundingPerDay: 0 };
      const { state } = walk(still, {
        interval: '1d',
        costs: free,
        breakers: NO_BREAKERS,
        band: 0,
        cooldownCandles: 0,
      });
      expect(state.equity).toBeCloseTo(1_000, 6);
    }),
  );
});
