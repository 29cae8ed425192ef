import type { FetchedHeadline } from '../../core/headline.ts';
import { type FeedAnswer, type FeedOrigin, readFeed } from './feed.ts';

/** A feed to read. */
export interface FeedRequest {
  /** Name of the source, for errors. */
  readonly source: string;
  readonly answer: FeedAnswer;
  readonly origin: FeedOrigin;
}

/** The worker's task: reads feeds. */
export const task = (_setup: null) => ({
  read: ({ source, answer, origin }: FeedRequest): readonly FetchedHeadline[] => readFeed(source, answer, origin),
});
