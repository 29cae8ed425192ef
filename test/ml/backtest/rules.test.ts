import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BREAKER_NAMES } from '../../../src/core/backtest.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { protectiveLevel, slippageShare, stopInside } from '../../../src/ml/backtest/account.ts';
import { breakerAt, DEFAULT_BREAKERS, NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import { expectedReturn, LEVEL_WEIGHTS } from '../../../src/ml/backtest/forecast-view.ts';
import {
  decide,
  kellyShare,
  RULES,
  ruleNamed,
  thresholdDirection,
  volatilityTargetSize,
} from '../../../src/ml/backtest/rules.ts';
import { normalForecast, viewOf } from './market.ts';

interface Fixture {
  readonly kelly: readonly { quantiles: number[]; low: number; high: number; share: number }[];
}
const fixture = JSON.parse(readFileSync(new URL('../../fixtures/backtest.json', import.meta.url), 'utf8')) as Fixture;

const mean = fc.double({ min: -0.05, max: 0.05, noNaN: true });
const deviation = fc.double({ min: 0.001, max: 0.4, noNaN: true });
const exposure = fc.double({ min: -1, max: 1, noNaN: true });
const share = fc.double({ min: 0, max: 0.9, noNaN: true });

describe.each(RULES)('$name', (rule) => {
  it('asks for no more than the whole account, and for no short position unless it says so', () => {
    fc.assert(
      fc.property(mean, deviation, exposure, (m, d, current) => {
        const wanted = rule.exposure(viewOf(m, d), current);
        expect(wanted).toBeLessThanOrEqual(1);
        expect(wanted).toBeGreaterThanOrEqual(rule.short ? -1 : 0);
      }),
    );
  });

  it('never asks for less when the forecast is moved up', () => {
    fc.assert(
      fc.property(mean, deviation, exposure, fc.double({ min: 0, max: 0.05, noNaN: true }), (m, d, current, up) => {
        expect(rule.exposure(viewOf(m + up, d), current)).toBeGreaterThanOrEqual(
          rule.exposure(viewOf(m, d), current) - 1e-6,
        );
      }),
      // Kelly shares that end at the edge of their bracket.
      { examples: [[0, 0.006395576540711241, 0, 3.252606517456514e-19]] },
    );
  });

  it('decides the same for the same forecast, and passes on what blocks it', () => {
    fc.assert(
      fc.property(mean, deviation, exposure, fc.constantFrom(null, ...BREAKER_NAMES), (m, d, current, blocked) => {
        const made = decide(rule, viewOf(m, d, blocked), current);
        expect(decide(rule, viewOf(m, d, blocked), current)).toEqual(made);
        expect(made.blocked).toBe(blocked);
        for (const distance of Object.values(made.stops)) expect(distance).toBeLessThan(1);
      }),
    );
  });
});

describe('the registry', () => {
  it('has names that can be typed, each once, with a sentence', () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
    for (const { name, explanation } of RULES) {
      expect(name).toMatch(/^[a-z][a-z-]{2,30}$/);
      expect(explanation).toMatch(/^[A-Z].{10,110}\.$/);
    }
  });

  it('finds a rule by name and names them all to whoever mistypes', () => {
    expect(ruleNamed(' Kelly-Quarter ').name).toBe('kelly-quarter');
    const wrong = () => ruleNamed('kelly');
    expect(wrong).toThrow(CandlecastError);
    expect(wrong).toThrow(
      expect.objectContaining({ code: 'CC_UNKNOWN_RULE', remedy: expect.stringContaining('vol-target') }),
    );
  });
});

describe('thresholds', () => {
  it('take a direction at the outer threshold and keep it until the inner one', () => {
    const rule = { enter: 0.02, leave: 0, short: true };
    expect([0.02, 0.01, -0.01, -0.02].map((signal) => thresholdDirection(signal, 0, rule))).toEqual([1, 0, 0, -1]);
    expect([0.01, 0, -0.01].map((signal) => thresholdDirection(signal, 1, rule))).toEqual([1, 0, 0]);
    expect([-0.01, 0, 0.01].map((signal) => thresholdDirection(signal, -1, rule))).toEqual([-1, 0, 0]);
  });

  it('are the same on both sides', () => {
    fc.assert(
      fc.property(mean, exposure, share, share, (signal, current, a, b) => {
        const rule = { enter: Math.max(a, b) / 10 + 0.001, leave: Math.min(a, b) / 10, short: true };
        const [up, down] = [thresholdDirection(signal, current, rule), thresholdDirection(-signal, -current, rule)];
        expect(up + down).toBe(0);
      }),
    );
  });
});

