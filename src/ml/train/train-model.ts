import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';
import { outcomeColumns } from '../calibration/coin-ratios.ts';
import { createWidthFactors, type WidthState } from '../calibration/width-factors.ts';
import { type CoinRatios, learnFromMs, recordWidths } from '../calibration/width-stream.ts';
import type { WidthTable } from '../calibration/widths.ts';
import { type JoinedCoins, joinCoins, symbolsOf, trainingPeriods, windowsBetween } from '../data/dataset.ts';
import type { Engine, NetworkSpec } from '../engine/types.ts';
import { parameterCount } from '../engine/weights.ts';
import { ablateWindows, evaluateWindows } from '../evaluate/evaluate-windows.ts';
import { type CoinInput, stepNames } from '../features/build.ts';
import { type CandleColumns, rowOpenMs } from '../features/columns.ts';
import { SENTIMENT_SHAPE } from '../features/sentiment-features.ts';
import type { Ensemble } from '../forecast/ensemble.ts';
import {
  createMaskedForecaster,
  createModelForecaster,
  createQuantileForecaster,
  MEASURING_WARM_UP,
  type QuantileForecaster,
} from '../forecast/quantile-forecaster.ts';
import { type Backend, builtInEngine } from '../model/backend.ts';
import type { ModelCard } from '../model/card.ts';
import { AUXILIARY_WEIGHTS, DEFAULT_SIZE, type Family, type NetworkSize, networkSpec } from '../model/recipes.ts';
import { type EnsembleOptions, type FittedEnsemble, fitEnsemble, fitWithTwin } from './fit-ensemble.ts';
import { visitsOf } from './fit-member.ts';
import { createTrainCount, type TrainProgress } from './progress.ts';

/** Options of a training run. */
export interface TrainOptions extends EnsembleOptions {
  readonly interval: Interval;
  readonly family: Family;
  /** Default: `DEFAULT_SIZE`. */
  readonly size?: NetworkSize;
  /** Backend: `wasm`, the default, in a thread; `tfjs-node` in a process. */
  readonly backend?: Backend;
  /**
   * Origins before this are fitted on; those from here to `stopUntilMs` are the stopping period, and with `refit` are fitted on after that.
   * Default: the last year of the data, or its last third where that is shorter.
   */
  readonly fitUntilMs?: number;
  readonly stopUntilMs?: number;
  /**
   * Whether to fit the same recipe once more with its dates moved back by the length of the stopping period and to score it on that period,
   * which it has not seen; doubles the time. With `only` the model is that shifted one.
   */
  readonly outOfSampleRefit: boolean | 'only';
  /**
   * Length of the newest part of the data that a twin of the model does not see. With it the recipe is stopped before that part, the twin is fitted
   * up to it and scored on it, and the model itself is fitted on everything, for as many steps and with the same choices. Takes the place of
   * `outOfSampleRefit`; the nets are fitted again whatever `refit` says.
   */
  readonly heldOutMs?: number | undefined;
  /** The most bytes of the weights, those of the twin included, that can be kept; default: any number. */
  readonly maxBytes?: number | undefined;
  /** The moment that the card and the version name; default: when the fit ended. */
  readonly trainedAtMs?: number | undefined;
  readonly description: string;
  readonly command: string;
  readonly gitCommit: string | null;
}

/** A finished model, ready to be written. */
export interface TrainedModel extends Ensemble {
  readonly card: Omit<ModelCard, 'version'>;
  /** The same recipe fitted without the newest part of the data; left out unless `heldOutMs` asks for it. */
  readonly twin?: Omit<TrainedModel, 'twin'>;
}

const idle = { part: 'nets', visited: 0, check: 0, meanLoss: 0, skillPct: null, samplesPerSecond: 0 } as const;

/**
 * Trains an ensemble on the given coins and scores it. Blocks the calling worker thread. Throws `CC_TRAINING_DATA` when
 * there is too little, `CC_FILE` before it begins where the model would be larger than can be kept, and as the engine does.
 */
