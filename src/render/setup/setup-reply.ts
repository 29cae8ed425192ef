import {
  type APIEmbed,
  type APISelectMenuOption,
  ButtonStyle,
  type ChannelType,
  ComponentType,
  SelectMenuDefaultValueType,
} from 'discord-api-types/v10';
import type { Asset } from '../../core/asset.ts';
import { BASE_CURRENCY } from '../../core/currency.ts';
import { cutText } from '../../core/cut-text.ts';
import { chosenHorizon, HORIZONS, horizonMs } from '../../core/horizon.ts';
import type { Links } from '../../core/links.ts';
import { clockIn } from '../../core/local-time.ts';
import type { ServerSettings } from '../../core/settings.ts';
import type { Repetition } from '../../core/subscription.ts';
import type { Translator } from '../../language/translator.ts';
import { fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { MAX_SETUP_COINS, SETUP_ZONES, type SetupAction, type SetupChoice, setupCustomId } from './setup-state.ts';

const COLOUR = 0x5563c8;

/** What the guided set-up shows. */
export interface SetupView {
  readonly choice: SetupChoice;
  /** Coins to choose from, the largest first. */
  readonly coins: readonly Asset[];
  /** Kinds of channels that can be chosen. */
  readonly channelTypes: readonly ChannelType[];
  readonly settings: ServerSettings;
  /** What the chosen channel gets already of the chosen coins. */
  readonly duplicates: readonly Repetition[];
  readonly links: Links;
  /** What was just changed, if anything. */
  readonly isSaved: boolean;
  readonly nowMs: number;
}

/** Whether everything is chosen that a subscription needs. */
export function isComplete({ channelId, symbols }: SetupChoice): boolean {
  return channelId !== null && symbols.length > 0;
}

const hourText = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

/** The name of a language in itself, such as `Deutsch`. */
export function languageName(language: string): string {
  return new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language;
}

/** The guided set-up of a server: what is chosen, what is set, and the menus. */
export function setupReply(view: SetupView, translator: Translator): Reply {
  const { t, formats } = translator;
  const { choice, settings, duplicates } = view;
  const chosen = isComplete(choice)
    ? t('setup.ready', {
        coins: formats.list(choice.symbols),
        channel: `<#${choice.channelId}>`,
        time: hourText(choice.hour),
        zone: zoneName(choice.timeZone),
      })
    : t('setup.choose');
  const lines = [...(view.isSaved ? [t('setup.saved')] : []), chosen, ...repetitionLines(duplicates, translator)];
  return {
    embeds: [
      fitEmbed({
        title: t('setup.title'),
        description: lines.join('\n'),
        color: COLOUR,
        fields: [
          { name: t('setup.server'), value: settingLines(settings, translator).join('\n') },
          ...linkField(view.links, translator),
        ],
      }),
    ],
    files: [],
    components: controls(view, translator),
  };
}

/** Says which coins a channel gets already; three lines at most. */
export function repetitionLines(repetitions: readonly Repetition[], { t, formats }: Translator): readonly string[] {
  return repetitions
    .slice(0, 3)
    .map(({ symbols, channelId, localTime }) =>
      t('setup.duplicate', { coins: formats.list(symbols), channel: `<#${channelId}>`, time: localTime }),
    );
}

function settingLines(
  { language, horizon, currency, postStyle, alertRoleId, weeklyCalls }: ServerSettings,
  { t, formats }: Translator,
): string[] {
  return [
    language === null ? t('setup.languageAuto') : t('setup.language', { language: languageName(language) }),
    t('setup.horizon', { horizon: formats.duration(horizonMs(HORIZONS[chosenHorizon(horizon ?? '1d')])) }),
    t('setup.currency', { currency: currency ?? BASE_CURRENCY }),
    postStyle === 'full' ? t('setup.full') : t('setup.compact'),
    alertRoleId === null ? t('setup.noRole') : t('setup.role', { role: `<@&${alertRoleId}>` }),
    ...(weeklyCalls ? [t('setup.weeklyCalls')] : []),
  ];
}

/** Links as a field; none where there are no links. */
export function linkField(
  { invite, privacy, terms, support }: Links,
  { t }: Translator,
): NonNullable<APIEmbed['fields']> {
  const named = [
    [t('setup.inviteLink'), invite],
    [t('setup.privacyLink'), privacy],
    [t('setup.termsLink'), terms],
    [t('setup.supportLink'), support],
  ] as const;
  const shown = named.flatMap(([name, address]) => (address === null ? [] : [`[${name}](${address})`]));
  return shown.length === 0 ? [] : [{ name: t('setup.links'), value: shown.join(' · ') }];
}

function zoneName(zone: string): string {
  return zone.split('/').at(-1)!.replaceAll('_', ' ');
}

function controls({ choice, coins, channelTypes, nowMs }: SetupView, { t }: Translator): Reply['components'] {
  const { channelId, symbols, hour, timeZone } = choice;
  const listed = coins.slice(0, LIMITS.selectOptions).map(({ symbol, name }) => ({
    label: cutText(name === symbol ? symbol : `${symbol} · ${name}`, 100),
    value: symbol,
    default: symbols.includes(symbol),
  }));
  const select = (action: SetupAction, placeholder: string, options: APISelectMenuOption[], most = 1) => ({
    type: ComponentType.ActionRow as const,
    components: [
      {
        type: ComponentType.StringSelect as const,
        custom_id: setupCustomId(action, choice),
        placeholder,
        min_values: 1,
        max_values: Math.min(most, options.length),
        options,
      },
    ],
  });
  return [
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.ChannelSelect,
          custom_id: setupCustomId('channel', choice),
          placeholder: t('setup.channel'),
          channel_types: [...channelTypes],
          ...(channelId === null
            ? {}
            : { default_values: [{ id: channelId, type: SelectMenuDefaultValueType.Channel }] }),
        },
      ],
    },
    select('coins', t('setup.coins', { count: MAX_SETUP_COINS }), listed, MAX_SETUP_COINS),
    select(
      'hour',
      t('setup.time'),
      Array.from({ length: 24 }, (_, at) => ({ label: hourText(at), value: String(at), default: at === hour })),
    ),
    select(
      'zone',
      t('setup.zone'),
      SETUP_ZONES.map((zone) => ({
        label: t('setup.zoneNow', { zone: zoneName(zone), time: clockIn(zone, nowMs).time }),
        value: zone,
        default: zone === timeZone,
      })),
    ),
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.Button,
          style: ButtonStyle.Success,
          custom_id: setupCustomId('save', choice),
          label: t('setup.save'),
          disabled: !isComplete(choice),
        },
      ],
    },
  ];
}

/** The message by which the bot introduces itself in a server that has just invited it. */
export function welcomeReply(links: Links, translator: Translator): Reply {
  const { t } = translator;
  return {
    embeds: [
      fitEmbed({
        title: t('setup.welcomeTitle'),
        description: [t('setup.welcome'), t('setup.welcomeTry'), t('setup.welcomeSetup')].join('\n'),
        color: COLOUR,
        fields: linkField(links, translator),
        footer: { text: t('common.notAdvice') },
      }),
    ],
    files: [],
    components: [],
  };
}
