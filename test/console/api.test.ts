import { ApplicationCommandOptionType } from 'discord.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { type RunningConsole, startConsole } from '../../src/console/server.ts';
import type { Answer, ConsoleState } from '../../src/console/wire.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import type { Logger } from '../../src/core/logger.ts';
import type { ForecastRequest } from '../../src/services/forecast/forecast.ts';
import { fakeContext, NOW_MS, TINY_PNG } from '../support/console/fake-context.ts';
import { post, raw } from './console-client.ts';

const desk: Command = {
  definition: {
    name: 'desk',
    description: 'Practice account',
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'start',
        description: 'Open one',
        options: [
          { type: ApplicationCommandOptionType.Integer, name: 'cash', description: 'In dollars', min_value: 1 },
        ],
      },
      { type: ApplicationCommandOptionType.Subcommand, name: 'stop', description: 'Close it' },
    ],
  },
  execute: () => Promise.reject(new CandlecastError('CC_HISTORY_TOO_SHORT', 'Not now.')),
};
const broken: Command = {
  definition: { name: 'broken', description: 'Fails unexpectedly' },
  execute: () => {
    const inside = new TypeError('secret detail of the inside');
    return Promise.reject(Object.assign(inside, { config: { headers: { key: 'api-key-value' } } }));
  },
};
const slow: Command = {
  definition: { name: 'slow', description: 'Answers step by step' },
  timeLimitMs: 60_000,
  execute: async (_options, _caller, _context, progress) => {
    progress?.({ content: 'half way', embeds: [], files: [], components: [] });
    return { content: 'there', embeds: [], files: [], components: [] };
  },
};
const endless: Command = {
  definition: { name: 'endless', description: 'Never answers' },
  execute: () => new Promise(() => {}),
};

let running: RunningConsole;
let banner: string | null;
let asked: ForecastRequest[];
let logged: { facts: object; message: string }[];

beforeEach(async () => {
  banner = null;
  asked = [];
  logged = [];
  const note = (facts: object, message: string) => logged.push({ facts, message });
  const logger: Logger = { debug() {}, info: note, warn: note, error: note };
  running = await startConsole({
    port: 0,
    context: fakeContext({ asked }),
    commands: [...COMMANDS, desk, broken, slow, endless],
    components: COMPONENT_HANDLERS,
    logger,
    simulatedBanner: () => banner,
    commandTimeoutMs: 50,
  });
});

afterEach(() => running.close());

async function state(): Promise<ConsoleState> {
  return JSON.parse((await raw(running.url, { path: '/api/state' })).body) as ConsoleState;
}

async function run(body: object): Promise<Answer> {
  const { status, json } = await post(running.url, '/api/commands', body);
  expect(status).toBe(200);
  return json as Answer;
}

describe('a command that takes long', () => {
  const ask = (headers: Record<string, string>) =>
    raw(running.url, {
      path: '/api/commands',
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: running.url, ...headers },
      body: JSON.stringify({ line: '/slow' }),
    });

  it('tells its progress line by line to those who read lines, and answers last', async () => {
    const { status, headers, body } = await ask({ accept: 'application/x-ndjson' });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/x-ndjson' });
    expect(
      body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([{ progress: { content: 'half way' } }, { answer: { ok: true, reply: { content: 'there' } } }]);
  });

  it('only answers everybody else', async () => {
    expect(JSON.parse((await ask({})).body)).toMatchObject({ ok: true, reply: { content: 'there' } });
  });
});

describe('GET /api/state', () => {
  it('lists every command with its options as the picker needs them', async () => {
    const { commands, version, nowMs, title } = await state();
    expect({ version, nowMs, title }).toEqual({ version: '0.1.0', nowMs: NOW_MS, title: 'Candlecast' });
    const forecast = commands.find((entry) => entry.name === 'forecast');
    expect(
      forecast?.options.map(({ name, kind, required, autocomplete }) => ({ name, kind, required, autocomplete })),
    ).toEqual([
      { name: 'symbol', kind: 'text', required: false, autocomplete: true },
      { name: 'horizon', kind: 'text', required: false, autocomplete: false },
      { name: 'private', kind: 'boolean', required: false, autocomplete: false },
      { name: 'why', kind: 'boolean', required: false, autocomplete: false },
      { name: 'details', kind: 'boolean', required: false, autocomplete: false },
    ]);
    expect(forecast?.options[1]?.choices.map((choice) => choice.value)).toEqual(['1h', '4h', '1d', '3d', '7d']);
  });

  it('lists subcommands as entries of their own', async () => {
    const { commands } = await state();
    const entries = commands.filter((entry) => entry.name.startsWith('desk'));
    expect(entries.map(({ name, description }) => [name, description])).toEqual([
      ['desk start', 'Open one'],
      ['desk stop', 'Close it'],
    ]);
    expect(entries[0]?.options[0]).toMatchObject({ name: 'cash', kind: 'integer', required: false });
  });

  it('offers three examples that can be run as they are', async () => {
    const { examples } = await state();
    expect(examples).toHaveLength(3);
    for (const { line } of examples) expect(await run({ line })).toMatchObject({ ok: true });
  });

  it('gives the banner as it is at that moment', async () => {
    expect((await state()).banner).toBeNull();
    banner = 'SIMULATED';
    expect((await state()).banner).toBe('SIMULATED');
    expect((await run({ line: '/help' })).banner).toBe('SIMULATED');
  });
});

