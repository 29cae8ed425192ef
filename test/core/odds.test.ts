import { describe, expect, it } from 'vitest';
import type { FanPoint } from '../../src/core/forecast.ts';
import { chanceOf, horizonReaching, levelOdds, type OddsForecast, returnsAt } from '../../src/core/odds.ts';
import { BANDS, probabilityAbove, QUANTILE_LEVELS } from '../../src/core/quantiles.ts';
import { seededRandom } from '../../src/core/random.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';

const NATIVE_MS = [HOUR_MS, 4 * HOUR_MS, DAY_MS, 3 * DAY_MS, 7 * DAY_MS];

/** A fan as forecasts make it: any ascending quantiles at the native horizons that widen with time, and points between. */
function anyFan(seed: number): OddsForecast {
  const random = seededRandom(seed);
  const lastPrice = 10 ** (random() * 8 - 3);
  const drift = (random() - 0.5) * 0.02;
  const skew = 0.6 + random() * 0.8;
  const perDay = 0.01 + random() * 0.06;
  const returnsOf = (ms: number, jitter: number) =>
    QUANTILE_LEVELS.map((level) => {
      const z = Math.log(level / (1 - level)) / 1.7;
      const spread = perDay * Math.sqrt(ms / DAY_MS) * jitter * (z < 0 ? skew : 1);
      return drift * Math.sqrt(ms / (7 * DAY_MS)) * 0.3 + z * spread;
    });
  const originMs = Date.UTC(2026, 1, 3, 4, 5, 6);
  const fan: FanPoint[] = [{ timeMs: originMs, quantiles: QUANTILE_LEVELS.map(() => lastPrice) }];
  let from = { ms: 0, returns: QUANTILE_LEVELS.map(() => 0) };
  for (const ms of NATIVE_MS) {
    const returns = returnsOf(ms, 0.95 + random() * 0.1);
    for (let i = 1; i <= 5; i++) {
      const at = from.ms + ((ms - from.ms) * i) / 5;
      const share = (Math.sqrt(at) - Math.sqrt(from.ms)) / (Math.sqrt(ms) - Math.sqrt(from.ms));
      fan.push({
        timeMs: originMs + at,
        quantiles: returns.map(
          (value, k) => lastPrice * Math.exp(from.returns[k]! + share * (value - from.returns[k]!)),
        ),
      });
    }
    from = { ms, returns };
  }
  return { originMs, lastPrice, fan };
}

const SEEDS = Array.from({ length: 60 }, (_, i) => i + 1);
const SPANS_MS = [1, 2, 4, 7.5, 8, 13, 24, 30, 48, 72, 100, 120, 168].map((hours) => hours * HOUR_MS);

describe('levelOdds', () => {
  it.each(SEEDS)(
    'falls with the level, rises with time for a far touch, and touching is likelier than ending there (%i)',
    (seed) => {
      const forecast = anyFan(seed);
      const { lastPrice, originMs } = forecast;
      const levels = Array.from({ length: 61 }, (_, i) => lastPrice * Math.exp((i - 30) / 60));
      const broken: string[] = [];
      let earlier: readonly { readonly touch: number }[] | null = null;
      for (const spanMs of SPANS_MS) {
        const odds = levels.map((level) => levelOdds(forecast, level, originMs + spanMs));
        odds.forEach(({ above, touch }, i) => {
          const far = levels[i]! > lastPrice ? above : 1 - above;
          const [nearer, farther] = i > 30 ? [odds[i - 1]!.touch, touch] : [touch, odds[i - 1]?.touch ?? 0];
          const holds = {
            'is a probability': above >= 0 && above <= 1 && touch >= 0 && touch <= 1,
            'falls with the level': i === 0 || above <= odds[i - 1]!.above,
            // The middle level is the price itself, where both sides are near.
            'touching is likelier than ending there': i === 30 || touch >= far - 1e-12,
            'a farther level is touched less often': i === 31 || farther <= nearer + 1e-12,
            'rises with time': !earlier || touch >= earlier[i]!.touch - 1e-9,
          };
          for (const [rule, isKept] of Object.entries(holds)) if (!isKept) broken.push(`${rule}: ${spanMs}, ${i}`);
        });
        earlier = odds;
      }
    },
  );

  it.each(SEEDS.slice(0, 20))(
    'is the forecast itself at its own horizons: P(up) and the edges of the bands (%i)',
    (seed) => {
      const forecast = anyFan(seed);
      const { lastPrice, originMs, fan } = forecast;
      for (const spanMs of NATIVE_MS) {
        const { quantiles } = fan.find(({ timeMs }) => timeMs === originMs + spanMs)!;
        const returns = quantiles.map((price) => Math.log(price / lastPrice));
        expect(levelOdds(forecast, lastPrice, originMs + spanMs).above).toBeCloseTo(probabilityAbove(returns, 0), 12);
        for (const { coverage, lower, upper } of BANDS) {
          const inside =
            levelOdds(forecast, quantiles[lower]!, originMs + spanMs).above -
            levelOdds(forecast, quantiles[upper]!, originMs + spanMs).above;
          expect(inside).toBeCloseTo(coverage, 9);
        }
      }
    },
  );

  it('lies between the forecasts before and after at a moment between them', () => {
    const forecast = anyFan(3);
    const at = (ms: number) => returnsAt(forecast, forecast.originMs + ms).at(-1)!;
    const widths = [1, 2, 4, 8, 24, 48, 72, 120, 168].map((hours) => at(hours * HOUR_MS));
    expect([...widths].sort((a, b) => a - b)).toEqual(widths);
    // Half of the way in the square root of time is half of the way in width.
    const middle = ((Math.sqrt(DAY_MS) + Math.sqrt(3 * DAY_MS)) / 2) ** 2;
    expect(at(middle)).toBeCloseTo((at(DAY_MS) + at(3 * DAY_MS)) / 2, 10);
  });

  it('falls to nothing and rises to certainty far outside the ranges, never beyond', () => {
    const forecast = anyFan(5);
    const odds = (factor: number) => levelOdds(forecast, forecast.lastPrice * factor, forecast.originMs + DAY_MS);
    expect(odds(100).above).toBeLessThan(1e-6);
    expect(odds(0.01).above).toBeGreaterThan(1 - 1e-6);
    expect(chanceOf(odds(0.01), 'below')).toBeGreaterThanOrEqual(0);
  });

  it('has touched the price at which it starts', () => {
    const forecast = anyFan(7);
    expect(levelOdds(forecast, forecast.lastPrice, forecast.originMs + HOUR_MS).touch).toBe(1);
  });
});

describe('horizonReaching', () => {
  it('names the shortest forecast that reaches so far', () => {
    const reaching = [1, 2, 4, 5, 24, 25, 72, 73, 168].map((hours) => horizonReaching(hours * HOUR_MS));
    expect(reaching).toEqual(['1h', '4h', '4h', '1d', '1d', '3d', '3d', '7d', '7d']);
  });
});
