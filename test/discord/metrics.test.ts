import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { CandlecastError } from '../../src/core/errors.ts';
import type { Metrics } from '../../src/core/metrics.ts';
import { scopeFacts, whileDrawing } from '../../src/core/under-way.ts';
import { routeOf } from '../../src/discord/requests.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { text, USER_ID } from '../support/discord/payloads.ts';
import { type BotSetup, type DiscordTest, type TestBot, type TestClock, textReply, useLoopbackDiscord } from './bot.ts';
import { chartCommand, commandThat, refreshButton } from './sample-commands.ts';

let clock: TestClock;
let discord: LoopbackDiscord;
let startBot: DiscordTest['start'];
let bot: TestBot;
let seen: string[];
let phases: Record<string, number>;
let metrics: Metrics;

useLoopbackDiscord((test) => {
  ({ clock, discord, start: startBot } = test);
});
beforeEach(() => {
  seen = [];
  phases = {};
  metrics = {
    interaction: (command, outcome) => seen.push(`${command} ${outcome}`),
    interactionPhase(command, phase, ms) {
      phases[`${command} ${phase}`] = ms;
    },
    admissionRefused: (reason) => seen.push(`refused ${reason}`),
    post() {},
    postLateness() {},
    discordRequest: (method, route, status) => seen.push(`${method} ${route} ${status}`),
    discordRateLimited: (scope) => seen.push(`limited ${scope}`),
    jobRun() {},
    sourceRequest() {},
  };
});

async function start(setup: BotSetup): Promise<void> {
  bot = await startBot({ metrics, ...setup });
  seen.length = 0;
}
/** Waits for the count of one more interaction. */
const counted = (line: string) => expect.poll(() => seen).toContain(line);

describe('an interaction', () => {
  it('is counted by its command and how it ended, with its requests by their routes', async () => {
    await start({ commands: [chartCommand] });
    await discord.command('chart', [text('symbol', 'BTC')]).answered.next();
    await counted('chart answered');
    expect(seen).toEqual([
      'POST /interactions/:id/:token/callback 204',
      'PATCH /webhooks/:id/:token/messages/@original 200',
      'chart answered',
    ]);
    expect(Object.keys(phases)).toEqual(
      ['acknowledge', 'wait', 'compute', 'send', 'total'].map((phase) => `chart ${phase}`),
    );
  });

  it('has its drawing apart from the rest of its work', async () => {
    const draws = commandThat('draws', async () => {
      clock.nowMs += 300;
      await whileDrawing(async () => {
        clock.nowMs += 200;
      });
      clock.nowMs += 50;
      return textReply('done');
    });
    await start({ commands: [draws] });
    await discord.command('draws').answered.next();
    await counted('draws answered');
    expect(phases).toMatchObject({ 'draws compute': 350, 'draws draw': 200, 'draws total': 550 });
  });

  it('that ends with an error counts as what the person saw', async () => {
    const fails = (name: string, error: Error) =>
      commandThat(name, async () => {
        throw error;
      });
    const wrong = fails('wrong', new CandlecastError('CC_USAGE', 'That is no coin.'));
    await start({ commands: [wrong, fails('broken', new Error('oh'))] });
    await discord.command('wrong').answered.next();
    await counted('wrong explained');
    await discord.command('broken').answered.next();
    await counted('broken failed');
    discord.command('removed');
    await counted('unknown explained');
  });

  it('that a limit refuses is counted with the limit', async () => {
    const limits = { inFlightPerUser: 2, inFlightTotal: 9, startsPerWindow: 1, windowMs: 20_000 };
    await start({ commands: [commandThat('quick', async () => textReply('done'))], limits });
    await discord.command('quick').answered.next();
    discord.command('quick');
    await counted('quick refused');
    expect(seen).toContain('refused person-fast');
  });

  it('that Discord takes no answer to is lost', async () => {
    await start({ commands: [commandThat('late', async () => textReply('done'))] });
    discord.fail({ method: 'POST', path: /\/callback$/, status: 404, code: 10_062, times: 1 });
    discord.command('late');
    await counted('late lost');
    expect(seen).toContain('POST /interactions/:id/:token/callback 404');
  });

  it('may be a button, which is counted apart from commands', async () => {
    await start({ commands: [chartCommand], components: [refreshButton] });
    const message = await discord.command('chart', [text('symbol', 'BTC')]).answered.next();
    discord.press(message.id, 'refresh:BTC|1d');
    await counted('control refresh answered');
  });

  it('has one id from its arrival to the reference that the person is shown', async () => {
    const ids: unknown[] = [];
    const fails = commandThat('fails', async () => {
      ids.push(scopeFacts());
      await nextTurn();
      ids.push(scopeFacts());
      throw new Error('oh');
    });
    let turn = 0;
    await start({ commands: [fails], random: () => (turn++ % 32) / 32 });
    const first = await discord.command('fails').answered.next();
    const second = await discord.command('fails').answered.next();
    const references = [first, second].map(({ embeds }) => embeds[0]?.footer?.text.replace('Reference ', ''));
    expect(references[0]).not.toBe(references[1]);
    expect(ids).toEqual([references[0], references[0], references[1], references[1]].map((request) => ({ request })));
    expect(bot.log.lines.filter(({ level }) => level === 'error').map(({ facts }) => facts['request'])).toEqual(
      references,
    );
  });
});

describe('the route of a request', () => {
  it.each([
    ['/v10/channels/1100000000000000020/messages?limit=100', '/channels/:id/messages'],
    [
      '/v10/channels/1100000000000000020/messages/1100000000000000021/crosspost',
      '/channels/:id/messages/:id/crosspost',
    ],
    [
      '/v10/webhooks/1100000000000000001/aW50ZXJhY3Rpb246MTEw/messages/@original',
      '/webhooks/:id/:token/messages/@original',
    ],
    ['/v10/interactions/1100000000000000001/aW50ZXJhY3Rpb246MTEw/callback', '/interactions/:id/:token/callback'],
    ['/v10/applications/1100000000000000001/commands', '/applications/:id/commands'],
    ['/v10/users/@me/channels', '/users/@me/channels'],
    [
      '/v10/webhooks/1100000000000000001/aW50ZXJhY3Rpb246MTEw/messages/%40original',
      '/webhooks/:id/:token/messages/@original',
    ],
    ['/v10/gateway/bot', '/gateway/bot'],
  ])('%s is %s', (path, route) => {
    expect(routeOf(path)).toBe(route);
    expect(path).not.toContain(USER_ID);
  });
});
