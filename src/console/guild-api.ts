import { type Context, Hono } from 'hono';
import { stream } from 'hono/streaming';
import { asCandlecastError, describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, HOUR_MS, type TimeMachine } from '../core/time.ts';
import { withBody } from './api.ts';
import { type ChannelFeed, CONSOLE_CHANNELS, DIRECT_CHANNEL_ID } from './guild.ts';
import { refusal } from './security.ts';
import { type ChannelPosts, type ChannelState, type ClockLine, clockRequest, toWire } from './wire.ts';

/** The console's own guild: the channels that posts go to, and the clock where it can be moved. */
export interface ConsoleGuild {
  readonly feed: Pick<ChannelFeed, 'messages'> | null;
  /** Null with a real market, whose time cannot be moved. */
  readonly timeMachine: TimeMachine | null;
}

/** Posts of a channel in one response at most, the newest; each may carry charts. */
const MAX_POSTS = 30;

/** The channels with their newest posts, for the page's tabs; private messages only once there are some. */
export function channelStates({ feed }: ConsoleGuild): readonly ChannelState[] {
  if (!feed) return [];
  const newest = (id: string) => feed.messages(id).at(-1)?.id ?? null;
  const direct = { id: DIRECT_CHANNEL_ID, name: 'private messages', newest: newest(DIRECT_CHANNEL_ID) };
  const channels = CONSOLE_CHANNELS.map(({ id, name }) => ({ id, name, newest: newest(id) }));
  return direct.newest === null ? channels : [...channels, direct];
}

/** Builds the routes of the channels and of the clock. */
export function createGuildApi(guild: ConsoleGuild, now: Clock, logger: Logger): Hono {
  const api = new Hono();
  api.get('/channels/:id', (c) => {
    const id = c.req.param('id');
    const known = id === DIRECT_CHANNEL_ID || CONSOLE_CHANNELS.some((channel) => channel.id === id);
    if (!guild.feed || !known) return c.json(refusal('There is no such channel.'), 404);
    return c.json(postsAfter(guild.feed, id, c.req.query('after')));
  });
  api.post('/clock', async (c) => {
    const { timeMachine } = guild;
    if (!timeMachine) return c.json(refusal('The clock moves in the simulated market only.'), 409);
    return withBody(c, clockRequest, ({ hours }) => moveClock(c, hours, timeMachine, now, logger));
  });
  api.all('/channels/:id', (c) => c.json(refusal('Use GET here.'), 405, { allow: 'GET' }));
  api.all('/clock', (c) => c.json(refusal('Use POST here.'), 405, { allow: 'POST' }));
  return api;
}

function postsAfter(feed: Pick<ChannelFeed, 'messages'>, channelId: string, after: string | undefined): ChannelPosts {
  const fresh = feed.messages(channelId, after).slice(-MAX_POSTS);
  return { posts: fresh.map(({ id, atMs, reply }) => ({ id, postedAtMs: atMs, reply: toWire(reply) })) };
}

/** Moves the clock and answers with one JSON line for each step, and a last one when it has arrived or failed. */
function moveClock(c: Context, hours: number, machine: TimeMachine, now: Clock, logger: Logger): Response {
  c.header('content-type', 'application/x-ndjson');
  return stream(c, async (out) => {
    const write = (line: ClockLine) => out.write(`${JSON.stringify(line)}\n`);
    try {
      await machine.forward(hours * HOUR_MS, (step) => void write({ step }));
      await write({ done: { nowMs: now() } });
    } catch (problem) {
      const { code, message, remedy } = asCandlecastError(problem);
      if (code !== 'CC_BUSY') logger.error({ code, error: describeError(problem) }, 'the clock could not be moved');
      await write({ failed: { code, message: `${message} ${remedy}` } });
    }
  });
}
