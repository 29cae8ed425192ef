import type { Reason } from '../core/reason.ts';
import type { Translator } from '../language/translator.ts';
import { escapeMarkdown } from './format.ts';

/** A reason in the reader's language, without a full stop; one that a newer version stored is only said to be a refusal. */
export function reasonText(reason: Reason, translator: Translator): string {
  if (typeof reason === 'string') return escapeMarkdown(reason);
  try {
    const text = translator.message(reason, escapeMarkdown);
    if (text !== '') return text;
  } catch {
    // Its text wants values that it does not have.
  }
  return translator.t('refusals.refused');
}
