import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { CandlecastError } from '../core/errors.ts';
import type { Translator } from '../language/translator.ts';
import { fitEmbed, LIMITS } from './limits.ts';
import type { Reply } from './reply.ts';

/** How much of a reply is shown: its sentences and chart, or every figure. */
export type View = 'brief' | 'details';

/** The button that shows every figure of a reply, or hides them again. */
export function detailsButton(customId: string, view: View, { t }: Translator) {
  return {
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    custom_id: customId,
    label: t(view === 'brief' ? 'reply.details' : 'reply.less'),
  };
}

/**
 * The row with {@link detailsButton} alone. `customIdOf` writes the state for the view that the button leads to; without a button where that
 * is longer than Discord takes.
 */
export function detailsRow(
  customIdOf: (view: View) => string,
  view: View,
  translator: Translator,
): Reply['components'] {
  const customId = customIdOf(view === 'brief' ? 'details' : 'brief');
  if (customId.length > LIMITS.customId) return [];
  return [{ type: ComponentType.ActionRow, components: [detailsButton(customId, view, translator)] }];
}

/** The error for a custom id that is not, or is no longer, ours; `command` gives a new control, where it is known. */
export function oldControlError(command?: string): CandlecastError {
  return new CandlecastError('CC_USAGE', 'This control belongs to another version of the bot.', {
    remedy: command === undefined ? 'Call the command again for a new one.' : `Use ${command} for a new one.`,
    said: { key: 'errors.oldControl' },
    advice: { key: 'errors.callAgain' },
  });
}

/** A title, marked where the market is simulated. */
export function titleOf(title: string, simulated: boolean, { t }: Translator): string {
  return simulated ? t('reply.simulatedTitle', { title }) : title;
}

/** A reply whose title says first that the market is simulated, as its own may do already. */
export function simulatedReply(reply: Reply, translator: Translator): Reply {
  const [first, ...others] = reply.embeds;
  const badge = translator.t('reply.simulatedBadge');
  if (first === undefined || first.title?.startsWith(badge)) return reply;
  const title = first.title === undefined ? badge : titleOf(first.title, true, translator);
  return { ...reply, embeds: [fitEmbed({ ...first, title }), ...others] };
}

/** Names of the fields that one section needs: its own, then that it goes on. */
export function sectionName(name: string, index: number, { t }: Translator): string {
  return index === 0 ? name : t('reply.continued', { name });
}
