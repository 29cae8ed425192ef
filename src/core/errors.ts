import type { Message } from '../language/message.ts';
import { cutText } from './cut-text.ts';

/**
 * Every error code with its meaning and remedy.
 * `docs/errors.md` lists the same codes; a test holds the two together.
 */
export const ERROR_CATALOGUE = {
  CC_CONFIG_INVALID: {
    meaning: 'A setting is missing or has a wrong value.',
    remedy: 'Correct it in .env or the environment; .env.example describes every setting.',
  },
  CC_USAGE: { meaning: 'A command was called with wrong options.', remedy: 'Call it again as its usage line says.' },
  CC_DISCORD_TOKEN: {
    meaning: 'Discord does not accept the bot token.',
    remedy: 'Copy the token again from the developer portal (Bot → Reset Token) into DISCORD_TOKEN.',
  },
  CC_DISCORD_UNREACHABLE: {
    meaning: 'Discord does not answer.',
    remedy: 'Check the network and https://discordstatus.com; the bot keeps trying.',
  },
  CC_DISCORD_REFUSED: {
    meaning: 'Discord knows the bot but refuses the connection.',
    remedy: 'Look at the reason named; the bot page of the developer portal shows what is allowed.',
  },
  CC_UNKNOWN_SYMBOL: {
    meaning: 'No tracked or listed coin has that symbol or name.',
    remedy: 'Pick one of the suggestions, or type the ticker, such as BTC.',
  },
  CC_COIN_CHANGED: {
    meaning: 'The coin has become another one, or is traded no more.',
    remedy: 'Ask for the coin that it became.',
  },
  CC_STABLECOIN: {
    meaning: 'The coin is pegged to a currency, so there is no price move to forecast.',
    remedy: 'Ask for a coin that floats.',
  },
  CC_UNKNOWN_HORIZON: {
    meaning: 'The horizon is not one of those the models forecast.',
    remedy: 'Use 1h, 4h, 1d, 3d or 7d.',
  },
  CC_UNKNOWN_RULE: {
    meaning: 'There is no trading rule of that name.',
    remedy: 'Pick one of the rules that are offered.',
  },
  CC_IN_SAMPLE: {
    meaning: 'The model learnt from all the candles that a backtest was asked for, so it would prove nothing.',
    remedy: 'Ask for later candles, or name a model that was trained on earlier ones.',
  },
  CC_RATE_MISSING: {
    meaning: 'There is no exchange rate of that currency that is recent enough.',
    remedy: 'Ask for the price in US dollars, or try again later.',
  },
  CC_UNKNOWN_CURRENCY: {
    meaning: 'There is no such currency, or it is none that prices are shown in.',
    remedy: 'Give a code such as EUR, GBP or BRL.',
  },
  CC_UNKNOWN_TIME_ZONE: {
    meaning: 'No time zone has that name.',
    remedy: 'Pick one of the suggestions, or give its IANA name, such as Europe/London.',
  },
  CC_SUBSCRIPTION_LIMIT: {
    meaning: 'The server has as many subscriptions, or a subscription as many coins, as there may be.',
    remedy: 'Remove one that is no longer wanted with /subscriptions remove.',
  },
  CC_SUBSCRIPTION_UNKNOWN: {
    meaning: 'The server has no subscription of that name.',
    remedy: 'Look at /subscriptions list.',
  },
  CC_CALL_REFUSED: {
    meaning: 'A call of /predict is not taken: too many in a day, the same one again, or no price to freeze it at.',
    remedy: 'Call another coin or horizon, or call again tomorrow (UTC).',
  },
  CC_WATCH_LIMIT: {
    meaning: 'The watch list holds as many coins as it may.',
    remedy: 'Remove one with /watch remove.',
  },
  CC_CHANNEL: {
    meaning: 'The bot cannot post in that channel.',
    remedy: 'Give the bot the permissions named there, or choose another channel.',
  },
  CC_HISTORY_TOO_SHORT: {
    meaning: 'The coin has too few candles for a forecast.',
    remedy: 'Wait until it has traded longer, or pick another horizon.',
  },
  CC_HISTORY_UNSOUND: {
    meaning: 'The price history of a coin holds faults, so that no model may be tried on it.',
    remedy: 'Ask for fewer days, so that it begins after the fault, or take another coin.',
  },
  CC_MARKET_HALTED: {
    meaning: 'No source trades the coin at present: its trading was halted, or ended.',
    remedy: 'Look at what the exchanges say about the coin; it may have been renamed or delisted.',
  },
  CC_CLOCK_WRONG: {
    meaning: 'The clock of this machine is minutes off, so no forecast and no score is recorded.',
    remedy:
      'Let NTP set it (timedatectl set-ntp true); a container has the clock of its host. /status shows how far it is off.',
  },
  CC_CANDLES_STALE: {
    meaning: 'The newest candle is too old to forecast from.',
    remedy: 'Try again once a market source answers; /status shows which are down.',
  },
  CC_PRICE_UNCONFIRMED: {
    meaning: 'The newest price of the coin is not believed until another source or the next candle confirms it.',
    remedy: 'There is nothing to do: the sources are asked again every five minutes.',
  },
  CC_SOURCE_UNAVAILABLE: {
    meaning: 'No market source answered with usable candles.',
    remedy: 'Try again in a minute; /status shows which sources are down and why.',
  },
  CC_SOURCE_HTTP: {
    meaning: 'A source answered with an error status.',
    remedy: 'It is asked again by itself; look at /status if it persists.',
  },
  CC_SOURCE_TIMEOUT: {
    meaning: 'A source did not answer in time.',
    remedy: 'It is asked again by itself; look at /status if it persists.',
  },
  CC_SOURCE_NETWORK: {
    meaning: 'A source could not be reached.',
    remedy: 'Check the network, or the base URL in the settings.',
  },
  CC_SOURCE_RATE_LIMITED: {
    meaning: 'A source asked us to slow down.',
    remedy: 'Wait; the bot pauses that source for as long as it asked.',
  },
  CC_SOURCE_TOO_LARGE: {
    meaning: 'A source sent more than the size limit.',
    remedy: 'Nothing was stored; check the base URL in the settings.',
  },
  CC_SOURCE_BAD_DATA: {
    meaning: 'A source sent something that is not what it documents.',
    remedy: 'Nothing of it was stored. It is asked again by itself; if it persists, check its address in the settings.',
  },
  CC_SOURCE_IMPLAUSIBLE: {
    meaning: 'A source gave a price that another source or the stored candles contradict.',
    remedy: 'Nothing of it was stored; another source is used, or the price waits until it is confirmed.',
  },
  CC_SOURCE_UNKNOWN_MARKET: { meaning: 'A source does not list that coin.', remedy: 'The next source is tried.' },
  CC_SOURCE_OTHER_COIN: {
    meaning:
      "A source's price of a coin is several times off another source's: it means another coin, unit or currency.",
    remedy: 'Nothing of it was used or stored; the next source is tried.',
  },
  CC_SOURCE_HALTED: {
    meaning: 'A source lists the coin but has halted its trading.',
    remedy: 'The next source is tried.',
  },
  CC_SOURCE_CIRCUIT_OPEN: {
    meaning: 'A source failed repeatedly and is left alone for a while.',
    remedy: 'It is tried again by itself.',
  },
  CC_DATABASE: {
    meaning: 'The database could not be read or written.',
    remedy: 'Check DATABASE_URL, the disk space and the permissions of the folder.',
  },
  CC_BACKUP: {
    meaning: 'A backup is damaged, or the database it should be restored into is not empty.',
    remedy: 'Name another backup, or another database. Nothing was changed.',
  },
  CC_MODEL_MISSING: {
    meaning: 'There is no usable model for that interval.',
    remedy: 'Restore the models folder from the repository, or run npm run train.',
  },
  CC_MODEL_DAMAGED: {
    meaning: 'A model file is damaged or was made for other inputs.',
    remedy: 'Restore it from the repository, or run npm run train.',
  },
  CC_MODEL_CHANGED: {
    meaning: 'Two changes of the serving model were made at the same moment, and the other one came first.',
    remedy: 'Look at what serves now (/model, or npm run model -- list), and decide again.',
  },
  CC_TRAINER_AWAY: {
    meaning: 'No process is running that trains models, or the one that trained has ended.',
    remedy: 'Start a process with ROLE=trainer on the same database, then ask again. The serving model stays.',
  },
  CC_ENGINE_SHAPE: {
    meaning: 'An array handed to the training engine has the wrong size.',
    remedy: 'This is a bug in the caller; please report it with the message.',
  },
  CC_ENGINE_UNSUPPORTED: {
    meaning: 'This machine or Node version has no WebAssembly SIMD.',
    remedy: 'Use Node 20.19 or later on a CPU made since 2013.',
  },
  CC_ENGINE_MEMORY: {
    meaning: 'The training engine could not get the memory it needs.',
    remedy: 'Train on fewer symbols, or on a machine with more memory.',
  },
  CC_BACKEND_MISSING: {
    meaning: 'ML_BACKEND asks for native TensorFlow, which is not installed here or does not load.',
    remedy: 'Run npm run native:install, or set ML_BACKEND=auto for the built-in engine.',
  },
  CC_TRAINING_DIVERGED: {
    meaning: 'The training loss became infinite or not a number.',
    remedy: 'The serving model is unchanged; lower the learning rate or check the candles.',
  },
  CC_TRAINING_CANCELLED: {
    meaning: 'Training was cancelled.',
    remedy: 'Nothing was changed; start it again when it suits.',
  },
  CC_TRAINING_MEMORY: {
    meaning:
      'There is too little memory to train a model, or the system ended a training run that took more than there was.',
    remedy: 'The serving model stays. Give the bot more memory (README names the least), or lower TRAINING_COINS.',
  },
  CC_TRAINING_DATA: {
    meaning: 'There are too few candles to train on.',
    remedy: 'Give more history or more symbols with --candles.',
  },
  CC_SEARCH_FILE: {
    meaning: 'The file of a hyper-parameter search is damaged, or belongs to a search of other data or options.',
    remedy: 'Name another file with --search-file, or remove that one to start anew.',
  },
  CC_REHEARSAL_FILE: {
    meaning: 'The file of a rehearsal is damaged, or belongs to a rehearsal of other candles or options.',
    remedy: 'Name another file with --resume, or remove that one and the folder beside it to start anew.',
  },
  CC_WORKER_DIED: {
    meaning: 'A worker thread or process ended unexpectedly.',
    remedy: 'It is started again for the next request; look at the log for the cause.',
  },
  CC_FILE: { meaning: 'A file or folder cannot be read or written.', remedy: 'Check the path and its permissions.' },
  CC_PORT_IN_USE: {
    meaning: 'The port for the local console or the metrics is taken.',
    remedy: 'Set CONSOLE_PORT or METRICS_PORT to another port, or stop the program that uses it.',
  },
  CC_NOT_ALLOWED: {
    meaning: 'You are not allowed to use that command here.',
    remedy: 'Ask an owner of the bot or a server administrator.',
  },
  CC_BUSY: {
    meaning: 'Too many answers are under way, for you or for everybody.',
    remedy: 'Wait for them to finish, then ask again.',
  },
  CC_PAPER_NONE: {
    meaning: 'The server has no paper portfolio.',
    remedy: 'Somebody who may manage the server can begin one with /paper start.',
  },
  CC_PAPER_RUNNING: {
    meaning: 'The server has a paper portfolio already; it can have one at a time.',
    remedy: '/paper status shows it, /paper stop ends it.',
  },
  CC_RECORD_UNKNOWN: {
    meaning: 'The record has no forecast of that number, or there is no message of the bot that carries its head.',
    remedy: 'Give the link of one of my posts or accuracy reports in this server, or the number of a forecast.',
  },
  CC_STOPPING: { meaning: 'The bot is being restarted.', remedy: 'Ask again in a minute.' },
  CC_TIMEOUT: { meaning: 'The answer took longer than the limit.', remedy: 'Try again in a minute.' },
  CC_INTERNAL: {
    meaning: 'Something went wrong that should not have.',
    remedy: 'Try again; if it persists, report it with the reference shown.',
  },
} as const satisfies Record<`CC_${string}`, { meaning: string; remedy: string }>;

