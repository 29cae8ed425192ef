import type { HorizonName } from '../core/horizon.ts';
import { type AuditBlock, auditBlock } from '../services/record/audit-block.ts';
import type { KnownModels } from '../services/record/audit-forecasts.ts';
import { createForecastLookup } from '../services/record/audit-lookups.ts';
import { openAuditReader, openSumsReader } from '../storage/audit-reader.ts';
import type { ComparedRange } from '../storage/score-sums-audit.ts';
import { createRangeAdder, type SumsPiece } from '../storage/score-sums-proof.ts';

/** A block to be verified. */
interface BlockRequest {
  readonly block: AuditBlock;
  readonly models: KnownModels;
  readonly nowMs: number;
}

/** The worker's functions: each verifies a block of rows, or sums of scores, which it reads by connections of its own. */
export const task = ({ databaseUrl }: { readonly databaseUrl: string }) => {
  const reader = openAuditReader(databaseUrl);
  const lookup = createForecastLookup();
  let opened: ReturnType<typeof openSumsReader> | undefined;
  const sums = () => {
    opened ??= openSumsReader(databaseUrl);
    return opened;
  };
  return {
    block: ({ block, models, nowMs }: BlockRequest) =>
      auditBlock({ reader, lookup, adder: createRangeAdder(), models, nowMs }, block),
    unprovenDays: ({ horizon, pieces }: { readonly horizon: HorizonName; readonly pieces: readonly SumsPiece[] }) =>
      sums().unproven(horizon, pieces),
    compareSums: (range: ComparedRange) => sums().compare(range),
  };
};