export async function trainModel(
  coins: readonly CoinInput[],
  btc: CandleColumns | null,
  options: TrainOptions,
  clock: Clock,
  onProgress: (progress: TrainProgress) => void,
  cancel?: Int32Array,
  engine: Engine = builtInEngine,
): Promise<TrainedModel> {
  const startedMs = clock();
  const members = options.seeds.length;
  onProgress({ ...idle, phase: 'features', member: 0, members, done: 0, secondsLeft: null });
  const size = options.size ?? DEFAULT_SIZE;
  const joined = joinCoins(coins, btc, options.interval, size.window);
  const periods = trainingPeriods(joined, options);
  const { firstMs, lastMs, fitUntilMs, stopUntilMs } = periods;
  const inputs = joined.data.sentiment ? SENTIMENT_SHAPE : null;
  const auxiliary = AUXILIARY_WEIGHTS[options.interval];
  const spec = networkSpec(options.family, joined.contextNames.length, joined.steps.length, size, inputs, auxiliary);
  requireRoom(spec, options);
  const progress = createTrainCount(options, visitsOf(options, spec), onProgress);
  const fitted = (
    final: FittedEnsemble,
    dates: Omit<ModelCard['data'], 'description' | 'symbols' | 'fromMs' | 'windows'>,
    evaluation: ModelCard['evaluation'],
    widths?: WidthState,
  ): Omit<TrainedModel, 'twin'> => ({
    spec,
    members: final.members,
    trees: final.trees,
    card: {
      format: 1,
      family: options.family,
      interval: options.interval,
      steps: [...joined.steps],
      stepNames: [...stepNames],
      window: spec.window,
      ...cardScalers(final),
      calibration: final.calibration as ModelCard['calibration'],
      ...(widths ? { widths } : {}),
      ...(final.trees ? { trees: { share: [...final.trees.share] } } : {}),
      trainedAtMs: options.trainedAtMs ?? clock(),
      data: {
        description: options.description,
        symbols: symbolsOf(joined, final.windows),
        fromMs: firstMs,
        ...dates,
        windows: final.windows.length,
      },
      training: {
        seeds: [...options.seeds],
        parameters: parameterCount(spec),
        windowVisits: final.visited,
        batch: options.batch,
        peakLearningRate: options.peakLearningRate,
        weightDecay: options.weightDecay,
        engineBuild: engine.name(options.build),
        seconds: Math.round((clock() - startedMs) / 1000),
        gitCommit: options.gitCommit,
        command: options.command,
      },
      evaluation,
    },
  });
  const fitRun = (phase: 'evaluation' | 'training', fitMs: number, stopMs: number) => ({
    joined,
    spec,
    engine,
    clock,
    cancel,
    fitUntilMs: fitMs,
    stopUntilMs: stopMs,
    report: progress(phase),
  });
  const run = (phase: 'evaluation' | 'training', fitMs: number, stopMs: number) =>
    fitEnsemble(fitRun(phase, fitMs, stopMs), options);
  if (options.heldOutMs !== undefined) {
    const seen = { fitUntilMs: stopUntilMs, stopUntilMs, stopFromMs: fitUntilMs };
    const made: { twin?: Omit<TrainedModel, 'twin'>; evaluation?: ModelCard['evaluation']; widths?: WidthState } = {};
    const whole = await fitWithTwin(
      fitRun('evaluation', fitUntilMs, stopUntilMs),
      options,
      periods.wholeUntilMs,
      progress('training'),
      (twin) => {
        made.twin = fitted(twin, seen, null);
        const period = { fromMs: stopUntilMs, toMs: periods.wholeUntilMs, lastMs };
        const { found, widths } = evaluateEnsemble(engine, joined, twin, period);
        made.widths = widths;
        made.evaluation = {
          description: `The same recipe without the newest ${Math.round(options.heldOutMs! / DAY_MS)} days, forecasting those, which it had not seen.`,
          ...found,
        };
      },
    );
    const untilMs = Math.min(periods.wholeUntilMs, lastMs);
    const dates = { fitUntilMs: untilMs, stopUntilMs: untilMs, stopFromMs: fitUntilMs };
    return { ...fitted(whole, dates, made.evaluation!, made.widths), twin: made.twin! };
  }
  const shifted = { fitUntilMs: 2 * fitUntilMs - stopUntilMs, stopUntilMs: fitUntilMs };
  let rehearsed: Rehearsed | null = null;
  let final: FittedEnsemble | null = null;
  if (options.outOfSampleRefit) {
    const shiftedFit = await run('evaluation', shifted.fitUntilMs, shifted.stopUntilMs);
    rehearsed = evaluateEnsemble(engine, joined, shiftedFit, { fromMs: fitUntilMs, toMs: stopUntilMs, lastMs });
    if (options.outOfSampleRefit === 'only') final = shiftedFit;
  }
  const period = final ? shifted : { fitUntilMs, stopUntilMs: Math.min(stopUntilMs, lastMs) };
  const dates = options.refit
    ? { fitUntilMs: period.stopUntilMs, stopUntilMs: period.stopUntilMs, stopFromMs: period.fitUntilMs }
    : period;
  final ??= await run('training', fitUntilMs, stopUntilMs);
  return fitted(
    final,
    dates,
    rehearsed && {
      description:
        'The same recipe with its dates moved back by the length of the stopping period, forecasting that period, which it had not seen.',
      ...rehearsed.found,
    },
    rehearsed?.widths,
  );
}