/** A code of {@link ERROR_CATALOGUE}. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** Options of an error beside its message. */
export interface ErrorDetails {
  readonly cause?: unknown;
  /** Facts for the log, never secrets. Fields that callers act on belong to a subclass instead. */
  readonly context?: Readonly<Record<string, string | number | boolean | readonly string[] | null>>;
  /** Whether the same call may succeed later. Default false. */
  readonly retryable?: boolean;
  /** Replaces the catalogue's remedy where a better one is known. */
  readonly remedy?: string;
  /** What happened, in words of every language for who asked; the message of the error is for the log and the command line. */
  readonly said?: Message;
  /** What members can do, likewise. */
  readonly advice?: Message;
}

/**
 * The one family of errors that is shown to people: a code, what happened, and what to do about it. A subclass adds the fields that callers
 * act on; no code branches on a message or the context.
 */
export class CandlecastError extends Error {
  override readonly name = 'CandlecastError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly retryable: boolean;
  readonly context: NonNullable<ErrorDetails['context']>;
  readonly said: Message | null;
  readonly advice: Message | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.remedy = details.remedy ?? ERROR_CATALOGUE[code].remedy;
    this.retryable = details.retryable ?? false;
    this.context = details.context ?? {};
    this.said = details.said ?? null;
    this.advice = details.advice ?? null;
  }
}

