/** A post as one reading of a subreddit showed it. */
export interface SeenPost {
  readonly id: string;
  /** When it was written, ms; null where the source does not say. */
  readonly createdAtMs: number | null;
  /** Its comments so far; null where the source does not say, as feeds do not. */
  readonly comments: number | null;
}

/** What one reading of a subreddit showed. */
export interface TalkReading {
  /** Such as `r/Bitcoin`. */
  readonly outlet: string;
  readonly timeMs: number;
  readonly posts: readonly SeenPost[];
}

/** How much was written in a subreddit within an hour, as far as its readings saw it. */
export interface TalkHour {
  /** Start of the hour, UTC, ms. */
  readonly hourMs: number;
  readonly outlet: string;
  readonly posts: number;
  /** How much of the hour lies between readings that followed each other closely, ms; posts of the rest are not counted. */
  readonly postsCoveredMs: number;
  /** New comments under the newest posts (a hundred or more); null where no reading said. */
  readonly comments: number | null;
  /** The same of comments; less where some readings did not say. */
  readonly commentsCoveredMs: number;
  /** When the numbers last changed: the moment from which they may be used, ms. */
  readonly knownAtMs: number;
}
