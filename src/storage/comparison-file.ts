import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { INTERVALS } from '../core/candle.ts';
import { CandlecastError, isFileMissing } from '../core/errors.ts';
import type { FamilyComparison } from '../core/model-info.ts';
import { writeAtomically } from './atomic-write.ts';

const finite = z.number();
const errors = z.object({ mse: finite, rmse: finite, mae: finite });
const interval95 = z.object({ value: finite, low: finite, high: finite });
const name = z.string().min(1).max(40);
const count = z.int().nonnegative();

const comparisonSchema = z.object({
  format: z.literal(1),
  interval: z.enum(INTERVALS),
  command: z.string().max(2_000),
  madeAtMs: finite,
  gitCommit: z.string().max(64).nullable(),
  engine: name,
  threads: count,
  seeds: z.array(count).min(1).max(64),
  coins: count,
  windows: count,
  fitUntilMs: finite,
  stopUntilMs: finite,
  families: z
    .array(
      z.object({
        family: name,
        parameters: count,
        windowVisits: count,
        seconds: finite,
        cpuSeconds: finite,
        horizons: z
          .array(
            z.object({
              steps: z.int().positive(),
              n: count,
              coins: count,
              fromMs: finite,
              toMs: finite,
              median: errors,
              randomWalk: errors,
              direction: interval95.extend({ baseRate: finite }),
              skillPct: interval95,
            }),
          )
          .max(10),
      }),
    )
    .max(20),
}) satisfies z.ZodType<FamilyComparison>;

/** Reads a comparison of families; null when there is none. Throws `CC_FILE` when it cannot be read or is no comparison. */
export async function readComparisonFile(path: string): Promise<FamilyComparison | null> {
  try {
    return comparisonSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (isFileMissing(cause)) return null;
    throw new CandlecastError('CC_FILE', `${basename(path)} is no comparison of model families.`, { cause });
  }
}

/** Writes a comparison so that a reader sees the old one or the new one, never half. Throws `CC_FILE`. */
export async function writeComparisonFile(path: string, comparison: FamilyComparison): Promise<void> {
  try {
    await writeAtomically(path, `${JSON.stringify(comparison, null, 2)}\n`);
  } catch (cause) {
    throw new CandlecastError('CC_FILE', `The comparison could not be written to ${path}.`, { cause });
  }
}
