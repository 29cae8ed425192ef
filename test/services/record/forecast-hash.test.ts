import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priceBytes } from '../../../src/core/price-bytes.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { canonicalEntry } from '../../../src/core/record.ts';
import { forecastHash, pricesOf } from '../../../src/services/record/forecast-hash.ts';
import { unissued } from '../../support/ledger.ts';

const hex = (prices: readonly number[]) => Buffer.from(priceBytes(prices)).toString('hex');
const PREVIOUS = '5f'.repeat(32);
const price = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
const row = fc.array(price, { minLength: QUANTILE_LEVELS.length, maxLength: QUANTILE_LEVELS.length });
const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });

describe('the hash of a stored forecast', () => {
  it('is that of its canonical text, with prices of 4 and of 8 bytes, and packed ones', () => {
    fc.assert(
      fc.property(
        row,
        fc.option(row, { nil: null }),
        price,
        fc.string(),
        share,
        fc.boolean(),
        fc.boolean(),
        (...drawn) => {
          const [made, usual, lastPrice, text, sentimentShare, isSingle, isSorted] = drawn;
          const stored = (prices: readonly number[]) => (isSingle ? prices.map(Math.fround) : prices);
          const quantiles = stored([...made].sort((a, b) => (isSorted ? a - b : 0)));
          const climatology = usual && stored(usual);
          const forecast = {
            ...unissued({ source: text, model: `m ${text}`, sentimentShare }),
            lastPrice,
            quantiles,
            climatology,
          };
          const entry = { ...forecast, issuedAtMs: forecast.originMs + 1, sequence: 9, cause: 'scheduled' as const };
          const { sequence: number, ...rest } = entry;
          const found = {
            ...rest,
            number,
            quantiles: hex(quantiles),
            climatology: climatology && hex(climatology),
            hash: '',
          };
          const expected = createHash('sha256').update(canonicalEntry(entry, PREVIOUS)).digest('hex');
          expect(forecastHash(found, PREVIOUS)).toBe(expected);
          expect(pricesOf(found.quantiles)).toEqual(quantiles);
        },
      ),
    );
  });

  it('is none where the column does not hold 21 numbers', () => {
    const { quantiles, climatology: _, ...rest } = unissued();
    const entry = { ...rest, climatology: null, issuedAtMs: 1, number: 1, cause: 'scheduled' as const, hash: '' };
    expect(forecastHash({ ...entry, quantiles: hex(quantiles) }, PREVIOUS)).not.toBeNull();
    for (const wrong of ['', '00', hex(quantiles.slice(1)), `${hex(quantiles)}00`]) {
      expect(forecastHash({ ...entry, quantiles: wrong }, PREVIOUS)).toBeNull();
    }
  });
});
