import { z } from 'zod';
import { INTERVALS } from '../../core/candle.ts';
import { widthStateSchema } from '../calibration/width-factors.ts';
import { WINDOW } from '../features/build.ts';
import { FAMILIES } from './recipes.ts';

const finite = z.number();
const estimate = z.object({ value: finite, low: finite, high: finite });
const summary = z.object({ pinball: finite, mae: finite, rmse: finite, coverage: z.array(finite).length(3) });

/** How forecasts at one horizon scored on windows the evaluated net had not seen; log returns, fractions of 1. */
export const horizonRecordSchema = z.object({
  steps: z.int().positive(),
  n: z.int().nonnegative(),
  coins: z.int().nonnegative(),
  fromMs: finite,
  toMs: finite,
  overClimatology: estimate,
  overEwma: estimate,
  model: summary,
  climatology: summary,
  ewma: summary,
  randomWalk: z.object({ mae: finite, rmse: finite }),
  /** Share of medians on the right side of zero (with its interval, except on the oldest cards), and share of outcomes above zero. */
  direction: z.object({ hits: finite, low: finite.optional(), high: finite.optional(), up: finite }),
});
export type HorizonRecord = z.infer<typeof horizonRecordSchema>;

const numbers = z.array(finite);
const share = z.number().min(0).max(1);
const scaler = z.object({ names: z.array(z.string()), mean: numbers, deviation: numbers, low: numbers, high: numbers });

/**
 * What sentiment was worth at one horizon on forecasts made while some was known: by how much it lowered the mean pinball loss, in per
 * cent of that of the same model with all of it masked.
 */
export const sentimentWorthSchema = z.object({
  steps: z.int().positive(),
  valuePct: finite,
  lowPct: finite,
  highPct: finite,
  n: z.int().nonnegative(),
});
export type SentimentWorth = z.infer<typeof sentimentWorthSchema>;

/**
 * How the daily model scored on days that end at every full hour, and how one day did that is averaged from it and the hourly model: beside
 * climatology, and by how much its loss is below that of each model alone, in per cent.
 */
export const rollingDaysRecordSchema = z.object({
  /** Which models on which coins and dates. */
  description: z.string(),
  /** Of the daily model alone; none at a day where that was combined. */
  records: z.array(horizonRecordSchema),
  combinedDay: z
    .object({
      /** Share of the hourly model. */
      hoursShare: share,
      record: horizonRecordSchema,
      overDaily: estimate,
      overHourly: estimate,
    })
    .optional(),
});
export type RollingDaysRecord = z.infer<typeof rollingDaysRecordSchema>;

/** Everything about a model except its weights: how and from what it was made, its scores, and what forecasting needs. */
export const modelCardSchema = z.object({
  format: z.literal(1),
  version: z.string().regex(/^[\w.-]{1,60}$/),
  family: z.enum(FAMILIES),
  interval: z.enum(INTERVALS),
  steps: z.array(z.int().positive()).min(1),
  stepNames: z.array(z.string()),
  /** Candles in one window; cards from before it could be chosen do not say. */
  window: z.int().min(1).default(WINDOW),
  scaler,
  /** Scales sentiment; left out where the nets take none in. */
  sentiment: scaler.optional(),
  /** How the ensemble's quantiles become the final ones; see calibration/calibrate.ts. */
  calibration: z.object({
    /** One for all horizons, or one for each. */
    medianShare: z.union([share, z.array(share).min(1)]),
    climatologyWeight: z.array(share),
    conformalStep: z.number().min(0).max(1),
  }),
  /**
   * What width factors have learnt from the out-of-sample forecasts of the same recipe, so that a fresh start does not begin at one; left out
   * where none were made.
   */
  widths: widthStateSchema.optional(),
  /** Share of the boosted trees in every quantile, by horizon; left out where there are none. */
  trees: z.object({ share: z.array(share).min(1) }).optional(),
  trainedAtMs: finite,
  data: z.object({
    description: z.string(),
    symbols: z.array(z.string()),
    fromMs: finite,
    /** End of the origins that the nets were fitted on. */
    fitUntilMs: finite,
    /** End of the stopping period; equal to `fitUntilMs` where the nets were fitted on that period too in the end. */
    stopUntilMs: finite,
    /** Start of the stopping period where the nets were fitted on it too. */
    stopFromMs: finite.optional(),
    windows: z.int(),
  }),
  training: z.object({
    seeds: z.array(z.int()),
    parameters: z.int(),
    windowVisits: z.int(),
    batch: z.int(),
    peakLearningRate: finite,
    weightDecay: finite,
    engineBuild: z.string(),
    seconds: finite,
    gitCommit: z.string().nullable(),
    command: z.string(),
  }),
  /** What the evaluation is: which net on which dates. */
  evaluation: z
    .object({
      description: z.string(),
      records: z.array(horizonRecordSchema),
      sentiment: z.array(sentimentWorthSchema).optional(),
      /** Left out where it was not measured. */
      rollingDays: rollingDaysRecordSchema.optional(),
    })
    .nullable(),
});
export type ModelCard = z.infer<typeof modelCardSchema>;
