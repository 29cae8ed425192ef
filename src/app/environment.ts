import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { type Config, SECRET_SETTINGS } from '../config.ts';
import { DEFAULT_SYMBOLS } from '../core/asset.ts';
import { type ClockCheck, createClockCheck } from '../core/clock-check.ts';
import { CandlecastError, isFileMissing } from '../core/errors.ts';
import { applicationIdOf, inviteLink, type Links } from '../core/links.ts';
import type { Logger } from '../core/logger.ts';
import type { Clock } from '../core/time.ts';
import { scopeFacts } from '../core/under-way.ts';

/** What differs in the demo from the defaults. Twelve coins: a day of their forecasts takes seconds, which is how long a press of Next day waits. */
export const DEMO_SETTINGS = { LOG_LEVEL: 'warn', SYMBOLS: DEFAULT_SYMBOLS.slice(0, 12).join(',') };

/** The same for `npm run soak`, where a day of four coins takes some ten seconds. */
export const SOAK_SETTINGS = { SYMBOLS: DEFAULT_SYMBOLS.slice(0, 4).join(',') };

/** Reads `.env` of the working directory into the environment, where there is one; what is set already stays. */
export function readDotEnv(): void {
  try {
    process.loadEnvFile('.env');
  } catch (cause) {
    if (isFileMissing(cause)) return;
    throw new CandlecastError('CC_CONFIG_INVALID', 'The file .env cannot be read.', { cause });
  }
}

/** The addresses that people are shown. */
export function linksOf({ DISCORD_APPLICATION_ID, DISCORD_TOKEN, PRIVACY_URL, TERMS_URL, SUPPORT_URL }: Config): Links {
  const applicationId = DISCORD_APPLICATION_ID ?? applicationIdOf(DISCORD_TOKEN ?? '');
  return {
    invite: applicationId === null ? null : inviteLink(applicationId),
    privacy: PRIVACY_URL ?? null,
    terms: TERMS_URL ?? null,
    support: SUPPORT_URL ?? null,
  };
}

/** Version of the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Where log lines go; `process.stderr` is one. */
export interface LogOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Logs to standard error, so that standard output stays the command's: lines for people on a terminal, JSON elsewhere. Secrets are struck out
 * wherever they appear. A line holds the id of the interaction (`request`) or of the job's run (`run`) that it belongs to.
 */
export function createLogger(config: Config, output: LogOutput = process.stderr): Logger {
  const secrets = SECRET_SETTINGS.map((name) => config[name]).filter(
    (value) => value !== undefined && value.length >= 8,
  );
  const passwords = secrets
    .flatMap((value) => (URL.canParse(value!) ? [new URL(value!).password] : [value!]))
    .filter((value) => value !== '');
  const strike = (line: string) => passwords.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line);
  // pino writes the facts of the line into what the mixin returns, so that has to be an object of its own.
  const options = {
    level: config.LOG_LEVEL,
    base: null,
    mixin: () => ({ ...scopeFacts() }),
    serializers: { err: withoutNeedlessStack },
  };
  const pretty = output.isTTY
    ? prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss', singleLine: true })
    : String;
  return pino(options, { write: (line: string) => void output.write(pretty(strike(line))) });
}

/** An error that has a code of its own explains itself; only what nobody expected needs the stack. */
function withoutNeedlessStack(error: unknown): unknown {
  if (!(error instanceof CandlecastError) || error.code === 'CC_INTERNAL')
    return pino.stdSerializers.err(error as Error);
  const { code, message, cause } = error;
  return { code, message, ...(cause instanceof Error ? { cause: cause.message } : {}) };
}

/** A clock that can be moved forward, by all threads that share it; for the demo, the benchmark and tests. */
export interface MovableClock {
  readonly now: Clock;
  /** The same on a clock that nobody sets: its differences tell a move from a wall clock that was set. */
  readonly monotonic: Clock;
  /** Compares the clock with those of the hosts that are asked. */
  readonly check: ClockCheck;
  /** One number in shared memory: ms ahead of the wall clock. */
  readonly shiftMs: Float64Array;
  move(ms: number): void;
}

/** Makes a clock that shows what `wallClock` shows until it is moved. */
export function createMovableClock(wallClock: Clock, monotonic: Clock): MovableClock {
  const shiftMs = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  const clocks = { now: () => wallClock() + shiftMs[0]!, monotonic: () => monotonic() + shiftMs[0]! };
  return {
    ...clocks,
    shiftMs,
    check: createClockCheck(clocks),
    move: (ms) => {
      shiftMs[0]! += ms;
    },
  };
}
