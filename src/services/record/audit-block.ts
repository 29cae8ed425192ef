import type { AuditReader } from '../../core/record-audit.ts';
import type { RangeAdder, RangeSums } from '../../storage/score-sums-proof.ts';
import {
  type AuditRange,
  claimOrigins,
  compareOrigins,
  type KnownModels,
  type RangeResult,
  type ReadRange,
  readForecasts,
} from './audit-forecasts.ts';
import { createCandleClaims, type ForecastLookup, firstOf } from './audit-lookups.ts';
import { claimTargets, compareTargets, readOutcomes } from './audit-outcomes.ts';

/** Forecasts, and the outcomes that were written at about the same time: most belong to them, or to forecasts of the days before. */
export interface AuditBlock {
  readonly forecasts: AuditRange;
  readonly outcomes: AuditRange;
}

/** The result for one block. */
export interface BlockResult {
  readonly forecasts: RangeResult;
  readonly outcomes: RangeResult;
  /** What the rows add to the sums of scores. */
  readonly sums: RangeSums;
}

/** What a block is verified with; the lookup holds the forecasts of the blocks before it. */
export interface BlockParts {
  readonly reader: AuditReader;
  readonly lookup: ForecastLookup;
  readonly adder: RangeAdder;
  readonly models: KnownModels;
  readonly nowMs: number;
}

/** Verifies a block: of each chain up to its first fault. */
export async function auditBlock(parts: BlockParts, block: AuditBlock): Promise<BlockResult> {
  const { reader, lookup, adder, nowMs } = parts;
  const forecasts = await readForecasts(parts, block.forecasts);
  const outcomes = await readOutcomes(parts, block.outcomes);
  const claims = createCandleClaims();
  claimOrigins(claims, forecasts);
  claimTargets(claims, outcomes, lookup);
  const candles = await claims.read(reader);
  return {
    forecasts: joined(forecasts, await compareOrigins(reader, candles, forecasts)),
    outcomes: joined(outcomes, await compareTargets(reader, candles, outcomes, lookup, nowMs)),
    sums: adder.all(),
  };
}

const joined = <Page>(
  { fault, counts, latestMs, earliest }: ReadRange<Page>,
  compared: Pick<RangeResult, 'fault' | 'counts'>,
): RangeResult => ({
  fault: firstOf([fault, compared.fault]),
  counts: { ...counts, ...compared.counts },
  latestMs,
  earliest,
});
