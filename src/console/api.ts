import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { stream } from 'hono/streaming';
import type { z } from 'zod';
import { asCandlecastError, describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type Clock, HOUR_MS, type TimeMachine } from '../core/time.ts';
import type { Answers } from './answers.ts';
import { type ChannelFeed, CONSOLE_CHANNELS, DIRECT_CHANNEL_ID } from './guild.ts';
import { refusal } from './security.ts';
import {
  type AnswerLine,
  type ChannelPosts,
  type ChannelState,
  type ClockLine,
  type CommandRequest,
  type ConsoleState,
  clockRequest,
  commandRequest,
  completionRequest,
  MAX_BODY_BYTES,
  pressRequest,
  toWire,
} from './wire.ts';

/** Builds the JSON API under `/api`: state, autocompletion, commands and presses, and the routes of the console's `guild`. */
export function createApi(answers: Answers, state: () => ConsoleState, guild: Hono): Hono {
  const api = new Hono();
  api.use(async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
  });
  api.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => c.json(refusal(`The request is larger than ${MAX_BODY_BYTES} bytes.`), 413),
    }),
  );
  api.get('/state', (c) => c.json(state()));
  api.post('/autocomplete', (c) => withBody(c, completionRequest, (request) => answers.complete(request)));
  api.post('/commands', (c) =>
    withBody(c, commandRequest, (request) =>
      wantsLines(c) ? answerInLines(c, answers, request) : answers.run(request),
    ),
  );
  api.post('/press', (c) => withBody(c, pressRequest, (request) => answers.press(request)));
  api.route('/', guild);
  api.all('/state', (c) => c.json(refusal('Use GET here.'), 405, { allow: 'GET' }));
  for (const path of ['/autocomplete', '/commands', '/press']) {
    api.all(path, (c) => c.json(refusal('Use POST here.'), 405, { allow: 'POST' }));
  }
  return api;
}

/** Answers a JSON body that fits the schema; any other is refused with the path of its first error. */
export async function withBody<S extends z.ZodType>(
  c: Context,
  schema: S,
  answer: (request: z.infer<S>) => object | Promise<object>,
): Promise<Response> {
  // A browser sends JSON for another site only after a preflight request, which is refused here.
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
    return c.json(refusal('Send JSON with the content type application/json.'), 415);
  }
  const body = await readJson(c);
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') || 'the body';
    return c.json(refusal(`The request is not understood: look at ${where}.`), 400);
  }
  const answered = await answer(parsed.data);
  return answered instanceof Response ? answered : c.json(answered);
}

const LINES = 'application/x-ndjson';

function wantsLines(c: Context): boolean {
  return c.req.header('accept')?.includes(LINES) ?? false;
}

/** Answers with one JSON document a line: the progress of a long command, and last its answer. */
function answerInLines(c: Context, answers: Answers, request: CommandRequest): Response {
  c.header('content-type', LINES);
  return stream(c, async (out) => {
    const write = (line: AnswerLine) => out.write(`${JSON.stringify(line)}\n`);
    const answer = await answers.run(request, (progress) => write({ progress }));
    await write({ answer });
  });
}

async function readJson(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No schema accepts undefined, so this is refused as not understood.
    return undefined;
  }
}

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
