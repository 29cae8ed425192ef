import { expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import { createGreeter, type GreeterOptions } from '../../src/discord/greeter.ts';
import type { SendOutcome } from '../../src/services/subscriptions/publishing-port.ts';
import { serverSettingsInMemory } from '../support/server-settings.ts';

const server = { id: '123456789012345678', ownerId: '923456789012345678', locale: 'de' };
const SENT: SendOutcome = { kind: 'sent', messageId: '1' };
const BUSY: SendOutcome = { kind: 'busy', reason: 'busy', retryAfterMs: null, maybeSent: true };
const FORBIDDEN: SendOutcome = { kind: 'forbidden', reason: 'I lack Send Messages' };

function greeter(inChannel: readonly SendOutcome[], inPrivate: SendOutcome = SENT, systemChannel: string | null = '5') {
  const outcomes = [...inChannel];
  const send = vi.fn(async () => outcomes.shift()!);
  const notify = vi.fn(async () => inPrivate);
  const makeMessage = vi.fn(() => ({ content: 'Hallo', embeds: [], files: [], components: [] }));
  const options: GreeterOptions = {
    settings: serverSettingsInMemory(),
    makeMessage,
    systemChannel: () => systemChannel,
    port: { send, notify },
    sleep: async () => undefined,
    logger: silentLogger,
    signal: new AbortController().signal,
  };
  return { greet: createGreeter(options), send, notify, makeMessage };
}

it('introduces the bot once, in the system channel and in the language of the server', async () => {
  const { greet, send, notify, makeMessage } = greeter([SENT]);
  await greet(server);
  await greet(server);
  expect(send).toHaveBeenCalledTimes(1);
  expect(send).toHaveBeenCalledWith('5', expect.anything(), `w${server.id}`, expect.anything());
  expect(makeMessage).toHaveBeenCalledWith('de');
  expect(notify).not.toHaveBeenCalled();
});

it('tries again under the same nonce while Discord is busy', async () => {
  const { greet, send } = greeter([BUSY, BUSY, SENT]);
  await greet(server);
  expect(send.mock.calls.map((call: readonly unknown[]) => call[2])).toEqual(Array(3).fill(`w${server.id}`));
});

it.each([
  ['it may not write in the system channel', [FORBIDDEN], '5'],
  ['there is no system channel', [], null],
] as const)('writes to the owner where %s', async (_, outcomes, systemChannel) => {
  const { greet, notify } = greeter(outcomes, SENT, systemChannel);
  await greet(server);
  expect(notify).toHaveBeenCalledWith(
    { userId: server.ownerId, guildId: server.id },
    expect.anything(),
    `w${server.id}`,
    expect.anything(),
  );
});

it('tries again at the next invitation where nobody could be reached', async () => {
  const { greet, send } = greeter([FORBIDDEN, SENT], FORBIDDEN);
  await greet(server);
  await greet(server);
  expect(send).toHaveBeenCalledTimes(2);
});
