import { validate as isSchedule } from 'node-cron';
import { z } from 'zod';
import { DEFAULT_SYMBOLS, SYMBOL_PATTERN } from './core/asset.ts';
import { CandlecastError } from './core/errors.ts';
import { PROCESS_ROLES } from './core/processes.ts';
import type { ShardRange } from './core/shards.ts';
import { LIVE_SOURCES, marketOf, PROVIDER_URLS, RATE_SOURCES, SUBREDDIT_PATTERN } from './core/sources.ts';

const list = (fallback: readonly string[]) =>
  z
    .string()
    .default(fallback.join(','))
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );
const baseUrl = (fallback: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .default(fallback)
    .transform((url) => url.replace(/(?<!\/)\/+$/, ''));
/** A list that can be emptied by the word `off`, because an empty value means the default. */
const listOrOff = (fallback: readonly string[]) =>
  list(fallback).transform((items) => (items.length === 1 && items[0]!.toLowerCase() === 'off' ? [] : items));
const snowflake = z.string().regex(/^\d{17,20}$/, 'must be a Discord id of 17 to 20 digits');
const marketSource = z.union([z.enum([...LIVE_SOURCES, 'simulated']), z.templateLiteral(['csv:', z.string().min(1)])], {
  error: `must be ${LIVE_SOURCES.join(', ')}, simulated or csv:DIR`,
});
/** A setting for the base URL of every provider. */
const providerUrls = Object.fromEntries(
  Object.entries(PROVIDER_URLS).map(([name, url]) => [name, baseUrl(url)]),
) as Readonly<Record<keyof typeof PROVIDER_URLS, ReturnType<typeof baseUrl>>>;

/** More coins than this would be traded too little to learn from. */
const MAX_TRAINING_COINS = 500;
/** How many coins hours are learnt from where only the number for days is given, if that is larger. */
const TRAINING_HOURS = 60;

/** More than Discord gives to any bot; a larger number is a slip. */
const MAX_SHARDS = 10_000;

const shardRange = z
  .string()
  .regex(
    /^\d{1,5}(-\d{1,5})?\/\d{1,5}$/,
    'must be like 0-7/32: the first and the last shard held here, of how many in all',
  )
  .transform((text): ShardRange => {
    const [held = '', count] = text.split('/');
    const [first, last = first] = held.split('-').map(Number);
    return { first: first!, last: last!, count: Number(count) };
  })
  .refine(({ first, last, count }) => first <= last && last < count && count <= MAX_SHARDS, {
    error: `must name shards in rising order from 0 to one less than their number, ${MAX_SHARDS} at most: 0-7/32`,
  });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What the settings ask of each other. */
interface RoleSettings {
  readonly ROLE: (typeof PROCESS_ROLES)[number];
  readonly SHARDS?: ShardRange | undefined;
  readonly DATABASE_URL: string;
  readonly DISCORD_TOKEN?: string | undefined;
}

/** An address that people may be sent to. */
const webPage = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .max(512)
  .optional();

/** Every setting, with its default and its format. `.env.example` lists the same; a test holds the two together. */
export const settingsSchema = z.object({
  DISCORD_TOKEN: z.string().min(1).optional(),
  DISCORD_APPLICATION_ID: snowflake.optional(),
  DISCORD_API_URL: z
    .url({ protocol: /^https?$/ })
    .regex(/\/api$/, 'must end in /api')
    .optional(),
  DISCORD_DEV_GUILD_ID: snowflake.optional(),
  OWNER_IDS: list([]).pipe(z.array(snowflake)),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'must be sqlite:PATH or postgres://…')
    .default('sqlite:data/candlecast.db'),
  DATABASE_LIMIT_GB: z.coerce.number().positive('must be a number above 0').max(1_000_000).optional(),
  ROLE: z.enum(PROCESS_ROLES, { error: `must be ${PROCESS_ROLES.join(', ')}` }).default('all'),
  SHARDS: shardRange.optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be redis://… or rediss://…' }).optional(),
  SYMBOLS: list(DEFAULT_SYMBOLS).pipe(
    z.array(z.string().toUpperCase().regex(SYMBOL_PATTERN, 'must be tickers such as BTC')).min(1),
  ),
  MARKET_SOURCES: list(LIVE_SOURCES)
    .pipe(z.array(marketSource).min(1))
    .refine((sources) => new Set(sources.map(marketOf)).size === 1, {
      error: 'may not mix live sources, csv:DIR and simulated: their prices must never meet',
    }),
  ...providerUrls,
  COINGECKO_API_KEY: z.string().min(1).optional(),
  COINMETRICS: z.enum(['on', 'off']).default('off'),
  NEWS_FEEDS: listOrOff([
    'https://www.coindesk.com/arc/outboundfeeds/rss/',
    'https://cointelegraph.com/rss',
    'https://decrypt.co/feed',
    'https://www.theblock.co/rss.xml',
    'https://bitcoinmagazine.com/feed',
  ]).pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be http or https URLs' })).max(50, 'at most 50 feeds')),
  REDDIT_CLIENT_ID: z.string().min(1).optional(),
  REDDIT_CLIENT_SECRET: z.string().min(1).optional(),
  SUBREDDITS: listOrOff(['CryptoCurrency', 'Bitcoin', 'ethereum']).pipe(
    z.array(z.string().regex(SUBREDDIT_PATTERN, 'must be names such as CryptoCurrency')).max(20, 'at most 20'),
  ),
  CRYPTOPANIC_TOKEN: z.string().min(1).optional(),
  PRIVACY_URL: webPage,
  TERMS_URL: webPage,
  SUPPORT_URL: webPage,
  RATE_SOURCES: listOrOff(RATE_SOURCES).pipe(
    z.array(z.enum(RATE_SOURCES, { error: `must be ${RATE_SOURCES.join(', ')}, or off` })),
  ),
  EVENT_CALENDAR: z.string().min(1).max(4_096).optional(),
  TRAINING_COINS: z
    .string()
    .regex(/^\d{1,3} *(, *\d{1,3})?$/, `must be a number of coins up to ${MAX_TRAINING_COINS}, or two such as 150,60`)
    .default('150,60')
    .transform((text): readonly [days: number, hours: number] => {
      const [days = 0, hours = Math.min(days, TRAINING_HOURS)] = text.split(',').map(Number);
      return [days, hours];
    })
    .refine((coins) => Math.max(...coins) <= MAX_TRAINING_COINS, {
      error: `must be at most ${MAX_TRAINING_COINS} coins`,
    }),
  RETRAIN_CRON: z
    .string()
    .refine(isSchedule, "must be a schedule in node-cron's syntax, such as 15 0 * * *")
    .default('15 0 * * *'),
  TIMEZONE: z.string().refine(isTimeZone, 'must be a time zone such as UTC or Europe/Berlin').default('UTC'),
  ML_BACKEND: z.enum(['auto', 'wasm', 'tfjs-node']).default('auto'),
  ML_THREADS: z.coerce.number().int().min(1).max(64).optional(),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  CONSOLE_PORT: z.coerce.number().int().min(0).max(65_535).default(8_787),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** What is wrong with settings that are right one by one. */
function roleProblems({ ROLE, SHARDS, DATABASE_URL, DISCORD_TOKEN }: RoleSettings): readonly string[] {
  const problems: string[] = [];
  if (SHARDS && ROLE !== 'all' && ROLE !== 'shard')
    problems.push(`SHARDS: only a process with ROLE=shard or all holds shards, not ROLE=${ROLE}`);
  if (ROLE === 'all') return problems;
  if (ROLE === 'shard' && !SHARDS) problems.push('SHARDS: is missing for ROLE=shard; set it like 0-7/32');
  if (!/^postgres/.test(DATABASE_URL))
    problems.push(`DATABASE_URL: must be postgres://… for ROLE=${ROLE}, because the processes share one database`);
  if (ROLE !== 'trainer' && !DISCORD_TOKEN) problems.push(`DISCORD_TOKEN: is missing for ROLE=${ROLE}`);
  return problems;
}

/** All settings, parsed and frozen. */
export type Config = Readonly<z.infer<typeof settingsSchema>>;

/** Names whose values are secret: never logged, never shown. */
export const SECRET_SETTINGS = [
  'DISCORD_TOKEN',
  'COINGECKO_API_KEY',
  'REDDIT_CLIENT_SECRET',
  'CRYPTOPANIC_TOKEN',
  'DATABASE_URL',
  'REDIS_URL',
] as const satisfies readonly (keyof Config)[];

/**
 * Reads the settings; an empty value counts as absent. `defaults` replace the schema's where nothing is set. Throws
 * `CC_CONFIG_INVALID` naming all problems at once, never the values.
 */
export function loadConfig(
  defaults: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const given = Object.fromEntries(
    Object.keys(settingsSchema.shape).flatMap((name) => {
      const value = environment[name]?.trim() || defaults[name];
      return value ? [[name, value]] : [];
    }),
  );
  const parsed = settingsSchema.safeParse(given);
  const problems = parsed.success
    ? roleProblems(parsed.data)
    : parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  if (parsed.success && problems.length === 0) return Object.freeze(parsed.data);
  throw new CandlecastError('CC_CONFIG_INVALID', `These settings are wrong: ${[...new Set(problems)].join('; ')}.`);
}

/** Names of the settings that are given and do not just have their default. */
export function givenSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly string[] {
  return Object.keys(settingsSchema.shape).filter((name) => environment[name]?.trim());
}
