import { configuredSchedule, officialCalendars } from '../app/event-calendar.ts';
import { configuredSources } from '../app/market-sources.ts';
import { configuredSentiment } from '../app/sentiment-sources.ts';
import type { Config } from '../config.ts';
import { lastFinalOpenMs } from '../core/candle.ts';
import type { ClockCheck } from '../core/clock-check.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { OddRowCount } from '../core/market.ts';
import { endingText } from '../core/market-events.ts';
import type { DoctorCheck } from '../core/status.ts';
import { type Clock, DAY_MS, type Sleep } from '../core/time.ts';
import { fetchCandles } from '../market/fetch-candles.ts';
import { type OddRowSink, oddRowsText } from '../sources/odd-rows.ts';
import type { QuotaBook } from '../sources/sentiment/cryptopanic.ts';
import { directFeedReader } from '../sources/sentiment/feed-reader.ts';
import { bounded, failure, line } from './doctor-checks.ts';

/** What the checks of the sources need. */
export interface SourceCheckOptions {
  readonly config: Config;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly logger: Logger;
  readonly limitMs: number;
  /** Learns the time of each source. */
  readonly clockCheck: ClockCheck;
}

/** What came of a request: in words, and how many rows or items. */
interface Found {
  readonly text: string;
  readonly count: number;
}

/** Checks one source; `remedy` replaces that of its errors. */
type Ask = (
  name: string,
  work: (signal: AbortSignal, odd: OddRowSink) => Promise<Found>,
  remedy?: string,
) => Promise<readonly DoctorCheck[]>;

const EMPTY_REMEDY = 'It answered and has nothing; look again tomorrow, or at its address in the settings.';
const FEED_REMEDY = 'The other feeds are read. Look at the address in a browser, and correct it in NEWS_FEEDS.';

/** One tiny request to every source that the settings name, all at once. */
export async function checkSources(options: SourceCheckOptions): Promise<readonly DoctorCheck[]> {
  const { config, now, sleep, random, logger, limitMs } = options;
  if (config.MARKET_SOURCES.includes('simulated')) {
    return [line('market sources', 'skipped', 'The market is simulated: no source is asked.')];
  }
  const provider = { now, sleep, random, clockCheck: options.clockCheck };
  const sources = await configuredSources(config, provider, logger);
  if (sources.market === 'csv') {
    const names = sources.extra.map(({ symbol }) => symbol);
    const many = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and more' : ''}`;
    return [
      names.length > 0
        ? line('market sources', 'ok', `${names.length} coin${names.length === 1 ? '' : 's'} in files: ${many}.`)
        : line(
            'market sources',
            'failed',
            'There is no SYMBOL.csv in the folder.',
            'Correct csv:DIR in MARKET_SOURCES.',
          ),
    ];
  }
  const openMs = lastFinalOpenMs(now(), '1d');
  const ask: Ask = async (name, work, remedy) => {
    const checks = await bounded(name, limitMs, async (signal) => {
      const dropped: OddRowCount[] = [];
      const { text, count } = await work(signal, (rows) => dropped.push(...rows));
      const message = dropped.length === 0 ? text : `${text} ${oddRowsText(dropped)}.`;
      return [count > 0 ? line(name, 'ok', message) : line(name, 'warning', message, EMPTY_REMEDY)];
    });
    return remedy === undefined ? checks : checks.map((check) => (check.state === 'ok' ? check : { ...check, remedy }));
  };
  const candles = sources.candles.map((source) =>
    ask(source.name, async (signal, odd) => {
      const newest = { symbol: 'BTC', interval: '1d', fromMs: openMs - DAY_MS, toMs: openMs, signal } as const;
      const got = await fetchCandles(source, newest, now, odd);
      return { count: got.length, text: `${got.length} of the newest two daily candles of BTC.` };
    }),
  );
  const calendars = officialCalendars(config, provider, directFeedReader);
  const ending = calendars.length > 0 ? endingText(await configuredSchedule(config), now()) : null;
  const calendarRemedy = `Forecasts go by the calendar that comes with Candlecast meanwhile (docs/events.md)${ending === null ? '' : `; in it ${ending}`}.`;
  const others = [
    ...(sources.assets
      ? [
          ask(`${sources.assets.name} (coin list)`, async (signal, odd) => {
            const count = (await sources.assets!.listAssets(signal, odd)).length;
            return { count, text: `${count} coin${count === 1 ? '' : 's'}.` };
          }),
        ]
      : []),
    ...sources.observations.map((source) =>
      ask(`${source.name} (daily numbers)`, async (signal, odd) => {
        const got = await source.fetchObservations({
          symbol: 'BTC',
          fromMs: openMs - 5 * DAY_MS,
          toMs: openMs,
          signal,
          odd,
        });
        return { count: got.length, text: `${got.length} numbers of BTC.` };
      }),
    ),
    ...sentimentChecks(options, ask),
    ...calendars.map((calendar) =>
      ask(
        `${calendar.name} (calendar)`,
        async (signal) => {
          const { length: count } = await calendar.fetchEvents(signal);
          return { count, text: `${count} events to come.` };
        },
        calendarRemedy,
      ),
    ),
  ];
  const [market, rest] = await Promise.all([Promise.all(candles), Promise.all(others)]);
  const answers = market.flat();
  const some = answers.some(({ state }) => state === 'ok');
  // One that answers is enough for forecasts.
  const softened = (check: DoctorCheck): DoctorCheck =>
    check.state === 'failed' ? { ...check, state: 'warning' } : check;
  return [
    ...(some
      ? []
      : [
          line(
            'market sources',
            'failed',
            'No market source answers, so no forecast can be made from new candles.',
            'Check the network; without one, `npm run demo` shows everything on a made-up market.',
          ),
        ]),
    ...answers.map(softened),
    ...rest.flat().map(softened),
  ];
}

