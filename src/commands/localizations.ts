import type { LocalizationMap } from 'discord.js';

/** A text in every language that commands are described in: 100 characters each at most, as Discord allows. */
export interface Translations {
  readonly en: string;
  readonly de: string;
  /** For Spain and for Latin America alike. */
  readonly es: string;
  readonly fr: string;
  /** Brazilian Portuguese. */
  readonly pt: string;
}

/** The description of a command or an option; its name stays English everywhere. */
export function described(text: Translations): { description: string; description_localizations: LocalizationMap } {
  return { description: text.en, description_localizations: byLocale(text) };
}

/** A choice of an option. */
export function translatedChoice(
  value: string,
  text: Translations,
): { name: string; name_localizations: LocalizationMap; value: string } {
  return { name: text.en, name_localizations: byLocale(text), value };
}

function byLocale({ de, es, fr, pt }: Translations): LocalizationMap {
  return { de, 'es-ES': es, 'es-419': es, fr, 'pt-BR': pt };
}
