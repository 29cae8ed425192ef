import { requireShape, requireWhole } from './checks.ts';
import type { EngineCore } from './engine-core.ts';
import { sentimentInputs } from './layers/gated-input.ts';
import type { EngineDataset, EpochPlan, HeadSpec, NetworkSpec } from './types.ts';

const horizonsOf = (head: HeadSpec) => (head.type === 'quantile' ? head.horizons : 1);
const hasAuxiliary = (head: HeadSpec) => head.type === 'quantile' && head.auxiliary;

/** Throws `CC_ENGINE_SHAPE` unless every array of the dataset has the length its rows and the network ask for. */
export function checkDataset(spec: NetworkSpec, dataset: EngineDataset): void {
  const { rows } = dataset;
  requireWhole('rows', rows, 1, 2 ** 31 - 1);
  const horizons = horizonsOf(spec.head);
  const lengths: readonly [string, Float32Array, number][] = [
    ['steps', dataset.steps, spec.features],
    ['context', dataset.context, spec.context],
    ['targets', dataset.targets, horizons],
    ['auxiliary', dataset.auxiliary, hasAuxiliary(spec.head) ? horizons : 0],
    // All of it may be missing.
    ['sentiment', dataset.sentiment ?? new Float32Array(rows * sentimentInputs(spec)), sentimentInputs(spec)],
  ];
  for (const [name, array, width] of lengths) {
    requireShape(
      array.length === rows * width,
      `The dataset's ${name} must be ${rows} × ${width} numbers, not ${array.length}.`,
    );
  }
}

/** Throws `CC_ENGINE_SHAPE` unless every window lies within the rows. */
export function checkWindows(windows: Int32Array, window: number, rows: number): void {
  for (const end of windows) {
    requireShape(end >= window - 1 && end < rows, `No window of ${window} rows ends at row ${end} of ${rows}.`);
  }
}

/** Throws `CC_ENGINE_SHAPE` unless the plan is one the session can run. */
export function checkPlan(plan: EpochPlan, spec: NetworkSpec, rows: number): void {
  requireShape(
    plan.only === undefined || plan.only === 'sentiment',
    `There is no part "${plan.only}" that could learn alone.`,
  );
  requireShape(plan.only === undefined || spec.sentiment !== undefined, 'The network takes no sentiment in.');
  requireWhole('batch', plan.batch, 1, 2 ** 20);
  requireShape(plan.windows.length > 0, 'An epoch needs at least one window.');
  const batches = Math.ceil(plan.windows.length / plan.batch);
  requireShape(
    plan.learningRates.length === batches,
    `An epoch of ${batches} batches needs as many learning rates, not ${plan.learningRates.length}.`,
  );
  requireShape(plan.learningRates.every(Number.isFinite), 'Learning rates must be finite numbers.');
  requireShape(plan.weightDecay >= 0 && plan.weightDecay < Infinity, 'Weight decay must be a number of at least 0.');
  requireShape(plan.clipNorm > 0, 'The clip norm must be above 0.');
  checkWindows(plan.windows, spec.window, rows);
}

/** The dataset within the engine's memory: copied in once, so that the caller's arrays may go. */
export class TrainingData {
  readonly rows: number;
  readonly #horizons: number;
  readonly #levels: number;
  readonly #auxiliaryWeight: number;
  readonly #targets: Float32Array;
  readonly #auxiliary: Float32Array;

  constructor(core: EngineCore, dataset: EngineDataset) {
    const { layout } = core;
    const { spec } = core.network;
    const { head } = spec;
    this.rows = dataset.rows;
    this.#horizons = horizonsOf(head);
    this.#levels = head.levels.length;
    this.#auxiliaryWeight = head.type === 'quantile' && head.auxiliary ? head.auxiliaryWeight : 0;
    this.#targets = core.floats(layout.targets, dataset.targets.length);
    this.#auxiliary = core.floats(layout.auxiliary, dataset.auxiliary.length);
    this.#targets.set(dataset.targets);
    this.#auxiliary.set(dataset.auxiliary);
    core.floats(layout.steps, dataset.steps.length).set(dataset.steps);
    core.floats(layout.context, dataset.context.length).set(dataset.context);
    if (dataset.sentiment) core.floats(layout.sentiment, dataset.sentiment.length).set(dataset.sentiment);
  }

  /** What one pinball and one Huber loss count, so that the batch's loss is a mean over what is known. */
  lossScales(windows: Int32Array): { readonly scale: number; readonly auxiliaryScale: number } {
    const targets = this.#known(this.#targets, windows);
    const auxiliary = this.#auxiliaryWeight > 0 ? this.#known(this.#auxiliary, windows) : 0;
    return {
      scale: targets > 0 ? 1 / (targets * this.#levels) : 0,
      auxiliaryScale: auxiliary > 0 ? this.#auxiliaryWeight / auxiliary : 0,
    };
  }

  #known(values: Float32Array, windows: Int32Array): number {
    let known = 0;
    for (const row of windows) {
      for (let i = row * this.#horizons; i < (row + 1) * this.#horizons; i++) {
        if (!Number.isNaN(values[i]!)) known++;
      }
    }
    return known;
  }
}
