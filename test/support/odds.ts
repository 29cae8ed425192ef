import { silentLogger } from '../../src/core/logger.ts';
import type { OddsRecordPart, OddsRecordReport, OddsSort } from '../../src/core/odds-record.ts';
import { seededRandom } from '../../src/core/random.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { type OddsCase, oddsReliability } from '../../src/ml/scoring/odds-reliability.ts';
import type { ForecastService } from '../../src/services/forecast/forecast.ts';
import { createOddsService } from '../../src/services/odds/odds.ts';

/** A record of odds that hold as well as they say, some a day over so many days. */
export function believableOddsRecord(days = 60, changes: Partial<OddsRecordReport> = {}): OddsRecordReport {
  const part = (seed: number, each: number): OddsRecordPart => {
    const random = seededRandom(seed);
    const cases = Array.from({ length: days * each }, (_, i): OddsCase => {
      const stated = random() ** 1.5;
      const happened = random() < stated;
      return { originMs: Math.floor(i / each) * DAY_MS, stated, happened, usual: 0.1 + 0.8 * stated };
    });
    const reliability = oddsReliability(cases);
    return { reliability, enough: days >= 42, unscored: 3 };
  };
  const both = (each: number): Record<OddsSort, OddsRecordPart> => ({ end: part(1, each), touch: part(2, each) });
  return {
    symbol: null,
    name: null,
    horizon: null,
    model: null,
    days: 60,
    fixed: both(300),
    asked: both(4),
    simulated: false,
    ...changes,
  };
}

/** Odds of forecasts, recorded nowhere, with a record that is long enough. */
export function oddsInMemory(forecast: ForecastService, nowMs: number) {
  const oddsRecord = { report: async () => believableOddsRecord() };
  return {
    oddsRecord,
    odds: createOddsService({
      forecast,
      askedOdds: { add: async () => 1 },
      record: oddsRecord,
      clockIsRight: () => true,
      logger: silentLogger,
      now: () => nowMs,
    }),
  };
}
