import { describe, expect, it } from 'vitest';
import { fitHar, harForecast, harInputs, harTargets } from '../../../src/ml/baselines/har.ts';
import reference from '../../fixtures/baselines.json' with { type: 'json' };

const { har } = reference;
const range = Float64Array.from(reference.ranges);

describe('HAR regression', () => {
  const inputs = harInputs(range, har.scales);
  const targets = harTargets(range, har.steps);
  // The reference takes no average over fewer candles than it names.
  const from = Math.max(...har.scales) - 1;

  it('gives the coefficients and forecasts of statsmodels to 1e-8', () => {
    const coefficients = fitHar(inputs, targets, har.scales.length, from, range.length - 1)!;
    har.coefficients.forEach((value, i) => {
      expect(coefficients[i]).toBeCloseTo(value, 8);
    });
    har.logForecasts.forEach((value, i) => {
      expect(harForecast(coefficients, inputs, range.length - har.logForecasts.length + i)).toBeCloseTo(value, 8);
    });
  });

  it('knows no target that is not complete', () => {
    expect(targets[range.length - har.steps - 1]).not.toBeNaN();
    expect(targets.subarray(range.length - har.steps).every(Number.isNaN)).toBe(true);
  });

  it('leaves out rows with a missing range', () => {
    const gappy = range.map((value, i) => (i === 500 ? Number.NaN : value));
    const around = harTargets(gappy, har.steps);
    expect(around.subarray(500 - har.steps, 500).every(Number.isNaN)).toBe(true);
    expect(fitHar(harInputs(gappy, har.scales), around, har.scales.length, from, range.length - 1)).not.toBeNull();
  });

  it('needs sixty complete targets', () => {
    expect(fitHar(inputs, targets, har.scales.length, from, from + 58)).toBeNull();
    expect(fitHar(inputs, targets, har.scales.length, from, from + 59)).not.toBeNull();
  });

  it('gives a forecast where volatility never changes', () => {
    const still = new Float64Array(200).fill(0.02);
    const inputsOfStill = harInputs(still, har.scales);
    const coefficients = fitHar(inputsOfStill, harTargets(still, 3), har.scales.length, 0, 199)!;
    expect(harForecast(coefficients, inputsOfStill, 199)).toBeCloseTo(Math.log(0.02), 9);
  });
});
