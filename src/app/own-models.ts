import { INTERVALS } from '../core/candle.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Clock } from '../core/time.ts';
import { parseDatabaseUrl } from '../storage/connection.ts';
import { createModelStore, type KeptModels, type ModelStore } from '../storage/model-store.ts';
import { openStorage, type Storage } from '../storage/open-storage.ts';

/** Folder of the models made here, where the database is a SQLite file; of families' comparisons everywhere. */
export const OWN_MODELS = 'data/models';

/**
 * The models made here: in the tables of PostgreSQL, which all processes share, or in a folder beside a SQLite file. What lies in the other of the two, from
 * before the database was changed or a backup was restored, is taken over once, where the first holds nothing; it also stays where it is. Throws `CC_DATABASE`.
 */
export async function ownModels(
  { kind, models }: Pick<Storage, 'kind' | 'models'>,
  logger: Logger,
  folder = OWN_MODELS,
): Promise<ModelStore> {
  const files = createModelStore(folder);
  const [used, other] = kind === 'postgres' ? [models, files] : [files, models];
  const words =
    kind === 'postgres'
      ? `models were copied from ${folder} into the database, where they are used from now on; the files stay`
      : `models were copied from the database into ${folder}, where they are used beside SQLite`;
  let copied = 0;
  for (const interval of INTERVALS) {
    if ((await used.stamp(interval)) !== '' || (await used.list(interval)).length > 0) continue;
    const kept = await readKept(other, interval, logger);
    if (kept && (await used.adopt(interval, kept))) copied += kept.models.length;
  }
  if (copied > 0) logger.info({ models: copied }, words);
  return used;
}

/** All that a store keeps of an interval; null where it keeps nothing, or does not say which model serves. */
async function readKept(
  store: ModelStore,
  interval: (typeof INTERVALS)[number],
  logger: Logger,
): Promise<KeptModels | null> {
  try {
    const [pointer, list] = [await store.pointer(interval), await store.list(interval)];
    if (pointer.log.length === 0 && list.length === 0) return null;
    const models: KeptModels['models'][number][] = [];
    for (const one of list) {
      try {
        const { version } = one;
        models.push({
          ...one,
          file: await store.read(interval, version),
          twin: await store.readTwin(interval, version),
        });
      } catch (error) {
        const err = asCandlecastError(error);
        if (err.code === 'CC_DATABASE') throw err;
        logger.warn({ interval, version: one.version, err }, 'a kept model cannot be read, and is not taken over');
      }
    }
    return { pointer, models };
  } catch (error) {
    const err = asCandlecastError(error);
    if (err.code === 'CC_DATABASE') throw err;
    logger.warn({ interval, err }, 'which model serves cannot be read, so kept models are not taken over');
    return null;
  }
}

/** The same for a command in the terminal, which opens the database only where it holds the models. Close it after use. */
export async function openOwnModels(
  databaseUrl: string,
  { now, logger }: { readonly now: Clock; readonly logger: Logger },
): Promise<{ readonly store: ModelStore; close(): Promise<void> }> {
  if (parseDatabaseUrl(databaseUrl).kind === 'sqlite')
    return { store: createModelStore(OWN_MODELS), close: async () => undefined };
  const storage = await openStorage(databaseUrl, { now, logger });
  try {
    return { store: await ownModels(storage, logger), close: () => storage.close() };
  } catch (error) {
    await storage.close();
    throw error;
  }
}
