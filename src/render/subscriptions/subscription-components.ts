import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { cutText } from '../../core/cut-text.ts';
import type { Subscription } from '../../core/subscription.ts';
import { timeZoneLabel } from '../../core/time-zones.ts';
import type { Translator } from '../../language/translator.ts';
import { oldControlError } from '../details.ts';
import { LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';

/** What the custom ids of subscriptions start with. */
export const SUBSCRIPTION_PREFIX = 'sub';

const ACTIONS = ['confirm', 'cancel', 'list', 'show', 'pause', 'resume', 'test', 'remove', 'sure'] as const;

/** What was pressed, and on which subscription or draft; `id` is empty for `list` and `show`. */
export interface SubscriptionPress {
  readonly action: (typeof ACTIONS)[number];
  readonly id: string;
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseSubscriptionPress(rest: string): SubscriptionPress {
  const [name, id = '', ...more] = rest.split(':');
  const action = ACTIONS.find((known) => known === name);
  if (action && more.length === 0 && /^[0-9a-z]{0,16}$/.test(id)) return { action, id };
  throw oldControlError('/subscriptions list');
}

/** The buttons under a preview. */
export function previewComponents(draftId: string, { t }: Translator): Reply['components'] {
  return [
    row(
      button(t('subscriptions.subscribeButton'), `confirm:${draftId}`, ButtonStyle.Success),
      button(t('subscriptions.cancelButton'), `cancel:${draftId}`),
    ),
  ];
}

/** The select under a list; none where there is nothing to choose. */
export function listComponents(
  subscriptions: readonly Subscription[],
  channelName: (id: string) => string,
  { t }: Translator,
): Reply['components'] {
  if (subscriptions.length === 0) return [];
  return [
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.StringSelect,
          custom_id: `${SUBSCRIPTION_PREFIX}:show`,
          placeholder: t('subscriptions.choose'),
          options: subscriptions.slice(0, LIMITS.selectOptions).map((subscription) => ({
            label: cutText(
              t('subscriptions.listIn', {
                coins: subscription.symbols.join(', '),
                channel: channelName(subscription.channelId),
              }),
              100,
            ),
            description: cutText(
              `${subscription.localTime} ${timeZoneLabel(subscription.timeZone)}, ${subscription.id}`,
              100,
            ),
            value: subscription.id,
          })),
        },
      ],
    },
  ];
}

/** The buttons under one subscription. */
export function detailComponents({ id, state }: Subscription, { t }: Translator): Reply['components'] {
  const runs = state === 'active' || state === 'failing';
  return [
    row(
      // An ended one may go on where the bot was removed from its server and invited again.
      runs
        ? button(t('subscriptions.pauseButton'), `pause:${id}`)
        : button(t('subscriptions.resumeButton'), `resume:${id}`),
      button(t('subscriptions.testButton'), `test:${id}`),
      button(t('subscriptions.removeButton'), `remove:${id}`, ButtonStyle.Danger),
      button(t('subscriptions.allButton'), 'list'),
    ),
  ];
}

/** The buttons that ask once more before something is removed. */
export function removalComponents(id: string, { t }: Translator): Reply['components'] {
  return [
    row(
      button(t('subscriptions.sureButton'), `sure:${id}`, ButtonStyle.Danger),
      button(t('subscriptions.keepButton'), 'list'),
    ),
  ];
}

function button(
  label: string,
  rest: string,
  style: ButtonStyle.Success | ButtonStyle.Secondary | ButtonStyle.Danger = ButtonStyle.Secondary,
) {
  return { type: ComponentType.Button as const, style, label, custom_id: `${SUBSCRIPTION_PREFIX}:${rest}` };
}

function row(...components: ReturnType<typeof button>[]): Reply['components'][number] {
  return { type: ComponentType.ActionRow, components };
}
