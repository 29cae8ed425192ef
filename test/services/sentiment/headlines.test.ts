import { describe, expect, it, onTestFinished } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { FearGreedDay, FetchedHeadline } from '../../../src/core/sentiment.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createHeadlineIngest, type HeadlineIngestOptions } from '../../../src/services/sentiment/headlines.ts';
import type { FearGreedSource, HeadlineSource } from '../../../src/sources/source.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const NOW_MS = Date.UTC(2026, 5, 17, 14);
const patient = new AbortController().signal;

function told(title: string, outlet = 'paper.example', more: Partial<FetchedHeadline> = {}): FetchedHeadline {
  return { guid: title, kind: 'news', outlet, title, url: null, publishedAtMs: NOW_MS - MINUTE_MS, ...more };
}

/** A source that says what it is told to, or fails. */
function says(
  name: string,
  answer: () => readonly FetchedHeadline[] | Promise<readonly FetchedHeadline[]>,
): HeadlineSource {
  return {
    name,
    kind: 'news',
    fetchHeadlines: async () => answer(),
    health: () => ({ name, kind: 'news', state: 'ok', lastSuccessMs: 1, lastFailure: null, retryAtMs: null }),
  };
}

function mood(fetchDays: FearGreedSource['fetchDays']): FearGreedSource {
  return {
    name: 'fear-greed',
    fetchDays,
    health: () => ({
      name: 'fear-greed',
      kind: 'index',
      state: 'ok',
      lastSuccessMs: 1,
      lastFailure: null,
      retryAtMs: null,
    }),
  };
}

async function ingestOf(sources: readonly HeadlineSource[], options: Partial<HeadlineIngestOptions> = {}) {
  const clock = fakeClock(NOW_MS);
  const storage = await openStorage('sqlite::memory:', { now: clock.now });
  onTestFinished(() => storage.close());
  const make = () =>
    createHeadlineIngest({
      sources,
      fearGreed: null,
      repository: storage.headlines,
      fearGreedRepository: storage.fearGreed,
      talkRepository: storage.talk,
      assets: () => KNOWN_ASSETS,
      now: clock.now,
      logger: silentLogger,
      ...options,
    });
  return { clock, storage, make, service: make(), all: () => storage.headlines.range(0, Number.MAX_SAFE_INTEGER) };
}

const down = () => {
  throw new CandlecastError('CC_SOURCE_HTTP', 'broken.example answered with status 500.', { context: { status: 500 } });
};

