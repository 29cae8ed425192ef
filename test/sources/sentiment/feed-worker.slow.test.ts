import { afterEach, describe, expect, it } from 'vitest';
import {
  createFeedReader,
  type FeedReader,
  type FeedReaderOptions,
} from '../../../src/sources/sentiment/feed-reader.ts';
import { SourceError } from '../../../src/sources/source-error.ts';
import { item, NOW_MS, rss } from './feeds.ts';

const origin = { kind: 'news', outlet: 'paper.example', nowMs: NOW_MS } as const;
const answer = (xml: string) => ({ bytes: Buffer.from(xml), contentType: 'text/xml' });
const patient = new AbortController().signal;
let reader: FeedReader | null = null;

function open(options: FeedReaderOptions = {}): FeedReader {
  reader = createFeedReader(options);
  return reader;
}

/** A task that never ends for the source `slow`. */
const ENDLESS = new URL(
  `data:text/javascript,${encodeURIComponent('export const task = () => ({ read({ source }) { while (source === "slow"); return []; } });')}`,
);

afterEach(async () => {
  await reader?.close();
});

describe('feeds in a worker', () => {
  it('are read as in this thread, and errors keep their class and words', async () => {
    const { read } = open();
    expect(await read('paper.example', answer(rss(item('Bitcoin rises'))), origin, patient)).toMatchObject([
      { title: 'Bitcoin rises', outlet: 'paper.example' },
    ]);
    const error = await read('paper.example', answer('{}'), origin, patient).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: 'paper.example sent something that is no XML instead of a feed.',
    });
  });

  it('are given up when they take too long, while this thread goes on, and the next one is read', async () => {
    const { read } = open({ module: ENDLESS, timeoutMs: 2000 });
    await read('quick', answer(''), origin, patient);
    let turns = 0;
    const timer = setInterval(() => turns++, 20);
    const error = await read('slow', answer(''), origin, patient).catch((reason: unknown) => reason);
    clearInterval(timer);
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code: 'CC_SOURCE_BAD_DATA', message: expect.stringContaining('too long to read') });
    expect(turns).toBeGreaterThan(5);
    expect(await read('quick', answer(''), origin, patient)).toEqual([]);
  });

  it('are dropped with the reason of who no longer waits', async () => {
    const { read } = open({ module: ENDLESS });
    await read('quick', answer(''), origin, patient);
    const leaving = new AbortController();
    const reading = read('slow', answer(''), origin, leaving.signal);
    leaving.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});
