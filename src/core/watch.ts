/** Coins that one person may watch. */
export const WATCH_LIMIT = 20;

/** What came of adding to a list or removing from it. */
export interface WatchChange {
  /** Coins that were added or removed. */
  readonly changed: readonly string[];
  /** Coins that were there already, or were not there. */
  readonly unchanged: readonly string[];
  /** Coins that found no room. */
  readonly leftOut: readonly string[];
  /** The list as it is now. */
  readonly symbols: readonly string[];
}
