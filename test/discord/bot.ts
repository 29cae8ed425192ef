import Keyv from 'keyv';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Command, CommandContext, ComponentHandler } from '../../src/commands/command.ts';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import type { CandlecastError } from '../../src/core/errors.ts';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import { type DiscordOptions, type DiscordSurface, startDiscord } from '../../src/discord/client.ts';
import { errorReply } from '../../src/render/error-embed.ts';
import type { Reply } from '../../src/render/reply.ts';
import { type FakeContext, fakeContext } from '../commands/fakes.ts';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { preferencesInMemory } from '../support/preferences.ts';
import { privacyInMemory } from '../support/privacy.ts';
import { NO_LINKS, serverSettingsInMemory } from '../support/server-settings.ts';
import { idlePublishing, subscriptionsInMemory } from '../support/subscriptions.ts';
import { fakeWatching } from '../support/watching.ts';
import { ManualSleep } from './manual-sleep.ts';

/** A token of Discord's shape that was never issued. */
export const TOKEN = 'MTEwMDAwMDAwMDAwMDAwMDAwMQ.Gx7Zzz.not-a-real-signature-of-any-bot-00000';

/** The clock of the bot and of its Discord; tests move it. */
export class TestClock {
  nowMs = Date.UTC(2026, 10, 21, 12);
  readonly now = (): number => this.nowMs;
}

/** Keeps what was logged, as the text a log file would hold. */
export class LogRecorder implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly facts: Record<string, unknown> }[] = [];
  readonly #waiting: { readonly message: string; readonly resolve: (facts: Record<string, unknown>) => void }[] = [];
  debug = (facts: object, message: string): void => this.#keep('debug', facts, message);
  info = (facts: object, message: string): void => this.#keep('info', facts, message);
  warn = (facts: object, message: string): void => this.#keep('warn', facts, message);
  error = (facts: object, message: string): void => this.#keep('error', facts, message);

  get text(): string {
    return JSON.stringify(this.lines);
  }

  /** The facts of the first line with that message, now or when it is logged. */
  async logged(message: string): Promise<Record<string, unknown>> {
    const line = this.lines.find((candidate) => candidate.message === message);
    if (line) return line.facts;
    return new Promise((resolve) => this.#waiting.push({ message, resolve }));
  }

  at(level: string): readonly string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }

  #keep(level: string, facts: object, message: string): void {
    const line = { level, message, facts: facts as Record<string, unknown> };
    this.lines.push(line);
    for (const waiting of this.#waiting) if (waiting.message === message) waiting.resolve(line.facts);
  }
}

/** A reply of one line. */
export function textReply(content: string): Reply {
  return { content, embeds: [], files: [], components: [] };
}

/** Shows everything the error reply of the application would: code, words, remedy, reference. */
export function plainErrorReply(error: CandlecastError, reference: string | null): Reply {
  const title = `${error.code}: ${error.message}`;
  const footer = reference === null ? {} : { footer: { text: `Reference ${reference}` } };
  return { embeds: [{ title, description: error.remedy, ...footer }], files: [], components: [] };
}

/** A context whose services are never called: the commands of these tests are their own. */
export function idleContext(now: () => number): CommandContext {
  const unused = () => {
    throw new Error('no command of this test uses a service');
  };
  return {
    services: {
      assets: { search: unused, resolve: unused },
      price: { rate: unused, quote: unused, read: unused, board: unused },
      candles: { history: unused },
      forecast: { forecast: unused },
      explanation: { explain: unused },
      odds: { odds: unused },
      oddsRecord: { report: unused },
      alerts: { add: unused, list: unused, remove: unused, check: unused, prune: unused },
      sentiment: { report: unused, glance: unused },
      backtest: { run: unused, rules: unused },
      paper: { start: unused, report: unused, stop: unused, step: unused },
      accuracy: { report: unused, last: unused },
      status: { status: unused },
      admin: { retrain: unused, rollback: unused, promote: unused, confirmPrice: unused, recall: () => [] },
      serverSettings: serverSettingsInMemory(),
      subscriptions: subscriptionsInMemory({ resolve: unused }, now),
      publishing: idlePublishing,
      preferences: preferencesInMemory({ resolve: unused }, now),
      privacy: privacyInMemory(now),
      ...fakeWatching(unused),
      witness: { head: unused, connect: unused, checkForecast: unused, checkMessage: unused },
      recordParts: { part: unused },
      drift: { status: unused },
      modelInfo: { served: unused, comparisons: unused },
    },
    charts: {
      fanChart: unused,
      oddsChart: unused,
      oddsRecordChart: unused,
      sentimentChart: unused,
      priceChart: unused,
      candleChart: unused,
      backtestChart: unused,
      paperChart: unused,
      accuracyChart: unused,
      coinTable: unused,
      close: unused,
    },
    now,
    logger: silentLogger,
    simulated: () => false,
    links: NO_LINKS,
    version: '0.0.0-test',
  };
}

