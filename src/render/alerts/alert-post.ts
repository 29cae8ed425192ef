import type { RecordHead } from '../../core/record.ts';
import type { AlertPayload } from '../../core/subscription.ts';
import type { Translator } from '../../language/translator.ts';
import { timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { footer } from '../subscriptions/daily-post.ts';

const COLOUR = 0xf08a3c;

/** Builds the message of an alert: what happened to which coin, one line each. */
export function alertReply(
  { flipAt, events }: AlertPayload,
  postId: string,
  head: RecordHead | null,
  translator: Translator,
): Reply {
  const { t } = translator;
  return {
    embeds: [
      fitEmbed({
        title: t('post.alert', { count: events.length }),
        description: events.map((event) => eventLine(event, flipAt, translator)).join('\n'),
        color: COLOUR,
        footer: { text: footer(postId, head, translator) },
      }),
    ],
    files: [],
    components: [],
  };
}

function eventLine(event: AlertPayload['events'][number], flipAt: number | null, translator: Translator): string {
  const { t, formats } = translator;
  const coin = event.simulated ? t('reply.simulatedTitle', { title: event.symbol }) : event.symbol;
  const time = timestamp(event.targetMs, 'f');
  if (event.kind === 'band') {
    const price = formats.prices(event.low);
    const values = { coin, time, low: price(event.low), high: price(event.high), side: event.side };
    return [t('post.leftRange', values), priceNow(event, translator)].filter((text) => text !== '').join(' ');
  }
  const chance = formats.probability(event.lean === 'up' ? event.pUp : 1 - event.pUp);
  return [
    t('post.leaning', { coin, side: event.lean, time, chance }),
    flipAt === null ? '' : t('post.alertAt', { chance: formats.probability(flipAt) }),
    priceNow(event, translator),
  ]
    .filter((text) => text !== '')
    .join(' ');
}

/** The price at the check with its time; empty where only the odds were checked. */
function priceNow({ price, priceAtMs = null }: AlertPayload['events'][number], { t, formats }: Translator): string {
  if (price === null) return '';
  const words = formats.price(price);
  return priceAtMs === null
    ? t('post.priceOnly', { price: words })
    : t('post.priceAt', { price: words, time: timestamp(priceAtMs, 't') });
}

/** Builds a message of the bot about a subscription itself. */
export function noticeReply(text: string): Reply {
  return { content: text, embeds: [], files: [], components: [] };
}
