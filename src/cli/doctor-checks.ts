import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { buildRecordAudit } from '../app/record-audit.ts';
import type { Config } from '../config.ts';
import { INTERVALS } from '../core/candle.ts';
import { asCandlecastError } from '../core/errors.ts';
import { isLiveSource } from '../core/sources.ts';
import type { CheckState, DoctorCheck, ModelStatus } from '../core/status.ts';
import type { ReportKind } from '../core/subscription.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS, utcDay, utcTime } from '../core/time.ts';
import { unconfirmedSinceMs, unconfirmedText } from '../core/unconfirmed-price.ts';
import { MEMORY_PATH, parseDatabaseUrl } from '../storage/connection.ts';
import { openStorage, type Storage } from '../storage/open-storage.ts';
import { auditText } from './record-verify.ts';

/** The result of a check. */
export const line = (name: string, state: CheckState, message: string, remedy: string | null = null): DoctorCheck => ({
  name,
  state,
  message,
  remedy,
});

/** The result of a check that threw. */
export function failure(name: string, error: unknown, state: CheckState = 'failed'): DoctorCheck {
  const { code, message, remedy, cause } = asCandlecastError(error);
  const detail = code === 'CC_INTERNAL' && cause instanceof Error ? ` (${cause.message.slice(0, 200)})` : '';
  return line(name, state, `${message}${detail}`, remedy);
}

/**
 * Runs a check with a time limit: its signal aborts after `limitMs`, and a check that continues is not waited for. Never rejects.
 */
export async function bounded(
  name: string,
  limitMs: number,
  check: (signal: AbortSignal) => Promise<readonly DoctorCheck[]>,
): Promise<readonly DoctorCheck[]> {
  const signal = AbortSignal.timeout(limitMs);
  const seconds = Math.round(limitMs / 1_000);
  const late = line(
    name,
    'failed',
    `No answer within ${seconds} seconds.`,
    'Check the network; try again in a minute.',
  );
  const work = check(signal).catch((error: unknown) => [signal.aborted ? late : failure(name, error)]);
  const limit = new Promise<readonly DoctorCheck[]>((resolve) => {
    // A little after the signal, so that a check that ends on it can return its own result.
    signal.addEventListener('abort', () => setTimeout(() => resolve([late]), 500).unref(), { once: true });
  });
  return Promise.race([work, limit]);
}

/** A model is reported as old when its training data ends more than half a year ago. */
const OLD_MODEL_MS = 183 * DAY_MS;
/** Age of an unscored due forecast from which scoring is reported as not running; scores normally follow within minutes. */
const OVERDUE_MS = 2 * HOUR_MS;
/** Forecasts that came due longer ago are not counted. */
const UNSCORED_SINCE_MS = 14 * DAY_MS;
const MAX_OVERDUE = 1_000;
/** Faults of the record that are told in one line. */
const MAX_FAULTS = 3;
/** The coins that are learnt from are chosen once a day. */
const UNLISTED_MS = 3 * DAY_MS;
/** Posts wait for this long in a busy minute, or between two attempts. */
const LATE_POST_MS = 15 * MINUTE_MS;
/** The longest time between two posts of a subscription, with a change of the clocks in between. */
const longestPeriodMs = (report: ReportKind) => (report === 'weekly' ? 7 : 1) * DAY_MS + HOUR_MS;

/** Checks the database, and the ledger in it row by row. A SQLite file that is not there yet is not made. */
export async function checkStorage(config: Config, now: Clock, signal: AbortSignal): Promise<readonly DoctorCheck[]> {
  const target = parseDatabaseUrl(config.DATABASE_URL);
  if (target.kind === 'sqlite' && target.path !== ':memory:' && !existsSync(target.path)) {
    return [
      missingFile(target.path),
      line('ledger', 'skipped', 'There is none yet: no forecast has been written down.'),
    ];
  }
  const storage = await openStorage(config.DATABASE_URL, { now });
  try {
    await storage.ping();
    const candles = await storage.candles.count();
    const problem = await storage.integrityProblem();
    return [
      problem === null
        ? line('database', 'ok', `${storage.kind}, ${candles.toLocaleString('en')} candles.`)
        : line(
            'database',
            'failed',
            `The file is damaged: ${problem.replace(/\s+/g, ' ').slice(0, 200)}.`,
            'Take a copy of the file and those beside it, and restore a backup into a new one (docs/backup.md).',
          ),
      await checkPrices(storage),
      await checkTrainingCoins(storage, config, now),
      ...(await checkLedger(storage, config.DATABASE_URL, now, signal)),
      await checkPaper(storage),
      await checkPosts(storage, now),
    ];
  } finally {
    await storage.close();
  }
}

