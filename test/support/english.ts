import type { ForecastNote } from '../../src/core/forecast.ts';
import type { Message } from '../../src/language/message.ts';
import { translatorFor } from '../../src/language/translator.ts';
import { replyText } from '../../src/render/text.ts';

/** The reader of most tests. */
export const ENGLISH = translatorFor('en-US');

/** A message in English as a terminal shows it: times in UTC, distances from `nowMs`. */
export function englishText(message: Message, nowMs = 0): string {
  return replyText({ content: ENGLISH.message(message), embeds: [], files: [], components: [] }, nowMs);
}

/** The text of the note with that code, in English; throws where there is none. */
export function noteText(notes: readonly ForecastNote[], code: ForecastNote['code'], nowMs = 0): string {
  const found = notes.find((note) => note.code === code);
  if (!found) throw new Error(`There is no note ${code} among ${notes.map((note) => note.code).join(', ')}.`);
  return englishText(found.message, nowMs);
}

/** A note with any text. */
export const plainNote = (
  code: ForecastNote['code'],
  text: string,
  severity: ForecastNote['severity'] = 'warning',
): ForecastNote => ({ code, severity, message: { key: 'notes.operatorText', values: { text } } });
