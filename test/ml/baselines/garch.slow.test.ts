import { describe, expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { studentTQuantile } from '../../../src/ml/baselines/distributions.ts';
import { drawOrders, garchShape, summedVariances } from '../../../src/ml/baselines/garch.ts';
import { backcast, fitGarch, meanLogLikelihood, nextVariance } from '../../../src/ml/baselines/garch-fit.ts';
import reference from '../../fixtures/baselines.json' with { type: 'json' };
import { normals } from '../../support/candles.ts';
import { garchProcess, volatileCandles } from '../../support/volatile-candles.ts';

const returns = Float64Array.from(reference.returns);
const { garch } = reference;

describe('GARCH-t fit', () => {
  const fit = fitGarch(returns, null)!;

  it('is at least as likely as the fit of arch, to 1e-3', () => {
    expect(fit.logLikelihood).toBeGreaterThan(garch.logLikelihood - 1e-3);
    // Nor more likely: it is the same likelihood that is maximised.
    expect(fit.logLikelihood).toBeLessThan(garch.logLikelihood + 0.05);
  });

  it("gives arch's likelihood for arch's parameters", () => {
    const value = meanLogLikelihood(returns, garch, backcast(returns), new Float64Array(4));
    expect(value * returns.length).toBeCloseTo(garch.logLikelihood, 6);
  });

  it("gives arch's parameters within 2 % and its one-step variances within 1 %", () => {
    for (const name of ['omega', 'alpha', 'beta', 'freedom'] as const)
      expect(Math.abs(fit.parameters[name] / garch[name] - 1)).toBeLessThan(0.02);
    garch.variances.forEach((variance, i) => {
      const before = returns.subarray(0, returns.length - garch.variances.length + i);
      expect(Math.abs(nextVariance(before, fit.parameters) / variance - 1)).toBeLessThan(0.01);
      expect(Math.abs(nextVariance(before, garch) / variance - 1)).toBeLessThan(1e-9);
    });
  });

  it("gives arch's variances for the next seven candles within 1 %", () => {
    const sums = summedVariances(fit.parameters, nextVariance(returns, fit.parameters), 7);
    garch.ahead.forEach((variance, i) => {
      expect(Math.abs((sums[i]! - (sums[i - 1] ?? 0)) / variance - 1)).toBeLessThan(0.01);
    });
  });

  it('ends at the same place from a poor earlier fit', () => {
    const warm = fitGarch(returns, { omega: 0.5, alpha: 0.3, beta: 0.2, freedom: 60 })!;
    expect(warm.logLikelihood).toBeCloseTo(fit.logLikelihood, 3);
  });

  it('scales with the returns', () => {
    const scaled = fitGarch(
      returns.map((value) => value * 1000),
      null,
    )!;
    expect(scaled.parameters.omega / (fit.parameters.omega * 1e6)).toBeCloseTo(1, 4);
    expect(scaled.parameters.alpha).toBeCloseTo(fit.parameters.alpha, 5);
  });

  it('gives in where prices do not move', () => {
    expect(fitGarch(new Float64Array(300), null)).toBeNull();
  });

  it('takes normal, constant-variance and exploding returns without leaving its bounds', () => {
    const normal = normals(8);
    const calm = Float64Array.from({ length: 500 }, () => 0.02 * normal());
    const exploding = calm.map((value, i) => value * Math.exp(i / 100));
    const spiked = calm.map((value, i) => (i === 490 ? 5 : value));
    for (const series of [calm, exploding, spiked]) {
      const found = fitGarch(series, null);
      if (!found) continue;
      const { omega, alpha, beta, freedom } = found.parameters;
      expect(Math.min(omega, alpha, beta)).toBeGreaterThan(0);
      expect(alpha + beta).toBeLessThanOrEqual(1);
      expect(freedom).toBeGreaterThan(2);
      expect(Number.isFinite(nextVariance(series, found.parameters))).toBe(true);
    }
    expect(fitGarch(calm, null)).not.toBeNull();
  });

  it('finds the parameters of a long simulated series again', () => {
    const candles = volatileCandles(8_000, { seed: 3, process: garchProcess(4e-5, 0.1, 0.86), freedom: 6 });
    const moves = Float64Array.from(candles, (candle) => Math.log(candle.close / candle.open));
    const { alpha, beta, freedom } = fitGarch(moves, null)!.parameters;
    expect(alpha).toBeCloseTo(0.1, 1);
    expect(alpha + beta).toBeCloseTo(0.96, 1);
    expect(Math.abs(freedom - 6)).toBeLessThan(1);
  });
});

describe('GARCH-t likelihood', () => {
  it('has the slopes that differences show', () => {
    const parameters = { omega: 0.04, alpha: 0.11, beta: 0.83, freedom: 4.4 };
    const scale = Math.sqrt(returns.reduce((sum, value) => sum + value * value, 0) / returns.length);
    const units = returns.map((value) => value / scale);
    const start = backcast(units);
    const gradient = new Float64Array(4);
    meanLogLikelihood(units, parameters, start, gradient);
    (['omega', 'alpha', 'beta', 'freedom'] as const).forEach((name, i) => {
      const at = (change: number) =>
        meanLogLikelihood(units, { ...parameters, [name]: parameters[name] + change }, start, new Float64Array(4));
      expect(gradient[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 6);
    });
  });
});

describe('GARCH-t over several candles', () => {
  const parameters = { omega: 4e-5, alpha: 0.12, beta: 0.84, freedom: 5 };
  const steps = [1, 3, 7];
  const shape = garchShape(parameters, steps, drawOrders(7));

  it('is exactly t for the next candle', () => {
    const out = new Float64Array(QUANTILE_LEVELS.length);
    shape.fill(0, 9e-4, out, 0);
    QUANTILE_LEVELS.forEach((level, k) => {
      expect(out[k]).toBeCloseTo(0.03 * Math.sqrt(3 / 5) * studentTQuantile(level, 5), 14);
    });
  });

  it.each([3.5e-4, 1e-3, 6e-3])('agrees with 100,000 plainly simulated paths from a variance of %f', (first) => {
    const normal = normals(17);
    const sums = [new Float64Array(100_000), new Float64Array(100_000)];
    for (let path = 0; path < 100_000; path++) {
      let variance = first;
      let sum = 0;
      for (let step = 1; step <= 7; step++) {
        let squares = 0;
        for (let i = 0; i < 5; i++) squares += normal() ** 2;
        const move = Math.sqrt(variance * (3 / squares)) * normal();
        sum += move;
        variance = parameters.omega + parameters.alpha * move * move + parameters.beta * variance;
        if (step === 3) sums[0]![path] = sum;
      }
      sums[1]![path] = sum;
    }
    const out = new Float64Array(QUANTILE_LEVELS.length);
    sums.forEach((simulated, i) => {
      simulated.sort();
      shape.fill(i + 1, first, out, 0);
      QUANTILE_LEVELS.forEach((level, k) => {
        // The probability actually below the quantile is within a point of the level.
        const below = simulated.findIndex((value) => value > out[k]!) / simulated.length;
        expect(Math.abs(below - level)).toBeLessThan(0.01);
      });
    });
  });
});
