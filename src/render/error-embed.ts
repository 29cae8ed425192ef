import { asCandlecastError, type CandlecastError, ERROR_CATALOGUE, UnknownNameError } from '../core/errors.ts';
import type { MessageKey, Messages } from '../language/message.ts';
import { type Translator, translatorFor } from '../language/translator.ts';
import { escapeMarkdown } from './format.ts';
import { clip, fitEmbed } from './limits.ts';
import type { Reply } from './reply.ts';

/** Errors that are a plain answer rather than a failure. */
const PLAIN_ANSWERS: ReadonlySet<string> = new Set([
  'CC_UNKNOWN_SYMBOL',
  'CC_COIN_CHANGED',
  'CC_STABLECOIN',
  'CC_MARKET_HALTED',
  'CC_UNKNOWN_HORIZON',
  'CC_HISTORY_TOO_SHORT',
  'CC_HISTORY_UNSOUND',
  'CC_PRICE_UNCONFIRMED',
  'CC_USAGE',
  'CC_NOT_ALLOWED',
  'CC_BUSY',
  'CC_STOPPING',
  'CC_RECORD_UNKNOWN',
  'CC_WATCH_LIMIT',
  'CC_CALL_REFUSED',
  'CC_RATE_MISSING',
  'CC_UNKNOWN_CURRENCY',
  'CC_UNKNOWN_TIME_ZONE',
]);

/** A code that has words in every language; the words of others are those of the one that says as much to a member. */
type WordedCode = keyof Messages['errorTitles'];

/** Codes without words of their own, by how they begin. */
const STANDS_FOR: readonly (readonly [string, WordedCode])[] = [
  ['CC_SOURCE', 'CC_SOURCE_UNAVAILABLE'],
  ['CC_MODEL', 'CC_MODEL_MISSING'],
];

const WORDED: ReadonlySet<string> = new Set<WordedCode>([
  'CC_BUSY',
  'CC_CANDLES_STALE',
  'CC_CHANNEL',
  'CC_CLOCK_WRONG',
  'CC_COIN_CHANGED',
  'CC_DATABASE',
  'CC_HISTORY_TOO_SHORT',
  'CC_HISTORY_UNSOUND',
  'CC_INTERNAL',
  'CC_IN_SAMPLE',
  'CC_MARKET_HALTED',
  'CC_MODEL_MISSING',
  'CC_NOT_ALLOWED',
  'CC_PAPER_NONE',
  'CC_PAPER_RUNNING',
  'CC_PRICE_UNCONFIRMED',
  'CC_RATE_MISSING',
  'CC_RECORD_UNKNOWN',
  'CC_SOURCE_UNAVAILABLE',
  'CC_STABLECOIN',
  'CC_STOPPING',
  'CC_SUBSCRIPTION_LIMIT',
  'CC_SUBSCRIPTION_UNKNOWN',
  'CC_TIMEOUT',
  'CC_UNKNOWN_CURRENCY',
  'CC_UNKNOWN_HORIZON',
  'CC_UNKNOWN_RULE',
  'CC_UNKNOWN_SYMBOL',
  'CC_UNKNOWN_TIME_ZONE',
  'CC_USAGE',
  'CC_WATCH_LIMIT',
  'CC_CALL_REFUSED',
]);

const isWorded = (code: string): code is WordedCode => WORDED.has(code);

/** The code whose words are used; null for what only those meet who operate the bot. */
function wordedCode(code: CandlecastError['code']): WordedCode | null {
  if (isWorded(code)) return code;
  return STANDS_FOR.find(([prefix]) => code.startsWith(prefix))?.[1] ?? null;
}

/** Codes whose general sentence says too little: what exactly was wrong is added in English where it has no other words. */
const NEEDS_DETAIL: ReadonlySet<string> = new Set([
  'CC_USAGE',
  'CC_CHANNEL',
  'CC_NOT_ALLOWED',
  'CC_COIN_CHANGED',
  'CC_SUBSCRIPTION_LIMIT',
  'CC_RECORD_UNKNOWN',
  'CC_IN_SAMPLE',
  'CC_BUSY',
  'CC_CALL_REFUSED',
]);

