import { CandlecastError } from '../../../src/core/errors.ts';
import type { KeptModel, PromotionVerdict } from '../../../src/core/promotion.ts';
import type { AdminService } from '../../../src/services/admin/admin.ts';
import { START_MS } from '../../support/candles.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

/** Two kept models, one serving. */
export const keptModels: readonly KeptModel[] = [
  { interval: '1d', version: '1d-2026-11-20', addedAtMs: 2, outcome: 'kept', serving: false },
  { interval: '1h', version: '1h-2026-11-19', addedAtMs: 1, outcome: 'promoted', serving: true },
];

/** A verdict with numbers. */
export const keptVerdict: PromotionVerdict = {
  outcome: 'kept',
  reason: 'It is not clearly better than the serving model.',
  atMs: Date.UTC(2026, 10, 20),
  against: '1d-2026-11-01',
  fromMs: Date.UTC(2026, 7, 1),
  toMs: Date.UTC(2026, 10, 19),
  n: 9_000,
  coins: 30,
  periods: 110,
  overServing: { skillPct: { value: 0.2, low: -0.4, high: 0.8 }, pValue: 0.31 },
  overClimatology: { skillPct: { value: 2.4, low: 1.1, high: 3.6 }, pValue: 0.001 },
  horizons: [],
  remarks: ['The newest coins are missing.'],
};

/** An admin service that trains in three steps and keeps the models above. */
export const fakeAdmin: AdminService = {
  async retrain(_interval, onProgress) {
    onProgress({ stage: 'candles', done: 10, of: 30 });
    onProgress({ stage: 'training', share: 0.42, secondsLeft: 90 });
    onProgress({ stage: 'judging', done: 29, of: 30 });
    return { state: 'judged', version: '1d-2026-11-20', verdict: keptVerdict };
  },
  rollback: async () => null,
  async promote(version) {
    const model = keptModels.find((kept) => kept.version === version);
    if (!model) throw new CandlecastError('CC_MODEL_MISSING', `No model ${version} is kept.`);
    return { ...model, serving: true };
  },
  async confirmPrice(symbol) {
    const price = unconfirmedPrice(symbol, '1h', START_MS);
    return [
      { price, close: 30_600, unanswered: [] },
      { price: { ...price, interval: '1d' }, close: null, unanswered: [] },
    ];
  },
  recall: () => keptModels,
};
