import { CandlecastError } from '../../core/errors.ts';
import type { ExplainTask, ForecastAnswer, ForecastTask } from '../workers/answer-forecasts.ts';
import { type ExplanationPool, explanationOf, type ForecastPool, forecastOf } from '../workers/forecast-pool.ts';
import { startTensorflowProcess, type TensorflowProcess } from './child-process.ts';
import type { NumberedAnswer, NumberedTask } from './forecast-process.ts';
import { requireTensorflowInstalled } from './load-tensorflow.ts';

/** Loading TensorFlow takes a second or two, a forecast some hundredths; this is for a machine that is on its knees. */
const TIMEOUT_MS = 20_000;
/** More than this are not kept waiting. */
const MOST_WAITING = 256;

interface Waiting {
  readonly resolve: (answer: ForecastAnswer) => void;
  readonly reject: (error: CandlecastError) => void;
  readonly timer: NodeJS.Timeout;
}

/** A forecast pool whose process can be named, for tests that end it. */
export interface ForecastProcessPool extends ForecastPool, ExplanationPool {
  readonly pid: number | undefined;
}

/**
 * Forecasts with native TensorFlow in one process that stays warm; it is started with the first forecast, and again after it died.
 * Throws `CC_BACKEND_MISSING` when TensorFlow is not installed.
 */
export function createForecastProcessPool({
  timeoutMs = TIMEOUT_MS,
  mostWaiting = MOST_WAITING,
}: {
  readonly timeoutMs?: number;
  readonly mostWaiting?: number;
} = {}): ForecastProcessPool {
  requireTensorflowInstalled();
  const waiting = new Map<number, Waiting>();
  let running: TensorflowProcess<NumberedTask> | null = null;
  let lastId = 0;

  const settle = (id: number, how: (one: Waiting) => void) => {
    const one = waiting.get(id);
    if (!one) return;
    clearTimeout(one.timer);
    waiting.delete(id);
    how(one);
  };
  const start = (): TensorflowProcess<NumberedTask> => {
    const child = startTensorflowProcess<NumberedTask, NumberedAnswer>('./forecast-process.js', 1, {
      onAnswer: ({ id, answer }) => settle(id, ({ resolve }) => resolve(answer)),
      onEnd: (error) => {
        if (running !== child) return;
        running = null;
        for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(error));
      },
    });
    return child;
  };
  /** Ends the process; what waits is rejected with the error now, and the next forecast starts another. */
  const stop = (error: CandlecastError) => {
    const child = running;
    running = null;
    for (const id of [...waiting.keys()]) settle(id, ({ reject }) => reject(error));
    child?.kill();
  };

  const ask = async (task: ForecastTask | ExplainTask): Promise<ForecastAnswer> => {
    if (waiting.size >= mostWaiting) {
      throw new CandlecastError('CC_BUSY', 'Too many forecasts are waiting.', { retryable: true });
    }
    running ??= start();
    const child = running;
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      const late = () =>
        stop(
          new CandlecastError('CC_TIMEOUT', `The forecast took longer than ${timeoutMs / 1000} seconds.`, {
            retryable: true,
          }),
        );
      waiting.set(id, { resolve, reject, timer: setTimeout(late, timeoutMs) });
      child.send({ id, task });
    });
  };

  return {
    get pid() {
      return running?.pid;
    },
    forecast: async (task) => forecastOf(await ask(task)),
    explain: async (task) => explanationOf(await ask(task)),
    async close() {
      stop(new CandlecastError('CC_STOPPING', 'Forecasting has been stopped.'));
    },
  };
}
