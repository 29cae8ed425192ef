import { describe, expect, it } from 'vitest';
import { alertCommand } from '../../../src/commands/alerts/alert.ts';
import { parsePrice } from '../../../src/commands/alerts/typed-alert.ts';

describe('parsePrice', () => {
  it.each([
    ['100000', 100_000],
    ['$100,000', 100_000],
    ['100k', 100_000],
    ['95.5k', 95_500],
    ['1.2m', 1_200_000],
    ['0.0000123', 0.0000123],
    ['0,35', 0.35],
    ['1,234.5', 1_234.5],
    ['1.234,5', 1_234.5],
    ['1.234.567', 1_234_567],
    ['100 000 USD', 100_000],
  ])('reads %s', (text, price) => {
    expect(parsePrice(text, alertCommand.definition)).toBeCloseTo(price, 10);
  });

  it.each(['', '-5', '0', 'k', '1.2.3', '1e5x'])('refuses "%s"', (text) => {
    expect(() => parsePrice(text, alertCommand.definition)).toThrow(expect.objectContaining({ code: 'CC_USAGE' }));
  });
});