/** Checks that only the user who runs this program can read the settings and the data. */
export function checkFiles(config: Config, platform: NodeJS.Platform): DoctorCheck {
  if (platform === 'win32') return line('files', 'skipped', 'Permissions are not looked at on Windows.');
  const target = parseDatabaseUrl(config.DATABASE_URL);
  const paths = ['.env'];
  if (target.kind === 'sqlite' && target.path !== MEMORY_PATH) {
    const folder = relative('.', dirname(target.path));
    // A folder elsewhere, such as /var/lib, is not the program's own.
    if (folder !== '' && !folder.startsWith('..') && !isAbsolute(folder)) paths.push(folder);
    paths.push(target.path, `${target.path}-wal`, `${target.path}-shm`);
  }
  const open = paths.flatMap((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && (found.mode & 0o077) !== 0 ? [{ path, mode: found.isDirectory() ? '700' : '600' }] : [];
  });
  if (open.length === 0) return line('files', 'ok', 'Settings and data can be read by this user alone.');
  return line(
    'files',
    'warning',
    `Other users of this machine can read ${open.map(({ path }) => path).join(', ')}.`,
    open.map(({ path, mode }) => `chmod ${mode} ${path}`).join(' && '),
  );
}

function missingFile(path: string): DoctorCheck {
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return line('database', 'ok', `${path} is not there yet; the first start makes it.`);
  } catch {
    return line(
      'database',
      'failed',
      `${path} is not there, and ${folder} may not be written.`,
      'Give the user this program runs as write permission there, or correct DATABASE_URL.',
    );
  }
}

async function checkPrices({ unconfirmed }: Storage): Promise<DoctorCheck> {
  const prices = await unconfirmed.all();
  if (prices.length === 0) return line('prices', 'ok', 'None is unconfirmed.');
  const lines = prices.slice(0, 5).map((price) => {
    const sinceMs = unconfirmedSinceMs(price);
    return `${price.symbol} (${price.interval}) since ${utcDay(sinceMs)} ${utcTime(sinceMs)} UTC: ${unconfirmedText(price)}`;
  });
  const more = prices.length > lines.length ? ` And ${prices.length - lines.length} more.` : '';
  return line(
    'prices',
    'warning',
    `Unconfirmed and not used: ${lines.join(' ')}${more}`,
    'The running bot asks again every five minutes. Where it lasts, look at the source, and name a second one in MARKET_SOURCES.',
  );
}

/** How many coins models learn from, how many have candles, and whether the sources still say what they trade. */
async function checkTrainingCoins(
  { trainingCoins, candles }: Storage,
  config: Config,
  now: Clock,
): Promise<DoctorCheck> {
  const name = 'training coins';
  if (!config.MARKET_SOURCES.every(isLiveSource)) {
    return line(name, 'skipped', 'Models learn from files when they are trained, and never from simulated prices.');
  }
  try {
    const counts: string[] = [];
    let listedMs = 0;
    for (const interval of INTERVALS.toReversed()) {
      const coins = await trainingCoins.all(interval);
      let withCandles = 0;
      for (const { symbol } of coins) if ((await candles.span(symbol, interval)) !== null) withCandles++;
      listedMs = Math.max(listedMs, ...coins.map((coin) => coin.listedMs));
      counts.push(`${interval === '1d' ? 'days' : 'hours'} of ${withCandles} of ${coins.length}`);
    }
    if (listedMs === 0) return line(name, 'ok', 'None is chosen yet; the first start with a network chooses them.');
    const have = `There are candles to learn from: ${counts.join(', ')}.`;
    if (now() - listedMs < UNLISTED_MS) return line(name, 'ok', have);
    const message = `${have} No source has told what it trades since ${utcDay(listedMs)}.`;
    return line(name, 'warning', message, 'Start the bot; if it runs, look at the market sources above.');
  } catch (error) {
    return failure(name, error);
  }
}

