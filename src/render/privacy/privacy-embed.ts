import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { type DataOwner, DEPARTED_KEPT_DAYS, type KeptCounts } from '../../core/privacy.ts';
import type { Translator } from '../../language/translator.ts';
import { oldControlError } from '../details.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

/** What the custom ids of /privacy start with. */
export const PRIVACY_PREFIX = 'privacy';

const COLOUR = 0x5b8def;
const DONE_COLOUR = 0x3fc7ae;

const isNothing = ({ subscriptions, posts, portfolios, settings, watched, alerts, calls }: KeptCounts) =>
  subscriptions + (posts ?? 0) + portfolios + (settings ?? 0) + watched + alerts + calls === 0;

/** What is kept with a person's or a server's id, such as `2 subscriptions, 5 posts and 1 paper portfolio`; empty where nothing is. */
function thingsText({ subscriptions, posts, portfolios, alerts }: KeptCounts, { t, formats }: Translator): string {
  return formats.list([
    ...(subscriptions === 0 ? [] : [t('privacy.subscriptions', { count: subscriptions })]),
    ...(posts === null || posts === 0 ? [] : [t('privacy.posts', { count: posts })]),
    ...(portfolios === 0 ? [] : [t('privacy.portfolios', { count: portfolios })]),
    // A person's have a line of their own: they are deleted, not left to the server.
    ...(posts === null || alerts === 0 ? [] : [t('privacy.alertCount', { count: alerts })]),
  ]);
}

/** What belongs to the person alone and is deleted with it, a sentence each. */
function deletedLines({ settings, watched, alerts, calls }: KeptCounts, { t }: Translator): readonly string[] {
  return [
    ...(settings ? [t('privacy.settingsDeleted')] : []),
    ...(watched > 0 ? [t('privacy.watchedDeleted', { count: watched })] : []),
    ...(alerts > 0 ? [t('privacy.alertsDeleted', { count: alerts })] : []),
    ...(calls > 0 ? [t('privacy.callsDeleted', { count: calls })] : []),
  ];
}

function reply(title: string, description: string, rest: Partial<Reply> = {}, color = COLOUR): Reply {
  return { embeds: [fitEmbed({ title, description, color })], files: [], components: [], ...rest };
}

/** What is kept about the person, and about the server where the command was used in one. */
export function keptReply(person: KeptCounts, server: KeptCounts | null, translator: Translator): Reply {
  const { t } = translator;
  const things = thingsText(person, translator);
  const about = isNothing(person)
    ? [t('privacy.nothingPerson')]
    : [
        things === '' ? t('privacy.aboutPerson') : t('privacy.person', { things }),
        ...(person.settings ? [t('privacy.settings')] : []),
        ...(person.watched > 0 ? [t('privacy.watched', { count: person.watched })] : []),
        ...(person.alerts > 0 ? [t('privacy.alerts', { count: person.alerts })] : []),
        ...(person.calls > 0 ? [t('privacy.calls', { count: person.calls })] : []),
      ];
  const there =
    server === null
      ? []
      : [
          isNothing(server)
            ? t('privacy.nothingServer')
            : t('privacy.server', { things: thingsText(server, translator) }),
        ];
  const lines = [
    ...about,
    ...there,
    '',
    t('privacy.noMessages'),
    t('privacy.departed', { days: DEPARTED_KEPT_DAYS }),
    t('privacy.how'),
  ];
  return reply(t('privacy.title'), lines.join('\n'));
}

/** The file with everything kept. */
export function exportReply(of: DataOwner['kind'], file: Omit<ReplyFile, 'description'>, { t }: Translator): Reply {
  const said = t('privacy.export', { whose: of });
  return reply(t('privacy.exportTitle'), said, { files: [{ ...file, description: said }] });
}

/** Asks once more before anything is deleted; where there is nothing, says that. */
export function deletionReply(of: DataOwner, kept: KeptCounts, translator: Translator): Reply {
  const { t } = translator;
  if (isNothing(kept)) return reply(t('privacy.nothingTitle'), t('privacy.nothing', { whose: of.kind }));
  const things = thingsText(kept, translator);
  const lines =
    of.kind === 'person'
      ? [...(things === '' ? [] : [t('privacy.willPerson', { things })]), ...deletedLines(kept, translator)]
      : [t('privacy.willServer', { things })];
  return reply(t(of.kind === 'person' ? 'privacy.askPerson' : 'privacy.askServer'), lines.join('\n'), {
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          button(t('privacy.yesButton'), `delete:${of.kind}:${idOf(of)}`, ButtonStyle.Danger),
          button(t('privacy.keepButton'), 'keep'),
        ],
      },
    ],
  });
}

/** What was deleted. */
export function deletedReply(of: DataOwner['kind'], removed: KeptCounts, translator: Translator): Reply {
  const { t } = translator;
  const things = thingsText(removed, translator);
  const lines =
    of === 'person'
      ? [t('privacy.donePerson', { things }), ...deletedLines(removed, translator)]
      : [t('privacy.doneServer', { things })];
  return reply(t('privacy.doneTitle'), [...lines, t('privacy.backups')].join('\n'), {}, DONE_COLOUR);
}

/** After **Keep it**. */
export const keepReply = ({ t }: Translator): Reply => reply(t('privacy.keptTitle'), t('privacy.kept'));

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
  throw oldControlError('/privacy delete');
}
