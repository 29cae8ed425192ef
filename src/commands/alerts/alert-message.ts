import { z } from 'zod';
import { CandlecastError } from '../../core/errors.ts';
import { type AlertEvent, type PersonalAlert, UNREACHED_OUTCOMES } from '../../core/personal-alert.ts';
import type { DuePost } from '../../core/subscription.ts';
import { translatorFor } from '../../language/translator.ts';
import { eventReply, unreachedReply } from '../../render/alerts/personal-alert.ts';
import type { Reply } from '../../render/reply.ts';

/** What is queued with an alert whose moment has come; its rule is that of the stored alert. */
const queued = z.object({
  symbol: z.string(),
  price: z.number(),
  priceAtMs: z.number(),
  band: z.object({ low: z.number(), high: z.number(), originMs: z.number(), targetMs: z.number() }).nullable(),
  value: z.number().nullable(),
  simulated: z.boolean(),
}) satisfies z.ZodType<Omit<AlertEvent, 'rule' | 'locale'>>;

/** What is queued with one that did not arrive; earlier versions queued what had happened, and only of refused ones. */
const unreached = z.object({ outcome: z.enum(UNREACHED_OUTCOMES) });

/** The message of an alert's post, in the language of whoever set it. Throws `CC_INTERNAL` for a payload that this version did not write. */
export async function alertMessage({ id, kind, payload }: DuePost, alert: PersonalAlert): Promise<Reply> {
  const translator = translatorFor(alert.locale);
  const content: unknown = JSON.parse(payload ?? 'null');
  if (kind === 'unreached') {
    return unreachedReply(alert.userId, unreached.safeParse(content).data?.outcome ?? 'refused', id, translator);
  }
  const event = queued.safeParse(content);
  if (event.success) return eventReply({ ...event.data, rule: alert.rule, locale: alert.locale }, id, translator);
  throw new CandlecastError('CC_INTERNAL', 'The post of an alert cannot be read.', { cause: event.error });
}
