import { serveTraining } from '../workers/serve-training.ts';
import type { TrainingMessage, TrainingRequest } from '../workers/training-messages.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { listenToParent } from './parent-process.ts';
import { tensorflowEngine } from './tensorflow-engine.ts';

/** What the training process is told: first what to train, later perhaps to stop. */
export type TrainingProcessRequest = { readonly train: TrainingRequest } | { readonly cancel: true };

const cancel = new Int32Array(1);

listenToParent<TrainingProcessRequest, TrainingMessage>((request, parent) => {
  if ('cancel' in request) {
    cancel[0] = 1;
    return;
  }
  // The entry of a process owns its clock, as app.ts does for the main one.
  const clock = Date.now;
  void serveTraining(
    request.train,
    cancel,
    () => tensorflowEngine(loadTensorflow()),
    clock,
    (message) => parent.say(message),
  );
});
