import type { Reply } from '../../render/reply.ts';
import type { SubscriptionPress } from '../../render/subscriptions/subscription-components.ts';
import {
  plainReply,
  removalReply,
  subscriptionListReply,
  subscriptionReply,
} from '../../render/subscriptions/subscription-embed.ts';
import type { Caller, CommandContext } from '../command.ts';
import { managedGuild, postableChannel } from './subscription-wish.ts';

/** A test post that Discord keeps waiting is left to the next round of posts. */
const TEST_MS = 30_000;

/**
 * Does what a subcommand or a button asks for, after looking again whether the person may. Throws `CC_NOT_ALLOWED`,
 * `CC_SUBSCRIPTION_UNKNOWN`, `CC_SUBSCRIPTION_LIMIT`, `CC_CHANNEL`.
 */
export async function performSubscriptionAction(
  action: SubscriptionPress['action'],
  id: string,
  caller: Caller,
  context: CommandContext,
): Promise<Reply> {
  const origin = managedGuild(caller);
  const { guildId } = origin;
  const { subscriptions, publishing } = context.services;
  const channelName = (channelId: string) => `#${caller.channel(channelId)?.name ?? 'unknown'}`;
  const list = async (headline: string | null) =>
    subscriptionListReply(await subscriptions.list(guildId), channelName, headline);
  const detail = (one: Awaited<ReturnType<typeof subscriptions.find>>, headline: string | null) =>
    subscriptionReply(one, subscriptions.upcoming(one, 3), headline);

  switch (action) {
    case 'list':
      return list(null);
    case 'show':
      return detail(await subscriptions.find(guildId, id), null);
    case 'confirm': {
      const made = await subscriptions.confirm(id, origin, ({ channelId }) => void postableChannel(caller, channelId));
      return detail(made, `Subscribed. <#${made.channelId}> gets its first post at the time below.`);
    }
    case 'cancel':
      await subscriptions.discard(id);
      return plainReply('Nothing was saved.');
    case 'pause':
      return detail(await subscriptions.pause(guildId, id), 'Paused.');
    case 'resume': {
      postableChannel(caller, (await subscriptions.find(guildId, id)).channelId);
      return detail(await subscriptions.resume(guildId, id), 'Resumed.');
    }
    case 'test': {
      const found = await subscriptions.find(guildId, id);
      postableChannel(caller, found.channelId);
      const result = await publishing.test(found.id, found.channelId, AbortSignal.timeout(TEST_MS));
      const where = `<#${found.channelId}>`;
      const words = {
        sent: `Posted to ${where}.`,
        delayed: `Not posted to ${where} yet: ${result.reason}. It is tried again.`,
        failed: `Could not post to ${where}: ${result.reason}.`,
        skipped: `Not posted to ${where}: ${result.reason}.`,
      };
      return detail(await subscriptions.find(guildId, id), words[result.kind]);
    }
    case 'remove':
      return removalReply(await subscriptions.find(guildId, id));
    case 'sure': {
      const removed = await subscriptions.remove(guildId, id);
      return list(`Removed: ${removed.symbols.join(', ')} in <#${removed.channelId}>.`);
    }
  }
}
