import type { TrainingMessage, TrainingRequest } from '../workers/training-messages.ts';
import { startTensorflowProcess } from './child-process.ts';
import type { TrainingProcessRequest } from './training-process.ts';

/** What the starter of a training run hears. */
export interface TrainingEvents {
  onMessage(message: TrainingMessage): void;
  onDeath(error: Error): void;
}

/** Something that trains and can be told to stop. */
export interface TrainingProcess {
  cancel(): void;
  /** Ends it at once; a promise where its end can be waited for. */
  end(): unknown;
}

/** Trains with native TensorFlow in a process of its own. Throws `CC_BACKEND_MISSING` when that is not installed. */
export function trainInProcess(request: TrainingRequest, events: TrainingEvents): TrainingProcess {
  const child = startTensorflowProcess<TrainingProcessRequest, TrainingMessage>(
    './training-process.js',
    request.options.threads,
    { onAnswer: events.onMessage, onEnd: events.onDeath },
  );
  child.send({ train: request });
  return { cancel: () => child.send({ cancel: true }), end: child.kill };
}