describe('POST /api/commands', () => {
  it('answers options from the composer with embed, chart and controls', async () => {
    const answer = await run({ command: 'forecast', options: { symbol: 'eth', horizon: '7d' } });
    expect(asked).toEqual([{ symbol: 'eth', horizon: '7d' }]);
    expect(answer).toMatchObject({ ok: true, private: false, error: null, nowMs: NOW_MS });
    expect(answer.reply.embeds[0]).toMatchObject({ image: { url: 'attachment://forecast.png' } });
    expect(answer.reply.embeds[0]?.title).toContain('Ethereum (ETH)');
    expect(JSON.stringify(answer.reply.components)).toContain('{"label":"7 days ahead","value":"7d","default":true}');
    const [file] = answer.reply.files;
    expect(file).toMatchObject({ name: 'forecast.png', contentType: 'image/png', bytes: TINY_PNG.byteLength });
    expect(Buffer.from(file?.base64 ?? '', 'base64').equals(TINY_PNG)).toBe(true);
    expect(answer.reply.components).toHaveLength(2);
  });

  it('answers a typed line just as it answers options', async () => {
    const typed = await run({ line: '/forecast BTC 3d' });
    const composed = await run({ command: 'forecast', options: { symbol: 'BTC', horizon: '3d' } });
    expect(typed).toEqual(composed);
  });

  it('marks a reply as private where Discord would', async () => {
    const options = { symbol: 'BTC', private: true };
    expect((await run({ command: 'forecast', options })).private).toBe(true);
    expect((await run({ line: '/forecast BTC private:false' })).private).toBe(false);
    expect((await run({ line: '/status' })).private).toBe(true);
  });

  it('turns an unknown coin into a reply with code and suggestions', async () => {
    const answer = await run({ line: '/forecast nosuch' });
    expect(answer).toMatchObject({ ok: false, error: { code: 'CC_UNKNOWN_SYMBOL' } });
    expect(answer.reply.embeds[0]?.description).toContain('Did you mean');
    expect(answer.reply.embeds[0]?.footer?.text).toContain('CC_UNKNOWN_SYMBOL');
  });

  it('names the nearest command, to this person alone, when there is none of that name', async () => {
    const answer = await run({ line: '/forcast BTC' });
    expect(answer).toMatchObject({ ok: false, private: true, error: { code: 'CC_USAGE' } });
    expect(answer.error?.remedy).toContain('/forecast');
  });

  it('shows an unexpected failure as a reference that the log holds too, and nothing of the inside', async () => {
    const answer = await run({ line: '/broken' });
    expect(answer.error).toMatchObject({ code: 'CC_INTERNAL' });
    const reference = answer.error?.reference ?? '';
    expect(reference).toMatch(/^[0-9A-Z]+-[0-9A-Z]+$/);
    expect(answer.reply.embeds[0]?.footer?.text).toContain(reference);
    expect(JSON.stringify(answer)).not.toMatch(/secret detail|TypeError|at .*\.ts/);
    const entry = logged.find(({ facts }) => 'reference' in facts && facts.reference === reference);
    expect(JSON.stringify(logged)).not.toContain('api-key-value');
    expect(entry?.facts).toMatchObject({ error: { name: 'TypeError', message: 'secret detail of the inside' } });
  });

  it('gives every failure a reference of its own', async () => {
    const references = [await run({ line: '/broken' }), await run({ line: '/broken' })].map((a) => a.error?.reference);
    expect(new Set(references).size).toBe(2);
  });

  it('says so when a command never ends', async () => {
    expect((await run({ line: '/endless' })).error).toMatchObject({ code: 'CC_TIMEOUT' });
  });
});

describe('POST /api/press', () => {
  it('answers a select from its custom id', async () => {
    const body = { customId: 'fc:horizon:BTC:1d', values: ['7d'] };
    const answer = (await post(running.url, '/api/press', body)).json as Answer;
    expect(answer.ok).toBe(true);
    expect(asked).toEqual([{ symbol: 'BTC', horizon: '7d' }]);
    expect(JSON.stringify(answer.reply.components)).toContain('{"label":"7 days ahead","value":"7d","default":true}');
  });

  it('answers an id that nothing handles with an error reply', async () => {
    const answer = (await post(running.url, '/api/press', { customId: 'gone:1', values: [] })).json as Answer;
    expect(answer).toMatchObject({ ok: false, error: { code: 'CC_USAGE' } });
  });
});

describe('POST /api/autocomplete', () => {
  it('completes a coin by its name', async () => {
    const body = { command: 'forecast', option: 'symbol', value: 'bitc' };
    expect((await post(running.url, '/api/autocomplete', body)).json).toEqual({
      choices: [
        { name: 'BTC (Bitcoin)', value: 'BTC' },
        { name: 'BCH (Bitcoin Cash)', value: 'BCH' },
      ],
    });
  });

  it('offers nothing for a command that is not there', async () => {
    const body = { command: 'nosuch', option: 'symbol', value: 'b' };
    expect((await post(running.url, '/api/autocomplete', body)).json).toEqual({ choices: [] });
  });
});
