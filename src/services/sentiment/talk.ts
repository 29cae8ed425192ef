import type { SeenPost, TalkHour, TalkReading } from '../../core/sentiment.ts';
import { HOUR_MS } from '../../core/time.ts';

/** Counts what was written between readings of subreddits. */
export interface TalkCounter {
  /** What the reading adds to which hours; nothing at the first reading of a subreddit and after a gap. */
  add(reading: TalkReading): readonly TalkHour[];
}

/** Readings further apart than this say nothing about the hours between them. */
const MAX_GAP_MS = HOUR_MS;
/** A post that was not in the last reading, though older than it, is new if it is at most this much older: moderators let posts through later. */
const MAX_DELAY_MS = HOUR_MS;

const hourOf = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;

/** A reading, by the ids of its posts. */
interface Known {
  readonly timeMs: number;
  readonly posts: ReadonlyMap<string, SeenPost>;
  readonly saysComments: boolean;
}

/**
 * Makes the counter. Posts count in the hour they were written in, comments in the hour of the middle of the time between two readings, which is
 * a quarter of an hour as a rule. What is remembered is the last reading of each subreddit, in memory.
 */
export function createTalkCounter(): TalkCounter {
  const last = new Map<string, Known>();
  return {
    add({ outlet, timeMs, posts }) {
      if (posts.length === 0) return [];
      const before = last.get(outlet);
      const now: Known = {
        timeMs,
        posts: new Map(posts.map((post) => [post.id, post])),
        saysComments: posts.some(({ comments }) => comments !== null),
      };
      if (before && timeMs <= before.timeMs) return [];
      last.set(outlet, now);
      return before && timeMs - before.timeMs <= MAX_GAP_MS ? between(outlet, before, now) : [];
    },
  };
}

/** What was written between two readings, by hour. */
function between(outlet: string, before: Known, now: Known): TalkHour[] {
  const saysComments = before.saysComments && now.saysComments;
  const hours = new Map<number, { posts: number; coveredMs: number; comments: number }>();
  const at = (hourMs: number) => {
    const found = hours.get(hourMs) ?? { posts: 0, coveredMs: 0, comments: 0 };
    hours.set(hourMs, found);
    return found;
  };
  for (let hourMs = hourOf(before.timeMs); hourMs < now.timeMs; hourMs += HOUR_MS) {
    at(hourMs).coveredMs += Math.min(now.timeMs, hourMs + HOUR_MS) - Math.max(before.timeMs, hourMs);
  }
  let comments = 0;
  for (const post of now.posts.values()) {
    const seen = before.posts.get(post.id);
    const createdAtMs = post.createdAtMs ?? now.timeMs;
    const isNew = !seen && createdAtMs > before.timeMs - MAX_DELAY_MS;
    if (isNew) at(hourOf(createdAtMs)).posts++;
    // Moderators remove comments too, which takes nothing back.
    if (seen || isNew) comments += Math.max(0, (post.comments ?? 0) - (seen?.comments ?? 0));
  }
  if (saysComments) at(hourOf((before.timeMs + now.timeMs) / 2)).comments += comments;
  return [...hours].map(([hourMs, { posts, coveredMs, comments }]) => ({
    hourMs,
    outlet,
    posts,
    postsCoveredMs: coveredMs,
    comments: saysComments ? comments : null,
    commentsCoveredMs: saysComments ? coveredMs : 0,
    knownAtMs: now.timeMs,
  }));
}
