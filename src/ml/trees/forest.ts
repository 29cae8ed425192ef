import { CandlecastError } from '../../core/errors.ts';
import { requireShape } from '../engine/checks.ts';
import { ByteReader, ByteWriter } from './byte-stream.ts';
import type { TreeNode } from './grow-tree.ts';

/**
 * Trees in flat arrays, each one's nodes in preorder: the left child of a split is the next node, so no child can precede its parent and
 * every walk ends. A raw prediction is `start` plus one leaf's value of every tree, in their order.
 */
export interface Forest {
  /** Inputs of a row. */
  readonly width: number;
  readonly start: number;
  /** First node of each tree. */
  readonly roots: Int32Array;
  /** Column that a node splits on, `LEAF` for a leaf. */
  readonly feature: Uint16Array;
  /** Of a split the cut: values at most as large go left. Of a leaf its value. */
  readonly number: Float32Array;
  /** The right child of a split; of a leaf itself. */
  readonly right: Int32Array;
}

/** Marks a leaf among features. */
export const LEAF = 0xffff;

/** Rows that one pass over the trees takes: their inputs stay in the cache. */
const BLOCK = 256;

/** Lays grown trees out as a forest, with the columns' cut points in place of bins. */
export function joinTrees(
  trees: readonly TreeNode[],
  cuts: readonly Float32Array[],
  width: number,
  start: number,
): Forest {
  const features: number[] = [];
  const numbers: number[] = [];
  const right: number[] = [];
  const add = (node: TreeNode): void => {
    const at = features.length;
    const leaf = 'value' in node;
    features.push(leaf ? LEAF : node.column);
    numbers.push(leaf ? node.value : cuts[node.column]![node.bin]!);
    right.push(at);
    if (leaf) return;
    add(node.left);
    right[at] = features.length;
    add(node.right);
  };
  const roots = trees.map((tree) => {
    const root = features.length;
    add(tree);
    return root;
  });
  return {
    width,
    start,
    roots: Int32Array.from(roots),
    feature: Uint16Array.from(features),
    number: Float32Array.from(numbers),
    right: Int32Array.from(right),
  };
}

/**
 * Raw predictions of `n` rows of inputs (n × width, row-major), the same to the bit as training's own. Throws `CC_ENGINE_SHAPE` when a
 * size is wrong or an input is not finite.
 */
export function addForest(forest: Forest, inputs: Float32Array, width: number, n: number): Float64Array {
  requireShape(width === forest.width, `The forest takes ${forest.width} inputs, not ${width}.`);
  requireShape(
    Number.isInteger(n) && n >= 0 && inputs.length >= n * width,
    `${inputs.length} inputs are not ${n} rows of ${width}.`,
  );
  for (let i = 0; i < n * width; i++) {
    if (!Number.isFinite(inputs[i])) requireShape(false, `Input ${i % width} is ${inputs[i]}, not a finite number.`);
  }
  const { roots, feature, number, right } = forest;
  const raw = new Float64Array(n).fill(forest.start);
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(from + BLOCK, n);
    for (let tree = 0; tree < roots.length; tree++) {
      const root = roots[tree]!;
      for (let row = from; row < to; row++) {
        let node = root;
        let column = feature[node]!;
        while (column !== LEAF) {
          node = inputs[row * width + column]! <= number[node]! ? node + 1 : right[node]!;
          column = feature[node]!;
        }
        raw[row]! += number[node]!;
      }
    }
  }
  return raw;
}

/** "CCTF" and the version of the format. */
const MAGIC = 0x46544343;
const VERSION = 1;
/** Marks a leaf where features take one byte. */
const SHORT_LEAF = 0xff;
const MAX_FORESTS = 1000;

/**
 * Packs forests: magic, version and how many; then for each its width, start, number of trees and nodes, the features (one byte each
 * where the width allows) and the numbers. Where children stand follows from the order. Little-endian.
 */
export function encodeForests(forests: readonly Forest[]): Uint8Array {
  const writer = new ByteWriter();
  writer.uint32(MAGIC);
  writer.uint16(VERSION);
  writer.uint16(forests.length);
  for (const { width, start, roots, feature, number } of forests) {
    writer.uint16(width);
    writer.float64(start);
    writer.uint32(roots.length);
    writer.uint32(feature.length);
    const short = width <= SHORT_LEAF;
    for (const column of feature) {
      if (short) writer.uint8(column === LEAF ? SHORT_LEAF : column);
      else writer.uint16(column);
    }
    for (const value of number) writer.float32(value);
  }
  return writer.bytes();
}

/** Reads forests back; throws `CC_MODEL_DAMAGED` for anything that `encodeForests` does not write. */
export function decodeForests(bytes: Uint8Array): Forest[] {
  const reader = new ByteReader(bytes, 'The forests');
  reader.require(reader.uint32() === MAGIC, 'begin with something else');
  reader.require(reader.uint16() === VERSION, 'have a format that this version does not know');
  const count = reader.uint16();
  reader.require(count <= MAX_FORESTS, 'are too many');
  const forests = Array.from({ length: count }, () => decodeForest(reader));
  reader.end();
  return forests;
}

function decodeForest(reader: ByteReader): Forest {
  const width = reader.uint16();
  reader.require(width > 0 && width < LEAF, 'have no inputs, or too many');
  const start = reader.float64();
  reader.require(Number.isFinite(start), 'start from something that is no number');
  const trees = reader.uint32();
  const nodes = reader.uint32();
  const short = width <= SHORT_LEAF;
  // Before anything is allocated: a damaged count must not ask for gigabytes.
  reader.require(trees <= nodes, 'have a tree without a node');
  reader.requireLeft(nodes * (short ? 5 : 6));
  const feature = new Uint16Array(nodes);
  for (let i = 0; i < nodes; i++) {
    const column = short ? reader.uint8() : reader.uint16();
    feature[i] = short && column === SHORT_LEAF ? LEAF : column;
    reader.require(feature[i] === LEAF || column < width, 'split on an input that is not there');
  }
  const number = new Float32Array(nodes);
  for (let i = 0; i < nodes; i++) number[i] = reader.float32();
  reader.require(number.every(Number.isFinite), 'hold something that is no number');
  return { width, start, feature, number, ...linkTrees(feature, trees) };
}

/** Finds roots and right children by the order of the nodes; throws `CC_MODEL_DAMAGED` unless it is that of whole trees. */
function linkTrees(feature: Uint16Array, trees: number): Pick<Forest, 'roots' | 'right'> {
  const roots = new Int32Array(trees);
  const right = new Int32Array(feature.length);
  /** Splits whose right child has not come yet. */
  const waiting: number[] = [];
  let tree = 0;
  let begins = true;
  for (let node = 0; node < feature.length; node++) {
    if (begins) {
      if (tree === trees)
        throw new CandlecastError('CC_MODEL_DAMAGED', 'The forests have nodes outside of their trees.');
      roots[tree++] = node;
    }
    begins = false;
    right[node] = node;
    if (feature[node] !== LEAF) {
      waiting.push(node);
      continue;
    }
    const parent = waiting.pop();
    if (parent === undefined) begins = true;
    else right[parent] = node + 1;
  }
  if (tree !== trees || !begins)
    throw new CandlecastError('CC_MODEL_DAMAGED', 'The forests have a tree without an end.');
  return { roots, right };
}
