import { ByteReader, ByteWriter } from './byte-stream.ts';
import { decodeForests, encodeForests } from './forest.ts';
import type { TreeModel } from './tree-model.ts';

/** "CCTM" and the version of the format. */
const MAGIC = 0x4d544343;
const VERSION = 1;
const MOST_HORIZONS = 64;
const MOST_LEVELS = 1024;

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
  reader.require(count > 0 && count <= MOST_HORIZONS, 'have no horizon, or too many');
  reader.require(levels > 0 && levels <= MOST_LEVELS, 'have no level, or too many');
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
