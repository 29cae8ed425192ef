import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RequestKind } from '../../src/cluster/request-limit.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createPublisher, type Publisher } from '../../src/discord/publisher.ts';
import { BotRest, requestOptions } from '../../src/discord/requests.ts';
import type { Reply } from '../../src/render/reply.ts';
import type { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { APPLICATION_ID, CHANNEL_ID, GUILD_ID } from '../support/discord/payloads.ts';
import { TOKEN, useLoopbackDiscord } from './bot.ts';
import { PIXEL_PNG } from './sample-commands.ts';

let discord: LoopbackDiscord;
useLoopbackDiscord((test) => {
  ({ discord } = test);
  discord.channels.put(CHANNEL_ID);
});

const knowledge = {
  selfId: APPLICATION_ID,
  missing: () => [],
  isAnnouncement: () => false,
  readsHistory: () => true,
  guildOf: () => GUILD_ID,
  systemChannel: () => null,
};
const POST = { method: 'POST', path: /^\/channels\/\d+\/messages$/ };
const message: Reply = {
  content: 'A post',
  embeds: [{ title: 'Bitcoin', image: { url: 'attachment://btc.png' } }],
  files: [{ name: 'btc.png', contentType: 'image/png', data: new Uint8Array(PIXEL_PNG), description: 'A chart' }],
  components: [],
};
const signal = () => AbortSignal.timeout(8_000);

/** A publisher over a limit that grants all, and writes down what it was asked. */
function publisher(apiUrl: string, take: (kind: RequestKind, signal?: AbortSignal) => Promise<void> = async () => {}) {
  const taken: string[] = [];
  const pauses: number[] = [];
  const limit = {
    async take(kind: RequestKind, given?: AbortSignal) {
      taken.push(kind);
      await take(kind, given);
    },
    pause: (ms: number) => void pauses.push(ms),
  };
  const options = requestOptions({ apiUrl, token: TOKEN, onTokenRefused: () => {}, logger: silentLogger, limit });
  const rest = new BotRest({ ...options, retries: 1 }, Date.now, limit).setToken(TOKEN);
  const made: Publisher = createPublisher({
    rest,
    knowledge,
    now: Date.now,
    logger: silentLogger,
    redact: (text) => text,
  });
  return { rest, publisher: made, taken, pauses };
}

/**
 * Passes requests on as @discordjs/proxy does: without the headers about limits, a limit of its own as 429 with Retry-After alone, and an error that
 * it does not know as 200 without a body.
 */
async function startProxy(
  answers: (() => { readonly status: number; readonly retryAfter?: number | string } | null)[] = [],
) {
  const passed: string[] = [];
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const own = answers.shift()?.();
    if (own) {
      response.writeHead(own.status, own.retryAfter === undefined ? {} : { 'retry-after': String(own.retryAfter) });
      response.end();
      return;
    }
    const path = (request.url ?? '').replace(/^\/api\/v\d+/, '');
    passed.push(`${request.method} ${path}`);
    const { authorization = '', 'content-type': type = 'application/json' } = request.headers;
    const answer = await fetch(`${discord.apiUrl}/v10${path}`, {
      method: request.method ?? 'GET',
      headers: { authorization, 'content-type': type, 'user-agent': 'DiscordBot (a proxy, 1.0)' },
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    for (const [name, value] of answer.headers) {
      if (!name.startsWith('x-ratelimit') && name !== 'transfer-encoding') response.setHeader(name, value);
    }
    response.writeHead(answer.status);
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
  const server = createServer((request, response) => void pass(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, passed };
}

describe('requests with the token', () => {
  it('each take from the limit, a repeated one again, and by what they are about', async () => {
    const { publisher: port, taken } = publisher(discord.apiUrl);
    expect(await port.send(CHANNEL_ID, message, 'nonce-1', signal())).toMatchObject({ kind: 'sent' });
    expect(taken).toEqual(['channel']);
    discord.fail({ ...POST, status: 500, times: 1 });
    expect(await port.send(CHANNEL_ID, message, 'nonce-2', signal())).toMatchObject({ kind: 'sent' });
    expect(taken).toEqual(['channel', 'channel', 'channel']);
    await port.isMember(GUILD_ID);
    expect(taken.slice(3)).toEqual(['other']);
  });

  it('without it, which answer interactions, take nothing', async () => {
    const { rest, taken } = publisher(discord.apiUrl);
    await rest.post('/interactions/1/token/callback', { body: { type: 5 }, auth: false }).catch(() => undefined);
    expect(taken).toEqual([]);
    expect(discord.rest.requests).toHaveLength(1);
  });

  it('that are given up while they wait were certainly not sent', async () => {
    const { publisher: port } = publisher(
      discord.apiUrl,
      (_kind, given) =>
        new Promise((_resolve, reject) => given?.addEventListener('abort', () => reject(given.reason), { once: true })),
    );
    const outcome = await port.send(CHANNEL_ID, message, 'nonce-1', AbortSignal.timeout(50));
    expect(outcome).toMatchObject({ kind: 'busy', maybeSent: false });
    expect(discord.rest.requests).toEqual([]);
  });
});

describe('a proxy in front of Discord', () => {
  it('passes posts on with their pictures', async () => {
    const proxy = await startProxy();
    const { publisher: port } = publisher(proxy.apiUrl);
    expect(await port.send(CHANNEL_ID, message, 'nonce-1', signal())).toMatchObject({ kind: 'sent' });
    expect(proxy.passed).toEqual([`POST /channels/${CHANNEL_ID}/messages`]);
    expect(discord.channels.posts(CHANNEL_ID)[0]?.message.files.map(({ name }) => name)).toEqual(['btc.png']);
  });

  it('that asks to wait is waited for, and is no block of the address', async () => {
    const proxy = await startProxy([() => ({ status: 429, retryAfter: 0.2 })]);
    const { publisher: port } = publisher(proxy.apiUrl);
    expect(await port.send(CHANNEL_ID, message, 'nonce-1', signal())).toMatchObject({ kind: 'sent' });
    expect(port.problem()).toBeNull();
    expect(discord.channels.posts(CHANNEL_ID)).toHaveLength(1);
  });

  it.each([504, 200])('that answers %i without a body has perhaps sent it', async (status) => {
    const fault = () => ({ status });
    const proxy = await startProxy([fault, fault]);
    const { publisher: port } = publisher(proxy.apiUrl);
    expect(await port.send(CHANNEL_ID, message, 'nonce-1', signal())).toMatchObject({ kind: 'busy', maybeSent: true });
    // Once is repeated.
    expect(await port.send(CHANNEL_ID, message, 'nonce-1', signal())).toMatchObject({ kind: 'sent' });
  });
});

describe('a limit that', () => {
  it('does not say how long, or says it oddly, is not asked again at once', async () => {
    const said = [undefined, '0', 'soon', '-3', 'Wed, 21 Oct 2026 07:28:00 GMT'];
    const asked = said.map(async (retryAfter) => {
      const answer = () => ({ status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) });
      const answers = Array.from({ length: 50 }, () => answer);
      const proxy = await startProxy(answers);
      const { publisher: port } = publisher(proxy.apiUrl);
      const outcome = await port.send(CHANNEL_ID, message, 'nonce-1', AbortSignal.timeout(1_000));
      return [outcome.kind, 50 - answers.length];
    });
    expect(await Promise.all(asked)).toEqual(said.map(() => ['busy', 1]));
  });

  it('says years is kept for an hour at most', async () => {
    const proxy = await startProxy([() => ({ status: 429, retryAfter: '1000000000' })]);
    const { publisher: port } = publisher(proxy.apiUrl);
    const outcome = await port.send(CHANNEL_ID, message, 'nonce-1', signal());
    expect(outcome).toMatchObject({ kind: 'busy', maybeSent: false });
    expect('retryAfterMs' in outcome && outcome.retryAfterMs).toBeLessThanOrEqual(3_601_000);
  });
});
