import { parentPort, workerData } from 'node:worker_threads';
import { builtInEngine } from '../model/backend.ts';
import { serveTraining } from './serve-training.ts';
import type { TrainingMessage, TrainingRequest } from './training-messages.ts';

/** What the training thread is started with. */
export interface TrainingThreadData extends TrainingRequest {
  /** Shared; 1 cancels. */
  readonly cancel: Int32Array;
}

const port = parentPort;
if (port) {
  const { cancel, ...request } = workerData as TrainingThreadData;
  const say = (message: TrainingMessage) => port.postMessage(message);
  // The entry of a thread owns its clock, as app.ts does for the main one.
  const clock = Date.now;
  void serveTraining(request, cancel, () => builtInEngine, clock, say);
}