describe('a round over the sources of headlines', () => {
  it('keeps what is new, dated with the moment it is kept, whatever the feed says of its date', async () => {
    const { service, all, clock } = await ingestOf([
      says('paper.example', () => [
        told('Ether climbs on fund hopes', 'paper.example', { publishedAtMs: NOW_MS - DAY_MS }),
      ]),
    ]);
    expect(await service.ingest(patient)).toEqual({ fetched: 1, added: 1, setAside: 0, failures: [] });
    clock.advance(HOUR_MS);
    expect(await service.ingest(patient)).toMatchObject({ fetched: 1, added: 0 });
    const [kept] = await all();
    expect(kept).toMatchObject({
      firstSeenMs: NOW_MS,
      publishedAtMs: NOW_MS - DAY_MS,
      symbols: ['ETH'],
      setAside: null,
    });
    expect(kept!.storyId).toBe(kept!.id);
  });

  it('does not keep again what comes with a new guid or a rewritten date', async () => {
    let round = 0;
    const { service, clock } = await ingestOf([
      says('paper.example', () => [told('Ether climbs on fund hopes', 'paper.example', { guid: `g${++round}` })]),
    ]);
    const added = [];
    for (let i = 0; i < 3; i++) {
      added.push((await service.ingest(patient)).added);
      clock.advance(15 * MINUTE_MS);
    }
    expect(added).toEqual([1, 0, 0]);
  });

  it('names a story published twice at one moment after the source that comes first in the list, not the one that answers first', async () => {
    const title = 'Lantern bridge hacked: attackers steal $320M';
    const { service, all } = await ingestOf([
      says('slow.example', async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return [told(title, 'slow.example')];
      }),
      says('fast.example', () => [told(title, 'fast.example')]),
    ]);
    expect(await service.ingest(patient)).toMatchObject({ fetched: 2, added: 2 });
    const first = (await all()).find(({ outlet }) => outlet === 'slow.example')!;
    expect((await all()).map(({ storyId }) => storyId)).toEqual([first.id, first.id]);
  });

  it('tells a story once across outlets, the earlier published one first, also after a restart', async () => {
    const titles = ['Lantern bridge hacked: attackers steal $320M', 'Hackers drain $320 million from Lantern bridge'];
    let late: FetchedHeadline[] = [];
    const { make, service, all, clock } = await ingestOf([
      says('b.example', () => [told(titles[1]!, 'b.example', { publishedAtMs: NOW_MS - 1 })]),
      says('a.example', () => [told(titles[0]!, 'a.example', { publishedAtMs: NOW_MS - 2 })]),
      says('c.example', () => late),
    ]);
    await service.ingest(patient);
    const first = (await all()).find(({ outlet }) => outlet === 'a.example')!;
    expect(new Set((await all()).map(({ storyId }) => storyId))).toEqual(new Set([first.id]));
    clock.advance(HOUR_MS);
    late = [told('Lantern bridge loses $320M in hack', 'c.example')];
    await make().ingest(patient);
    expect((await all()).find(({ outlet }) => outlet === 'c.example')).toMatchObject({
      storyId: first.id,
      firstSeenMs: NOW_MS + HOUR_MS,
    });
  });

  it('keeps what does not count, with the reason', async () => {
    const { service, all } = await ingestOf([
      says('paper.example', () => [
        told('BTC: $60,123.45 (+1.2%)'),
        told('Join our Telegram for daily signals'),
        told('Bitcoin-Kurs fällt unter 60.000 Dollar'),
        told('Crypto lender halts withdrawals'),
      ]),
    ]);
    expect(await service.ingest(patient)).toMatchObject({ added: 4, setAside: 3 });
    expect((await all()).map(({ setAside }) => setAside).sort()).toEqual(
      ['language', null, 'price-bot', 'spam'].sort(),
    );
  });

  it('keeps weeks of a feed that is read for the first time without letting them count', async () => {
    const weeks = Array.from({ length: 40 }, (_, i) =>
      told(`Northgate number ${i} lists coin ${i}`, 'paper.example', { publishedAtMs: NOW_MS - (i + 0.5) * DAY_MS }),
    );
    const { service, all } = await ingestOf([says('paper.example', () => weeks)]);
    expect(await service.ingest(patient)).toMatchObject({ added: 40, setAside: 38 });
    const kept = await all();
    expect(kept.filter(({ setAside }) => setAside === null)).toHaveLength(2);
    // Whatever their date says, none could have been used before it was here.
    expect(new Set(kept.map(({ firstSeenMs }) => firstSeenMs))).toEqual(new Set([NOW_MS]));
  });

  it('counts what has no date only where the outlet was read shortly before without it', async () => {
    const undated = (n: number) =>
      told(`Northgate number ${n} lists coin ${n}`, 'paper.example', { publishedAtMs: null });
    let shown = [undated(1), undated(2)];
    const { service, clock, make, all } = await ingestOf([
      says('paper.example', () => shown),
      says('other.example', () => [told('Ether climbs on fund hopes', 'other.example')]),
    ]);
    const counted = async () =>
      (await all())
        .filter(({ outlet, setAside }) => outlet === 'paper.example' && setAside === null)
        .map((one) => one.title);
    expect(await service.ingest(patient)).toMatchObject({ added: 3, setAside: 2 });
    expect((await all()).filter(({ setAside }) => setAside === 'old')).toHaveLength(2);
    clock.advance(HOUR_MS);
    shown = [undated(3), undated(1)];
    expect(await service.ingest(patient)).toMatchObject({ added: 1, setAside: 0 });
    expect(await counted()).toEqual([undated(3).title]);

    // The feed was down for longer than two days; its other items are as old.
    shown = [];
    for (let hour = 0; hour < 50; hour++) {
      clock.advance(HOUR_MS);
      await service.ingest(patient);
    }
    shown = [undated(4)];
    expect(await service.ingest(patient)).toMatchObject({ added: 1, setAside: 1 });
    // So is what came while the bot was off.
    clock.advance(3 * DAY_MS);
    shown = [undated(5)];
    expect(await make().ingest(patient)).toMatchObject({ added: 1, setAside: 1 });
    expect(await counted()).toEqual([undated(3).title]);
  });

  it('does not take for new what a feed goes on showing without a date under ever new guids', async () => {
    let n = 0;
    const { service, clock, all } = await ingestOf([
      says('paper.example', () => [
        told('Ether climbs on fund hopes', 'paper.example', { publishedAtMs: null, guid: `g${++n}` }),
      ]),
    ]);
    for (let hour = 0; hour < 120; hour++) {
      await service.ingest(patient);
      clock.advance(HOUR_MS);
    }
    expect((await all()).map(({ setAside }) => setAside)).toEqual(['old']);
  });

  it('goes on when a source fails, and names it', async () => {
    const { service } = await ingestOf([
      says('broken.example', down),
      says('odd.example', () => {
        throw new TypeError('secret detail');
      }),
      says('paper.example', () => [told('Ether climbs')]),
    ]);
    const report = await service.ingest(patient);
    expect(report.added).toBe(1);
    expect(report.failures).toEqual([
      { source: 'broken.example', code: 'CC_SOURCE_HTTP', reason: 'broken.example answered with status 500.' },
      { source: 'odd.example', code: 'CC_INTERNAL', reason: 'odd.example failed in an unexpected way.' },
    ]);
  });

  it('asks at most four sources at a time, all of them in the end', async () => {
    let open = 0;
    let most = 0;
    const sources = Array.from({ length: 11 }, (_, i) =>
      says(`s${i}`, async () => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        open--;
        return [told(`Story number ${i} of firm ${i}`, `s${i}`)];
      }),
    );
    const { service } = await ingestOf(sources);
    expect((await service.ingest(patient)).fetched).toBe(11);
    expect(most).toBe(4);
  });

  it('is shared by those who ask at the same time', async () => {
    let calls = 0;
    const { service } = await ingestOf([says('paper.example', () => [told(`Story ${++calls}`)])]);
    const [one, other] = await Promise.all([service.ingest(patient), service.ingest(patient)]);
    expect(calls).toBe(1);
    expect(other).toBe(one);
    await service.ingest(patient);
    expect(calls).toBe(2);
  });

  it('ends when it is called off, and the next begins anew', async () => {
    const leaving = new AbortController();
    let calls = 0;
    const { service } = await ingestOf([
      says('paper.example', () => {
        if (calls++ === 0) leaving.abort(new Error('time is up'));
        return [told('Ether climbs')];
      }),
      says('next.example', () => []),
    ]);
    await expect(service.ingest(leaving.signal)).rejects.toThrow('time is up');
    expect(await service.ingest(patient)).toMatchObject({ added: 1 });
  });

  it('does not count against an outlet what it repeats under ever new guids', async () => {
    let round = 0;
    let news: FetchedHeadline[] = [];
    const same = () =>
      Array.from({ length: 100 }, (_, i) => told(`Thing${i} case${i}`, 'paper.example', { guid: `g${i} ${round++}` }));
    const { service, clock } = await ingestOf([says('paper.example', () => [...same(), ...news])]);
    for (let i = 0; i < 20; i++) {
      await service.ingest(patient);
      clock.advance(15 * MINUTE_MS);
    }
    news = [told('Ether climbs on fund hopes')];
    expect(await service.ingest(patient)).toMatchObject({ added: 1, failures: [] });
  });

  it('takes no more of one outlet in a day than any real one says', async () => {
    let n = 0;
    const { service, clock, storage } = await ingestOf([
      says('flood.example', () =>
        Array.from({ length: 1000 }, () => told(`Word${++n} thing${n} matter${n} case${n}`, 'flood.example')),
      ),
      says('paper.example', () => [told(`Ether climbs ${n}`)]),
    ]);
    const reports = [];
    for (let i = 0; i < 8; i++) {
      reports.push(await service.ingest(patient));
      clock.advance(MINUTE_MS);
    }
    expect(reports[0]).toMatchObject({ fetched: 301, added: 301 });
    expect(reports[7]!.failures).toMatchObject([{ source: 'flood.example', code: 'CC_SOURCE_TOO_LARGE' }]);
    expect(await storage.headlines.count()).toBe(1500 + 8);
    clock.advance(DAY_MS);
    expect((await service.ingest(patient)).failures).toEqual([]);
  });

  it('keeps what it could not store at the first try', async () => {
    let refuse = true;
    const { storage } = await ingestOf([]);
    const failing: HeadlineIngestOptions['repository'] = {
      ...storage.headlines,
      add: async (headlines) => {
        if (refuse) throw new CandlecastError('CC_DATABASE', 'The disk is full.');
        return storage.headlines.add(headlines);
      },
    };
    const { service } = await ingestOf([says('paper.example', () => [told('Ether climbs')])], { repository: failing });
    await expect(service.ingest(patient)).rejects.toMatchObject({ code: 'CC_DATABASE' });
    refuse = false;
    expect(await service.ingest(patient)).toMatchObject({ added: 1 });
  });

  it('looks for coins that were listed meanwhile', async () => {
    let assets = KNOWN_ASSETS;
    let n = 0;
    const { service, all } = await ingestOf([says('paper.example', () => [told(`$NEWCOIN doubles for time ${++n}`)])], {
      assets: () => assets,
    });
    await service.ingest(patient);
    assets = [...KNOWN_ASSETS, { symbol: 'NEWCOIN', name: 'New Coin', rank: 900, marketCapUsd: 1, stablecoin: false }];
    await service.ingest(patient);
    expect((await all()).map(({ symbols }) => symbols.join()).sort()).toEqual(['', 'NEWCOIN']);
  });
});

