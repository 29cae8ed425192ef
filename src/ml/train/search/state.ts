import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { INTERVALS } from '../../../core/candle.ts';
import { CandlecastError } from '../../../core/errors.ts';
import { FAMILIES } from '../../model/recipes.ts';

const finite = z.number();
const whole = z.int().nonnegative();
/** Null for a run that diverged: JSON cannot hold infinity. */
const skill = finite.nullable();

const paramsSchema = z.object({
  peakLearningRate: finite.positive(),
  batch: z.int().positive(),
  window: z.int().positive(),
  filters: z.int().positive(),
  units: z.int().positive(),
  dense: z.int().positive(),
  dropout: finite.min(0).max(0.99),
  weightDecay: finite.min(0),
});

/** The data and options of a search; a file with others is not continued. */
const identitySchema = z.object({
  /** SHA-256 of every candle of every coin. */
  data: z.string(),
  symbols: z.array(z.string()),
  interval: z.enum(INTERVALS),
  family: z.enum(FAMILIES),
  seed: whole,
  /** The trials' parameters: another number, seed or space of the search gives others. */
  trials: z.array(paramsSchema).min(2).max(1_000),
  fitUntilMs: finite.nullable(),
  stopUntilMs: finite.nullable(),
  windowVisits: z.int().positive(),
  clipNorm: finite,
  /** `FitOptions.validationChecks`, under the name that search files have. */
  looks: z.int().positive(),
  patience: z.int().positive(),
  medianShare: z.union([finite, z.array(finite).readonly()]),
  build: z.enum(['auto', 'simd', 'relaxed']),
});
export type SearchIdentity = z.infer<typeof identitySchema>;

/** Sums of losses on the validation set by horizon and, within, by day. */
const lossesSchema = z.object({ model: z.array(z.array(finite)), climatology: z.array(z.array(finite)) });
export type DailyLosses = z.infer<typeof lossesSchema>;

const outcomeSchema = z.object({
  /** Skill over climatology on the validation set in per cent, best validation check, mean over the horizons; null when it diverged. */
  skillPct: skill,
  skillByHorizon: z.array(finite),
  visited: whole,
  seconds: finite.min(0),
  parameters: whole,
  fitWindows: whole,
  validation: z.object({ windows: whole, fromMs: finite, toMs: finite }),
});

const scoreSchema = outcomeSchema.extend({ trial: whole, rung: whole });
/** How a trial did in a rung. */
export type TrialScore = z.infer<typeof scoreSchema>;

const runSchema = outcomeSchema.extend({ trial: whole, seed: whole, losses: lossesSchema.nullable() });
/** One full-length run of the closing comparison. */
export type ComparisonRun = z.infer<typeof runSchema>;

const stateSchema = z.object({
  format: z.literal(1),
  identity: identitySchema,
  scores: z.array(scoreSchema),
  comparison: z.array(runSchema),
});
/** The results of a search so far, as its file holds them. */
export type SearchState = z.infer<typeof stateSchema>;

/** A search before its first trial. */
export const newSearch = (identity: SearchIdentity): SearchState => ({
  format: 1,
  identity,
  scores: [],
  comparison: [],
});

/** Words for what a file can differ in. */
const WORDS: Partial<Readonly<Record<keyof SearchIdentity, string>>> = {
  data: 'the candles',
  symbols: 'the coins',
  trials: 'the number of trials or their parameters',
  fitUntilMs: '--fit-until',
  stopUntilMs: '--stop-until',
};

/**
 * Reads a search's file to go on with it; throws `CC_SEARCH_FILE` when it is damaged, or was made for other data or options,
 * saying which.
 */
export function resumeSearch(text: string, identity: SearchIdentity, name: string): SearchState {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new CandlecastError('CC_SEARCH_FILE', `${name} is no JSON.`, { cause });
  }
  const state = stateSchema.safeParse(raw);
  if (!state.success) {
    throw new CandlecastError('CC_SEARCH_FILE', `${name} is no search this version understands.`, {
      cause: state.error,
    });
  }
  const keys = Object.keys(identity) as (keyof SearchIdentity)[];
  const other = keys.filter((key) => !isDeepStrictEqual(state.data.identity[key], identity[key]));
  if (other.length > 0) {
    const differs = other.map((key) => WORDS[key] ?? key).join(', ');
    throw new CandlecastError('CC_SEARCH_FILE', `${name} belongs to another search; what differs: ${differs}.`);
  }
  return { ...state.data, identity };
}
