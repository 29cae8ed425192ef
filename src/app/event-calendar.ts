import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { Logger } from '../core/logger.ts';
import { createEventSchedule, type EventSchedule, NO_EVENTS } from '../core/market-events.ts';
import type { MarketKind } from '../core/sources.ts';
import { createEventCalendar, type EventCalendar } from '../services/forecast/event-calendar.ts';
import { createOfficialCalendars, type OfficialCalendar } from '../sources/calendar/official-calendars.ts';
import type { ProviderOptions } from '../sources/http.ts';
import type { FeedReader } from '../sources/sentiment/feed-reader.ts';
import { createOfficialEventStore, readEventFile, type SmallStore } from '../storage/event-file.ts';

/** Where the calendar that comes with Candlecast lies. */
const SHIPPED = fileURLToPath(new URL('../../calendar/us-events.json', import.meta.url));

/** Which events forecasts know of: those of the shipped file and the official calendars, of a file of the owner, or none. */
type Origin = { readonly file: string | null; readonly official: boolean };

function originOf({ EVENT_CALENDAR: setting }: Pick<Config, 'EVENT_CALENDAR'>): Origin {
  if (setting === undefined) return { file: SHIPPED, official: true };
  return { file: setting.toLowerCase() === 'off' ? null : setting, official: false };
}

/** The events of the setting's file, or of the shipped one. Throws `CC_FILE`. */
export async function configuredSchedule(config: Pick<Config, 'EVENT_CALENDAR'>): Promise<EventSchedule> {
  const { file } = originOf(config);
  return file === null ? NO_EVENTS : createEventSchedule(await readEventFile(file));
}

/** The official calendars that the settings allow. */
export function officialCalendars(
  config: Pick<Config, 'EVENT_CALENDAR' | 'FED_URL' | 'BLS_URL'>,
  provider: Omit<ProviderOptions, 'baseUrl'>,
  reader: Pick<FeedReader, 'readCalendar'>,
): readonly OfficialCalendar[] {
  if (!originOf(config).official) return [];
  return createOfficialCalendars({ ...provider, reader, fedUrl: config.FED_URL, blsUrl: config.BLS_URL });
}

/** Opens the calendar of a bot. Throws `CC_FILE` for a file of the owner that cannot be read. */
export async function openEventCalendar(options: {
  readonly config: Pick<Config, 'EVENT_CALENDAR' | 'FED_URL' | 'BLS_URL'>;
  readonly provider: Omit<ProviderOptions, 'baseUrl'>;
  readonly reader: Pick<FeedReader, 'readCalendar'>;
  readonly store: SmallStore;
  /** A simulated market knows no announcements, and files need no calendar of the days to come. */
  readonly market: MarketKind;
  readonly logger: Logger;
}): Promise<EventCalendar & { readonly publishers: number }> {
  const { config, provider, reader, market, logger } = options;
  const publishers = market === 'live' ? officialCalendars(config, provider, reader) : [];
  const store = createOfficialEventStore(options.store);
  const calendar = createEventCalendar({
    file: market === 'simulated' ? [] : (await configuredSchedule(config)).events,
    official: publishers.length > 0 ? await store.read() : { named: [], removed: [] },
    publishers,
    keep: store.write,
    now: provider.now,
    logger,
  });
  return { ...calendar, publishers: publishers.length };
}
