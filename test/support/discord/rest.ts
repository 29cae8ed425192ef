import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApplicationCommandUpdateRequestSchema } from 'discord-api-spec/zod';
import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord-api-types/v10';
import { ApiError, invalidForm, invalidWebhookToken, notFound, unauthorized, unknownInteraction } from './api-error.ts';
import type { ChannelPost, LoopbackChannels } from './channels.ts';
import { asDescribed, commandProblems } from './command-rules.ts';
import type { LoopbackInteraction } from './interaction.ts';
import { schemaProblems } from './message-rules.ts';
import type { SentMessage } from './messages.ts';
import { APPLICATION_ID, BOT_USER, GUILD_ID } from './payloads.ts';
import { type RequestBody, readBody } from './request-body.ts';

type CommandBody = RESTPostAPIChatInputApplicationCommandsJSONBody;

/** One request as it came in, with what it was answered. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly json: unknown;
  readonly status: number;
  /** Discord's error code, when it was refused. */
  readonly code: number | null;
}

/** Makes the next requests that match fail, before they have any effect unless it says otherwise. */
export interface Fault {
  readonly method: string;
  readonly path: RegExp;
  readonly status: number;
  readonly times: number;
  /** Discord's error code; default 0. */
  readonly code?: number;
  /** The answer is a web page, as those of Cloudflare in front of Discord are: no JSON, no code, no Retry-After. */
  readonly html?: boolean;
  /** Sent as Retry-After with a 429, in seconds. */
  readonly retryAfterSeconds?: number;
  /** `effect`: what was asked for happens, and the answer is the failure all the same. `hang`: there is no answer at all. */
  readonly but?: 'effect' | 'hang' | 'effect-then-hang';
}

/** What the REST half needs of the rest. */
export interface RestSetup {
  readonly token: string;
  readonly gatewayUrl: () => string;
  readonly interaction: (token: string) => LoopbackInteraction | undefined;
  readonly toJson: (message: SentMessage) => object;
  readonly newId: () => string;
  /** The clock that its answers tell. */
  readonly now: () => number;
  readonly channels: LoopbackChannels;
  /** What `GET /gateway/bot` says of shards that may identify at once; default 1. */
  readonly maxConcurrency?: number | undefined;
}

/** Codes that say that the request itself was wrong, rather than late or unlucky. */
const VIOLATIONS: ReadonlySet<number> = new Set([50035, 50006, 50109, 40005]);

interface Answer {
  readonly status: number;
  readonly json?: object;
  readonly html?: string;
}

/** The REST half of the loopback Discord: version 10, JSON and multipart, refusing what Discord refuses. */
export class LoopbackRest {
  readonly requests: RecordedRequest[] = [];
  /** Requests that were malformed in a way Discord would refuse; a test expects none. */
  readonly violations: string[] = [];
  readonly faults: { fault: Fault; left: number }[] = [];
  /** Called before each request is answered; what it waits for, the answer waits for. */
  before: ((method: string, path: string) => void | Promise<void>) | null = null;
  /** How many connections `GET /gateway/bot` recommends. */
  shards = 1;
  /** What every bucket says of its limit: requests left, and seconds until there are more. */
  bucket = { remaining: 49, resetAfterSeconds: 0.1 };
  /** When requests with the bot's token came in, by a steady clock: those that Discord's limit of fifty a second is for. */
  readonly authorisedAtMs: number[] = [];
  /** Servers that the bot is in. */
  readonly guilds = new Set([GUILD_ID]);
  /** Registered commands by scope: `global` or a guild id. */
  readonly registered = new Map<string, readonly CommandBody[]>();
  readonly #setup: RestSetup;

