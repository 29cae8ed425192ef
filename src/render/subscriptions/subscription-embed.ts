import type { APIEmbed } from 'discord-api-types/v10';
import { cutText } from '../../core/cut-text.ts';
import { HORIZONS, horizonMs } from '../../core/horizon.ts';
import type { Reason } from '../../core/reason.ts';
import type { Subscription } from '../../core/subscription.ts';
import { timeZoneLabel } from '../../core/time-zones.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed, LIMITS } from '../limits.ts';
import { reasonText } from '../reason-text.ts';
import type { Reply } from '../reply.ts';
import { detailComponents, listComponents, previewComponents, removalComponents } from './subscription-components.ts';

const COLOUR = { good: 0x3fc7ae, paused: 0x82899a, bad: 0xf08a3c, plain: 0x5563c8 } as const;

/** Four embeds share what one message may hold. */
const PREVIEW_EMBED_LENGTH = LIMITS.embedTotal / 4;

const STATE: Readonly<Record<Subscription['state'], MessageKey>> = {
  active: 'subscriptions.active',
  paused: 'subscriptions.paused',
  failing: 'subscriptions.failing',
  stopped: 'subscriptions.stopped',
  retired: 'subscriptions.retired',
};

function alertsText({ alerts }: Subscription, { t, formats }: Translator): string {
  const wanted = [
    ...(alerts.bandBreak ? [t('subscriptions.alertBand')] : []),
    ...(alerts.flipAt === null ? [] : [t('subscriptions.alertFlip', { chance: formats.probability(alerts.flipAt) })]),
  ];
  return wanted.length === 0 ? t('subscriptions.alertNone') : formats.list(wanted);
}

function whenText({ localTime, timeZone, report }: Subscription, { t }: Translator): string {
  return t(`subscriptions.${report}`, { time: localTime, zone: escapeMarkdown(timeZoneLabel(timeZone)) });
}

function stateText({ state, stateSinceMs, stateReason }: Subscription, translator: Translator): string {
  const { t } = translator;
  const name = t(STATE[state]);
  const since =
    state === 'active' ? name : t('subscriptions.stateSince', { state: name, time: timestamp(stateSinceMs, 'R') });
  return [since, ...(stateReason === null ? [] : [reasonText(stateReason, translator)])].join(': ');
}

/** How a test post went. */
export function testText(
  { kind, reason }: { readonly kind: 'sent' | 'failed' | 'skipped' | 'delayed'; readonly reason: Reason | null },
  channelId: string,
  translator: Translator,
): string {
  const why = reason === null ? '' : reasonText(reason, translator);
  return translator.t(`subscriptions.${kind}`, { channel: `<#${channelId}>`, reason: why });
}

const aheadOf = ({ horizon }: Subscription, { formats }: Translator) => formats.duration(horizonMs(HORIZONS[horizon]));

function runs({ state }: Subscription): boolean {
  return state === 'active' || state === 'failing';
}

/** The embed of one subscription, with the moments at which it posts next. */
function detailEmbed(
  subscription: Subscription,
  title: string,
  upcomingMs: readonly number[],
  translator: Translator,
): APIEmbed {
  const { t } = translator;
  const colour = subscription.state === 'active' ? COLOUR.good : runs(subscription) ? COLOUR.bad : COLOUR.paused;
  return fitEmbed({
    title,
    color: colour,
    fields: [
      { name: t('subscriptions.channelField'), value: `<#${subscription.channelId}>`, inline: true },
      { name: t('subscriptions.coinsField'), value: subscription.symbols.join(', '), inline: true },
      {
        name: t('subscriptions.horizonField'),
        value: t('subscriptions.horizon', { ahead: aheadOf(subscription, translator) }),
        inline: true,
      },
      { name: t('subscriptions.postsField'), value: whenText(subscription, translator) },
      ...(runs(subscription)
        ? [{ name: t('subscriptions.nextField'), value: upcomingMs.map((atMs) => timestamp(atMs, 'f')).join('\n') }]
        : []),
      { name: t('subscriptions.alertsField'), value: alertsText(subscription, translator), inline: true },
      { name: t('subscriptions.stateField'), value: stateText(subscription, translator), inline: true },
    ],
    footer: { text: t('subscriptions.footer', { id: subscription.id }) },
  });
}

