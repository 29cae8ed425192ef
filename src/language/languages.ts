/** The languages that replies, posts and charts are written in: English, German, Spanish, French, Brazilian Portuguese. */
export const LANGUAGES = ['en', 'de', 'es', 'fr', 'pt'] as const;

export type Language = (typeof LANGUAGES)[number];

/** The locale for numbers and dates of a language when the reader's own locale names no region. */
const DEFAULT_LOCALES: Readonly<Record<Language, string>> = {
  en: 'en-US',
  de: 'de-DE',
  es: 'es-ES',
  fr: 'fr-FR',
  pt: 'pt-BR',
};

/** The language for a BCP 47 locale such as `en-GB` or `es-419`; English for one that no texts exist in, and for what is no locale. */
export function languageOf(locale: string): Language {
  const prefix = locale.split(/[-_]/, 1)[0]?.toLowerCase();
  return LANGUAGES.find((language) => language === prefix) ?? 'en';
}

/** The locale that numbers and dates are written in: the reader's own where texts exist in its language, else that of English. */
export function supportedLocale(locale: string): string {
  const language = languageOf(locale);
  try {
    const [canonical] = Intl.getCanonicalLocales(locale);
    if (canonical?.startsWith(`${language}-`)) return canonical;
  } catch {
    // Not a locale.
  }
  return DEFAULT_LOCALES[language];
}
