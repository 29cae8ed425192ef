import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CandlecastError } from '../../core/errors.ts';

/** TensorFlow.js's operations, on whichever backend the instance has. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core');

/** The folder that `npm run native:install` fills; this file lies as deep in `dist/` as in `src/`. */
const NATIVE = new URL('../../../native/', import.meta.url);

const missing = (message: string, cause?: unknown) =>
  new CandlecastError('CC_BACKEND_MISSING', message, cause === undefined ? {} : { cause });

/** Throws `CC_BACKEND_MISSING` when `@tensorflow/tfjs-node` is not installed; whether it loads, only loading shows. */
export function requireTensorflowInstalled(folder: URL = NATIVE): void {
  if (!existsSync(new URL('node_modules/@tensorflow/tfjs-node/lib', folder))) {
    throw missing('@tensorflow/tfjs-node is not installed.');
  }
}

/** Whether `@tensorflow/tfjs-node` is installed. */
export function isTensorflowInstalled(): boolean {
  try {
    requireTensorflowInstalled();
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads native TensorFlow into this process, which must be a child process of its own: in worker threads the library is reported
 * to crash. Throws `CC_BACKEND_MISSING` when it is not installed or does not load.
 */
export function loadTensorflow(folder: URL = NATIVE): TensorFlow {
  requireTensorflowInstalled(folder);
  const load = createRequire(fileURLToPath(new URL('package.json', folder)));
  // Deprecated in Node 22 and removed in Node 23; tfjs-node still calls them.
  const util = load('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined;
  util['isArray'] = Array.isArray;
  try {
    const tf = load('@tensorflow/tfjs-node') as TensorFlow;
    tf.enableProdMode();
    return tf;
  } catch (cause) {
    throw missing('@tensorflow/tfjs-node is installed but does not load.', cause);
  }
}
