import type { CalibrationState } from '../../core/calibration-state.ts';
import { CandlecastError } from '../../core/errors.ts';
import { type Attribution, type DistributionExplanation, INPUT_GROUPS, type InputGroup } from '../../core/forecast.ts';
import { deviationOf, MEDIAN_INDEX, probabilityAbove, QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { medianShareAt } from '../calibration/calibrate.ts';
import { widen } from '../calibration/widening.ts';
import type { WidthTable } from '../calibration/widths.ts';
import { applyScaler } from '../data/scaler.ts';
import { createPredictor } from '../engine/predictor.ts';
import type { Engine } from '../engine/types.ts';
import { buildFeatures, type CoinFeatures, type CoinInput, stepNames, windowUsable } from '../features/build.ts';
import type { CandleColumns } from '../features/columns.ts';
import { createEnsemblePredictor } from './ensemble.ts';
import { inputGroup, NEUTRAL_STEP } from './input-groups.ts';
import { type CalibratedModel, createQuantileForecaster, scaledSentiment } from './quantile-forecaster.ts';

/** Attributes the forecast from the last row of the columns to its inputs, at one horizon in candles; `calibration` and `widths` as for the forecast itself. */
export type Explainer = (
  coin: CoinInput,
  btc: CandleColumns | null,
  steps: number,
  calibration?: CalibrationState | null,
  widths?: WidthTable | null,
) => DistributionExplanation;

const LEVELS = QUANTILE_LEVELS.length;

const NUMBERS = ['width', 'median', 'pUp'] as const;

type ThreeNumbers = Readonly<Record<(typeof NUMBERS)[number], number>>;

/**
 * Makes an explainer of a model's final distributions. The value of a coalition of groups is the ensemble's output when every
 * other group's inputs are neutral: context at the mean of training, sentiment not known, steps as in NEUTRAL_STEP, and without the coin's own volatility its
 * usual one as the scale. The ensemble's median counts with the share that calibration keeps of it. The explainer throws
 * `CC_HISTORY_TOO_SHORT` where no forecast can be made, and `CC_MODEL_DAMAGED` when the model has no such horizon.
 */
export function createExplainer(
  model: CalibratedModel,
  makePredictor: Engine['createPredictor'] = createPredictor,
): Explainer {
  const forecaster = createQuantileForecaster(model, makePredictor);
  const predictor = createEnsemblePredictor(model, makePredictor);
  const { card, spec } = model;
  return (coin, btc, steps, calibration = null, widths = null) => {
    const at = card.steps.indexOf(steps);
    if (at < 0) throw new CandlecastError('CC_MODEL_DAMAGED', `The model does not forecast ${steps} candles ahead.`);
    const features = buildFeatures(coin, btc);
    const row = coin.columns.rows - 1;
    const here = Int32Array.of(row);
    const usual = climatologyBaseline.forecast(features, [steps], here);
    if (!windowUsable(features, row, spec.window) || Number.isNaN(usual[0]!)) {
      throw new CandlecastError('CC_HISTORY_TOO_SHORT', `${coin.symbol} has too few candles to explain a forecast.`);
    }
    const usualVolatility = deviationOf(usual);
    const numbers = (quantiles: ArrayLike<number>): ThreeNumbers => ({
      width: Math.log(deviationOf(quantiles) / usualVolatility),
      median: quantiles[MEDIAN_INDEX]!,
      pUp: probabilityAbove(quantiles, 0),
    });

    const groups = INPUT_GROUPS.filter((group) => variedInTraining(model, coin.symbol, group));
    const coalitions = 1 << groups.length;
    const inputs = coalitionInputs(model, features, row, groups);
    const answers = predictor.predict(coalitions, inputs.steps, inputs.context, inputs.sentiment);
    const ownVolatility = 1 << groups.indexOf('volatility');
    const scale = features.series.sigma[row]! * Math.sqrt(steps);
    const worth = Array.from({ length: coalitions }, (_, coalition) => {
      const from = (coalition * card.steps.length + at) * LEVELS;
      const raw = answers.subarray(from, from + LEVELS);
      const towards = (1 - medianShareAt(card.calibration.medianShare, at)) * raw[MEDIAN_INDEX]!;
      const unit = coalition & ownVolatility ? scale : usualVolatility;
      return numbers(raw.map((value) => (value - towards) * unit));
    });

    const final = forecaster
      .predictLatest(features, row, calibration, widths)
      .quantiles.subarray(at * LEVELS, (at + 1) * LEVELS);
    const factor = widening(model, features, row, at);
    const median = final[MEDIAN_INDEX]!;
    const [first, shown] = [numbers(usual), numbers(final)];
    const narrow = numbers(final.map((value) => median + (value - median) / factor));
    const attribution = (name: keyof ThreeNumbers): Attribution => {
      const values = worth.map((one) => one[name]);
      return {
        usual: first[name],
        reference: values[0]! - first[name],
        groups: shapleyValues(values, groups.length).map((value, i) => ({ group: groups[i]!, value })),
        calibration: narrow[name] - values[coalitions - 1]!,
        adjustment: shown[name] - narrow[name],
        shown: shown[name],
      };
    };
    return { width: attribution('width'), median: attribution('median'), pUp: attribution('pUp') };
  };
}

/** The factor by which the bands at one row and horizon were widened after calibration; 1 where they were not. */
function widening({ card }: CalibratedModel, coin: CoinFeatures, row: number, at: number): number {
  // Widening is linear around the median, so its factor can be read off any curve.
  const probe = Float64Array.from({ length: card.steps.length * LEVELS }, (_, i) => (i % LEVELS) - MEDIAN_INDEX);
  widen(probe, coin, card.scaler, card.steps, Int32Array.of(row));
  return probe[at * LEVELS]! / -MEDIAN_INDEX;
}

/** Whether any input of the group varied in training; what never varied is always neutral. A coin's own volatility is also the scale. */
function variedInTraining({ card }: CalibratedModel, symbol: string, group: InputGroup): boolean {
  if (group === 'sentiment') return card.sentiment !== undefined;
  if (group === 'volatility' || stepNames.some((name) => inputGroup(name, symbol) === group)) return true;
  const { names, deviation } = card.scaler;
  return names.some((name, column) => deviation[column]! > 0 && inputGroup(name, symbol) === group);
}

/** The ensemble's inputs at one row for every coalition: those of absent groups are neutral. */
function coalitionInputs(
  { card, spec }: CalibratedModel,
  coin: CoinFeatures,
  row: number,
  groups: readonly InputGroup[],
): { readonly steps: Float32Array; readonly context: Float32Array; readonly sentiment: Float32Array | undefined } {
  const bitOf = (name: string) => 1 << groups.indexOf(inputGroup(name, coin.symbol));
  const stepBits = stepNames.map(bitOf);
  const contextBits = coin.contextNames.map(bitOf);
  const features = stepNames.length;
  const ownSteps = coin.steps.subarray((row - spec.window + 1) * features, (row + 1) * features);
  const names = coin.contextNames.length;
  const ownContext = applyScaler(card.scaler, coin.context.slice(row * names, (row + 1) * names));
  const coalitions = 1 << groups.length;
  const steps = new Float32Array(coalitions * ownSteps.length);
  const context = new Float32Array(coalitions * names);
  const said = scaledSentiment(card, coin, Int32Array.of(row));
  const sentiment = said && new Float32Array(coalitions * said.length);
  const ofSentiment = 1 << groups.indexOf('sentiment');
  for (let coalition = 0; coalition < coalitions; coalition++) {
    for (let i = 0; i < ownSteps.length; i++) {
      const feature = i % features;
      steps[coalition * ownSteps.length + i] = coalition & stepBits[feature]! ? ownSteps[i]! : NEUTRAL_STEP[feature]!;
    }
    for (let i = 0; i < names; i++) {
      context[coalition * names + i] = coalition & contextBits[i]! ? ownContext[i]! : 0;
    }
    if (said && coalition & ofSentiment) sentiment?.set(said, coalition * said.length);
  }
  return { steps, context, sentiment };
}

/**
 * Exact Shapley values (Shapley 1953) of `players` players. `values[coalition]` is what the coalition is worth, a bit for each
 * player; 2^players of them. The values sum to that of all players less that of none; a player who never changes anything gets
 * 0, and two who are interchangeable get the same.
 */
export function shapleyValues(values: ArrayLike<number>, players: number): number[] {
  const weight = coalitionWeights(players);
  return Array.from({ length: players }, (_, player) => {
    const bit = 1 << player;
    let sum = 0;
    for (let coalition = 0; coalition < 1 << players; coalition++) {
      if (coalition & bit) continue;
      sum += weight[bitCount(coalition)]! * (values[coalition | bit]! - values[coalition]!);
    }
    return sum;
  });
}

/** |S|! (n − |S| − 1)! ÷ n! for coalitions of 0 … n − 1 players. */
function coalitionWeights(players: number): number[] {
  const weights = [1 / Math.max(players, 1)];
  for (let size = 1; size < players; size++) weights.push((weights[size - 1]! * size) / (players - size));
  return weights;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count++;
  return count;
}
