import type { PredictSpeed } from '../engine/reference.ts';
import { unpackError } from '../workers/packed-error.ts';
import { startTensorflowProcess } from './child-process.ts';
import type { MeasureAnswer, MeasureRequest } from './measure-process.ts';

/**
 * Measures native TensorFlow on the reference network, in a process with so many threads. Rejects with `CC_BACKEND_MISSING`,
 * `CC_WORKER_DIED`.
 */
export async function measureTensorflow(
  request: MeasureRequest,
): Promise<{ readonly samplesPerSecond: number; readonly predict: PredictSpeed | null }> {
  return new Promise((resolve, reject) => {
    const child = startTensorflowProcess<MeasureRequest, MeasureAnswer>('./measure-process.js', request.threads, {
      onAnswer: (answer) => {
        if ('error' in answer) reject(unpackError(answer.error));
        else resolve(answer);
        child.kill();
      },
      onEnd: reject,
    });
    child.send(request);
  });
}
