import type { RecordHead } from '../../core/record.ts';
import type { AlertPayload } from '../../core/subscription.ts';
import { formatPrice, formatProbability, NBSP, timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { footer } from '../subscriptions/daily-post.ts';

const COLOUR = 0xf08a3c;

/** Builds the message of an alert: what happened to which coin, one line each. */
export function alertReply({ flipAt, events }: AlertPayload, postId: string, head: RecordHead | null): Reply {
  const lines = events.map((event) => {
    const name = `**${event.simulated ? 'SIMULATED: ' : ''}${event.symbol}**`;
    if (event.kind === 'band') {
      return `${name} is${priceNow(event)}, ${event.side} the 95${NBSP}% range ${formatPrice(event.low)} to ${formatPrice(event.high)} forecast for ${timestamp(event.targetMs, 'f')}. That should happen in about one of twenty forecasts.`;
    }
    const threshold = flipAt === null ? '' : ` (alert at ${formatProbability(flipAt)})`;
    const chance = formatProbability(event.lean === 'up' ? event.pUp : 1 - event.pUp);
    return `${name}${priceNow(event)}: the chance of a ${event.lean === 'up' ? 'rise' : 'fall'} by ${timestamp(event.targetMs, 'f')} is now ${chance}${threshold}.`;
  });
  return {
    embeds: [
      fitEmbed({
        title: events.length === 1 ? 'Alert' : `${events.length} alerts`,
        description: lines.join('\n'),
        color: COLOUR,
        footer: { text: footer(postId, head) },
      }),
    ],
    files: [],
    components: [],
  };
}

/** The price at the check with its time, as it goes on after a coin's name. */
function priceNow({ price, priceAtMs = null }: AlertPayload['events'][number]): string {
  if (price === null) return '';
  return ` at ${formatPrice(price)}${priceAtMs === null ? '' : ` (${timestamp(priceAtMs, 't')})`}`;
}

/** Builds a message of the bot about a subscription itself. */
export function noticeReply(text: string): Reply {
  return { content: text, embeds: [], files: [], components: [] };
}
