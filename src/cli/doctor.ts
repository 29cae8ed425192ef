import { type Config, SECRET_SETTINGS } from '../config.ts';
import { CLOCK_REMEDY, type ClockStatus, clockDifferenceText, createClockCheck } from '../core/clock-check.ts';
import { changeOf, currentSymbol } from '../core/coin-changes.ts';
import type { Logger } from '../core/logger.ts';
import { isLiveSource } from '../core/sources.ts';
import type { CheckState, DoctorCheck, DoctorReport, ModelStatus } from '../core/status.ts';
import type { Clock, Sleep } from '../core/time.ts';
import { checkDiscord } from '../discord/check-discord.ts';
import { bounded, checkFiles, checkStorage, failure, line, modelCheck } from './doctor-checks.ts';
import { checkSources } from './doctor-sources.ts';
import { commandOptions, jsonTarget } from './options.ts';
import { writeReport } from './output-files.ts';
import type { ProgressOutput } from './progress.ts';

/** What `npm run doctor` is started with. */
export interface DoctorCommand {
  readonly args: readonly string[];
  /** Reads the settings; throws `CC_CONFIG_INVALID`. */
  readonly settings: () => Config;
  /** Names of the settings that are given; asked after the settings were read. */
  readonly given: () => readonly string[];
  readonly logger: (config: Config) => Logger;
  /** What serves, or why nothing does. */
  readonly models: (config: Config) => Promise<readonly ModelStatus[]>;
  readonly version: string;
  readonly node: string;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly out: ProgressOutput;
  /** Longest that one network check may take; default 8 s. */
  readonly limitMs?: number;
}

/** The options of `npm run doctor`. */
export const OPTIONS = commandOptions('doctor', { json: jsonTarget });

const LIMIT_MS = 8_000;
/** A hundred thousand rows of the ledger take about four seconds. */
const STORAGE_LIMIT_MS = 120_000;
const SYMBOLS: Readonly<Record<CheckState, string>> = { ok: '✓', warning: '!', failed: '✗', skipped: '–' };

/** Checks everything a start needs and prints a line for each with its remedy; 1 when something is wrong. Throws `CC_USAGE`, `CC_FILE`. */
export async function runDoctor(command: DoctorCommand): Promise<number> {
  const { json } = OPTIONS.read(command.args).values;
  const report = await check(command);
  await writeReport(json, report, doctorText(report), command.out);
  return report.ok ? 0 : 1;
}

async function check(command: DoctorCommand): Promise<DoctorReport> {
  const { now, version, node } = command;
  const checks: DoctorCheck[] = [nodeCheck(node)];
  let config: Config | null = null;
  try {
    config = command.settings();
    const own = command.given().length;
    checks.push(
      line('configuration', 'ok', own === 0 ? 'Every setting has its default.' : `${own} settings of your own.`),
    );
  } catch (error) {
    checks.push(failure('configuration', error));
    checks.push(line('everything else', 'skipped', 'Not looked at until the settings are right.'));
  }
  if (config) checks.push(...(await checkWith(command, config)));
  const secrets = secretsOf(config);
  const redacted = (text: string) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
  return {
    ok: !checks.some(({ state }) => state === 'failed'),
    version,
    checkedAtMs: now(),
    checks: checks.map((check) => ({
      ...check,
      message: redacted(check.message),
      remedy: check.remedy && redacted(check.remedy),
    })),
  };
}

