import { type APISelectMenuOption, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { CURRENCIES, searchCurrencies } from '../../core/currency.ts';
import { CHOICES, HORIZONS, horizonMs } from '../../core/horizon.ts';
import { isUnset, type Preferences } from '../../core/settings.ts';
import { LANGUAGES, type Language } from '../../language/languages.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { oldControlError } from '../details.ts';
import { escapeMarkdown } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';

/** What the custom ids of /me start with. */
export const ME_PREFIX = 'me';

const CONTROLS = ['horizon', 'currency', 'language', 'reset'] as const;

/** Which control under the settings was used. */
export type MeControl = (typeof CONTROLS)[number];

const COLOUR = 0x5b8def;

/** The name of a language in that language, such as `Deutsch`. */
export function languageName(language: Language): string {
  const name = new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language;
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE`. */
export function parseMePress(rest: string): MeControl {
  const control = CONTROLS.find((known) => known === rest);
  if (control) return control;
  throw oldControlError('/me show');
}

/** A person's settings, with menus to change them: as they were, after a change, or after all were taken back. */
export function settingsReply(preferences: Preferences, what: 'shown' | 'changed' | 'reset', locale: string): Reply {
  const translator = translatorFor(locale);
  const { t, formats } = translator;
  const { symbol, horizon, currency, timeZone, language } = preferences;
  const first = { shown: 'me.shown', changed: 'me.changed', reset: 'me.reset' } as const;
  const none = t('me.notSet');
  const description = [
    what === 'shown' && isUnset(preferences) ? t('me.nothingSet') : t(first[what]),
    '',
    t('me.coin', { value: symbol ?? none }),
    t('me.horizon', { value: horizon === null ? none : formats.duration(horizonMs(HORIZONS[horizon])) }),
    t('me.currency', { value: currency ?? none }),
    t('me.timeZone', { value: timeZone === null ? none : escapeMarkdown(timeZone) }),
    t('me.language', { value: language === null ? t('me.asDiscord') : languageName(language) }),
    '',
    t('me.how'),
  ].join('\n');
  return {
    embeds: [fitEmbed({ title: t('me.title'), description, color: COLOUR })],
    files: [],
    components: [...menus(preferences, translator), ...(isUnset(preferences) ? [] : [resetRow(translator)])],
  };
}

function menus({ horizon, currency, language }: Preferences, { t, formats, locale }: Translator): Reply['components'] {
  const horizons = CHOICES.map((name) => ({ label: formats.duration(horizonMs(HORIZONS[name])), value: name }));
  const codes = searchCurrencies('', locale, CURRENCIES.length);
  const first = codes.slice(0, LIMITS.selectOptions - 1);
  const own = codes.filter(({ code }) => code === currency && !first.some((one) => one.code === code));
  const currencies = [...own, ...first].slice(0, LIMITS.selectOptions - 1);
  const languages = LANGUAGES.map((name) => ({ label: languageName(name), value: name }));
  return [
    menu('horizon', t('me.chooseHorizon'), t('me.noHorizon'), horizons, horizon),
    menu(
      'currency',
      t('me.chooseCurrency'),
      t('me.noCurrency'),
      currencies.map(({ code, label }) => ({ label, value: code })),
      currency,
    ),
    menu('language', t('me.chooseLanguage'), t('me.noLanguage'), languages, language),
  ];
}

function menu(
  control: MeControl,
  placeholder: string,
  none: string,
  options: readonly { readonly label: string; readonly value: string }[],
  chosen: string | null,
): Reply['components'][number] {
  const all: APISelectMenuOption[] = [...options, { label: none, value: 'none' }].map(({ label, value }) => ({
    label: clip(label, 100),
    value,
    ...(value === chosen ? { default: true } : {}),
  }));
  const select = { type: ComponentType.StringSelect, custom_id: `${ME_PREFIX}:${control}`, placeholder } as const;
  return { type: ComponentType.ActionRow, components: [{ ...select, options: all }] };
}

function resetRow({ t }: Translator): Reply['components'][number] {
  const button = { type: ComponentType.Button, style: ButtonStyle.Danger, label: t('me.resetButton') } as const;
  return { type: ComponentType.ActionRow, components: [{ ...button, custom_id: `${ME_PREFIX}:reset` }] };
}
