import { CandlecastError } from '../../../src/core/errors.ts';
import type { RecordCheck } from '../../../src/core/record-audit.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import type { WitnessService } from '../../../src/services/record/witness.ts';
import { outcomeOf, unissued } from '../../support/ledger.ts';
import { ORIGIN_MS } from '../forecast/believable-report.ts';

/** What `/verify` finds of a post with one forecast that came due. */
export function believableCheck(overrides: Partial<RecordCheck> = {}): RecordCheck {
  const originMs = ORIGIN_MS - 3 * DAY_MS;
  const made = unissued({ symbol: 'BTC', horizon: '1d', originMs, lastPrice: 98_123, model: '1h-2026 + 1d-2026' });
  const entry = {
    ...made,
    cause: 'posted' as const,
    sequence: 812,
    issuedAtMs: originMs + 2_000,
    hash: '3f2a9c0d11e84b77'.repeat(4),
  };
  return {
    message: {
      url: 'https://discord.com/channels/1100000000000000010/1100000000000000020/1573760029163520005',
      sentMs: originMs + 4_000,
      editedMs: null,
      isReply: false,
      head: { forecasts: 812, digits: '3f2a9c0d11e84b7755aa' },
      problem: null,
    },
    forecasts: [{ entry, outcome: outcomeOf(entry, 99_301) }],
    isShown: true,
    chain: {
      problem: null,
      forecasts: 1,
      checkpoints: 72,
      upTo: {
        number: 161,
        atMs: ORIGIN_MS - HOUR_MS,
        forecasts: 1_204,
        marks: 0,
        outcomes: 1_100,
        models: 2,
        calls: 0,
        odds: 0,
        hash: 'ab'.repeat(32),
      },
      isComplete: true,
    },
    isKept: true,
    nowMs: ORIGIN_MS,
    ...overrides,
  };
}

/** A service that knows one forecast, and reads no messages. */
export const fakeWitness: WitnessService = {
  head: async () => null,
  connect() {},
  checkForecast: async () => believableCheck({ message: null }),
  checkMessage: () => Promise.reject(new CandlecastError('CC_RECORD_UNKNOWN', 'I did not write that message.')),
};
