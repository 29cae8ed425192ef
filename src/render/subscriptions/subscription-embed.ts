import type { APIEmbed } from 'discord-api-types/v10';
import { cutText } from '../../core/cut-text.ts';
import { HORIZONS } from '../../core/horizon.ts';
import type { Subscription } from '../../core/subscription.ts';
import { timeZoneLabel } from '../../core/time-zones.ts';
import { escapeMarkdown, formatProbability, timestamp } from '../format.ts';
import { fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { detailComponents, listComponents, previewComponents, removalComponents } from './subscription-components.ts';

const COLOUR = { good: 0x3fc7ae, paused: 0x82899a, bad: 0xf08a3c, plain: 0x5563c8 } as const;

/** Four embeds share what one message may hold. */
const PREVIEW_EMBED_LENGTH = LIMITS.embedTotal / 4;

const STATE: Readonly<Record<Subscription['state'], string>> = {
  active: '🟢 active',
  paused: '⏸️ paused',
  failing: '🟠 failing',
  stopped: '🔴 stopped',
  retired: '⚫ ended',
};

const REPORT: Readonly<Record<Subscription['report'], string>> = {
  daily: 'forecasts every day',
  weekly: 'the accuracy report every Monday',
  both: 'forecasts every day and the accuracy report every Monday',
};

function alertsText({ alerts }: Subscription): string {
  const wanted = [
    ...(alerts.bandBreak ? ['when the price leaves the 95\u00a0% range'] : []),
    ...(alerts.flipAt === null
      ? []
      : [`when the chance of a rise or a fall reaches ${formatProbability(alerts.flipAt)}`]),
  ];
  return wanted.length === 0 ? 'none' : wanted.join(', and ');
}

function whenText(subscription: Subscription): string {
  const { localTime, timeZone, report } = subscription;
  return `${REPORT[report]}, at ${localTime} (${escapeMarkdown(timeZoneLabel(timeZone))})`;
}

function stateText({ state, stateSinceMs, stateReason }: Subscription): string {
  const since = state === 'active' ? '' : ` since ${timestamp(stateSinceMs, 'R')}`;
  return `${STATE[state]}${since}${stateReason === null ? '' : `: ${escapeMarkdown(stateReason)}`}`;
}

function runs({ state }: Subscription): boolean {
  return state === 'active' || state === 'failing';
}

/** The embed of one subscription, with the moments at which it posts next. */
function detailEmbed(subscription: Subscription, title: string, upcomingMs: readonly number[]): APIEmbed {
  const colour = subscription.state === 'active' ? COLOUR.good : runs(subscription) ? COLOUR.bad : COLOUR.paused;
  return fitEmbed({
    title,
    color: colour,
    fields: [
      { name: 'Channel', value: `<#${subscription.channelId}>`, inline: true },
      { name: 'Coins', value: subscription.symbols.join(', '), inline: true },
      { name: 'Horizon', value: `${HORIZONS[subscription.horizon].label} from each post`, inline: true },
      { name: 'Posts', value: whenText(subscription) },
      ...(runs(subscription)
        ? [{ name: 'Next', value: upcomingMs.map((atMs) => timestamp(atMs, 'f')).join('\n') }]
        : []),
      { name: 'Alerts', value: alertsText(subscription), inline: true },
      { name: 'State', value: stateText(subscription), inline: true },
    ],
    footer: { text: `Subscription ${subscription.id}` },
  });
}

/** The preview of `/subscribe`: the settings, and the post as it would be now. */
export function previewReply(
  draft: Subscription,
  upcomingMs: readonly number[],
  post: Reply | null,
  hints: readonly string[],
): Reply {
  const rest = draft.symbols.length - (post?.embeds.length ?? 0);
  const more = post && rest > 0 ? `\n-# And ${rest} more coin${rest === 1 ? '' : 's'}.` : '';
  const lines = [
    '**Preview.** Nothing is saved until you press Subscribe.',
    ...hints.map((hint) => `-# ${hint}`),
    ...(post ? [`Under the settings, the post as it would look now:${more}`, quoted(post.content ?? '')] : []),
  ];
  return {
    content: cutText(lines.join('\n'), LIMITS.content),
    embeds: [
      // A draft has no state yet.
      fitEmbed(withoutState(detailEmbed(draft, 'New subscription', upcomingMs)), PREVIEW_EMBED_LENGTH),
      ...(post?.embeds.map((embed) => fitEmbed(embed, PREVIEW_EMBED_LENGTH)) ?? []),
    ],
    files: post?.files ?? [],
    components: previewComponents(draft.id),
  };
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

function withoutState(embed: APIEmbed): APIEmbed {
  const fields = (embed.fields ?? []).filter((field) => field.name !== 'State');
  return { title: embed.title ?? '', color: COLOUR.plain, fields };
}

/** One subscription with its buttons; `headline` says what was just done. */
export function subscriptionReply(
  subscription: Subscription,
  upcomingMs: readonly number[],
  headline: string | null,
): Reply {
  return {
    ...(headline === null ? {} : { content: headline }),
    embeds: [detailEmbed(subscription, 'Subscription', upcomingMs)],
    files: [],
    components: detailComponents(subscription),
  };
}

/** Asks once more before a subscription is removed. */
export function removalReply(subscription: Subscription): Reply {
  return {
    content: 'Remove this subscription?',
    embeds: [withoutState(detailEmbed(subscription, 'Subscription', []))],
    files: [],
    components: removalComponents(subscription.id),
  };
}

/** Every subscription of a server. */
export function subscriptionListReply(
  subscriptions: readonly Subscription[],
  channelName: (id: string) => string,
  headline: string | null,
): Reply {
  const fields = subscriptions.slice(0, LIMITS.fields).map((subscription) => ({
    name: `${subscription.symbols.join(', ')}, ${HORIZONS[subscription.horizon].label} ahead`,
    value: [
      `<#${subscription.channelId}>: ${whenText(subscription)}`,
      `${stateText(subscription)}${runs(subscription) ? `, next ${timestamp(subscription.nextDueMs, 'R')}` : ''} · \`${subscription.id}\``,
    ].join('\n'),
  }));
  return {
    ...(headline === null ? {} : { content: headline }),
    embeds: [
      fitEmbed({
        title: 'Subscriptions of this server',
        ...(subscriptions.length === 0 ? { description: 'There are none. Use /subscribe to make one.' } : {}),
        color: COLOUR.plain,
        fields,
      }),
    ],
    files: [],
    components: listComponents(subscriptions, channelName),
  };
}

/** A sentence that replaces a message and its buttons. */
export function plainReply(text: string): Reply {
  return { content: text, embeds: [], files: [], components: [] };
}