/** Verifies what was added to the record since it was last found to be right, or all of it where that takes seconds. */
async function checkLedger(
  storage: Storage,
  databaseUrl: string,
  now: Clock,
  signal: AbortSignal,
): Promise<readonly DoctorCheck[]> {
  const audit = buildRecordAudit({ databaseUrl, storage, now });
  try {
    const report = await audit.run({ onlyNew: true, signal });
    const { problem, faults, heads, since } = report;
    if (problem !== null) {
      const remedy =
        'Somebody or something changed the database past this program: restore a backup into a new database (docs/backup.md). npm run record -- verify says more, and docs/ledger.md how to look.';
      const all = faults.slice(0, MAX_FAULTS).map(({ text }) => text);
      return [line('ledger', 'failed', `The record is broken. ${all.join(' ')}`, remedy)];
    }
    const overdue = await storage.ledger.unscored(now() - UNSCORED_SINCE_MS, now() - OVERDUE_MS, MAX_OVERDUE);
    const overdueCount = `${overdue.length}${overdue.length === MAX_OVERDUE ? ' or more' : ''}`;
    const last = `The last forecast is number ${heads.forecasts.number.toLocaleString('en')}, its hash is ${heads.forecasts.hash}.`;
    const verified =
      since?.wholeAtMs == null
        ? auditText(report)
        : `Only what is new since ${utcDay(since.atMs)} was verified: ${auditText(report)} The ${since.heads.forecasts.number.toLocaleString('en')} forecasts before were verified earlier, all on ${utcDay(since.wholeAtMs)}; npm run record -- verify verifies everything again.`;
    return [
      heads.forecasts.number === 0
        ? line('ledger', 'ok', 'Empty: no forecast has been written down.')
        : line('ledger', 'ok', `${verified} ${last}`),
      ...(overdue.length > 0
        ? [
            line(
              'scores',
              'warning',
              `${overdueCount} forecasts came due over two hours ago and have no score.`,
              'Start the bot, and look at the market sources; it scores them by itself.',
            ),
          ]
        : []),
    ];
  } catch (error) {
    return [failure('ledger', error)];
  } finally {
    await audit.close();
  }
}

/** Whether posts wait that should have gone out, or are planned for a time that only a wrong clock can have chosen. */
async function checkPosts({ subscriptions, posts }: Storage, now: Clock): Promise<DoctorCheck> {
  try {
    const nowMs = now();
    const late = (await subscriptions.overdue(nowMs - LATE_POST_MS)) + (await posts.overdue(nowMs - LATE_POST_MS));
    if (late > 0) {
      const what = late === 1 ? 'One post is' : `${late.toLocaleString('en')} posts are`;
      return line('posts', 'warning', `${what} overdue.`, 'Start the bot; if it runs, /status says what keeps them.');
    }
    const ahead = await subscriptions.ahead(nowMs, MAX_OVERDUE);
    const wrong = ahead.filter(
      ({ subscription: { report, nextDueMs } }) => nextDueMs > nowMs + longestPeriodMs(report),
    );
    if (wrong.length > 0) {
      const what = wrong.length === 1 ? 'One subscription was' : `${wrong.length} subscriptions were`;
      const message = `${what} planned by a clock that was far ahead.`;
      return line(
        'posts',
        'warning',
        message,
        'Start the bot with the clock right: it plans them anew within a minute.',
      );
    }
    return line('posts', 'ok', 'None is overdue.');
  } catch (error) {
    return failure('posts', error);
  }
}

/** Walks the chains of paper portfolios, which stand apart from the record. */
async function checkPaper({ paper }: Storage): Promise<DoctorCheck> {
  const name = 'paper portfolios';
  try {
    const { events, problem } = await paper.verify();
    if (problem !== null) {
      const remedy =
        'Somebody or something changed the database past this program: restore a backup into a new one (docs/backup.md).';
      return line(name, 'failed', problem, remedy);
    }
    const message =
      events === 0 ? 'None yet.' : `${events.toLocaleString('en')} event${events === 1 ? '' : 's'} in unbroken chains.`;
    return line(name, 'ok', message);
  } catch (error) {
    return failure(name, error);
  }
}

/** Whether a model serves an interval, and how old it is. */
export function modelCheck({ interval, version, dataUntilMs, problem }: ModelStatus, nowMs: number): DoctorCheck {
  const name = `model ${interval}`;
  const train = `npm run train -- --interval ${interval} --candles DIR makes one.`;
  if (version === null || dataUntilMs === null) {
    return line(name, 'failed', problem ?? 'No model serves.', `Take models/ from the repository again, or ${train}`);
  }
  if (problem !== null)
    return line(
      name,
      'warning',
      problem,
      'npm run model -- list shows what is kept; /admin rollback or npm run model -- rollback goes back.',
    );
  const days = Math.max(0, Math.floor((nowMs - dataUntilMs) / DAY_MS));
  const message = `${version}, learnt from candles to ${utcDay(dataUntilMs)}, ${days.toLocaleString('en')} days ago.`;
  return nowMs - dataUntilMs > OLD_MODEL_MS
    ? line(name, 'warning', message, `It is old: ${train}`)
    : line(name, 'ok', message);
}
