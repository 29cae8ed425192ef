import { IntlMessageFormat } from 'intl-messageformat';
import { createFormats, type Formats } from './formats.ts';
import { type Language, languageOf, supportedLocale } from './languages.ts';
import type { Message, MessageKey, Messages, MessageValue, MessageValues } from './message.ts';
import { de } from './messages/de.ts';
import { en } from './messages/en.ts';
import { es } from './messages/es.ts';
import { fr } from './messages/fr.ts';
import { pt } from './messages/pt.ts';

export const MESSAGES: Readonly<Record<Language, Messages>> = { en, de, es, fr, pt };

/** Writes texts, numbers and prices in one reader's language. */
export interface Translator {
  readonly language: Language;
  /** BCP 47, for Intl. */
  readonly locale: string;
  /** The text of a key with its values. Throws an error of ICU when a value is missing. */
  t(key: MessageKey, values?: MessageValues): string;
  /** The text of a message that was made elsewhere; `literal` is applied to the texts among its values, such as names. */
  message(message: Message, literal?: (text: string) => string): string;
  readonly formats: Formats;
}

/** Translators by locale; there are a few hundred locales at most, and names that are no locale share that of English. */
const TRANSLATORS = new Map<string, Translator>();

/** The translator for a reader's BCP 47 locale, as Discord names it. */
export function translatorFor(locale: string): Translator {
  const known = TRANSLATORS.get(supportedLocale(locale));
  if (known) return known;
  const made = createTranslator(supportedLocale(locale));
  TRANSLATORS.set(made.locale, made);
  return made;
}

function createTranslator(locale: string): Translator {
  const language = languageOf(locale);
  const messages: Readonly<Record<string, Readonly<Record<string, string>>>> = MESSAGES[language];
  const parsed = new Map<MessageKey, IntlMessageFormat>();
  const t = (key: MessageKey, values?: MessageValues): string => {
    let format = parsed.get(key);
    if (!format) {
      const [feature = '', name = ''] = key.split('.', 2);
      // `<t:…>` and other markup of Discord are text here, not tags of the message.
      format = new IntlMessageFormat(messages[feature]?.[name] ?? '', locale, undefined, { ignoreTag: true });
      parsed.set(key, format);
    }
    return String(format.format(values));
  };
  const formats = createFormats(locale, t);
  const message: Translator['message'] = ({ key, values = {} }, literal = (text) => text) => {
    const written = (value: MessageValue): string | number => {
      if (typeof value === 'number') return value;
      if (typeof value === 'string') return literal(value);
      if ('key' in value) return message(value, literal);
      if ('timeMs' in value) return `<t:${Math.floor(value.timeMs / 1000)}:${value.style}>`;
      if ('price' in value) return formats.price(value.price);
      if ('changePct' in value) return formats.signedPercent(value.changePct);
      if ('monthMs' in value) return formats.month(value.monthMs);
      if ('durationMs' in value) return formats.duration(value.durationMs);
      return formats.list(value.list.map(literal));
    };
    return t(key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, written(value)])));
  };
  return {
    language,
    locale,
    t,
    message,
    formats,
  };
}
