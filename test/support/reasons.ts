import { parseReason, type Reason } from '../../src/core/reason.ts';
import { translatorFor } from '../../src/language/translator.ts';
import { reasonText } from '../../src/render/reason-text.ts';

/** A reason in English. */
export const inEnglish = (reason: Reason): string => reasonText(reason, translatorFor('en'));

/** A stored reason in English; any other text as it is. */
export function readInEnglish(text: string): string {
  const reason = parseReason(text);
  return typeof reason === 'string' ? reason : inEnglish(reason);
}

/** The same with its reason in English, where it has one. */
export function worded<Outcome extends object>(outcome: Outcome): Outcome & { readonly reason?: string | null } {
  const { reason } = outcome as { reason?: Reason | null };
  return { ...outcome, ...(reason === undefined || reason === null ? {} : { reason: inEnglish(reason) }) } as never;
}
