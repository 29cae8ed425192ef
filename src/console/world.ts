import { type Context, Hono } from 'hono';
import { stream } from 'hono/streaming';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, HOUR_MS } from '../core/time.ts';
import type { TimeMachine } from '../core/time-machine.ts';
import type { ChannelPosts, ChannelState, ClockLine } from './api-types.ts';
import { CONSOLE_CHANNELS } from './caller.ts';
import { type ChannelFeed, DIRECT_CHANNEL_ID } from './channel-feed.ts';
import { errorFacts } from './error-facts.ts';
import { clockRequest } from './requests.ts';
import { refusal } from './security.ts';
import { toWire } from './wire.ts';

/** The made-up server around the commands: its channels, and its clock where that can be moved. */
export interface World {
  readonly feed: Pick<ChannelFeed, 'messages'> | null;
  /** Null where the market is real: then time is, too. */
  readonly timeMachine: TimeMachine | null;
}

/** The newest posts of a channel that are sent at most; each may carry charts. */
const FIRST_POSTS = 30;

/** The channels with their newest posts, for the page's tabs; private messages only once there are some. */
export function channelStates({ feed }: World): readonly ChannelState[] {
  if (!feed) return [];
  const newest = (id: string) => feed.messages(id).at(-1)?.id ?? null;
  const direct = { id: DIRECT_CHANNEL_ID, name: 'private messages', newest: newest(DIRECT_CHANNEL_ID) };
  const channels = CONSOLE_CHANNELS.map(({ id, name }) => ({ id, name, newest: newest(id) }));
  return direct.newest === null ? channels : [...channels, direct];
}

/** Builds the routes of the channels and of the clock. */
export function createWorldApi(world: World, now: Clock, logger: Logger): Hono {
  const api = new Hono();
  api.get('/channels/:id', (c) => {
    const id = c.req.param('id');
    const known = id === DIRECT_CHANNEL_ID || CONSOLE_CHANNELS.some((channel) => channel.id === id);
    if (!world.feed || !known) return c.json(refusal('There is no such channel.'), 404);
    return c.json(postsAfter(world.feed, id, c.req.query('after')));
  });
  api.post('/clock', (c) => moveClock(c, world.timeMachine, now, logger));
  api.all('/channels/:id', (c) => c.json(refusal('Use GET here.'), 405, { allow: 'GET' }));
  api.all('/clock', (c) => c.json(refusal('Use POST here.'), 405, { allow: 'POST' }));
  return api;
}

function postsAfter(feed: Pick<ChannelFeed, 'messages'>, channelId: string, after: string | undefined): ChannelPosts {
  const fresh = feed.messages(channelId, after).slice(-FIRST_POSTS);
  return { posts: fresh.map(({ id, atMs, reply }) => ({ id, postedAtMs: atMs, reply: toWire(reply) })) };
}

/** Moves the clock and tells, line by line, where it is. */
async function moveClock(c: Context, machine: TimeMachine | null, now: Clock, logger: Logger): Promise<Response> {
  if (!machine) return c.json(refusal('The clock moves in the simulated market only.'), 409);
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
    return c.json(refusal('Send JSON with the content type application/json.'), 415);
  }
  const parsed = clockRequest.safeParse(await c.req.json().catch(() => undefined));
  if (!parsed.success) return c.json(refusal('The request is not understood: look at hours.'), 400);
  const { hours } = parsed.data;
  c.header('content-type', 'application/x-ndjson');
  return stream(c, async (out) => {
    const write = (line: ClockLine) => out.write(`${JSON.stringify(line)}\n`);
    try {
      await machine.forward(hours * HOUR_MS, (step) => void write({ step }));
      await write({ done: { nowMs: now() } });
    } catch (problem) {
      const { code, message, remedy } = asCandlecastError(problem);
      if (code !== 'CC_BUSY') logger.error({ code, error: errorFacts(problem) }, 'the clock could not be moved');
      await write({ failed: { code, message: `${message} ${remedy}` } });
    }
  });
}
