import { describe, expect, it, onTestFinished } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { SeenPost, TalkReading } from '../../../src/core/sentiment.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createHeadlineIngest } from '../../../src/services/sentiment/headlines.ts';
import { createTalkCounter } from '../../../src/services/sentiment/talk.ts';
import type { HeadlineSource } from '../../../src/sources/source.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const NOON_MS = Date.UTC(2026, 5, 17, 12);
const minutes = (n: number) => NOON_MS + n * MINUTE_MS;
const post = (id: string, minute: number, comments: number | null): SeenPost => ({
  id,
  createdAtMs: minutes(minute),
  comments,
});
const reading = (minute: number, ...posts: SeenPost[]): TalkReading => ({
  outlet: 'r/Bitcoin',
  timeMs: minutes(minute),
  posts,
});
const quarter = { postsCoveredMs: 15 * MINUTE_MS, commentsCoveredMs: 15 * MINUTE_MS };

describe('the counter of talk', () => {
  it('counts new posts with all their comments, and the new comments of known ones', () => {
    const counter = createTalkCounter();
    expect(counter.add(reading(4, post('a', 1, 10), post('b', -90, 50)))).toEqual([]);
    expect(counter.add(reading(19, post('c', 12, 4), post('a', 1, 25), post('b', -90, 49)))).toEqual([
      { hourMs: NOON_MS, outlet: 'r/Bitcoin', posts: 1, comments: 19, ...quarter, knownAtMs: minutes(19) },
    ]);
  });

  it('gives posts to the hour they were written in, and comments to the hour with most of the time', () => {
    const counter = createTalkCounter();
    counter.add(reading(49, post('a', 1, 10)));
    const hours = counter.add(reading(64, post('c', 62, 1), post('b', 55, 2), post('a', 1, 10)));
    expect(hours.map(({ hourMs, posts, comments }) => [(hourMs - NOON_MS) / HOUR_MS, posts, comments])).toEqual([
      [0, 1, 3],
      [1, 1, 0],
    ]);
    expect(hours.map(({ postsCoveredMs }) => postsCoveredMs / MINUTE_MS)).toEqual([11, 4]);
  });

  it('starts again after a gap of more than an hour, and does not take old posts for new ones', () => {
    const counter = createTalkCounter();
    counter.add(reading(0, post('a', -5, 1)));
    expect(counter.add(reading(61, post('b', 30, 9)))).toEqual([]);
    const [hour] = counter.add(reading(76, post('b', 30, 9), post('old', -300, 400), post('late', 20, 3)));
    expect(hour).toMatchObject({ posts: 0, comments: 3, postsCoveredMs: 15 * MINUTE_MS });
  });

  it('says that comments are unknown where one of two readings did not tell, and ignores an empty answer', () => {
    const counter = createTalkCounter();
    counter.add(reading(4, post('a', 1, 10)));
    expect(counter.add(reading(10))).toEqual([]);
    expect(counter.add(reading(19, post('a', 1, null), post('b', 12, null)))).toMatchObject([
      { posts: 1, postsCoveredMs: 15 * MINUTE_MS, comments: null, commentsCoveredMs: 0 },
    ]);
    expect(counter.add(reading(34, post('a', 1, 30)))).toMatchObject([{ posts: 0, comments: null }]);
    expect(counter.add(reading(49, post('a', 1, 31)))).toMatchObject([{ posts: 0, comments: 1 }]);
    expect(counter.add(reading(49, post('a', 1, 99)))).toEqual([]);
  });

  it('keeps each subreddit apart', () => {
    const counter = createTalkCounter();
    counter.add(reading(4, post('a', 1, 10)));
    expect(counter.add({ ...reading(19, post('a', 1, 20)), outlet: 'r/ethereum' })).toEqual([]);
  });
});

describe('a round over the sources', () => {
  it('stores what was written, by hour, and asks nobody for it', async () => {
    const clock = fakeClock(minutes(4));
    const storage = await openStorage('sqlite::memory:', { now: clock.now });
    onTestFinished(() => storage.close());
    let comments = 10;
    let asked = 0;
    let taken: TalkReading | null = null;
    const source: HeadlineSource = {
      name: 'r/Bitcoin',
      kind: 'reddit',
      fetchHeadlines: async () => {
        asked++;
        taken = { ...reading(0, post('a', 1, comments)), timeMs: clock.now() };
        comments += 7;
        return [];
      },
      takeReading: () => {
        const last = taken;
        taken = null;
        return last;
      },
      health: () => ({ name: 'r/Bitcoin', state: 'ok', kind: 'reddit' }) as ReturnType<HeadlineSource['health']>,
    };
    const ingest = createHeadlineIngest({
      sources: [source],
      fearGreed: null,
      repository: storage.headlines,
      fearGreedRepository: storage.fearGreed,
      talkRepository: storage.talk,
      assets: () => KNOWN_ASSETS,
      now: clock.now,
      logger: silentLogger,
    });
    for (let round = 0; round < 4; round++) {
      await ingest.ingest(new AbortController().signal);
      clock.advance(15 * MINUTE_MS);
    }
    expect(asked).toBe(4);
    expect(await storage.talk.range(0, minutes(600))).toEqual([
      {
        hourMs: NOON_MS,
        outlet: 'r/Bitcoin',
        posts: 0,
        postsCoveredMs: 45 * MINUTE_MS,
        comments: 21,
        commentsCoveredMs: 45 * MINUTE_MS,
        knownAtMs: minutes(49),
      },
    ]);
  });
});
