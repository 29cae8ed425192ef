import { requireShape } from '../engine/checks.ts';
import { ByteReader, ByteWriter } from './byte-stream.ts';
import { addForest, decodeForests, encodeForests, type Forest } from './forest.ts';

/** What is known about one horizon. */
export interface TreeHorizon {
  /** Raw: log of how far scaled returns go. */
  readonly scale: Forest;
  /** Raw: log-odds that the return is above zero. */
  readonly direction: Forest;
  /** Quantiles of scaled return ÷ scale at the model's levels, ascending, less their median. */
  readonly shape: readonly number[];
  /** By how much of the scale the median moves with one unit of log-odds; never negative. */
  readonly perLogit: number;
}

/** A forecaster made of trees: how far each horizon's return goes, and by how much its odds differ from what they were on average. */
export interface TreeModel {
  /** Inputs of a row. */
  readonly width: number;
  readonly horizons: readonly TreeHorizon[];
}

/** Forecasts of rows by a tree model. */
export interface TreePredictor {
  /**
   * Quantiles of the scaled returns of `n` rows (n × width): n × horizons × levels, ascending in the levels. Throws `CC_ENGINE_SHAPE`
   * when a size is wrong or an input is not finite.
   */
  predict(n: number, inputs: Float32Array): Float32Array;
}

/** No market moves e^±20 times its σ: with this bound a quantile is a finite number whatever a forest holds. */
const MAX_LOG_SCALE = 20;

/**
 * Makes a predictor: quantile k is s · (shape k + perLogit · (log-odds − their start)). The start is left out so that the years of
 * training do not lend the future their drift. Throws `CC_ENGINE_SHAPE` unless the model has the given levels.
 */
export function createTreePredictor(model: TreeModel, levels: readonly number[]): TreePredictor {
  const { width, horizons } = model;
  for (const { shape } of horizons) {
    requireShape(shape.length === levels.length, `The trees have ${shape.length} levels, not ${levels.length}.`);
  }
  return {
    predict(n, inputs) {
      requireShape(inputs.length === n * width, `${inputs.length} inputs are not ${n} rows of ${width}.`);
      const out = new Float32Array(n * horizons.length * levels.length);
      for (const [h, { scale, direction, shape, perLogit }] of horizons.entries()) {
        const logScale = addForest(scale, inputs, width, n);
        const logOdds = addForest(direction, inputs, width, n);
        for (let row = 0; row < n; row++) {
          const s = Math.exp(Math.min(Math.max(logScale[row]!, -MAX_LOG_SCALE), MAX_LOG_SCALE));
          const shift = perLogit * (logOdds[row]! - direction.start);
          const at = (row * horizons.length + h) * levels.length;
          for (let k = 0; k < levels.length; k++) out[at + k] = s * (shape[k]! + shift);
        }
      }
      return out;
    },
  };
}

/** "CCTM" and the version of the format. */
const MAGIC = 0x4d544343;
const VERSION = 1;
const MAX_HORIZONS = 64;
const MAX_LEVELS = 1024;

/**
 * Packs a model: magic, version, width, how many horizons and levels; of each horizon the shape and `perLogit`; then all forests, scale
 * and direction of each horizon in turn. Little-endian.
 */
export function encodeTrees(model: TreeModel): Uint8Array {
  const { width, horizons } = model;
  const writer = new ByteWriter();
  writer.uint32(MAGIC);
  writer.uint16(VERSION);
  writer.uint16(width);
  writer.uint16(horizons.length);
  writer.uint16(horizons[0]?.shape.length ?? 0);
  for (const { shape, perLogit } of horizons) {
    for (const value of shape) writer.float64(value);
    writer.float64(perLogit);
  }
  writer.append(encodeForests(horizons.flatMap(({ scale, direction }) => [scale, direction])));
  return writer.bytes();
}

/** Reads a model back; throws `CC_MODEL_DAMAGED` for anything that `encodeTrees` does not write. */
export function decodeTrees(bytes: Uint8Array): TreeModel {
  const reader = new ByteReader(bytes, 'The trees');
  reader.require(reader.uint32() === MAGIC, 'begin with something else');
  reader.require(reader.uint16() === VERSION, 'have a format that this version does not know');
  const width = reader.uint16();
  const count = reader.uint16();
  const levels = reader.uint16();
  reader.require(count > 0 && count <= MAX_HORIZONS, 'have no horizon, or too many');
  reader.require(levels > 0 && levels <= MAX_LEVELS, 'have no level, or too many');
  reader.requireLeft(count * (levels + 1) * 8);
  const curves = Array.from({ length: count }, () => {
    const shape = Array.from({ length: levels }, () => reader.float64());
    reader.require(
      shape.every((value, k) => Number.isFinite(value) && (k === 0 || value >= shape[k - 1]!)),
      'have quantiles that do not ascend',
    );
    const perLogit = reader.float64();
    reader.require(Number.isFinite(perLogit) && perLogit >= 0, 'turn odds into something that is no move');
    return { shape, perLogit };
  });
  const forests = decodeForests(reader.rest());
  reader.require(forests.length === 2 * count, 'have forests for other horizons');
  reader.require(
    forests.every((forest) => forest.width === width),
    'have forests of other inputs',
  );
  const horizons = curves.map((curve, h) => ({ scale: forests[2 * h]!, direction: forests[2 * h + 1]!, ...curve }));
  return { width, horizons };
}
