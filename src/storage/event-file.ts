import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { CandlecastError } from '../core/errors.ts';
import { EVENT_KINDS, type ScheduledEvent } from '../core/market-events.ts';

/** Five hundred events take 25 kB. */
const MAX_BYTES = 1024 * 1024;
const MAX_EVENTS = 5_000;

const moment = z.iso.datetime().transform((text) => Date.parse(text));
const day = z.iso.date().transform((text) => Date.parse(text));

const fileSchema = z.object({
  format: z.literal(1),
  events: z
    .array(z.object({ kind: z.enum(EVENT_KINDS), at: moment, announced: z.union([moment, day]).optional() }))
    .max(MAX_EVENTS),
});

/**
 * Reads a file of scheduled events, laid out as `calendar/us-events.json`: for each its kind, its moment in UTC, and the day from which that was known
 * where it was set or moved late. Throws `CC_FILE` when it cannot be read, is too large or says something else.
 */
export async function readEventFile(path: string): Promise<readonly ScheduledEvent[]> {
  const refused = (cause?: unknown) =>
    new CandlecastError('CC_FILE', `${basename(path)} is no calendar of events: see calendar/us-events.json.`, {
      ...(cause ? { cause } : {}),
    });
  let text: string;
  try {
    if ((await stat(path)).size > MAX_BYTES) throw refused();
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof CandlecastError) throw cause;
    throw new CandlecastError('CC_FILE', `The calendar of events ${basename(path)} cannot be read.`, { cause });
  }
  try {
    return fileSchema.parse(JSON.parse(text)).events.map(({ kind, at, announced }) => ({
      kind,
      atMs: at,
      ...(announced === undefined ? {} : { announcedMs: announced }),
    }));
  } catch (cause) {
    throw refused(cause);
  }
}

/** What a key-value store can do that these events are kept in. */
export interface SmallStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<unknown>;
}

/** What official calendars have named, what they named no more, and what was expected and has come, kept across restarts. */
export interface OfficialEventStore {
  /** Nothing where nothing readable is kept. */
  read(): Promise<KeptEvents>;
  write(events: KeptEvents): Promise<void>;
}

const keptList = z
  .array(
    z
      .object({
        kind: z.enum(EVENT_KINDS),
        atMs: z.number(),
        announcedMs: z.number().optional(),
        expected: z.literal(true).optional(),
      })
      .transform(({ announcedMs, expected, ...event }) => ({
        ...event,
        ...(announcedMs === undefined ? {} : { announcedMs }),
        ...(expected ? { expected } : {}),
      })),
  )
  .max(MAX_EVENTS);
const keptSchema = z.object({ named: keptList, removed: keptList });
type KeptEvents = { readonly [Part in keyof z.infer<typeof keptSchema>]: readonly ScheduledEvent[] };
const KEY = 'official-events';

/** Keeps official events in a key-value store. */
export function createOfficialEventStore(store: SmallStore): OfficialEventStore {
  return {
    read: async () => keptSchema.safeParse(await store.get(KEY)).data ?? { named: [], removed: [] },
    async write(events) {
      await store.set(KEY, events);
    },
  };
}
