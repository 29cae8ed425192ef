import type { Kysely } from 'kysely';
import { z } from 'zod';
import { INTERVALS, type Interval } from '../core/candle.ts';
import { CandlecastError, ERROR_CATALOGUE, type ErrorCode } from '../core/errors.ts';
import type { PromotionVerdict, RetrainProgress } from '../core/promotion.ts';
import type { Guard } from './connection.ts';
import { storedJson, verdictSchema } from './model-pointer.ts';
import type { TrainingRow } from './operation-schema.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** How a training ended: with a verdict, or with the error that ended it. */
export type TrainingResult = { readonly verdict: PromotionVerdict } | { readonly failure: CandlecastError };

/** A training that was asked for, is under way or has ended. */
export interface Training {
  readonly id: string;
  readonly interval: Interval;
  readonly why: string;
  readonly askedAtMs: number;
  /** The process that trains or trained; null while nobody has taken it up. */
  readonly owner: string | null;
  /** When that process was last heard of, or when the training was asked for. */
  readonly heardMs: number;
  readonly progress: RetrainProgress | null;
  readonly result: TrainingResult | null;
}

/** Trainings, which any process may ask for and one that trains takes up. Methods throw `CC_DATABASE`. */
export interface TrainingRepository {
  /** Asks for one; with an owner, it is under way at once. */
  add(wanted: Pick<Training, 'id' | 'interval' | 'why' | 'askedAtMs' | 'owner'>): Promise<void>;
  /** Gives the oldest that was asked for between the two moments and that nobody has taken up, to one process alone; null where there is none. */
  take(
    owner: string,
    times: { readonly nowMs: number; readonly fromMs: number; readonly toMs: number },
  ): Promise<Training | null>;
  /** Takes back what nobody has taken up; false where somebody has. */
  withdraw(id: string): Promise<boolean>;
  /** Says that the owner still trains, and how far it is. */
  report(id: string, nowMs: number, progress: RetrainProgress | null): Promise<void>;
  end(id: string, nowMs: number, result: TrainingResult): Promise<void>;
  find(id: string): Promise<Training | null>;
  /** Those under way whose owner was heard of since; the newest first. */
  underWay(heardSinceMs: number): Promise<readonly Training[]>;
  /** Removes those asked for before; returns how many. */
  removeBefore(ms: number): Promise<number>;
}

const count = z.int().nonnegative();
const progressText = storedJson(
  z.union([
    z.object({ stage: z.enum(['candles', 'judging']), done: count, of: count }),
    z.object({ stage: z.literal('training'), share: z.number(), secondsLeft: z.number().nullable() }),
  ]),
);
const codes = Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]];
const resultText = storedJson(
  z.union([
    z.object({ verdict: verdictSchema }),
    // A newer version may know other codes.
    z.object({
      code: z.enum(codes).catch('CC_INTERNAL'),
      message: z.string(),
      remedy: z.string(),
      retryable: z.boolean(),
    }),
  ]),
);

/** Makes the repository. */
export function createTrainingRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): TrainingRepository {
  return {
    add: ({ id, interval, why, askedAtMs, owner }) =>
      guard('ask for a training in', async () => {
        const row = { id, interval, why, asked_at_ms: askedAtMs, owner, heard_ms: askedAtMs };
        await db
          .insertInto('trainings')
          .values({ ...row, progress: null, ended_at_ms: null, result: null })
          .execute();
      }),

    take: (owner, { nowMs, fromMs, toMs }) =>
      guard('take up a training in', () =>
        db.transaction().execute(async (transaction) => {
          let oldest = transaction
            .selectFrom('trainings')
            .selectAll()
            .where('owner', 'is', null)
            .where('asked_at_ms', '>=', fromMs)
            .where('asked_at_ms', '<=', toMs)
            .orderBy('asked_at_ms')
            .limit(1);
          if (kind === 'postgres') oldest = oldest.forUpdate().skipLocked();
          const row = await oldest.executeTakeFirst();
          if (!row) return null;
          const taken = { owner, heard_ms: nowMs };
          await transaction.updateTable('trainings').set(taken).where('id', '=', row.id).execute();
          return toTraining({ ...row, ...taken });
        }),
      ),

    withdraw: (id) =>
      guard('take back a training in', async () => {
        const gone = await db
          .deleteFrom('trainings')
          .where('id', '=', id)
          .where('owner', 'is', null)
          .executeTakeFirst();
        return Number(gone.numDeletedRows) > 0;
      }),

    report: (id, nowMs, progress) =>
      guard('write a training to', async () => {
        await db
          .updateTable('trainings')
          .set({ heard_ms: nowMs, progress: progress && JSON.stringify(progress) })
          .where('id', '=', id)
          .execute();
      }),

    end: (id, nowMs, result) =>
      guard('write a training to', async () => {
        await db
          .updateTable('trainings')
          .set({ ended_at_ms: nowMs, heard_ms: nowMs, result: JSON.stringify(plain(result)) })
          .where('id', '=', id)
          .execute();
      }),

    find: (id) =>
      guard('read a training from', async () => {
        const row = await db.selectFrom('trainings').selectAll().where('id', '=', id).executeTakeFirst();
        return row ? toTraining(row) : null;
      }),

    underWay: (heardSinceMs) =>
      guard('read trainings from', async () => {
        const rows = await db
          .selectFrom('trainings')
          .selectAll()
          .where('ended_at_ms', 'is', null)
          .where('owner', 'is not', null)
          .where('heard_ms', '>=', heardSinceMs)
          .orderBy('heard_ms', 'desc')
          .execute();
        return rows.map(toTraining);
      }),

    removeBefore: (ms) =>
      guard('clean up', async () => {
        const gone = await db.deleteFrom('trainings').where('asked_at_ms', '<', ms).executeTakeFirst();
        return Number(gone.numDeletedRows);
      }),
  };
}

function plain(result: TrainingResult) {
  if ('verdict' in result) return result;
  const { code, message, remedy, retryable } = result.failure;
  return { code, message, remedy, retryable };
}

function toTraining(row: TrainingRow): Training {
  return {
    id: row.id,
    interval: INTERVALS.find((one) => one === row.interval) ?? '1d',
    why: row.why,
    askedAtMs: row.asked_at_ms,
    owner: row.owner,
    heardMs: row.heard_ms,
    progress: row.progress === null ? null : (progressText.safeParse(row.progress).data ?? null),
    result: row.ended_at_ms === null ? null : toResult(row.result ?? ''),
  };
}

function toResult(text: string): TrainingResult {
  const { data } = resultText.safeParse(text);
  if (!data) return { failure: new CandlecastError('CC_INTERNAL', 'How the training ended cannot be read.') };
  if ('verdict' in data) return data;
  const { code, message, remedy, retryable } = data;
  return { failure: new CandlecastError(code, message, { remedy, retryable }) };
}
