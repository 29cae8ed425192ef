import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LoopbackDiscord } from '../support/discord/loopback-discord.ts';
import { APPLICATION_ID } from '../support/discord/payloads.ts';
import { TestClock, TOKEN } from './bot.ts';

/** The loopback Discord is only worth something if it refuses what Discord refuses: called here without a client. */
let clock: TestClock;
let discord: LoopbackDiscord;
let socket: WebSocket;

interface Refusal {
  readonly status: number;
  readonly code?: number;
  readonly problems: string;
}

async function call(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Refusal> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${discord.apiUrl}/v10${path}`, {
    method,
    headers: {
      'user-agent': 'DiscordBot (test, 1)',
      ...(isForm ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: isForm || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (response.status === 204 ? {} : await response.json()) as {
    code?: number;
    errors?: { _errors: { message: string }[] };
  };
  const problems = (answer.errors?._errors ?? []).map(({ message }) => message).join('; ');
  return { status: response.status, problems, ...(answer.code === undefined ? {} : { code: answer.code }) };
}

const callback = (asked: { id: string; token: string }, body: unknown) =>
  call('POST', `/interactions/${asked.id}/${asked.token}/callback`, body);
const edit = (asked: { token: string }, body: unknown) =>
  call('PATCH', `/webhooks/${APPLICATION_ID}/${asked.token}/messages/@original`, body);
const register = (commands: unknown, token = TOKEN) =>
  call('PUT', `/applications/${APPLICATION_ID}/commands`, commands, { authorization: `Bot ${token}` });

/** An interaction that is deferred, ready to be edited. */
async function deferred(): Promise<{ id: string; token: string }> {
  const asked = discord.command('chart');
  expect(await callback(asked, { type: 5 })).toMatchObject({ status: 204 });
  return asked;
}

function upload(json: unknown, files: Readonly<Record<string, Buffer>>): FormData {
  const form = new FormData();
  form.set('payload_json', JSON.stringify(json));
  for (const [key, data] of Object.entries(files)) form.set(key, new Blob([new Uint8Array(data)]), 'chart.png');
  return form;
}

beforeEach(async () => {
  clock = new TestClock();
  discord = await LoopbackDiscord.start({ token: TOKEN, now: clock.now });
  socket = new WebSocket(`${discord.apiUrl.replace(/^http/, 'ws')}?v=10&encoding=json`);
  await new Promise((resolve) => socket.once('message', resolve));
  socket.send(JSON.stringify({ op: 2, d: { token: TOKEN, intents: 1 } }));
  await discord.gateway.identified.next();
});

afterEach(async () => {
  socket.terminate();
  await discord.close();
});

describe('the loopback Discord', () => {
  it('refuses a wrong token, a wrong user agent and a path it does not know', async () => {
    expect(await register([], 'wrong')).toMatchObject({ status: 401 });
    expect(await call('GET', '/gateway/bot', undefined, { 'user-agent': 'curl' })).toMatchObject({ status: 403 });
    expect(await call('POST', '/users/@me', {}, { authorization: `Bot ${TOKEN}` })).toMatchObject({ status: 404 });
  });

  it('takes a first response within three seconds, once', async () => {
    const asked = await deferred();
    expect(await callback(asked, { type: 5 })).toMatchObject({ status: 400, code: 40060 });
    const late = discord.command('chart');
    clock.nowMs += 3_001;
    expect(await callback(late, { type: 5 })).toMatchObject({ status: 404, code: 10062 });
    expect(await callback({ id: '1', token: 'unknown-token-of-nobody' }, { type: 5 })).toMatchObject({ code: 10062 });
  });

  it('takes edits after the first response, for a quarter of an hour', async () => {
    expect(await edit(discord.command('chart'), { content: 'early' })).toMatchObject({ status: 404, code: 10015 });
    const asked = await deferred();
    clock.nowMs += 15 * 60_000;
    expect(await edit(asked, { content: 'in time' })).toMatchObject({ status: 200 });
    clock.nowMs += 1;
    expect(await edit(asked, { content: 'late' })).toMatchObject({ status: 401, code: 50027 });
  });

  it('takes only the responses that fit the interaction', async () => {
    expect(await callback(discord.command('chart'), { type: 6 })).toMatchObject({ code: 50035 });
    const focused = [{ name: 'symbol', type: 3, value: '', focused: true }];
    expect(await callback(discord.autocomplete('chart', focused), { type: 5 })).toMatchObject({ code: 50035 });
    const choices = Array.from({ length: 26 }, (_, i) => ({ name: `${i}`, value: `${i}` }));
    expect(await callback(discord.autocomplete('chart', focused), { type: 8, data: { choices } })).toMatchObject({
      code: 50035,
    });
  });

  const field = { name: 'n', value: 'v' };
  const button = { type: 2, style: 1, label: 'Go', custom_id: 'go' };
  const option = { label: 'a', value: 'a' };
  const row = (...components: unknown[]) => ({ components: [{ type: 1, components }] });
  it.each<[string, unknown, string]>([
    ['content of 2,001 characters', { content: 'x'.repeat(2_001) }, 'content'],
    ['eleven embeds', { embeds: Array.from({ length: 11 }, () => ({ title: 't' })) }, 'embeds'],
    [
      '6,001 characters over all embeds',
      { embeds: [{ description: 'x'.repeat(4_000) }, { description: 'x'.repeat(2_001) }] },
      '6001',
    ],
    ['a title of 257 characters', { embeds: [{ title: 'x'.repeat(257) }] }, 'title'],
    ['26 fields', { embeds: [{ fields: Array.from({ length: 26 }, () => field) }] }, 'fields'],
    ['a field without a value', { embeds: [{ fields: [{ name: 'n', value: ' ' }] }] }, 'fields.0.value'],
    ['a footer of 2,049 characters', { embeds: [{ footer: { text: 'x'.repeat(2_049) } }] }, 'footer'],
    ['an empty embed', { embeds: [{ color: 1 }] }, 'is empty'],
    ['a picture that was not uploaded', { embeds: [{ image: { url: 'attachment://no.png' } }] }, 'not found'],
    ['a picture from a file', { embeds: [{ image: { url: 'file:///etc/passwd' } }] }, 'Scheme'],
    ['an attachment that does not exist', { content: 'x', attachments: [{ id: '0' }] }, 'attachments.0.id'],
    [
      'six buttons in a row',
      row(...Array.from({ length: 6 }, (_, i) => ({ ...button, custom_id: `${i}` }))),
      'components',
    ],
    [
      'six rows',
      { components: Array.from({ length: 6 }, (_, i) => row({ ...button, custom_id: `${i}` }).components[0]) },
      '6 rows',
    ],
    ['a custom id of 101 characters', row({ ...button, custom_id: 'x'.repeat(101) }), 'components'],
    ['the same custom id twice', row(button, button), 'duplicated'],
    ['a link with a custom id', row({ ...button, style: 5, url: 'https://a.example' }), 'either a URL'],
    ['a button without a label', row({ type: 2, style: 1, custom_id: 'x' }), 'label'],
    ['a button and a select in one row', row(button, { type: 3, custom_id: 's', options: [option] }), 'share a row'],
    [
      '26 options',
      row({ type: 3, custom_id: 's', options: Array.from({ length: 26 }, (_, i) => ({ label: 'l', value: `${i}` })) }),
      'options',
    ],
    ['the same option twice', row({ type: 3, custom_id: 's', options: [option, option] }), 'already used'],
  ])('refuses %s', async (_, message, problem) => {
    const asked = await deferred();
    const refused = await edit(asked, message);
    expect(refused).toMatchObject({ status: 400, code: 50035 });
    expect(refused.problems).toContain(problem);
    expect(discord.rest.violations).toHaveLength(1);
  });

  it('refuses an empty message', async () => {
    expect(await edit(await deferred(), { content: ' ' })).toMatchObject({ status: 400, code: 50006 });
  });

  it('takes uploads as multipart with the JSON beside the files, and nothing malformed', async () => {
    const asked = await deferred();
    const png = Buffer.from('89504e47', 'hex');
    const described = { content: 'x', attachments: [{ id: '0', description: 'a chart' }] };
    expect(await edit(asked, upload(described, { 'files[0]': png }))).toMatchObject({ status: 200 });
    expect(discord.message(String((await readMessage(asked)).id)).files[0]).toMatchObject({
      description: 'a chart',
      data: png,
    });
    expect(await edit(asked, upload({ content: 'x' }, { picture: png }))).toMatchObject({ code: 50035 });
    const noJson = new FormData();
    noJson.set('files[0]', new Blob(['x']), 'x.png');
    expect(await edit(asked, noJson)).toMatchObject({ code: 50035 });
    const torn = { 'content-type': 'multipart/form-data; boundary=abc' };
    const path = `/webhooks/${APPLICATION_ID}/${asked.token}/messages/@original`;
    expect(await call('PATCH', path, '--abc\r\ntorn', torn)).toMatchObject({ code: 50035 });
    const large = upload({ content: 'x' }, { 'files[0]': Buffer.alloc(10 * 1024 * 1024 + 1) });
    expect(await edit(asked, large)).toMatchObject({ status: 413, code: 40005 });
  });

  it('keeps the attachments that are listed and drops the others', async () => {
    const asked = await deferred();
    await edit(asked, upload({ content: 'x' }, { 'files[0]': Buffer.from('a'), 'files[1]': Buffer.from('b') }));
    const [first] = (await readMessage(asked)).attachments;
    await edit(asked, { attachments: [{ id: first?.id }] });
    expect((await readMessage(asked)).attachments).toHaveLength(1);
    await edit(asked, { attachments: [] });
    expect((await readMessage(asked)).attachments).toHaveLength(0);
  });

  const option3 = { type: 3, name: 'symbol', description: 'd' };
  it.each<[string, unknown[], string]>([
    ['a name with capitals', [{ name: 'Chart', description: 'd' }], 'name is invalid'],
    ['a name with a space', [{ name: 'a b', description: 'd' }], 'name is invalid'],
    ['no description', [{ name: 'a', description: '' }], 'description'],
    [
      'the same name twice',
      [
        { name: 'a', description: 'd' },
        { name: 'a', description: 'd' },
      ],
      'unique',
    ],
    [
      'a required option after an optional one',
      [{ name: 'a', description: 'd', options: [option3, { ...option3, name: 'b', required: true }] }],
      'Required options',
    ],
    [
      'choices with autocompletion',
      [
        {
          name: 'a',
          description: 'd',
          options: [{ ...option3, autocomplete: true, choices: [{ name: 'x', value: 'x' }] }],
        },
      ],
      'exclude',
    ],
    [
      '26 choices',
      [
        {
          name: 'a',
          description: 'd',
          options: [{ ...option3, choices: Array.from({ length: 26 }, (_, i) => ({ name: `${i}`, value: `${i}` })) }],
        },
      ],
      'options',
    ],
    ['an unknown locale', [{ name: 'a', description: 'd', name_localizations: { xx: 'a' } }], 'locale'],
    ['a description of 101 characters', [{ name: 'a', description: 'x'.repeat(101) }], 'description'],
  ])('refuses a command with %s', async (_, commands, problem) => {
    const refused = await register(commands);
    expect(refused).toMatchObject({ status: 400, code: 50035 });
    expect(refused.problems).toContain(problem);
    expect(discord.rest.registered.size).toBe(0);
  });
});

/** The message as the API gives it. */
async function readMessage(asked: { token: string }): Promise<{ id: string; attachments: { id: string }[] }> {
  const response = await fetch(`${discord.apiUrl}/v10/webhooks/${APPLICATION_ID}/${asked.token}/messages/@original`, {
    headers: { 'user-agent': 'DiscordBot (test, 1)' },
  });
  return (await response.json()) as { id: string; attachments: { id: string }[] };
}