describe('the mood in a round', () => {
  const today = Math.floor(NOW_MS / DAY_MS) * DAY_MS;
  const day = (back: number): FearGreedDay => ({ timeMs: today - back * DAY_MS, value: 50 + back });

  it('is asked for as a whole first, then for the days that are new, and not more than once an hour while today is missing', async () => {
    const asked: number[] = [];
    const answers = [[day(3), day(2), day(1)], [], [day(1), day(0)]];
    const { service, storage, clock } = await ingestOf([], {
      fearGreed: mood(async (fromMs) => {
        asked.push(fromMs);
        return answers.shift() ?? [];
      }),
    });
    for (let i = 0; i < 12; i++) {
      await service.ingest(patient);
      clock.advance(15 * MINUTE_MS);
    }
    expect(asked).toEqual([0, today - 8 * DAY_MS, today - 8 * DAY_MS]);
    expect(await storage.fearGreed.range(0, NOW_MS * 2)).toEqual([day(3), day(2), day(1), day(0)]);
  });

  it('costs no headline when it fails', async () => {
    const { service } = await ingestOf([says('paper.example', () => [told('Ether climbs')])], {
      fearGreed: mood(async () => down()),
    });
    expect(await service.ingest(patient)).toMatchObject({
      added: 1,
      failures: [{ source: 'fear-greed', code: 'CC_SOURCE_HTTP' }],
    });
    expect(service.health().map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'paper.example news',
      'fear-greed index',
    ]);
  });
});