/** News, Reddit and the Fear & Greed index; when one of them fails, forecasts stay as they are. */
function sentimentChecks(
  { config, now, sleep, random, logger }: SourceCheckOptions,
  ask: Ask,
): Promise<readonly DoctorCheck[]>[] {
  const { CRYPTOPANIC_TOKEN: token, ...rest } = config;
  // Its monthly quota is too small to spend on a check, so the quota's count is not needed either.
  const quota: QuotaBook = { read: async () => null, write: async () => {}, alone: (work) => work() };
  let sentiment: ReturnType<typeof configuredSentiment>;
  try {
    sentiment = configuredSentiment(rest, { now, sleep, random }, quota, logger);
  } catch (error) {
    return [Promise.resolve([failure('news and Reddit', asCandlecastError(error))])];
  }
  // Subreddits share one host and its limit on requests, so one of them is enough.
  const reddit = sentiment.headlines.find(({ kind }) => kind === 'reddit');
  const asked = sentiment.headlines.filter((source) => source.kind !== 'reddit' || source === reddit);
  const checks = [
    ...asked.map((source) =>
      ask(
        `${source.name} (${source.kind})`,
        async (signal, odd) => {
          const { length: count } = await source.fetchHeadlines(signal);
          odd(source.health().oddRows ?? []);
          return { count, text: `${count} headline${count === 1 ? '' : 's'}.` };
        },
        source.kind === 'news' ? FEED_REMEDY : undefined,
      ),
    ),
    ask(`${sentiment.fearGreed.name} (index)`, async (signal, odd) => {
      const days = await sentiment.fearGreed.fetchDays(now() - 7 * DAY_MS, signal);
      odd(sentiment.fearGreed.health().oddRows ?? []);
      return { count: days.length, text: `${days.length} of the last seven days.` };
    }),
    ...(token
      ? [
          Promise.resolve([
            line('cryptopanic (news)', 'skipped', 'A token is set; not asked, because its requests are few.'),
          ]),
        ]
      : []),
  ];
  return [
    ...checks,
    Promise.allSettled(checks).then(async () => {
      await sentiment.close();
      return [];
    }),
  ];
}