async function checkWith(command: DoctorCommand, config: Config): Promise<readonly DoctorCheck[]> {
  const { now, sleep, random, limitMs = LIMIT_MS } = command;
  const logger = command.logger(config);
  // A clock that is set while the doctor runs is not its business.
  const clockCheck = createClockCheck({ now, monotonic: now });
  const token = config.DISCORD_TOKEN;
  const discord =
    token === undefined
      ? Promise.resolve([
          line(
            'token',
            'skipped',
            'DISCORD_TOKEN is not set: npm start serves the page on this machine.',
            'docs/discord.md says how to get one.',
          ),
          line('permissions', 'skipped', 'Not looked at without a token.'),
        ])
      : bounded('token', limitMs, (signal) =>
          checkDiscord({
            token,
            applicationId: config.DISCORD_APPLICATION_ID,
            apiUrl: config.DISCORD_API_URL,
            devGuildId: config.DISCORD_DEV_GUILD_ID,
            timeoutMs: limitMs,
            signal,
            clockCheck,
          }),
        );
  const all = await Promise.all([
    discord,
    checkSources({ config, now, sleep, random, logger, limitMs, clockCheck }).catch((error: unknown) => [
      failure('market sources', error),
    ]),
    bounded('database', STORAGE_LIMIT_MS, (signal) => checkStorage(config, now, signal)),
    command
      .models(config)
      .then((list) => list.map((status) => modelCheck(status, now())))
      .catch((error: unknown) => [failure('models', error)]),
  ]);
  return [clockLine(clockCheck.status()), ...oldTickers(config), checkFiles(config, process.platform), ...all.flat()];
}

/** Coins of `SYMBOLS` that have changed their ticker or ended; files keep their own names. */
function oldTickers({ SYMBOLS, MARKET_SOURCES }: Config): DoctorCheck[] {
  if (!MARKET_SOURCES.every(isLiveSource)) return [];
  const changes = SYMBOLS.map(changeOf).filter((change) => change !== null && change.kind !== 'reused');
  if (changes.length === 0) return [];
  const text = changes.map((change) => change?.text).join(' ');
  const present = [...new Set(SYMBOLS.map(currentSymbol))].join(',');
  return [
    line('coins', 'warning', `SYMBOLS names coins that have changed. ${text}`, `The present tickers: ${present}.`),
  ];
}

/** How the clock of this machine compares with the answers of Discord and the sources. */
function clockLine(status: ClockStatus): DoctorCheck {
  const { state, hosts } = status;
  const count = `${hosts.length} host${hosts.length === 1 ? '' : 's'}`;
  if (state === 'unknown') return line('clock', 'skipped', 'No host that was asked has said its time.');
  if (state === 'right') return line('clock', 'ok', `Within seconds of ${count}.`);
  const message = `${clockDifferenceText(status)} by the answers of ${hosts.slice(0, 6).join(', ')}`;
  if (state === 'off') return line('clock', 'warning', `${message}.`, CLOCK_REMEDY);
  return line('clock', 'failed', `${message}; nothing is recorded while it is.`, CLOCK_REMEDY);
}

function nodeCheck(node: string): DoctorCheck {
  const [major = 0, minor = 0] = node.replace(/^v/, '').split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? line('node', 'ok', `${node}.`)
    : line('node', 'failed', `${node} is too old.`, 'Install Node.js 20.19 or later.');
}

/** The values that no line may hold, even where an error of a library repeats them. */
function secretsOf(config: Config | null): string[] {
  if (!config) return [];
  return SECRET_SETTINGS.flatMap((name) => {
    const value = config[name];
    if (value === undefined) return [];
    if (value.startsWith('sqlite:')) return [];
    if (!URL.canParse(value)) return value.length >= 4 ? [value] : [];
    // As it is written in the address, and decoded as an error may show it.
    const { password } = new URL(value);
    return password === '' ? [] : [password, decoded(password)];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The report for a terminal: one line each, the remedy behind an arrow. */
function doctorText({ checks }: DoctorReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map(({ name, state, message, remedy }) => {
    const text = `${SYMBOLS[state]} ${name.padEnd(width)}  ${message}${remedy ? ` → ${remedy}` : ''}`;
    return text
      .split('\n')
      .map((line) => line.trim())
      .join(' ');
  });
  const count = (state: CheckState) => checks.filter((check) => check.state === state).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  const verdict = failed > 0 ? `${failed} thing${failed === 1 ? ' is' : 's are'} wrong` : 'Nothing is wrong';
  return [...lines, '', `${verdict}${warnings > 0 ? `, ${warnings} to look at` : ''}.`].join('\n');
}
