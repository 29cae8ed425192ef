import { CandlecastError } from '../../core/errors.ts';
import { sentimentInputs } from './layers/gated-input.ts';
import { horizonsOf, medianIndex } from './layers/head.ts';
import type { EngineDataset, EpochPlan, HeadSpec, NetworkSpec, TrunkLayer } from './types.ts';

/** Throws `CC_ENGINE_SHAPE` with the message unless the condition holds. */
export function requireShape(condition: boolean, message: string): asserts condition {
  if (!condition) throw new CandlecastError('CC_ENGINE_SHAPE', message);
}

/** Throws `CC_ENGINE_SHAPE` unless the value is a whole number from `least` to `most`. */
export function requireWhole(name: string, value: number, least: number, most: number): void {
  requireShape(
    Number.isInteger(value) && value >= least && value <= most,
    `${name} must be a whole number from ${least} to ${most}, not ${value}.`,
  );
}

const MOST = 65_536;

/** Throws `CC_ENGINE_SHAPE` with the reason when a network cannot be built as it is described. */
export function checkSpec(spec: NetworkSpec): void {
  requireWhole('window', spec.window, 1, MOST);
  requireWhole('features', spec.features, 1, MOST);
  requireWhole('context', spec.context, 0, MOST);
  let steps = spec.window;
  let isVector = false;
  for (const layer of spec.trunk) {
    requireShape(!isVector || layer.type === 'dropout', `A ${layer.type} layer cannot follow the end of the sequence.`);
    checkTrunkLayer(layer);
    if (layer.type === 'maxPool') {
      steps = Math.floor(steps / layer.size);
      requireShape(steps > 0, `Pooling by ${layer.size} leaves no step of the sequence.`);
    }
    isVector ||= layer.type === 'lstm' || layer.type === 'gru' || layer.type === 'flatten';
  }
  requireShape(isVector, 'The trunk must end in an LSTM or a GRU or flatten its sequence.');
  for (const layer of spec.dense) {
    requireKnown('dense layer', layer.type, ['dense', 'dropout']);
    if (layer.type === 'dense') {
      requireWhole('units', layer.units, 1, MOST);
      requireKnown('activation', layer.activation, ['relu', 'tanh', 'linear']);
    } else requireRate(layer.rate);
  }
  if (spec.sentiment !== undefined) {
    requireShape(
      typeof spec.sentiment === 'object' && spec.sentiment !== null,
      'The sentiment of a network must give its number of inputs.',
    );
    requireWhole('sentiment inputs', spec.sentiment.inputs, 1, MOST);
    requireWhole('sentiment masks', spec.sentiment.masks, 0, spec.sentiment.inputs - 1);
    requireRate(spec.sentiment.dropout);
    requireShape(
      spec.dense.some((layer) => layer.type === 'dense'),
      'Sentiment needs a dense layer to enter.',
    );
  }
  checkHead(spec.head);
}

function checkTrunkLayer(layer: TrunkLayer): void {
  requireKnown('trunk layer', layer.type, ['conv1d', 'maxPool', 'lstm', 'gru', 'flatten', 'dropout']);
  if (layer.type === 'conv1d') {
    requireWhole('filters', layer.filters, 1, MOST);
    requireWhole('kernel', layer.kernel, 1, MOST);
    requireKnown('activation', layer.activation, ['relu', 'linear']);
  } else if (layer.type === 'maxPool') requireWhole('pool size', layer.size, 1, MOST);
  else if (layer.type === 'lstm' || layer.type === 'gru') requireWhole('units', layer.units, 1, MOST);
  else if (layer.type === 'dropout') requireRate(layer.rate);
}

/** Needed because values from files and from callers without types may be any string. */
function requireKnown<T extends string>(what: string, word: T, known: readonly T[]): void {
  requireShape(known.includes(word), `There is no ${what} "${word}".`);
}

function requireRate(rate: number): void {
  requireShape(
    Number.isFinite(rate) && rate >= 0 && rate < 1,
    `A dropout rate must be at least 0 and below 1, not ${rate}.`,
  );
}

function checkHead(head: HeadSpec): void {
  const { levels } = head;
  requireKnown('head', head.type, ['quantile', 'linear']);
  requireWhole('number of levels', levels.length, 1, 1024);
  for (const [i, level] of levels.entries()) {
    requireShape(
      Number.isFinite(level) && level > 0 && level < 1,
      `A quantile level must lie between 0 and 1, not ${level}.`,
    );
    requireShape(i === 0 || level > levels[i - 1]!, 'Quantile levels must ascend.');
  }
  if (head.type === 'linear') return;
  requireWhole('horizons', head.horizons, 1, 1024);
  requireShape(levels.length >= 2 && medianIndex(levels) >= 0, 'The quantile head needs the median among its levels.');
  requireShape(
    Number.isFinite(head.auxiliaryWeight) && head.auxiliaryWeight >= 0,
    'The auxiliary weight must be a number of at least 0.',
  );
}

/** Throws `CC_ENGINE_SHAPE` unless every array of the dataset has the length its rows and the network ask for. */
export function checkDataset(spec: NetworkSpec, dataset: EngineDataset): void {
  const { rows } = dataset;
  requireWhole('rows', rows, 1, 2 ** 31 - 1);
  const { head } = spec;
  const horizons = horizonsOf(head);
  const lengths: readonly [string, Float32Array, number][] = [
    ['steps', dataset.steps, spec.features],
    ['context', dataset.context, spec.context],
    ['targets', dataset.targets, horizons],
    ['auxiliary', dataset.auxiliary, head.type === 'quantile' && head.auxiliary ? horizons : 0],
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
