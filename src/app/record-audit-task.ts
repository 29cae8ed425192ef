import type { HorizonName } from '../core/horizon.ts';
import { type AuditRange, auditForecasts, type KnownModels } from '../services/record/audit-forecasts.ts';
import { auditOutcomes } from '../services/record/audit-outcomes.ts';
import { openAuditReader, openSumsReader } from '../storage/audit-reader.ts';
import type { ComparedRange } from '../storage/score-sums-audit.ts';
import { createRangeAdder, type SumsPiece } from '../storage/score-sums-pieces.ts';

/** The worker's functions: each verifies a range of rows, or sums of scores, which it reads by connections of its own. */
export const task = ({ databaseUrl }: { readonly databaseUrl: string }) => {
  const reader = openAuditReader(databaseUrl);
  let opened: ReturnType<typeof openSumsReader> | undefined;
  const sums = () => {
    opened ??= openSumsReader(databaseUrl);
    return opened;
  };
  return {
    forecasts: ({ range, models }: { readonly range: AuditRange; readonly models: KnownModels }) =>
      auditForecasts(reader, range, models, createRangeAdder()),
    outcomes: ({ range, nowMs }: { readonly range: AuditRange; readonly nowMs: number }) =>
      auditOutcomes(reader, range, nowMs, createRangeAdder()),
    unprovenDays: ({ horizon, pieces }: { readonly horizon: HorizonName; readonly pieces: readonly SumsPiece[] }) =>
      sums().unproven(horizon, pieces),
    compareSums: (range: ComparedRange) => sums().compare(range),
  };
};
