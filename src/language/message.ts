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

/** A text whose language is chosen later, where it is shown. */
export interface Message {
  readonly key: MessageKey;
  readonly values?: MessageValues;
}
