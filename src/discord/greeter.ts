import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { MINUTE_MS, type Sleep } from '../core/time.ts';
import type { Reply } from '../render/reply.ts';
import type { ServerSettingsService } from '../services/setup/server-settings.ts';
import type { SendPort } from '../services/subscriptions/publishing-port.ts';

/** A server that has just invited the bot; `locale` is its language as Discord has it (BCP 47). */
export interface JoinedServer {
  readonly id: string;
  readonly ownerId: string;
  readonly locale: string;
}

/** Introduces the bot in a server that has just invited it, once. Never rejects. */
export type Greeter = (server: JoinedServer) => Promise<void>;

/** What introducing the bot needs. */
export interface GreeterOptions {
  readonly settings: Pick<ServerSettingsService, 'welcome'>;
  /** Makes the message in the language of a locale. */
  readonly makeMessage: (locale: string) => Reply;
  /** Where a server's own messages go, or null. */
  readonly systemChannel: (guildId: string) => string | null;
  readonly port: Pick<SendPort<Reply>, 'send' | 'notify'>;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Waits before it is tried again while Discord is busy. */
const WAITS_MS = [0, MINUTE_MS, 5 * MINUTE_MS];

/**
 * Makes the greeter. The message goes to the server's system channel, or where the bot may not write there, or there is none, to the server's owner: who
 * pressed Invite cannot be seen without permissions that the bot does not ask for.
 */
export function createGreeter({
  settings,
  makeMessage,
  systemChannel,
  port,
  sleep,
  logger,
  signal,
}: GreeterOptions): Greeter {
  async function greet({ id, ownerId, locale }: JoinedServer): Promise<boolean> {
    const message = makeMessage(locale);
    // The same nonce each time, so that Discord keeps a second message out.
    const nonce = `w${id}`;
    for (const waitMs of WAITS_MS) {
      if (waitMs > 0) await sleep(waitMs, signal);
      const channelId = systemChannel(id);
      const inChannel = channelId === null ? null : await port.send(channelId, message, nonce, signal);
      if (inChannel?.kind === 'sent') return true;
      if (inChannel?.kind === 'busy') continue;
      const { kind } = await port.notify({ userId: ownerId, guildId: id }, message, nonce, signal);
      if (kind === 'sent') return true;
      if (kind !== 'busy') return false;
    }
    return false;
  }

  return async (server) => {
    try {
      await settings.welcome(server.id, () => greet(server));
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ err: asCandlecastError(error) }, 'the bot could not introduce itself in a server');
    }
  };
}
