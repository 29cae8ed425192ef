import type { Language } from '../language/languages.ts';
import type { HorizonChoice, HorizonName } from './horizon.ts';

/** What a person has chosen with /me; null where they have not. */
export interface Preferences {
  /** Ticker of the coin that is meant when they name none. */
  readonly symbol: string | null;
  /** How far ahead when they do not say. */
  readonly horizon: HorizonChoice | null;
  /** ISO 4217 code of the currency that prices are shown in. */
  readonly currency: string | null;
  /** IANA name. */
  readonly timeZone: string | null;
  /** In place of the language of their Discord. */
  readonly language: Language | null;
}

/** Of somebody who has chosen nothing. */
export const NO_PREFERENCES: Preferences = {
  symbol: null,
  horizon: null,
  currency: null,
  timeZone: null,
  language: null,
};

/** Whether nothing is chosen. */
export function isUnset(preferences: Preferences): boolean {
  return Object.values(preferences).every((value) => value === null);
}

/** How much a post shows: `compact` a line a coin, `full` each coin with its ranges and chart. */
export const POST_STYLES = ['full', 'compact'] as const;
export type PostStyle = (typeof POST_STYLES)[number];

/** What the managers of a server have set for it; null where Discord or the bot decides. */
export interface ServerSettings {
  readonly language: Language | null;
  /** ISO 4217. */
  readonly currency: string | null;
  readonly horizon: HorizonName | null;
  readonly postStyle: PostStyle;
  /** The role that alerts mention. */
  readonly alertRoleId: string | null;
  /** Whether weekly reports show how members' calls did. */
  readonly weeklyCalls: boolean;
}

/** Of a server that has set nothing. */
export const DEFAULT_SERVER_SETTINGS: ServerSettings = {
  language: null,
  currency: null,
  horizon: null,
  postStyle: 'full',
  alertRoleId: null,
  weeklyCalls: false,
};
