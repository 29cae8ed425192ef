import type { PaperPortfolio, PaperTripPayload } from '../../core/paper.ts';
import type { PostRepository } from '../../storage/post-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { postId } from '../subscriptions/post-plan.ts';

/** Tells a server of breakers that tripped at a close. Throws `CC_DATABASE`; told again of the same close, it changes nothing. */
export type AnnounceTrips = (
  portfolio: PaperPortfolio,
  trips: PaperTripPayload['trips'],
  atMs: number,
) => Promise<void>;

/** What announcing needs. */
export interface AnnounceParts {
  readonly subscriptions: Pick<SubscriptionRepository, 'byGuild'>;
  readonly posts: Pick<PostRepository, 'queue'>;
  readonly simulated: () => boolean;
}

/** Builds what queues one post for every channel of the server that a subscription posts to. */
export function createTripAnnouncer({ subscriptions, posts, simulated }: AnnounceParts): AnnounceTrips {
  return async ({ guildId }, trips, atMs) => {
    const wanted = (await subscriptions.byGuild(guildId)).filter(
      ({ state }) => state === 'active' || state === 'failing',
    );
    const payload = JSON.stringify({ atMs, trips, simulated: simulated() } satisfies PaperTripPayload);
    // Of several subscriptions of one channel the oldest says it.
    const byChannel = new Map([...wanted].reverse().map((one) => [one.channelId, one]));
    const post = { kind: 'paper', dueMs: atMs, payload, missed: 0 } as const;
    await posts.queue(
      [...byChannel.values()].map(({ id, channelId }) => ({
        ...post,
        id: postId(id, 'paper', atMs),
        subscriptionId: id,
        channelId,
      })),
    );
  };
}
