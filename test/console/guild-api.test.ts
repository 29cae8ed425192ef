import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChannelFeed, createChannelFeed } from '../../src/console/guild.ts';
import { type RunningConsole, startConsole } from '../../src/console/server.ts';
import type { ConsoleState } from '../../src/console/wire.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { HOUR_MS, type TimeMachine } from '../../src/core/time.ts';
import { fakeContext, NOW_MS } from '../support/console/fake-context.ts';
import { post, raw } from './console-client.ts';

let running: RunningConsole;
let feed: ChannelFeed;
let nowMs: number;
let failure: CandlecastError | null;

const machine: TimeMachine = {
  async forward(ms, onStep) {
    if (failure) throw failure;
    nowMs += ms / 2;
    onStep({ nowMs, share: 0.5 });
    nowMs += ms / 2;
  },
};

async function start(timeMachine: TimeMachine | null): Promise<void> {
  nowMs = NOW_MS;
  failure = null;
  feed = createChannelFeed(() => nowMs);
  running = await startConsole({
    port: 0,
    context: { ...fakeContext(), now: () => nowMs },
    commands: [],
    components: [],
    logger: silentLogger,
    guild: { feed, timeMachine },
  });
}

beforeEach(() => start(machine));
afterEach(() => running.close());

const get = async (path: string) => {
  const { status, body } = await raw(running.url, { path });
  return { status, json: JSON.parse(body) as unknown };
};
const state = async () => (await get('/api/state')).json as ConsoleState;
const say = (channel: string, content: string) =>
  feed.send(channel, { content, embeds: [], files: [], components: [] }, content, AbortSignal.timeout(1_000));
const move = async (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) => {
  const answer = await raw(running.url, {
    path: '/api/clock',
    method: 'POST',
    headers: { origin: running.url, ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: answer.status,
    lines: answer.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  };
};

describe('channels of the console', () => {
  it('are listed with their newest post, private messages only once there are some', async () => {
    expect((await state()).channels).toEqual([
      { id: 'general', name: 'general', newest: null },
      { id: 'forecasts', name: 'forecasts', newest: null },
    ]);
    await say('forecasts', 'one');
    const to = { userId: 'console', guildId: 'console' };
    const notice = { content: 'Psst', embeds: [], files: [], components: [] };
    await feed.notify(to, notice, 'n', AbortSignal.timeout(1_000));
    expect((await state()).channels.slice(1)).toEqual([
      { id: 'forecasts', name: 'forecasts', newest: '1' },
      { id: 'direct', name: 'private messages', newest: '2' },
    ]);
  });

  it('give what was posted after a post, with the moment of the demo it was posted at', async () => {
    await say('forecasts', 'one');
    nowMs += HOUR_MS;
    await say('forecasts', 'two');
    expect((await get('/api/channels/forecasts')).json).toMatchObject({
      posts: [
        { id: '1', postedAtMs: NOW_MS, reply: { content: 'one' } },
        { id: '2', postedAtMs: NOW_MS + HOUR_MS, reply: { content: 'two' } },
      ],
    });
    expect((await get('/api/channels/forecasts?after=1')).json).toMatchObject({ posts: [{ id: '2' }] });
    expect((await get('/api/channels/forecasts?after=2')).json).toEqual({ posts: [] });
  });

  it.each(['secret', '..%2fstate', ''])('that do not exist are not found: %s', async (id) => {
    expect((await get(`/api/channels/${id}`)).status).toBe(404);
  });
});

describe('the clock of the console', () => {
  it('moves, and tells line by line where it is', async () => {
    expect((await state()).movable).toBe(true);
    expect(await move({ hours: 24 })).toEqual({
      status: 200,
      lines: [{ step: { nowMs: NOW_MS + 12 * HOUR_MS, share: 0.5 } }, { done: { nowMs: NOW_MS + 24 * HOUR_MS } }],
    });
    expect((await state()).nowMs).toBe(NOW_MS + 24 * HOUR_MS);
  });

  it('says why it could not', async () => {
    failure = new CandlecastError('CC_BUSY', 'The clock is moving already.');
    expect((await move({ hours: 1 })).lines).toMatchObject([
      { failed: { code: 'CC_BUSY', message: expect.stringMatching(/^The clock is moving already\. /) } },
    ]);
  });

  it.each([[{ hours: 0 }], [{ hours: 1.5 }], [{ hours: 1e9 }], [{ hours: '1' }], [{}], [{ hours: 1, more: 1 }]])(
    'refuses %j',
    async (body) => {
      expect((await move(body)).status).toBe(400);
      expect(nowMs).toBe(NOW_MS);
    },
  );

  it('refuses what another site’s form could send', async () => {
    expect((await move({ hours: 1 }, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await move({ hours: 1 }, { 'content-type': 'application/json', origin: 'http://evil.test' })).status).toBe(
      403,
    );
    expect(nowMs).toBe(NOW_MS);
  });

  it('is not there where the market is real', async () => {
    await running.close();
    await start(null);
    expect((await state()).movable).toBe(false);
    expect((await post(running.url, '/api/clock', { hours: 1 })).status).toBe(409);
    expect(nowMs).toBe(NOW_MS);
  });
});
