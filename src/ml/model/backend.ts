import { createPredictor } from '../engine/predictor.ts';
import { createTrainingSession } from '../engine/session.ts';
import type { Engine } from '../engine/types.ts';

/** The library that computes the nets: the built-in WebAssembly engine, or native TensorFlow in a process of its own. */
export type Backend = 'wasm' | 'tfjs-node';

/**
 * The backend that a setting selects. `auto` is always the built-in engine: it is several times as fast, needs nothing installed, and its
 * results are the same to the bit on every machine (docs/native.md).
 */
export const backendOf = (setting: 'auto' | Backend): Backend => (setting === 'auto' ? 'wasm' : setting);

/** The built-in engine. */
export const builtInEngine: Engine = {
  name: (build) => build,
  createTrainingSession,
  createPredictor,
};