/** The preview of `/subscribe`: the settings, and the post as it would be now. */
export function previewReply(
  draft: Subscription,
  upcomingMs: readonly number[],
  post: Reply | null,
  hints: readonly string[],
  translator: Translator,
): Reply {
  const { t } = translator;
  const rest = draft.symbols.length - (post?.embeds.length ?? 0);
  const lines = [
    t('subscriptions.preview'),
    ...hints,
    ...(post ? [t('subscriptions.previewPost')] : []),
    ...(post && rest > 0 ? [`-# ${t('subscriptions.previewMore', { count: rest })}`] : []),
    ...(post ? [quoted(post.content ?? '')] : []),
  ];
  return {
    content: cutText(lines.join('\n'), LIMITS.content),
    embeds: [
      // A draft has no state yet.
      fitEmbed(
        withoutState(detailEmbed(draft, t('subscriptions.newTitle'), upcomingMs, translator), translator),
        PREVIEW_EMBED_LENGTH,
      ),
      ...(post?.embeds.map((embed) => fitEmbed(embed, PREVIEW_EMBED_LENGTH)) ?? []),
    ],
    files: post?.files ?? [],
    components: previewComponents(draft.id, translator),
  };
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

function withoutState(embed: APIEmbed, { t }: Translator): APIEmbed {
  const fields = (embed.fields ?? []).filter((field) => field.name !== t('subscriptions.stateField'));
  return { title: embed.title ?? '', color: COLOUR.plain, fields };
}

/** One subscription with its buttons; `headline` says what was just done. */
export function subscriptionReply(
  subscription: Subscription,
  upcomingMs: readonly number[],
  headline: string | null,
  translator: Translator,
): Reply {
  return {
    ...(headline === null ? {} : { content: headline }),
    embeds: [detailEmbed(subscription, translator.t('subscriptions.title'), upcomingMs, translator)],
    files: [],
    components: detailComponents(subscription, translator),
  };
}

/** Asks once more before a subscription is removed. */
export function removalReply(subscription: Subscription, translator: Translator): Reply {
  const { t } = translator;
  return {
    content: t('subscriptions.removeAsk'),
    embeds: [withoutState(detailEmbed(subscription, t('subscriptions.title'), [], translator), translator)],
    files: [],
    components: removalComponents(subscription.id, translator),
  };
}

/** Every subscription of a server. */
export function subscriptionListReply(
  subscriptions: readonly Subscription[],
  channelName: (id: string) => string,
  headline: string | null,
  translator: Translator,
  nowMs: number,
): Reply {
  const { t } = translator;
  const fields = subscriptions.slice(0, LIMITS.fields).map((subscription) => ({
    name: t('subscriptions.listName', {
      coins: subscription.symbols.join(', '),
      ahead: aheadOf(subscription, translator),
    }),
    value: [
      `<#${subscription.channelId}>: ${whenText(subscription, translator)}`,
      `${nextText(subscription, translator, nowMs)} · \`${subscription.id}\``,
    ].join('\n'),
  }));
  return {
    ...(headline === null ? {} : { content: headline }),
    embeds: [
      fitEmbed({
        title: t('subscriptions.listTitle'),
        ...(subscriptions.length === 0 ? { description: t('subscriptions.listNone') } : {}),
        color: COLOUR.plain,
        fields,
      }),
    ],
    files: [],
    components: listComponents(subscriptions, channelName, translator),
  };
}

/** The state of a subscription, and when it posts next where it does; a post that is due is on its way. */
function nextText(subscription: Subscription, translator: Translator, nowMs: number): string {
  const state = stateText(subscription, translator);
  if (!runs(subscription) || subscription.nextDueMs <= nowMs) return state;
  // Not as "in a minute", which would read "next a minute ago" soon.
  return translator.t('subscriptions.listNext', { state, time: timestamp(subscription.nextDueMs, 'f') });
}

/** A sentence that replaces a message and its buttons. */
export function plainReply(text: string): Reply {
  return { content: text, embeds: [], files: [], components: [] };
}