/** For whom an error is written. */
export interface ErrorReader {
  /** BCP 47. */
  readonly locale: string;
  /** An owner of the bot reads what an operator can do. */
  readonly isOwner: boolean;
}

const MEMBER: ErrorReader = { locale: 'en', isOwner: false };

/** The nearest names, when the error has some. */
function suggestions(error: CandlecastError, { t, formats }: Translator): string | null {
  if (!(error instanceof UnknownNameError) || error.suggestions.length === 0) return null;
  if (error.code === 'CC_COIN_CHANGED') return null;
  const names = error.suggestions.slice(0, 5).map((name) => `**${escapeMarkdown(clip(name, 60))}**`);
  return t('errors.didYouMean', { names: formats.list(names, 'or') });
}

/** What happened, as a sentence; to owners with every source's reason, which is in English. */
function sentence(
  error: CandlecastError,
  worded: WordedCode | null,
  { language, t, message }: Translator,
  { isOwner }: ErrorReader,
): string {
  if (error.said && !(isOwner && language === 'en')) return clip(message(error.said, escapeMarkdown), 1500);
  if (language === 'en' || worded === null) return escapeMarkdown(clip(error.message, 1500));
  const meaning = t(`errorMeanings.${worded}` satisfies MessageKey);
  if (!NEEDS_DETAIL.has(error.code)) return meaning;
  return `${meaning}\n-# ${t('errors.inEnglish', { text: escapeMarkdown(clip(error.message, 1000)) })}`;
}

/** What the reader can do: in general, or as the error says. */
function remedy(
  error: CandlecastError,
  worded: WordedCode | null,
  translator: Translator,
  { isOwner }: ErrorReader,
): string {
  const { language, t, message } = translator;
  const near = suggestions(error, translator);
  if (near) return near;
  const said = escapeMarkdown(clip(error.remedy, 1500));
  // What operators do has no words in other languages.
  if (worded === null || (isOwner && language === 'en')) return said;
  if (error.advice) return message(error.advice, escapeMarkdown);
  const isGeneral = error.remedy === ERROR_CATALOGUE[error.code].remedy;
  if (language === 'en' && !isGeneral) return said;
  const general = t(`errorRemedies.${worded}` satisfies MessageKey);
  return isOwner && worded !== error.code ? `${general}\n-# ${t('errors.inEnglish', { text: said })}` : general;
}

/** What happened, in a sentence for a member, without what to do about it. */
export function errorSentence(error: CandlecastError, locale: string): string {
  return sentence(error, wordedCode(error.code), translatorFor(locale), MEMBER);
}

/** The nearest names as a question, when the error has some. */
export function errorSuggestions(error: CandlecastError, locale: string): string | null {
  return suggestions(error, translatorFor(locale));
}

/**
 * Builds the reply about an error: message and remedy, never a cause or a stack.
 * `reference` is what the log calls this failure; it is shown for failures, not for plain answers.
 */
export function errorReply(error: unknown, reference: string | null = null, reader: ErrorReader = MEMBER): Reply {
  const known = asCandlecastError(error);
  const translator = translatorFor(reader.locale);
  const { t } = translator;
  const plain = PLAIN_ANSWERS.has(known.code);
  const worded = wordedCode(known.code);
  const lines = [sentence(known, worded, translator, reader), remedy(known, worded, translator, reader)];
  return {
    embeds: [
      fitEmbed({
        title: worded === null ? ERROR_CATALOGUE[known.code].meaning : t(`errorTitles.${worded}` satisfies MessageKey),
        description: lines.filter((line) => line !== '').join('\n'),
        color: plain ? 0x6d7690 : 0xf08a3c,
        footer: {
          text: reference !== null && !plain ? t('errors.reference', { code: known.code, reference }) : known.code,
        },
      }),
    ],
    files: [],
    components: [],
  };
}