/** A started bot with everything a test looks at or turns. */
export interface TestBot {
  readonly surface: DiscordSurface;
  readonly log: LogRecorder;
  readonly sleep: ManualSleep;
  readonly fatal: CandlecastError[];
}

/** What a test may set differently. */
export interface BotSetup extends Partial<DiscordOptions> {
  readonly commands?: readonly Command[];
  readonly components?: readonly ComponentHandler[];
}

/** Options that fit a loopback Discord. */
export function botOptions(
  discord: Pick<LoopbackDiscord, 'apiUrl'>,
  clock: TestClock,
  setup: BotSetup,
): DiscordOptions & { readonly parts: Omit<TestBot, 'surface'> } {
  const log = new LogRecorder();
  const sleep = new ManualSleep();
  const fatal: CandlecastError[] = [];
  return {
    token: TOKEN,
    apiUrl: discord.apiUrl,
    ownerIds: [],
    commands: [],
    components: [],
    context: idleContext(clock.now),
    keyValue: new Keyv(),
    logger: log,
    errorReply: plainErrorReply,
    sleep: sleep.sleep,
    random: () => 0.5,
    onFatal: (error) => fatal.push(error),
    ...setup,
    parts: { log, sleep, fatal },
  };
}

/** Starts a bot on a loopback Discord and waits until its commands are registered. */
async function startBot(discord: LoopbackDiscord, clock: TestClock, setup: BotSetup = {}): Promise<TestBot> {
  const { parts, ...options } = botOptions(discord, clock, setup);
  const surface = await startDiscord(options);
  await surface.registration;
  return { surface, ...parts };
}

/** What one test of the Discord layer works with. */
export interface DiscordTest {
  readonly clock: TestClock;
  readonly discord: LoopbackDiscord;
  /** Starts a bot that is stopped after the test. */
  readonly start: (setup?: BotSetup) => Promise<TestBot>;
}

/**
 * Starts a loopback Discord before each test and passes it to `setUp`; afterwards stops the test's bots and checks that no request broke
 * Discord's rules.
 */
export function useLoopbackDiscord(setUp: (test: DiscordTest) => void | Promise<void>): void {
  let discord: LoopbackDiscord;
  const bots: TestBot[] = [];
  beforeEach(async () => {
    const clock = new TestClock();
    discord = await LoopbackDiscord.start({ token: TOKEN, now: clock.now });
    const start = async (setup: BotSetup = {}) => {
      const bot = await startBot(discord, clock, setup);
      bots.push(bot);
      return bot;
    };
    await setUp({ clock, discord, start });
  });
  afterEach(async () => {
    await Promise.all(bots.splice(0).map(({ surface }) => surface.stop()));
    await discord.close();
    expect(discord.rest.violations).toEqual([]);
  });
}

/** As {@link useLoopbackDiscord}, with a bot that has all commands of the application, on fakes, and may log no error. */
export function useRealCommands(
  setUp: (test: Omit<DiscordTest, 'start'> & { readonly bot: TestBot; readonly fake: FakeContext }) => void,
): void {
  let bot: TestBot;
  // The hooks after a test run in reverse order, so this one runs when the bot has stopped.
  afterEach(() => expect(bot.log.at('error')).toEqual([]));
  useLoopbackDiscord(async ({ start, ...test }) => {
    const fake = fakeContext();
    const context = { ...fake.context, now: test.clock.now };
    bot = await start({ commands: COMMANDS, components: COMPONENT_HANDLERS, context, errorReply });
    setUp({ ...test, bot, fake });
  });
}
