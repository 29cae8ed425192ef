import { randomUUID } from 'node:crypto';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { AskedProgress, PromotionVerdict, RetrainProgress } from '../../core/promotion.ts';
import type { StatusReport } from '../../core/status.ts';
import { type Clock, DAY_MS, HOUR_MS, type Sleep } from '../../core/time.ts';
import type { LeaseRepository } from '../../storage/lease-repository.ts';
import type { Training, TrainingRepository } from '../../storage/training-repository.ts';
import type { RetrainingService } from './retraining.ts';

/** What trainings that are asked for in one process and made in another work with. */
export interface TrainingRequestParts {
  readonly trainings: TrainingRepository;
  readonly leases: LeaseRepository;
  /** This process, different from all others on the same database. */
  readonly owner: string;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** The lease that a process holds which takes up trainings; of several one has it. */
const TRAINER = 'trainer';
/** How often a trainer looks for requests and says that it is there, and an asker looks how far it is. */
const LOOK_EVERY_MS = 2_000;
const TRAINER_LEASE_MS = 15_000;
/** A training whose trainer was not heard of for so long has ended with it. */
const UNHEARD_MS = 30_000;
/** A trainer that trains leaves a request this long to one that does not, and then refuses it. */
const LEFT_TO_OTHERS_MS = 6_000;
/** Nobody waits any more for a request as old as this. */
const OLD_REQUEST_MS = HOUR_MS;

/** How long ended trainings are kept. */
export const TRAININGS_KEPT_MS = 90 * DAY_MS;

/** Asks a process that trains. */
export interface TrainingRequester {
  /**
   * Asks, and waits until the training has ended. Throws `CC_TRAINER_AWAY` where no process trains or the one that did has ended, and what
   * the training threw. Aborting ends the wait alone.
   */
  retrain(
    ...asked: [
      interval: Training['interval'],
      why: string,
      signal?: AbortSignal,
      onProgress?: (progress: AskedProgress) => void,
    ]
  ): Promise<PromotionVerdict>;
}

/** Makes what a process without training asks with. */
export function createTrainingRequester({
  trainings,
  leases,
  now,
  sleep,
  logger,
}: TrainingRequestParts): TrainingRequester {
  const away = (message: string) => new CandlecastError('CC_TRAINER_AWAY', message, { retryable: true });
  const isThere = () => leases.isHeld(TRAINER);

  /** How the training stands; null while the database does not answer. */
  async function look(id: string): Promise<Training | null> {
    try {
      const found = await trainings.find(id);
      if (found) return found;
    } catch (error) {
      const err = asCandlecastError(error);
      if (!err.retryable) throw err;
      logger.warn({ err }, 'how far a training is cannot be read yet');
      return null;
    }
    throw away('Nobody knows of the training any more.');
  }

  return {
    async retrain(interval, why, signal, onProgress = () => {}) {
      if (!(await isThere())) throw away('No process that trains models is running, so nothing was begun.');
      const id = randomUUID();
      await trainings.add({ id, interval, why, askedAtMs: now(), owner: null });
      onProgress({ stage: 'asked' });
      // Its clock may differ from this one's: it is heard of when what it writes down changes.
      let heard = { ms: Number.NaN, here: now() };
      for (;;) {
        await sleep(LOOK_EVERY_MS, signal);
        const training = await look(id);
        if (!training) continue;
        const { result, owner, heardMs, progress } = training;
        if (result && 'verdict' in result) return result.verdict;
        if (result) throw result.failure;
        if (progress) onProgress(progress);
        if (heardMs !== heard.ms) heard = { ms: heardMs, here: now() };
        if (now() - heard.here < UNHEARD_MS) continue;
        if (owner !== null) throw away('The process that trained has ended, and the training with it.');
        if (!(await isThere()) && (await trainings.withdraw(id)))
          throw away('The process that trains models has ended before it began.');
      }
    },
  };
}

/** A process that trains: its runs can be seen by all, and it takes up what others ask for. */
export interface Trainer extends RetrainingService {
  /** Takes up requests from now on. */
  start(): void;
  /** Cancels a training that was asked for, and takes up no more. */
  stop(): Promise<void>;
}

/** Makes the trainer around the service that trains. */
export function createTrainer(
  retraining: RetrainingService,
  { trainings, leases, owner, now, sleep, logger }: TrainingRequestParts,
): Trainer {
  const stopping = new AbortController();
  const { signal: ended } = stopping;
  let looking: Promise<void> | null = null;
  let asked: Promise<void> | null = null;

  /** What is only shown may be missing. */
  const attempt = async (work: Promise<unknown>) => {
    await work.catch((error: unknown) => logger.warn({ err: asCandlecastError(error) }, 'a training cannot be noted'));
  };

  /** Runs, saying every two seconds how far it is, and how it ended. */
  async function noted(
    id: string,
    run: (onProgress: (progress: RetrainProgress) => void) => Promise<PromotionVerdict>,
  ): Promise<PromotionVerdict> {
    let newest: RetrainProgress | null = null;
    const over = new AbortController();
    const reporting = (async () => {
      while (!over.signal.aborted) {
        await attempt(trainings.report(id, now(), newest));
        await sleep(LOOK_EVERY_MS, over.signal).catch(() => undefined);
      }
    })();
    const finish = async (result: Parameters<TrainingRepository['end']>[2]) => {
      over.abort();
      await reporting;
      await attempt(trainings.end(id, now(), result));
    };
    try {
      const verdict = await run((progress) => {
        newest = progress;
      });
      await finish({ verdict });
      return verdict;
    } catch (error) {
      await finish({ failure: asCandlecastError(error) });
      throw error;
    }
  }

  async function begun(
    [interval, why]: readonly [Training['interval'], string],
    run: Parameters<typeof noted>[1],
  ): Promise<PromotionVerdict> {
    // It is refused, and is no training of its own.
    if (retraining.isBusy()) return run(() => {});
    const id = randomUUID();
    await attempt(trainings.add({ id, interval, why, askedAtMs: now(), owner }));
    return noted(id, run);
  }

  async function takeUp(): Promise<void> {
    const nowMs = now();
    await leases.takeFor(TRAINER, owner, TRAINER_LEASE_MS);
    if (asked || ended.aborted) return;
    const toMs = retraining.isBusy() ? nowMs - LEFT_TO_OTHERS_MS : nowMs + OLD_REQUEST_MS;
    const request = await trainings.take(owner, { nowMs, fromMs: nowMs - OLD_REQUEST_MS, toMs });
    if (!request) return;
    const { id, interval, why } = request;
    logger.info({ interval, why }, 'a retraining was asked for by another process');
    asked = noted(id, (onProgress) => retraining.retrain(interval, why, ended, onProgress))
      .then(
        () => undefined,
        (error: unknown) => logger.warn({ interval, err: asCandlecastError(error) }, 'a retraining failed'),
      )
      .finally(() => {
        asked = null;
      });
  }

  return {
    isBusy: retraining.isBusy,
    last: retraining.last,
    retrain: (interval, why, signal, onProgress = () => {}) =>
      begun([interval, why], (note) =>
        retraining.retrain(interval, why, signal, (progress) => {
          note(progress);
          onProgress(progress);
        }),
      ),
    retrainByItself: (interval, why, signal) =>
      begun([interval, why], (note) => retraining.retrainByItself(interval, why, signal, note)),
    start() {
      looking ??= (async () => {
        while (!ended.aborted) {
          await takeUp().catch((error: unknown) => {
            logger.warn({ err: asCandlecastError(error) }, 'requests for trainings cannot be read');
          });
          await sleep(LOOK_EVERY_MS, ended).catch(() => undefined);
        }
      })();
    },
    async stop() {
      stopping.abort(
        new CandlecastError('CC_STOPPING', 'The process that trains is being stopped.', { retryable: true }),
      );
      await looking;
      await asked;
      if (looking) await attempt(leases.release(TRAINER, owner));
    },
  };
}

/** The training under way in any process, for `/status`; null where none is. Throws `CC_DATABASE`. */
export async function trainingUnderWay(
  trainings: Pick<TrainingRepository, 'underWay'>,
  nowMs: number,
): Promise<StatusReport['training']> {
  const [first] = await trainings.underWay(nowMs - UNHEARD_MS);
  if (!first) return null;
  const { interval, progress } = first;
  if (progress?.stage === 'training') return { interval, done: progress.share, secondsLeft: progress.secondsLeft };
  return { interval, done: progress?.stage === 'judging' ? 1 : 0, secondsLeft: null };
}
