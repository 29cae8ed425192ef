import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/ledger.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { canonicalEntry, canonicalOutcome } from '../../../src/core/record.ts';
import {
  type ForecastPage,
  NO_PRICES,
  NO_SUCH_PRICES,
  type OutcomePage,
  PRICES,
  type PriceColumn,
} from '../../../src/core/record-audit.ts';
import { scoreForecast } from '../../../src/ml/scoring/ledger-score.ts';
import { forecastHash, outcomeHash } from '../../../src/services/record/row-hash.ts';
import { priceBytes, readPrices } from '../../../src/storage/bytes.ts';
import { unissued } from '../../support/ledger.ts';

const PREVIOUS = '5f'.repeat(32);
const price = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
const row = fc.array(price, { minLength: QUANTILE_LEVELS.length, maxLength: QUANTILE_LEVELS.length });
const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const one = (value: number | null) => Float64Array.of(value ?? Number.NaN);

/** A column of one row, by way of the bytes that a table holds. */
function column(bytes: Uint8Array | null): PriceColumn {
  const prices = new Float64Array(QUANTILE_LEVELS.length);
  if (bytes === null) return { prices, held: Uint8Array.of(NO_PRICES) };
  return { prices, held: Uint8Array.of(readPrices(bytes, prices) ? PRICES : NO_SUCH_PRICES) };
}

function pageOf(entry: Omit<LedgerEntry, 'hash'>, quantiles = priceBytes(entry.quantiles)): ForecastPage {
  return {
    count: 1,
    number: one(entry.sequence),
    texts: [entry],
    originMs: one(entry.originMs),
    targetMs: one(entry.targetMs),
    issuedAtMs: one(entry.issuedAtMs),
    lastPrice: one(entry.lastPrice),
    pUp: one(entry.pUp),
    sentimentShare: one(entry.sentimentShare),
    quantiles: column(quantiles),
    climatology: column(entry.climatology && priceBytes(entry.climatology)),
    hash: new Uint8Array(32),
  };
}

describe('the hash of a stored row', () => {
  it('is that of its canonical text, with prices of 4 and of 8 bytes, and packed ones', () => {
    fc.assert(
      fc.property(
        row,
        fc.option(row, { nil: null }),
        price,
        fc.string({ unit: 'grapheme' }),
        share,
        fc.boolean(),
        fc.boolean(),
        (...drawn) => {
          const [made, usual, lastPrice, text, sentimentShare, isSingle, isSorted] = drawn;
          const stored = (prices: readonly number[]) => (isSingle ? prices.map(Math.fround) : prices);
          const quantiles = stored([...made].sort((a, b) => (isSorted ? a - b : 0)));
          const forecast = unissued({ source: text, model: `m ${text}`, sentimentShare });
          const entry = {
            ...forecast,
            lastPrice,
            quantiles,
            climatology: usual && stored(usual),
            issuedAtMs: forecast.originMs + 1,
            sequence: 9,
            cause: 'scheduled' as const,
          };
          const page = pageOf(entry);
          expect(forecastHash(page, 0, PREVIOUS)).toBe(sha256(canonicalEntry(entry, PREVIOUS)));
          expect([...page.quantiles.prices]).toEqual(quantiles);
        },
      ),
    );
  });

  it('is none where the column does not hold 21 numbers', () => {
    const entry = { ...unissued(), climatology: null, issuedAtMs: 1, sequence: 1, cause: 'scheduled' as const };
    expect(forecastHash(pageOf(entry), 0, PREVIOUS)).not.toBeNull();
    const bytes = priceBytes(entry.quantiles);
    for (const wrong of [[], [0], [...priceBytes(entry.quantiles.slice(1))], [...bytes, 0]]) {
      expect(forecastHash(pageOf(entry, Uint8Array.from(wrong)), 0, PREVIOUS)).toBeNull();
    }
  });

  it('is that of the canonical text of an outcome', () => {
    fc.assert(
      fc.property(row, fc.option(row, { nil: null }), price, price, fc.nat(3), fc.string(), (...drawn) => {
        const [made, climatology, lastPrice, actualPrice, revision, source] = drawn;
        const quantiles = [...made].sort((a, b) => a - b);
        const forecast = { ...unissued(), sequence: 12_345_678, lastPrice, quantiles, climatology };
        const scored = scoreForecast(forecast, { actualPrice, source, scoredAtMs: 1_700_000_000_000, revision });
        const outcome = { ...scored, number: 4_000_000_000 };
        const page: OutcomePage = {
          count: 1,
          number: one(outcome.number),
          sequence: one(outcome.sequence),
          revision: one(outcome.revision),
          source: [source],
          scoredAtMs: one(outcome.scoredAtMs),
          actualPrice: one(outcome.actualPrice),
          logReturn: one(outcome.logReturn),
          pinball: one(outcome.pinball),
          climatologyPinball: one(outcome.climatologyPinball),
          absoluteError: one(outcome.absoluteError),
          naiveScale: one(outcome.naiveScale),
          directionHit: one(outcome.directionHit ? 1 : 0),
          brier: one(outcome.brier),
          band: one(outcome.band),
          level: one(outcome.level),
          hash: new Uint8Array(32),
        };
        expect(outcomeHash(page, 0, PREVIOUS)).toBe(sha256(canonicalOutcome(outcome, PREVIOUS)));
      }),
    );
  });
});