describe('sizes', () => {
  it.each(fixture.kelly)(
    'Kelly: $share between $low and $high, as SciPy finds it',
    ({ quantiles, low, high, share: best }) => {
      expect(kellyShare(quantiles, low, high)).toBeCloseTo(best, 5);
    },
  );

  it('Kelly: nothing for a fair game, and the mirror image for the mirrored one', () => {
    fc.assert(
      fc.property(deviation, mean, (d, m) => {
        const up = normalForecast(m, d)
          .map(Math.expm1)
          .map((gain) => Math.min(gain, 0.9));
        const log = up.map(Math.log1p);
        const mirrored = [...up].reverse().map((gain) => Math.log1p(-gain));
        expect(kellyShare(mirrored, -1, 1)).toBeCloseTo(-kellyShare(log, -1, 1), 4);
        const centred = log.map((quantile) => Math.log1p(Math.expm1(quantile) - expectedReturn(log)));
        expect(kellyShare(centred, -1, 1)).toBeCloseTo(0, 3);
      }),
    );
  });

  it('volatility target: half the size at twice the volatility, up to the cap', () => {
    fc.assert(
      fc.property(deviation, (d) => {
        const one = volatilityTargetSize(viewOf(0, d), 0.4, Number.POSITIVE_INFINITY);
        expect(volatilityTargetSize(viewOf(0, 2 * d), 0.4, Number.POSITIVE_INFINITY)).toBeCloseTo(one / 2, 9);
        expect(volatilityTargetSize(viewOf(0, d), 0.4, 0.7)).toBe(Math.min(0.7, one));
      }),
    );
  });

  it('weighs the levels of a forecast to 1', () => {
    expect(LEVEL_WEIGHTS.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });
});

describe('slippage', () => {
  const costs = { feeShare: 0, spreadShare: 0, impact: 1, fundingPerDay: 0 };
  const amount = fc.double({ min: 1, max: 1e6, noNaN: true });

  it('grows with the order and with volatility, and shrinks with volume', () => {
    fc.assert(
      fc.property(amount, amount, deviation, (order, volume, d) => {
        const one = slippageShare(costs, d, order, volume);
        expect(slippageShare(costs, d, 2 * order, volume)).toBeGreaterThanOrEqual(one);
        expect(slippageShare(costs, 2 * d, order, volume)).toBeCloseTo(2 * one, 12);
        expect(slippageShare(costs, d, order, 2 * volume)).toBeLessThanOrEqual(one);
        expect(one).toBeLessThanOrEqual(d);
      }),
    );
  });

  it('is √4 = 2 times as large for four times the order', () => {
    expect(slippageShare(costs, 0.04, 40_000, 1e6)).toBeCloseTo(2 * slippageShare(costs, 0.04, 10_000, 1e6), 12);
  });
});

describe('stops', () => {
  const position = fc.record({
    units: fc.constantFrom(1, -1),
    entryPrice: fc.constant(100),
    bestPrice: fc.double({ min: 50, max: 200, noNaN: true }),
    stopLoss: share,
    takeProfit: share,
    trailing: share,
  });
  const withCash = position.map((one) => ({ ...one, cash: one.units > 0 ? 0 : 200 }));

  it('never fill better than the level when it is a loss, nor outside the candle', () => {
    fc.assert(
      fc.property(withCash, share, share, (held, up, down) => {
        const { price } = protectiveLevel(held);
        const open = 100;
        const candle = { high: open * (1 + up), low: open * (1 - down) };
        const safe = price === 0 || (held.units > 0 ? open > price : open < price);
        fc.pre(safe);
        const hit = stopInside(held, candle);
        if (!hit) return;
        expect(hit.price).toBeGreaterThanOrEqual(candle.low - 1e-9);
        expect(hit.price).toBeLessThanOrEqual(candle.high + 1e-9);
        const touched = price > 0 && (held.units > 0 ? candle.low <= price : candle.high >= price);
        expect(hit.reason === 'take-profit').toBe(!touched);
      }),
    );
  });

  it('protect at the level that is met first', () => {
    const held = { units: 1, cash: 0, entryPrice: 100, bestPrice: 130, stopLoss: 0.1, takeProfit: 0, trailing: 0.2 };
    expect(protectiveLevel(held)).toEqual({ price: 104, reason: 'trailing-stop' });
    expect(protectiveLevel({ ...held, bestPrice: 105 })).toEqual({ price: 90, reason: 'stop-loss' });
  });
});

describe('breakers', () => {
  it('are none when all are switched off, and stop every late or blocked decision when on', () => {
    const account = { pausedUntilMs: 0, pausedBy: null };
    fc.assert(
      fc.property(fc.nat(10), fc.constantFrom(null, 'drift-alarm' as const, 'no-edge' as const), (days, blocked) => {
        const at = (limits: typeof NO_BREAKERS) =>
          breakerAt(account, { originMs: 0, blocked }, days * 86_400_000, '1d', limits);
        expect(at(NO_BREAKERS)).toBe(null);
        expect(at(DEFAULT_BREAKERS['1d'])).toBe(days > 0 ? 'stale-data' : blocked);
      }),
    );
  });
});
