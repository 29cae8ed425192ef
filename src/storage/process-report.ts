import { z } from 'zod';
import type { ClockStatus } from '../core/clock-check.ts';
import { ERROR_CATALOGUE, type ErrorCode } from '../core/errors.ts';
import type { SourceHealth } from '../core/market.ts';
import { DRIFT_SIGNS, type DriftStatus } from '../core/model-info.ts';
import type { ProcessReport } from '../core/processes.ts';

const text = z.string().max(2_000);

const interval = z.enum(['1h', '1d']);

const codes = Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]];

const source = z.object({
  name: text,
  kind: z.enum(['market', 'assets', 'onchain', 'news', 'reddit', 'index']),
  state: z.enum(['ok', 'degraded', 'down', 'untried']),
  lastSuccessMs: z.number().nullable(),
  lastFailure: z.object({ atMs: z.number(), code: z.enum(codes), reason: text }).nullable(),
  retryAtMs: z.number().nullable(),
  oddRows: z
    .array(z.object({ reason: text, rows: z.number() }))
    .max(100)
    .exactOptional(),
  note: text.exactOptional(),
}) satisfies z.ZodType<SourceHealth>;

const drift = z.object({
  interval,
  version: text,
  state: z.enum(['checking', 'unknown', 'ok', 'watch', 'alarm']),
  coins: z.number(),
  fromMs: z.number().nullable(),
  toMs: z.number().nullable(),
  horizons: z
    .array(
      z.object({
        steps: z.number(),
        name: text,
        n: z.number(),
        periods: z.number(),
        coverage80: z.number(),
        expectedCoverage80: z.number().nullable(),
        skillPct: z.number(),
        expectedSkillLowPct: z.number(),
      }),
    )
    .max(20),
  findings: z.array(z.object({ steps: z.number(), sign: z.enum(DRIFT_SIGNS), sinceMs: z.number() })).max(100),
  falseAlarmsPerYear: z.number(),
  checkedAtMs: z.number(),
}) satisfies z.ZodType<DriftStatus>;

const clock = z.object({
  state: z.enum(['unknown', 'right', 'off', 'wrong']),
  aheadMs: z.number(),
  hosts: z.array(text).max(100),
}) satisfies z.ZodType<ClockStatus>;

/** What a process of this version or another reports; a part of it that cannot be read counts as empty. */
export const report = z.object({
  problems: z.array(text).max(50).catch([]),
  sources: z.array(source).max(200).catch([]),
  drift: z.array(drift).max(10).catch([]),
  waits: z.boolean().catch(false),
  clock: clock.nullable().catch(null),
  memoryBytes: z.number().nonnegative().nullable().catch(null),
});

const NOTHING: ProcessReport = { problems: [], sources: [], drift: [], waits: false, clock: null, memoryBytes: null };

/** Reads a stored report; what is no report says nothing. */
export function readReport(stored: string): ProcessReport {
  try {
    return report.safeParse(JSON.parse(stored)).data ?? NOTHING;
  } catch {
    return NOTHING;
  }
}
