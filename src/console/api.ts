import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { stream } from 'hono/streaming';
import type { z } from 'zod';
import type { Answers } from './answers.ts';
import { refusal } from './security.ts';
import {
  type AnswerLine,
  type CommandRequest,
  type ConsoleState,
  commandRequest,
  completionRequest,
  MAX_BODY_BYTES,
  pressRequest,
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
