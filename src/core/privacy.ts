/** Whose data: of the person who asks, or of the server. */
export type DataOwner =
  | { readonly kind: 'person'; readonly userId: string }
  | { readonly kind: 'server'; readonly guildId: string };

/** What is kept about a person or a server, counted. */
export interface KeptCounts {
  readonly subscriptions: number;
  /** Posts of those subscriptions, past and waiting; null for a person. */
  readonly posts: number | null;
  readonly portfolios: number;
  /** 1 where the person has chosen something with /me; null for a server. */
  readonly settings: number | null;
  /** Coins on a person's watch list; 0 for a server. */
  readonly watched: number;
  /** Alerts that the person has set, or that were set in the server, those that are over among them. */
  readonly alerts: number;
  /** Calls of /predict. */
  readonly calls: number;
}

/** How many days the data of a server that has removed the bot is kept: it may come back. */
export const DEPARTED_KEPT_DAYS = 30;
