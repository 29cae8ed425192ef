import { z } from 'zod';
import { CandlecastError } from '../core/errors.ts';
import { DECISIONS, type PromotionVerdict } from '../core/promotion.ts';

/** Models kept per interval; the serving one and its predecessor always are. */
const KEPT = 5;
/** Previous models available to a rollback, and entries in the log of changes. */
const MAX_PREVIOUS = 20;
const MAX_LOG_ENTRIES = 50;

/** JSON in a column, as the schema says. */
export const storedJson = <T>(schema: z.ZodType<T>) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** The name of a kept model. No dots, so that a version's files differ by what follows its name. */
export const versionSchema = z.string().regex(/^[A-Za-z0-9][\w-]{0,59}$/);
/** Null is the model shipped with Candlecast. */
const served = versionSchema.nullable();

/** A pointer as it is kept. */
export const pointerSchema = z.object({
  format: z.literal(1),
  serving: served,
  /** Versions that served before, the newest last. */
  previous: z.array(served).max(MAX_PREVIOUS),
  log: z
    .array(
      z.object({
        atMs: z.number(),
        action: z.enum(['promote', 'rollback']),
        from: served,
        to: served,
        why: z.string(),
      }),
    )
    .max(MAX_LOG_ENTRIES),
});
/** The serving model of an interval, and its predecessors. */
export type ModelPointer = Readonly<z.infer<typeof pointerSchema>>;

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const paired = z.object({ skillPct: estimate, pValue: z.number(), worsePValue: z.number().optional() }).nullable();
const shares = z.array(z.number()).max(8);
const coverage = z.object({ candidate: shares, serving: shares.nullable() });
/** A verdict as it is kept. */
export const verdictSchema = z.object({
  outcome: z.enum(['promoted', 'kept']),
  decidedBy: z.enum(DECISIONS).optional(),
  reason: z.string(),
  atMs: z.number(),
  against: z.string().nullable(),
  fromMs: z.number().nullable(),
  toMs: z.number().nullable(),
  n: z.int(),
  coins: z.int(),
  periods: z.int(),
  overServing: paired,
  overClimatology: paired,
  horizons: z.array(
    z.object({
      steps: z.int(),
      n: z.int(),
      overServing: paired,
      overClimatology: paired,
      coverage: coverage.optional(),
    }),
  ),
  remarks: z.array(z.string()),
}) satisfies z.ZodType<PromotionVerdict>;

/** A change of the serving model, with its log entry. */
export interface Change {
  /** The pointer that the change was decided by; absent where that cannot be read, and is replaced whatever it says. */
  readonly seen?: ModelPointer;
  readonly serving: string | null;
  readonly previous: readonly (string | null)[];
  readonly action: 'promote' | 'rollback';
  readonly why: string;
  readonly atMs: number;
}

/** What stands where nothing was ever promoted. */
export const EMPTY_POINTER: ModelPointer = { format: 1, serving: null, previous: [], log: [] };

/** The pointer after a change. Throws `CC_MODEL_CHANGED` where it is not the one any more that the change was decided by. */
export function changedPointer(
  before: ModelPointer,
  { seen, serving, previous, action, why, atMs }: Change,
): ModelPointer {
  if (seen && JSON.stringify(pointerSchema.parse(seen)) !== JSON.stringify(pointerSchema.parse(before))) {
    throw new CandlecastError(
      'CC_MODEL_CHANGED',
      'Somebody else has changed at the same moment which model serves, so nothing was changed here.',
    );
  }
  return pointerSchema.parse({
    format: 1,
    serving,
    previous: previous.slice(-MAX_PREVIOUS),
    log: [...before.log, { atMs, action, from: before.serving, to: serving, why }].slice(-MAX_LOG_ENTRIES),
  });
}

/** Which models of an interval stay: the serving one, the one before it, and the newest; `versions` newest first. */
export function keptVersions({ serving, previous }: ModelPointer, versions: readonly string[]): ReadonlySet<string> {
  const wanted = [serving, previous.at(-1), ...versions].filter((name) => typeof name === 'string');
  const kept = new Set([...new Set(wanted)].slice(0, KEPT));
  // The newest is kept even where it does not serve.
  if (versions[0] !== undefined) kept.add(versions[0]);
  return kept;
}
