import type { PaperTripPayload } from '../../core/paper.ts';
import { timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { footer } from '../subscriptions/daily-post.ts';
import { BREAKER_WORDS } from './paper-words.ts';

const COLOUR = 0xf08a3c;

/** Builds the message about circuit breakers of a server's paper portfolio that have tripped. */
export function paperTripReply({ atMs, trips, simulated }: PaperTripPayload, postId: string): Reply {
  const lines = trips.map(({ symbol, breaker, untilMs }) => {
    const long = untilMs === null ? 'while that lasts' : `until ${timestamp(untilMs, 'f')}`;
    return `**${symbol}** is kept out of the market ${long}: ${BREAKER_WORDS[breaker]}.`;
  });
  return {
    embeds: [
      fitEmbed({
        title: `${simulated ? 'SIMULATED: ' : ''}A circuit breaker of this server’s paper portfolio tripped`,
        description: [
          ...lines,
          `Found at the close of ${timestamp(atMs, 'f')}. Orders are imagined; \`/paper status\` shows how it stands.`,
        ].join('\n'),
        color: COLOUR,
        footer: { text: footer(postId) },
      }),
    ],
    files: [],
    components: [],
  };
}