  constructor(setup: RestSetup) {
    this.#setup = setup;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    if (request.headers.authorization !== undefined) this.authorisedAtMs.push(performance.now());
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://loopback');
    const path = decodeURIComponent(pathname).replace(/^\/api\/v10/, '');
    let body: RequestBody = { json: null, files: [] };
    let answer: Answer;
    let code: number | null = null;
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      date: new Date(this.#setup.now()).toUTCString(),
    };
    try {
      body = await readBody(request);
      await this.before?.(method, path);
      const fault = this.#takeFault(method, path);
      const route = () => this.#route(method, path, request, { ...body, query: searchParams }, headers);
      if (fault?.but?.startsWith('effect')) route();
      // The connection stays open, as that of a server that has lost its way.
      if (fault?.but?.endsWith('hang')) return;
      answer = fault ? failed(fault, headers) : route();
    } catch (error) {
      // Whoever asked was killed in the middle of it: nobody is to blame, and nobody waits.
      if (request.destroyed && !request.complete) return;
      const refusal = error instanceof ApiError ? error : new ApiError(500, 0, String(error));
      code = refusal.code;
      const isUnknownRoute = refusal.code === 0 && refusal.status !== 401;
      answer = { status: refusal.status, json: { code, message: refusal.message, errors: nested(refusal.problems) } };
      if (refusal.status >= 500 || VIOLATIONS.has(refusal.code) || isUnknownRoute) {
        this.violations.push(`${method} ${path}: ${refusal.message} ${refusal.problems.join('; ')}`.trim());
      }
    }
    this.requests.push({ method, path, json: body.json, status: answer.status, code });
    if (answer.html !== undefined) headers['content-type'] = 'text/html; charset=UTF-8';
    else if (answer.json === undefined) delete headers['content-type'];
    response.writeHead(answer.status, headers);
    response.end(answer.html ?? (answer.json === undefined ? undefined : JSON.stringify(answer.json)));
  }

  /** The most requests with the bot's token in any second. */
  worstSecond(): number {
    let from = 0;
    return this.authorisedAtMs.reduce((worst, atMs, to) => {
      while (atMs - this.authorisedAtMs[from]! >= 1_000) from++;
      return Math.max(worst, to - from + 1);
    }, 0);
  }

