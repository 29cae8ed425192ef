import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { CandlecastError } from '../../core/errors.ts';
import { type DataOwner, DEPARTED_KEPT_DAYS, type KeptCounts } from '../../core/privacy.ts';
import { formatCount } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

/** What the custom ids of /privacy start with. */
export const PRIVACY_PREFIX = 'privacy';

const COLOUR = 0x5b8def;
const DONE_COLOUR = 0x3fc7ae;

const plural = (count: number, what: string) => `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
const isNothing = ({ subscriptions, posts, portfolios, settings, watched }: KeptCounts) =>
  subscriptions + (posts ?? 0) + portfolios + (settings ?? 0) + watched === 0;
/** What belongs to the person alone; empty where there is nothing. */
const watchText = ({ watched }: KeptCounts, verb: string) =>
  watched === 0 ? '' : ` Your watch list of ${plural(watched, 'coin')} is ${verb}.`;

function counts({ subscriptions, posts, portfolios }: KeptCounts): string {
  const parts = [
    plural(subscriptions, 'subscription'),
    ...(posts === null ? [] : [plural(posts, 'post')]),
    plural(portfolios, 'paper portfolio'),
  ];
  return parts.join(', ');
}

function reply(title: string, description: string, rest: Partial<Reply> = {}, color = COLOUR): Reply {
  return { embeds: [fitEmbed({ title, description, color })], files: [], components: [], ...rest };
}

/** What is kept about the person, and about the server where the command was used in one. */
export function keptReply(person: KeptCounts, server: KeptCounts | null): Reply {
  const about = isNothing(person)
    ? '**About you:** nothing.'
    : `**About you:** your id as the one who made ${counts(person)}; I write to you when one of them fails.${person.settings ? ' Your settings of /me.' : ''}${watchText(person, 'kept')}`;
  const there =
    server === null
      ? ''
      : isNothing(server)
        ? '\n**About this server:** nothing.'
        : `\n**About this server:** ${counts(server)}, with the ids of server and channels.`;
  return reply(
    'What I keep',
    [
      `${about}${there}`,
      '',
      'I read no messages, and keep no names and no list of who asked what. Forecasts in the record belong to nobody.',
      `When a server removes me, its data is deleted ${DEPARTED_KEPT_DAYS} days later.`,
      '/privacy export gives you a file of it, /privacy delete removes it.',
    ].join('\n'),
  );
}

/** The file with everything kept. */
export function exportReply(of: DataOwner['kind'], file: Omit<ReplyFile, 'description'>): Reply {
  const whom = of === 'person' ? 'you' : 'this server';
  return reply('Your export', `Everything that I keep about ${whom} is in the file, as JSON.`, {
    files: [{ ...file, description: `Everything that is kept about ${whom}, as JSON` }],
  });
}

/** Asks once more before anything is deleted; where there is nothing, says that. */
export function deletionReply(of: DataOwner, kept: KeptCounts): Reply {
  if (isNothing(kept)) {
    return reply('Nothing to delete', `I keep nothing about ${of.kind === 'person' ? 'you' : 'this server'}.`);
  }
  const words =
    of.kind === 'person'
      ? `Your id is removed from ${counts(kept)}. They belong to their servers and go on; I no longer write to you about them.${kept.settings ? ' Your settings of /me are deleted.' : ''}${watchText(kept, 'deleted')}`
      : `${counts(kept)} of this server are deleted for good. Nothing more is posted here.`;
  return reply(of.kind === 'person' ? 'Delete what I keep about you?' : 'Delete everything of this server?', words, {
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          button('Yes, delete it', `delete:${of.kind}:${idOf(of)}`, ButtonStyle.Danger),
          button('Keep it', 'keep'),
        ],
      },
    ],
  });
}

/** What was deleted. */
export function deletedReply(of: DataOwner['kind'], removed: KeptCounts): Reply {
  const words =
    of === 'person'
      ? `Your id is removed from ${counts(removed)}.${removed.settings ? ' Your settings of /me are deleted.' : ''}${watchText(removed, 'deleted')}`
      : `${counts(removed)} of this server are deleted.`;
  return reply('Deleted', `${words} Backups of the bot's owner may hold it until they are replaced.`, {}, DONE_COLOUR);
}

/** After **Keep it**. */
export const keepReply = (): Reply => reply('Kept', 'Nothing was deleted.');

const idOf = (of: DataOwner) => (of.kind === 'person' ? of.userId : of.guildId);

function button(
  label: string,
  rest: string,
  style: ButtonStyle.Danger | ButtonStyle.Secondary = ButtonStyle.Secondary,
) {
  return { type: ComponentType.Button as const, style, label, custom_id: `${PRIVACY_PREFIX}:${rest}` };
}

/** Reads what follows the prefix of a custom id: whose data to delete, or null for **Keep it**. Throws `CC_USAGE`. */
export function parsePrivacyPress(rest: string): DataOwner | null {
  const [action, kind, id = '', ...more] = rest.split(':');
  if (action === 'keep' && kind === undefined) return null;
  if (action === 'delete' && more.length === 0 && /^\w{1,20}$/.test(id)) {
    if (kind === 'person') return { kind, userId: id };
    if (kind === 'server') return { kind, guildId: id };
  }
  throw new CandlecastError('CC_USAGE', 'This button belongs to another version of the bot.', {
    remedy: 'Use /privacy delete for a new one.',
  });
}
