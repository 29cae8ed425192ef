import { afterEach } from 'vitest';
import type { AccuracyQuery } from '../../src/core/accuracy.ts';
import { KNOWN_ASSETS } from '../../src/core/asset.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createAccuracyService } from '../../src/services/accuracy/accuracy.ts';
import type { ModelRegistry } from '../../src/services/models/model-registry.ts';
import { type KeptLedger, keepLedger } from './ledger-history.ts';

/** Keeps ledgers, and closes them after each test of the file that calls this. */
export function keepingLedgers() {
  const kept: KeptLedger[] = [];
  afterEach(async () => {
    for (const { storage } of kept.splice(0)) await storage.close();
  });
  return async (options: Parameters<typeof keepLedger>[0]): Promise<KeptLedger> => {
    const ledger = await keepLedger(options);
    kept.push(ledger);
    return ledger;
  };
}

const records = [
  {
    steps: 1,
    n: 900,
    coins: 14,
    fromMs: 1,
    toMs: 2,
    overClimatology: { value: 2, low: 1, high: 3 },
    model: { coverage: [0.5, 0.8, 0.95] },
  },
];
/** A registry whose card holds an evaluation. */
export const models = { serving: async () => ({ card: { evaluation: { records } } }) } as unknown as Pick<
  ModelRegistry,
  'serving'
>;

/** The service over a kept ledger. */
export function accuracyOf({ storage, clock }: KeptLedger, registry = models) {
  return createAccuracyService({
    outcomes: storage.outcomes,
    liveOutcomes: storage.liveOutcomes,
    schedule: storage.schedule,
    models: registry,
    assets: {
      search: () => [],
      resolve: (text) => {
        const found = KNOWN_ASSETS.find((asset) => asset.symbol === text.toUpperCase());
        if (!found) throw new CandlecastError('CC_UNKNOWN_SYMBOL', 'There is no such coin.');
        return found;
      },
    },
    simulated: () => false,
    logger: silentLogger,
    now: () => clock.nowMs,
  });
}
/** A report, and its part at the horizon that is shown. */
export const one = async (ledger: KeptLedger, query: AccuracyQuery) => {
  const report = await accuracyOf(ledger).report(query);
  return { report, live: report.horizons.find(({ horizon }) => horizon === report.shown)! };
};
export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