  #takeFault(method: string, path: string): Fault | null {
    const found = this.faults.find(({ fault, left }) => left > 0 && fault.method === method && fault.path.test(path));
    if (!found) return null;
    found.left--;
    return found.fault;
  }

  #route(
    method: string,
    path: string,
    request: IncomingMessage,
    body: RequestBody & { readonly query: URLSearchParams },
    headers: Record<string, string>,
  ): Answer {
    if (!request.url?.startsWith('/api/v10/')) throw notFound();
    if (!request.headers['user-agent']?.startsWith('DiscordBot (')) throw new ApiError(403, 0, 'error code: 1010');
    const [, first, second, third, fourth] = path.split('/');
    const target = `${method} ${first}`;
    if (target === 'POST interactions' && fourth === 'callback') {
      const interaction = this.#setup.interaction(third ?? '');
      if (!interaction || interaction.id !== second) throw unknownInteraction();
      interaction.respond(body);
      return { status: 204 };
    }
    const bucket = `${target}/${fourth ?? ''}${first === 'channels' ? second : ''}`;
    Object.assign(headers, rateLimitHeaders(bucket, this.bucket));
    if (first === 'webhooks') return this.#webhook(method, path, body);
    if (request.headers.authorization !== `Bot ${this.#setup.token}`) throw unauthorized();
    if (method === 'GET' && path === '/gateway/bot') {
      const limit = {
        total: 1_000,
        remaining: 999,
        reset_after: 3_600_000,
        max_concurrency: this.#setup.maxConcurrency ?? 1,
      };
      return { status: 200, json: { url: this.#setup.gatewayUrl(), shards: this.shards, session_start_limit: limit } };
    }
    if (first === 'channels') return this.#channel(method, path, body);
    if (method === 'GET' && path === '/users/@me') return { status: 200, json: BOT_USER };
    if (method === 'GET' && first === 'guilds' && this.guilds.has(second ?? '')) {
      const { channels } = this.#setup;
      if (third === 'channels') return { status: 200, json: channels.ofGuild(second!, false) };
      if (third === 'threads' && fourth === 'active') {
        return { status: 200, json: { threads: channels.ofGuild(second!, true), members: [] } };
      }
    }
    if (method === 'GET' && path === '/users/@me/guilds') {
      const after = BigInt(body.query.get('after') ?? '0');
      const later = [...this.guilds].filter((id) => BigInt(id) > after).sort((a, b) => Number(BigInt(a) - BigInt(b)));
      return { status: 200, json: later.slice(0, Number(body.query.get('limit') ?? '200')).map((id) => ({ id })) };
    }
    if (target === 'POST users' && second === '@me' && third === 'channels') {
      return { status: 200, json: this.#setup.channels.openDm(body) };
    }
    if (first === 'applications' && second === APPLICATION_ID) {
      const guild = /^\/applications\/\d+\/guilds\/(\d+)\/commands$/.exec(path)?.[1];
      if (guild !== undefined || third === 'commands') {
        if (method === 'PUT') return this.#register(guild ?? 'global', body);
        if (method === 'GET') return { status: 200, json: this.#stored(guild ?? 'global') };
      }
    }
    throw notFound();
  }

  #channel(method: string, path: string, body: RequestBody & { readonly query: URLSearchParams }): Answer {
    const [, , id = '', what, messageId = '', action] = path.split('/');
    const { channels, toJson } = this.#setup;
    if (what !== 'messages') throw notFound();
    if (method === 'POST' && messageId === '') return { status: 200, json: toJson(channels.create(id, body)) };
    const seen = ({ message, editedMs, author, isReply }: ChannelPost) => ({
      ...toJson(message),
      ...(editedMs === undefined ? {} : { edited_timestamp: new Date(editedMs).toISOString() }),
      ...(author === undefined ? {} : { author }),
      ...(isReply ? { interaction_metadata: { id: message.id, type: 2 } } : {}),
    });
    if (method === 'GET' && messageId === '') return { status: 200, json: channels.history(id, body.query).map(seen) };
    if (method === 'GET' && action === undefined) return { status: 200, json: seen(channels.one(id, messageId)) };
    if (method === 'POST' && action === 'crosspost') {
      return { status: 200, json: toJson(channels.crosspost(id, messageId)) };
    }
    throw notFound();
  }

  #register(scope: string, body: RequestBody): Answer {
    if (!Array.isArray(body.json)) throw invalidForm(['body: expected an array']);
    const commands = body.json as CommandBody[];
    const problems = commands.flatMap((command, i) =>
      schemaProblems(ApplicationCommandUpdateRequestSchema, asDescribed(command)).map((problem) => `${i}.${problem}`),
    );
    if (problems.length === 0) problems.push(...commandProblems(commands.filter((command) => !isEntryPoint(command))));
    if (problems.length > 0) throw invalidForm(problems);
    if ((this.registered.get(scope) ?? []).some(isEntryPoint) && !commands.some(isEntryPoint)) {
      throw new ApiError(400, 50240, 'You cannot remove this app’s Entry Point command in a bulk update operation.');
    }
    this.registered.set(scope, commands);
    return { status: 200, json: this.#stored(scope) };
  }

  /** Commands as Discord returns them: newest first, with ids, and with the defaults written out. */
  #stored(scope: string): object[] {
    const stored = (this.registered.get(scope) ?? []).map((command) => ({
      id: this.#setup.newId(),
      application_id: APPLICATION_ID,
      version: this.#setup.newId(),
      dm_permission: true,
      nsfw: false,
      name_localizations: null,
      description_localizations: null,
      default_member_permissions: null,
      ...command,
      options: command.options ?? [],
    }));
    return stored.reverse();
  }

  #webhook(method: string, path: string, body: RequestBody): Answer {
    const [, , applicationId, token, messages, which] = path.split('/');
    const interaction = this.#setup.interaction(token ?? '');
    if (!interaction || applicationId !== APPLICATION_ID) throw invalidWebhookToken();
    const { toJson } = this.#setup;
    if (method === 'POST' && messages === undefined) return { status: 200, json: toJson(interaction.followUp(body)) };
    if (messages === 'messages' && which === '@original') {
      if (method === 'PATCH') return { status: 200, json: toJson(interaction.edit(body)) };
      if (method === 'GET') return { status: 200, json: toJson(interaction.read()) };
    }
    throw notFound();
  }
}

function isEntryPoint(command: { readonly type?: number | undefined }): boolean {
  return command.type === 4;
}

function failed({ status, code, html, retryAfterSeconds = 0 }: Fault, headers: Record<string, string>): Answer {
  if (html) return { status, html: `<!DOCTYPE html><title>${status}</title><p>error code: 1015` };
  if (status !== 429) return { status, json: { code: code ?? 0, message: `${status}: injected` } };
  headers['retry-after'] = String(retryAfterSeconds);
  headers['x-ratelimit-scope'] = 'user';
  return { status, json: { message: 'You are being rate limited.', retry_after: retryAfterSeconds, global: false } };
}

function rateLimitHeaders(
  bucket: string,
  { remaining, resetAfterSeconds }: LoopbackRest['bucket'],
): Record<string, string> {
  return {
    'x-ratelimit-limit': '50',
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset-after': resetAfterSeconds.toFixed(3),
    'x-ratelimit-bucket': Buffer.from(bucket).toString('hex'),
  };
}

/** Discord's nested form of `errors`, flat enough for messages to be readable. */
function nested(problems: readonly string[]): object | undefined {
  if (problems.length === 0) return undefined;
  return { _errors: problems.map((message) => ({ code: 'BASE_TYPE_BAD', message })) };
}
