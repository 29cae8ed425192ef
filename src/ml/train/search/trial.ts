import type { Interval } from '../../../core/candle.ts';
import { CandlecastError } from '../../../core/errors.ts';
import { type Clock, DAY_MS } from '../../../core/time.ts';
import type { MedianShare } from '../../calibration/calibrate.ts';
import {
  type JoinedCoins,
  joinCoins,
  scaleInputs,
  trainingPeriods,
  windowsBetween,
  withWindow,
} from '../../data/dataset.ts';
import type { Engine } from '../../engine/types.ts';
import { parameterCount } from '../../engine/weights.ts';
import type { CoinInput } from '../../features/build.ts';
import type { CandleColumns } from '../../features/columns.ts';
import { AUXILIARY_WEIGHTS, DEFAULT_SIZE, type Family, networkSpec } from '../../model/recipes.ts';
import { predictWindows, requireEnough, VALIDATION_WINDOWS } from '../fit-ensemble.ts';
import { type FitOptions, type FitProgress, fitMember } from '../fit-member.ts';
import { createValidationSet, type ValidationSet } from '../validation-set.ts';
import type { TrialParams } from './space.ts';
import type { ComparisonRun, DailyLosses } from './state.ts';

/** What all trials of a search share. */
export interface TrialSetting {
  readonly interval: Interval;
  readonly family: Family;
  readonly fitUntilMs?: number | undefined;
  readonly stopUntilMs?: number | undefined;
  /** Every window length of the search: only origins at which all of them are usable decide. */
  readonly windows: readonly number[];
  readonly medianShare: MedianShare;
  /** How a net is fitted at full length; a trial's parameters replace theirs. */
  readonly fit: FitOptions;
}

/** One net to train. */
export interface TrialRequest {
  readonly params: TrialParams;
  readonly seed: number;
  /** Share of the full length. */
  readonly share: number;
  /** Whether the losses by day are wanted. */
  readonly losses: boolean;
}

/** What it gave. */
export type TrialOutcome = Omit<ComparisonRun, 'trial' | 'seed'>;

/** Trains trials one after another. */
export interface TrialRunner {
  /** Throws as training does, except that a run which diverges has no skill. */
  run(request: TrialRequest, onProgress: (progress: FitProgress) => void, cancel?: Int32Array): Promise<TrialOutcome>;
}

/** Minimum number of validation checks of a short run; the last is at its end, where the learning rate is low. */
const MIN_CHECKS = 3;

/**
 * Makes the inputs once and a runner over them. All trials are scored on the same origins, whatever their window. Throws
 * `CC_TRAINING_DATA` when there are too few.
 */
export function createTrialRunner(
  coins: readonly CoinInput[],
  btc: CandleColumns | null,
  setting: TrialSetting,
  engine: Engine,
  clock: Clock,
): TrialRunner {
  const joined = joinCoins(coins, btc, setting.interval, DEFAULT_SIZE.window);
  const { fitUntilMs, stopUntilMs } = trainingPeriods(joined, setting);
  const stop = usableByAll(joined, setting.windows, windowsBetween(joined, fitUntilMs, stopUntilMs, stopUntilMs));
  const validation = createValidationSet(joined, stop, VALIDATION_WINDOWS, setting.medianShare);
  const days = daysOf(joined, validation.windows);
  const judged = { windows: validation.windows.length, fromMs: fitUntilMs, toMs: stopUntilMs };
  let current: { readonly fitWindows: Int32Array; readonly scaled: JoinedCoins } | null = null;

  /** The windows to fit on, and all inputs scaled by them. */
  function prepare(window: number): NonNullable<typeof current> {
    if (current?.scaled.window === window) return current;
    const own = withWindow(joined, window);
    const fitWindows = windowsBetween(own, 0, fitUntilMs, fitUntilMs);
    requireEnough(fitWindows, stop, fitUntilMs);
    // The copy for the previous window is freed before the next is made.
    current = null;
    current = { fitWindows, scaled: scaleInputs(own, fitWindows).joined };
    return current;
  }

  return {
    async run({ params, seed, share, losses }, onProgress, cancel) {
      const startedMs = clock();
      const auxiliary = AUXILIARY_WEIGHTS[setting.interval];
      const spec = networkSpec(
        setting.family,
        joined.contextNames.length,
        joined.steps.length,
        params,
        null,
        auxiliary,
      );
      const { fitWindows, scaled } = prepare(params.window);
      const { peakLearningRate, batch, weightDecay } = params;
      const checks = setting.fit.validationChecks;
      const options: FitOptions = {
        ...setting.fit,
        ...{ peakLearningRate, batch, weightDecay },
        windowVisits: Math.round(setting.fit.windowVisits * share),
        validationChecks: Math.max(Math.min(MIN_CHECKS, checks), Math.round(checks * share)),
      };
      const facts = { parameters: parameterCount(spec), fitWindows: fitWindows.length, validation: judged };
      const seconds = () => Math.round((clock() - startedMs) / 100) / 10;
      try {
        const run = {
          spec,
          dataset: scaled.data,
          windows: fitWindows,
          seed,
          options,
          clock,
          onProgress,
          cancel,
          engine,
        };
        const fitted = await fitMember(run, validation);
        const predicted = predictWindows(engine, scaled, { spec, members: [fitted.weights] }, validation.windows);
        return {
          ...facts,
          skillPct: fitted.skillPct,
          skillByHorizon: validation.skillByHorizon(predicted),
          visited: fitted.visited,
          seconds: seconds(),
          losses: losses ? dailyLosses(validation, predicted, days) : null,
        };
      } catch (error) {
        if (!(error instanceof CandlecastError) || error.code !== 'CC_TRAINING_DIVERGED') throw error;
        return { ...facts, skillPct: null, skillByHorizon: [], visited: 0, seconds: seconds(), losses: null };
      }
    },
  };
}

function usableByAll(joined: JoinedCoins, lengths: readonly number[], candidates: Int32Array): Int32Array {
  const usable = new Uint16Array(joined.data.rows);
  const distinct = new Set(lengths);
  for (const length of distinct) for (const row of withWindow(joined, length).windows) usable[row]!++;
  return candidates.filter((row) => usable[row] === distinct.size);
}

/** The place of each window's day among the days that occur, in time order. */
function daysOf(joined: JoinedCoins, windows: Int32Array): Int32Array {
  const originMs = new Map(Array.from(joined.windows, (row, i) => [row, joined.originMs[i]!]));
  const day = Int32Array.from(windows, (row) => Math.floor(originMs.get(row)! / DAY_MS));
  const place = new Map([...new Set(day)].sort((a, b) => a - b).map((value, i) => [value, i]));
  return day.map((value) => place.get(value)!);
}

function dailyLosses(validation: ValidationSet, scaled: Float32Array, days: Int32Array): DailyLosses {
  const horizons = validation.baselineLosses.length / validation.windows.length;
  const count = days.reduce((most, day) => Math.max(most, day + 1), 0);
  const byDay = (losses: Float64Array) => {
    const sums = Array.from({ length: horizons }, () => new Array<number>(count).fill(0));
    losses.forEach((loss, index) => {
      if (!Number.isNaN(loss)) sums[index % horizons]![days[Math.floor(index / horizons)]!]! += loss;
    });
    return sums;
  };
  return { model: byDay(validation.losses(scaled)), climatology: byDay(validation.baselineLosses) };
}
