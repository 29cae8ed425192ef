import type { en } from './messages/en.ts';

/** All texts of a language, by feature; every language has the keys of English. */
export type Messages = {
  readonly [Feature in keyof typeof en]: { readonly [Name in keyof (typeof en)[Feature]]: string };
};

/** Names one text, such as `common.unknown`. */
export type MessageKey = {
  [Feature in keyof Messages]: `${Feature}.${keyof Messages[Feature] & string}`;
}[keyof Messages];

/** What is put in place of a text's arguments. A number may choose its plural; anything else should be formatted before. */
export type MessageValues = Readonly<Record<string, string | number>>;

/**
 * A value of a {@link Message}: a text or a number as it is, or what the reader's language writes: a moment (Discord's own mark), a price in dollars, a
 * signed change in per cent, a length of time, a month, or another message.
 */
export type MessageValue =
  | string
  | number
  | { readonly timeMs: number; readonly style: 'f' | 't' | 'D' | 'R' }
  | { readonly price: number }
  | { readonly changePct: number }
  | { readonly durationMs: number }
  | { readonly monthMs: number }
  | { readonly list: readonly string[] }
  | Message;

/** A text whose language is chosen later, where it is shown. */
export interface Message {
  readonly key: MessageKey;
  readonly values?: Readonly<Record<string, MessageValue>>;
}
