import type { Language } from '../language/languages.ts';
import type { HorizonName } from './horizon.ts';

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
}

/** Of a server that has set nothing. */
export const DEFAULT_SERVER_SETTINGS: ServerSettings = {
  language: null,
  currency: null,
  horizon: null,
  postStyle: 'full',
  alertRoleId: null,
};
