import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CandlecastError } from '../../core/errors.ts';

/** TensorFlow.js's operations, on whichever backend the instance has. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core');

/**
 * Where `@tensorflow/tfjs-node` may be installed, in this order: `native/`, which `npm run native:install` fills, and the project's own folder, for
 * whoever ran `npm install @tensorflow/tfjs-node` there. This file lies as deep in `dist/` as in `src/`.
 */
const FOLDERS: readonly URL[] = [new URL('../../../native/', import.meta.url), new URL('../../../', import.meta.url)];

const missing = (message: string, cause?: unknown) =>
  new CandlecastError('CC_BACKEND_MISSING', message, cause === undefined ? {} : { cause });

/** Returns the first folder in which `@tensorflow/tfjs-node` is installed, or undefined; whether it loads, only loading shows. */
const folderOf = (folders: readonly URL[]): URL | undefined =>
  folders.find((folder) => existsSync(new URL('node_modules/@tensorflow/tfjs-node/lib', folder)));

/** Throws `CC_BACKEND_MISSING` when `@tensorflow/tfjs-node` is installed in none of the folders; returns the first that has it. */
export function requireTensorflowInstalled(folders: readonly URL[] = FOLDERS): URL {
  const folder = folderOf(folders);
  if (!folder) throw missing('@tensorflow/tfjs-node is not installed.');
  return folder;
}

/** Whether `@tensorflow/tfjs-node` is installed. */
export const isTensorflowInstalled = (): boolean => folderOf(FOLDERS) !== undefined;

/**
 * Loads native TensorFlow into this process, which must be a child process of its own: in worker threads the library is reported
 * to crash. Throws `CC_BACKEND_MISSING` when it is not installed or does not load.
 */
export function loadTensorflow(folders: readonly URL[] = FOLDERS): TensorFlow {
  const folder = requireTensorflowInstalled(folders);
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
