import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/time.ts';
import { aggregate, createSentimentColumns, outletWeight, storyWeights } from '../../src/sentiment/aggregate.ts';
import type { ScoredStory } from '../../src/sentiment/story-lists.ts';

const START = Date.UTC(2024, 0, 1);
const at = (days: number) => START + days * DAY_MS;
const story = (days: number, score: number, more: Partial<ScoredStory> = {}): ScoredStory => ({
  timeMs: at(days),
  kind: 'news',
  outlet: 'coindesk.com',
  symbols: ['BTC'],
  score,
  ...more,
});
const moments = (...days: number[]) => Float64Array.from(days, at);
/** A story an hour about a coin nobody asks for, so that the feed is known to be alive. */
const alive = (days: number, kind: ScoredStory['kind'] = 'news') =>
  Array.from({ length: days * 24 }, (_, i) => story(i / 24, 0, { kind, symbols: ['OTHER'] }));
const merged = (...lists: ScoredStory[][]) => lists.flat().sort((a, b) => a.timeMs - b.timeMs);
const news = (stories: readonly ScoredStory[], days: number[], symbol: string | null = 'BTC') =>
  aggregate(stories, moments(...days), symbol).news;

describe('sentiment about a coin', () => {
  it('halves the weight of a story with every half-life, and draws few stories towards neutral', () => {
    const one = [story(0, 1)];
    const { score } = news(one, [0, 1]);
    // One story of weight 1 beside a neutral one of weight 2.
    expect(score[0]).toBeCloseTo(1 / 3, 12);
    expect(score[1]).toBeCloseTo(0.5 / 2.5, 12);
    const many = Array.from({ length: 60 }, () => story(0, 1));
    expect(news(many, [0]).score[0]).toBeGreaterThan(0.95);
  });

  it('lets talk go stale sooner than news', () => {
    const post = [story(0, 1, { kind: 'reddit', outlet: 'r/Bitcoin' })];
    const [fresh, later] = aggregate(post, moments(0, 0.5), 'BTC').reddit.score;
    expect(fresh).toBeCloseTo(0.5 / 2.5, 12);
    expect(later).toBeCloseTo(0.25 / 2.25, 12);
  });

  it('counts an outlet for what it is, however it is written', () => {
    expect(
      ['coindesk.com', 'CoinDesk', 'www.coindesk.com', 'feeds.coindesk.com'].map((o) => outletWeight('news', o)),
    ).toEqual([1, 1, 1, 1]);
    expect(outletWeight('reddit', 'r/somewhere')).toBeLessThan(outletWeight('reddit', 'r/CryptoCurrency'));
    const pair = [story(0, 1), story(0, -1, { outlet: 'blog.example' })];
    expect(news(pair, [0]).score[0]).toBeGreaterThan(0);
  });

  it('hears only stories about the coin, and for the market all of them', () => {
    const stories = [story(0, 1), story(0, -1, { symbols: ['ETH'] }), story(0, -1, { symbols: [] })];
    expect(news(stories, [0]).count[0]).toBe(1);
    expect(news(stories, [0]).score[0]).toBeGreaterThan(0);
    expect(news(stories, [0], null).count[0]).toBe(3);
    expect(news(stories, [0], null).score[0]).toBeLessThan(0);
  });

  it('keeps news and Reddit apart, and gives them together', () => {
    const stories = [story(0, 1), story(0, -1, { kind: 'reddit', outlet: 'r/Bitcoin' })];
    const { news: paper, reddit, together } = aggregate(stories, moments(0), 'BTC');
    expect([paper.count[0], reddit.count[0], together.count[0]]).toEqual([1, 1, 2]);
    expect(paper.score[0]).toBeGreaterThan(0);
    expect(reddit.score[0]).toBeLessThan(0);
    // (1 − 0.5) ÷ (1 + 0.5 + 2)
    expect(together.score[0]).toBeCloseTo(0.5 / 3.5, 12);
  });

  it('tells silence about a coin from a feed that is down', () => {
    const stories = merged(alive(10), [story(2, 1)]);
    const view = news(stories, [1, 2.9, 9.5, 11, 12.5]);
    expect([...view.count]).toEqual([0, 1, 0, 0, Number.NaN]);
    expect(view.score[0]).toBeNaN();
    expect(view.score[1]).toBeGreaterThan(0);
    // A week later nobody's word counts any more, though the feed is alive.
    expect(view.score[2]).toBeNaN();
    expect([view.score[4], view.unusual[4], view.change[4]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('measures how much is said against the weeks before, on the days when a feed was there', () => {
    const daily = Array.from({ length: 20 }, (_, i) => story(i, 0));
    const burst = Array.from({ length: 12 }, (_, i) => story(20 - i / 100, 0));
    const stories = merged(alive(21), daily, burst);
    const { unusual } = news(stories, [5, 19, 20]);
    expect(unusual[0]).toBeNaN();
    expect(Math.abs(unusual[1]!)).toBeLessThan(1);
    expect(unusual[2]).toBeGreaterThan(3);
    // Weeks without a feed are no quiet weeks.
    const gap = merged(
      alive(3),
      alive(21).map((one) => ({ ...one, timeMs: one.timeMs + 100 * DAY_MS })),
    );
    expect(news(gap, [102]).unusual[0]).toBeNaN();
  });

  it('lets a story of a loud hour weigh more', () => {
    const quiet = merged(alive(20), [story(19.9, 1)]);
    const loud = merged(
      alive(20),
      Array.from({ length: 9 }, (_, i) => story(19.8 + i / 1000, 0)),
      [story(19.9, 1)],
    );
    const weightOf = (stories: readonly ScoredStory[]) =>
      storyWeights(stories, at(20), 'BTC')[stories.findIndex(({ score }) => score === 1)]!;
    expect(weightOf(loud)).toBeGreaterThan(1.2 * weightOf(quiet));
  });

  it('says how the tone changed against the last days', () => {
    const turned = merged(
      alive(12),
      Array.from({ length: 48 }, (_, i) => story(i / 4, i < 40 ? -0.5 : 0.5)),
    );
    const steady = merged(
      alive(12),
      Array.from({ length: 48 }, (_, i) => story(i / 4, 0.5)),
    );
    expect(news(turned, [11.9]).change[0]).toBeGreaterThan(0.3);
    expect(Math.abs(news(steady, [11.9]).change[0]!)).toBeLessThan(0.08);
    expect(news(steady, [2]).change[0]).toBeNaN();
  });

  it('weighs what is shown as it weighed in the score', () => {
    const stories = merged(alive(12), [
      story(10, 0.4),
      story(10.5, -0.7, { outlet: 'cryptopotato.com' }),
      story(11, 0.9, { kind: 'reddit', outlet: 'r/Bitcoin' }),
      story(11.2, 0.1, { symbols: ['ETH'] }),
      story(13, 1),
    ]);
    const weights = storyWeights(stories, at(11.5), 'BTC');
    const mass = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = stories.reduce((sum, { score }, i) => sum + weights[i]! * score, 0) / (mass + 2);
    expect(aggregate(stories, moments(11.5), 'BTC').together.score[0]).toBeCloseTo(mean, 12);
    expect(stories.filter((_, i) => weights[i]! > 0)).toHaveLength(3);
  });

  it.each([1, 24])('is the same to the bit at moments %i hours apart, evenly spaced or not', (hours) => {
    const random = seededRandom(hours);
    const stories = Array.from({ length: 1_500 }, () => {
      const symbols = [['BTC'], ['ETH'], []][Math.floor(random() * 3)]!;
      return story(random() * 60, random() * 2 - 1, { symbols, kind: random() < 0.5 ? 'news' : 'reddit' });
    })
      // Some days without any story.
      .filter(({ timeMs }) => Math.floor(timeMs / DAY_MS) % 5 > 0)
      .sort((a, b) => a.timeMs - b.timeMs);
    const even = Float64Array.from({ length: 960 / hours }, (_, i) => at(25) + i * hours * HOUR_MS);
    // One more moment off the grid makes every one be counted by itself.
    const uneven = Float64Array.from([...even, at(65) + 1]);
    const [one, other] = [even, uneven].map((times) =>
      Object.values(aggregate(stories, times, 'BTC')).flatMap((view: Readonly<Record<string, Float64Array>>) =>
        Object.values(view).map((column) => Array.from(column.slice(0, even.length))),
      ),
    );
    expect(one).toEqual(other);
    expect(one!.flat().filter(Number.isFinite).length).toBeGreaterThan(even.length);
  });

  it('rests, at every moment, on the stories up to it alone', () => {
    const any = fc.array(
      fc.record({
        hours: fc.integer({ min: 0, max: 1_000 }),
        score: fc.double({ min: -1, max: 1, noNaN: true }),
        kind: fc.constantFrom('news', 'reddit'),
        outlet: fc.constantFrom('coindesk.com', 'x.example'),
        symbols: fc.constantFrom([], ['BTC'], ['ETH', 'BTC'], ['ETH']),
      }),
      { maxLength: 120 },
    );
    const times = Float64Array.from({ length: 50 }, (_, i) => START + i * 20 * HOUR_MS);
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 49 }), (list, cut) => {
        const stories = list
          .map(({ hours, ...rest }) => ({ ...rest, timeMs: START + hours * HOUR_MS }))
          .sort((a, b) => a.timeMs - b.timeMs);
        const known = stories.filter(({ timeMs }) => timeMs <= times[cut]!);
        const feargreed = [{ timeMs: START, value: 20 }];
        const upTo = (all: readonly ScoredStory[], symbol: string) => {
          const { news: a, reddit: b, market: c } = createSentimentColumns(all, feargreed)(symbol, times);
          return [a, b, c].map((view) => Object.values(view).map((column) => column.slice(0, cut + 1)));
        };
        expect(upTo(known, 'BTC')).toEqual(upTo(stories, 'BTC'));
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});

describe('a list that grows', () => {
  it('gives the same bits as one that was there from the start, whatever was asked in between', () => {
    const random = seededRandom(5);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const all = Array.from({ length: 700 }, (_, i): ScoredStory => {
      const symbols = pick([[], ['BTC'], ['BTC', 'ETH'], ['ETH'], ['BTC', 'BTC']]);
      const outlet = pick(['coindesk.com', 'r/Bitcoin', 'x.example']);
      return { timeMs: at(i / 20), kind: pick(['news', 'reddit']), outlet, symbols, score: random() * 2 - 1 };
    });
    const grown: ScoredStory[] = [];
    while (grown.length < all.length) {
      grown.push(...all.slice(grown.length, grown.length + 1 + Math.floor(random() * 150)));
      const nowMs = grown.at(-1)!.timeMs + random() * HOUR_MS;
      const hours = Float64Array.from({ length: 60 }, (_, i) => nowMs - (59 - i) * HOUR_MS);
      const fresh = [...grown];
      for (const symbol of ['BTC', 'ETH', 'NONE', null]) {
        expect(aggregate(grown, hours, symbol)).toEqual(aggregate(fresh, hours, symbol));
        expect(storyWeights(grown, nowMs, symbol)).toEqual(storyWeights(fresh, nowMs, symbol));
      }
      for (const extent of ['all', 'tone'] as const)
        expect(createSentimentColumns(grown, [])('BTC', hours, extent)).toEqual(
          createSentimentColumns(fresh, [])('BTC', hours, extent),
        );
    }
  });
});

describe('what forecasts take in', () => {
  it('has the same tone with and without the amounts of stories', () => {
    const stories = merged(alive(20), [story(3, 1), story(12, -1), story(19, 0.5, { symbols: [] })]);
    const make = createSentimentColumns(stories, []);
    const times = moments(-1, 2, 5, 13, 19.5, 20, 40);
    const [all, tone] = [make('BTC', times), make('BTC', times, 'tone')];
    for (const part of ['news', 'reddit', 'market'] as const) {
      const { known, score, change } = all[part];
      expect(tone[part]).toEqual({ known, score, change });
      expect(Array.from(all[part].count!, (stories) => (Number.isNaN(stories) ? 0 : 1))).toEqual([...known]);
    }
    expect([...all.news.known]).toEqual([0, 1, 1, 1, 1, 1, 0]);
  });

  it('has Fear & Greed from its own timestamp on, and not when it is old', () => {
    const days = [0, 1, 7, 8].map((day) => ({ timeMs: at(day), value: 10 * day }));
    const { fearGreed, fearGreedChange } = createSentimentColumns([], days)('BTC', moments(-1, 0, 0.99, 1, 4, 7, 8));
    expect([...fearGreed]).toEqual([Number.NaN, 0, 0, 10, Number.NaN, 70, 80]);
    expect([...fearGreedChange]).toEqual([...Array(5).fill(Number.NaN), 70, 70]);
  });
});
