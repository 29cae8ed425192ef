import {
  createForecastAnswerer,
  type ExplainTask,
  type ForecastAnswer,
  type ForecastTask,
} from '../workers/answer-forecasts.ts';
import { loadTensorflow } from './load-tensorflow.ts';
import { listenToParent } from './parent-process.ts';
import { tensorflowEngine } from './tensorflow-engine.ts';

/** A task with the number its answer carries. */
export interface NumberedTask {
  readonly id: number;
  readonly task: ForecastTask | ExplainTask;
}

/** The answer to the task of that number. */
export interface NumberedAnswer {
  readonly id: number;
  readonly answer: ForecastAnswer;
}

const answerTo = createForecastAnswerer(() => tensorflowEngine(loadTensorflow()));

listenToParent<NumberedTask, NumberedAnswer>(({ id, task }, parent) => parent.say({ id, answer: answerTo(task) }));