/** An unknown name, with suggestions. */
export class UnknownNameError extends CandlecastError {
  /** Nearest first; empty where nothing is near. */
  readonly suggestions: readonly string[];

  /** @param suggestions nearest first; they are in the context too, for the log. */
  constructor(
    code: 'CC_UNKNOWN_SYMBOL' | 'CC_COIN_CHANGED' | 'CC_UNKNOWN_TIME_ZONE' | 'CC_UNKNOWN_CURRENCY',
    message: string,
    suggestions: readonly string[],
    details: Omit<ErrorDetails, 'context'> = {},
  ) {
    super(code, message, { ...details, context: { suggestions } });
    this.suggestions = suggestions;
  }
}

/** A database that could not be read or written. */
export class DatabaseError extends CandlecastError {
  /** The cause in a few words, without the name of the database: "the disk is full". */
  readonly problem: string;

  constructor(message: string, problem: string, details: ErrorDetails = {}) {
    super('CC_DATABASE', message, details);
    this.problem = problem;
  }
}

/** Returns the error itself if it is one of ours, else wraps it as `CC_INTERNAL` with the original as its cause. */
export function asCandlecastError(error: unknown): CandlecastError {
  if (error instanceof CandlecastError) return error;
  return new CandlecastError('CC_INTERNAL', 'An unexpected error occurred.', { cause: error });
}

