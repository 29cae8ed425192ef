import { type AuditRange, auditForecasts, type KnownModels } from '../services/record/audit-forecasts.ts';
import { auditOutcomes } from '../services/record/audit-outcomes.ts';
import { openAuditReader, openSumsReader } from '../storage/audit-reader.ts';
import type { Range } from '../storage/score-sums-table.ts';

/** The worker's functions: each verifies a range of rows, which it reads by a connection of its own. */
export const task = ({ databaseUrl }: { readonly databaseUrl: string }) => {
  const reader = openAuditReader(databaseUrl);
  let sums: ReturnType<typeof openSumsReader> | undefined;
  return {
    forecasts: ({ range, models }: { readonly range: AuditRange; readonly models: KnownModels }) =>
      auditForecasts(reader, range, models),
    outcomes: ({ range, nowMs }: { readonly range: AuditRange; readonly nowMs: number }) =>
      auditOutcomes(reader, range, nowMs),
    sums: (range: Range) => {
      sums ??= openSumsReader(databaseUrl);
      return sums(range);
    },
  };
};