/** The scalers as a card holds them. */
const cardScalers = ({ scaler, sentimentScaler }: FittedEnsemble): Pick<ModelCard, 'scaler' | 'sentiment'> => ({
  scaler: scaler as ModelCard['scaler'],
  ...(sentimentScaler ? { sentiment: sentimentScaler as ModelCard['scaler'] } : {}),
});

/** How an ensemble did on a period it has not seen, and what width factors learnt there. */
interface Rehearsed {
  readonly found: Pick<NonNullable<ModelCard['evaluation']>, 'records' | 'sentiment'>;
  readonly widths: WidthState;
}

/** The final forecasts of an ensemble on every origin of a period it has not seen, scored; `lastMs` is the end of the data. */
function evaluateEnsemble(
  engine: Engine,
  joined: JoinedCoins,
  fitted: FittedEnsemble,
  { fromMs, toMs, lastMs }: { readonly fromMs: number; readonly toMs: number; readonly lastMs: number },
): Rehearsed {
  const card = {
    interval: joined.interval,
    steps: [...joined.steps],
    ...cardScalers(fitted),
    calibration: fitted.calibration as ModelCard['calibration'],
  };
  const forecaster = createQuantileForecaster({ ...fitted, card }, engine.createPredictor);
  const windows = windowsBetween(joined, fromMs, toMs);
  const { tableOf, state } = learnPeriodWidths(joined, forecaster, { fromMs, toMs: Math.min(toMs, lastMs) });
  const how = { widths: tableOf, warmUpRows: MEASURING_WARM_UP[joined.interval] };
  const model = createModelForecaster(forecaster, how);
  const records = evaluateWindows(joined, windows, model);
  if (!fitted.spec.sentiment) return { found: { records }, widths: state };
  const masked = createMaskedForecaster(forecaster, how);
  return { found: { records, sentiment: ablateWindows(joined, windows, model, masked) }, widths: state };
}

/** Width factors of a period, and what they had learnt at its end. */
interface PeriodWidths {
  readonly tableOf: (symbol: string) => WidthTable;
  readonly state: WidthState;
}

/**
 * Learns width factors from a model's forecasts of a period that it has not seen, and of a while before, which it has; at each moment from what had
 * matured by then. The state has what all coins share alone, since what recurs is learnt from candles wherever the model serves.
 */
function learnPeriodWidths(
  joined: JoinedCoins,
  forecaster: QuantileForecaster,
  period: { readonly fromMs: number; readonly toMs: number },
): PeriodWidths {
  const { interval, steps } = joined;
  const fromMs = learnFromMs(interval, { data: { stopUntilMs: period.fromMs } }, period.fromMs);
  const firstMs = fromMs - Math.max(...steps) * INTERVAL_MS[interval];
  const coins = joined.coins.map(({ symbol, features }): CoinRatios => {
    const { columns } = features.series;
    const originOf = (row: number) => rowOpenMs(columns, row) + INTERVAL_MS[interval];
    const rows = Int32Array.from(columns.close.keys()).filter(
      (row) => originOf(row) >= firstMs && originOf(row) <= period.toMs && !Number.isNaN(columns.close[row]!),
    );
    const originMs = Float64Array.from(rows, originOf);
    return { symbol, originMs, ...outcomeColumns(forecaster, forecaster.outcomes(features, rows, columns.close)) };
  });
  const widths = createWidthFactors(interval, steps);
  const symbols = joined.coins.map(({ symbol }) => symbol);
  const stream = { interval, steps, coins, fromMs, toMs: period.toMs, learntUntilMs: period.fromMs };
  const tableOf = recordWidths(widths, stream, symbols);
  const { untilMs, market, experts } = widths.state();
  return { tableOf, state: { untilMs, market, ...(experts ? { experts } : {}) } };
}

/** Refuses nets too large to be kept before hours of training rather than after them; trees add little to their size. */
function requireRoom(spec: NetworkSpec, { seeds, heldOutMs, maxBytes }: TrainOptions): void {
  const bytes =
    parameterCount(spec) * Float32Array.BYTES_PER_ELEMENT * seeds.length * (heldOutMs === undefined ? 1 : 2);
  if (maxBytes === undefined || bytes <= maxBytes) return;
  const inMiB = (count: number) => (count / 2 ** 20).toFixed(1);
  const kept = `only ${inMiB(maxBytes)} MiB can be kept`;
  throw new CandlecastError('CC_FILE', `The model would have weights of ${inMiB(bytes)} MiB, and ${kept}.`, {
    remedy: 'Give a smaller --window, --filters, --units or --dense, or fewer --seeds.',
  });
}