/** The one line a terminal shows: code, what happened, remedy. */
export function errorLine(error: unknown): string {
  const known = asCandlecastError(error);
  const detail = known.code === 'CC_INTERNAL' && known.cause instanceof Error ? ` (${known.cause.message})` : '';
  return `${known.code}: ${known.message}${detail} ${known.remedy}`.replace(/\s+/g, ' ').trim();
}

/** Whether a file could not be read because it does not exist. */
export const isFileMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Takes secrets out of a text before it is logged. */
export type Redact = (text: string) => string;

const MAX_CAUSES = 4;

/**
 * The loggable facts of an error: name, message, stack, code, HTTP status, method and URL, and the same of its causes.
 * Other properties are left out, because HTTP clients keep request headers and bodies, and with them keys, on their errors.
 */
export function describeError(error: unknown, redact: Redact = (text) => text, depth = 0): object {
  if (!(error instanceof Error)) return { message: cutText(redact(String(error)), 500) };
  const { code, status, method, url } = error as Error & Record<'code' | 'status' | 'method' | 'url', unknown>;
  return {
    name: error.name,
    message: cutText(redact(error.message), 2_000),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof method === 'string' ? { method } : {}),
    ...(typeof url === 'string' ? { url: redact(url) } : {}),
    ...(error.stack === undefined ? {} : { stack: redact(error.stack) }),
    ...(error.cause !== undefined && depth < MAX_CAUSES
      ? { cause: describeError(error.cause, redact, depth + 1) }
      : {}),
  };
}
