import type { Language } from '../language/languages.ts';
import type { HorizonChoice } from './horizon.ts';

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
