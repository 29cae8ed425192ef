import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import { requireTensorflowInstalled } from './load-tensorflow.ts';

/** How much of what a dying process said is kept. */
const LAST_WORDS = 4_096;

/** A process of its own in which TensorFlow lives; messages pass as structured clones. */
export interface TensorflowProcess<Request> {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  send(request: Request): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

/** What the starter of a process hears. */
export interface TensorflowProcessEvents<Answer> {
  onAnswer(answer: Answer): void;
  /** Called once, with `CC_WORKER_DIED` and the process's last words as its cause, also after `kill`. */
  onEnd(error: CandlecastError): void;
}

/**
 * Starts one of this folder's entries. The process gets no setting and no secret: its environment holds the number of threads and
 * nothing else. Throws `CC_BACKEND_MISSING` when native TensorFlow is not installed.
 */
export function startTensorflowProcess<Request extends object, Answer>(
  entry: './training-process.js' | './forecast-process.js' | './measure-process.js',
  threads: number,
  events: TensorflowProcessEvents<Answer>,
): TensorflowProcess<Request> {
  requireTensorflowInstalled();
  const child = fork(fileURLToPath(builtUrl(entry, import.meta.url)), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    env: {
      TF_NUM_INTRAOP_THREADS: String(threads),
      TF_NUM_INTEROP_THREADS: '1',
      OMP_NUM_THREADS: String(threads),
      TF_CPP_MIN_LOG_LEVEL: '3',
    },
  });
  let lastWords = '';
  let ended = false;
  const end = (how: string, cause: unknown) => {
    if (ended) return;
    ended = true;
    events.onEnd(new CandlecastError('CC_WORKER_DIED', `The TensorFlow process ${how}.`, { cause, retryable: true }));
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
  });
  child.on('message', (answer) => events.onAnswer(answer as Answer));
  child.on('error', (cause) => end('could not be started or reached', cause));
  child.on('close', (code, signal) => {
    end(
      signal ? `was ended by ${signal}` : `ended with code ${code}`,
      new Error(lastWords.trim() || 'It said nothing.'),
    );
  });
  return {
    pid: child.pid,
    send: (request) => {
      // A failure to send is a process that ended; the event that follows says how.
      child.send(request, () => {});
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}
