import { describe, expect, it } from 'vitest';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { FearGreedDay, Headline } from '../../../src/core/sentiment.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { createSentimentService } from '../../../src/services/sentiment/sentiment.ts';
import { believableHeadline } from '../../render/sentiment/believable-sentiment.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 14);

let ids = 0;
/** A headline first seen so long ago. */
function told(title: string, agoMs: number, overrides: Partial<Headline> = {}): Headline {
  const id = `h${++ids}`;
  return believableHeadline({ id, storyId: id, guid: id, title, firstSeenMs: NOW_MS - agoMs, ...overrides });
}

/** The service over headlines and days held in memory, ranges inclusive and ascending as the repositories promise. */
function build(headlines: Headline[], days: readonly FearGreedDay[] = []) {
  const state = { nowMs: NOW_MS, reads: [] as number[], warnings: [] as string[], broken: false };
  const service = createSentimentService({
    assets: { resolve: (text) => KNOWN_ASSETS.find(({ symbol }) => symbol === text.toUpperCase())! },
    headlines: {
      async range(fromMs, toMs) {
        if (state.broken) throw new CandlecastError('CC_DATABASE', 'gone');
        const found = headlines.filter(({ firstSeenMs }) => firstSeenMs >= fromMs && firstSeenMs <= toMs);
        state.reads.push(found.length);
        return found.sort((a, b) => a.firstSeenMs - b.firstSeenMs);
      },
      oldestMs: async () =>
        headlines.length === 0 ? null : Math.min(...headlines.map(({ firstSeenMs }) => firstSeenMs)),
    },
    fearGreed: { range: async (fromMs, toMs) => days.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs) },
    health: () => [],
    simulated: () => false,
    logger: { ...silentLogger, warn: (_facts, message) => state.warnings.push(message) },
    now: () => state.nowMs,
  });
  return { service, state };
}

/** A steady stream about Bitcoin and the market for some weeks. */
function stream(title: string, fromAgoMs: number, toAgoMs: number, overrides: Partial<Headline> = {}): Headline[] {
  const count = Math.floor((fromAgoMs - toAgoMs) / (3 * HOUR_MS));
  return Array.from({ length: count }, (_, i) => told(title, fromAgoMs - i * 3 * HOUR_MS, overrides));
}

describe('what is said about a coin', () => {
  it('is good after good news and was bad a week ago after bad news, news and Reddit apart', async () => {
    const { service } = build([
      ...stream('Bitcoin plunges as exchange is hacked', 20 * DAY_MS, 5 * DAY_MS),
      ...stream('Bitcoin soars to record high', 3 * DAY_MS, HOUR_MS),
      ...stream('btc is going to crash, sell everything', 20 * DAY_MS, HOUR_MS, {
        kind: 'reddit',
        outlet: 'r/Bitcoin',
      }),
    ]);
    const report = await service.report('btc');
    expect(report.coin.news.score).toBeGreaterThan(0.1);
    expect(report.coin.reddit.score).toBeLessThan(-0.1);
    expect(report.weekAgo!.coin.news.score).toBeLessThan(-0.1);
    expect(report.coin.news.count).toBe(6);
    expect(report.series).toHaveLength(121);
    expect(report.series.at(-1)!.together.timeMs).toBe(NOW_MS);
    expect(report.series[0]!.together.score).toBeNull();
  });

  it('rests on nothing first seen later: a report of then is the same now', async () => {
    const early = stream('Bitcoin soars', 30 * DAY_MS, 4 * DAY_MS);
    const late = stream('Bitcoin crashes to zero', 3 * DAY_MS, 0);
    const then = build([...early]);
    const now = build([...early, ...late]);
    then.state.nowMs = now.state.nowMs = NOW_MS - 3 * DAY_MS - MINUTE_MS;
    expect(await now.service.report('BTC')).toEqual(await then.service.report('BTC'));
    const at = Float64Array.of(NOW_MS - 10 * DAY_MS, NOW_MS - 4 * DAY_MS);
    const before = await then.service.columns('BTC', at);
    now.state.nowMs = NOW_MS;
    expect(await now.service.columns('BTC', at)).toEqual(before);
  });

  it('counts a story once and leaves out what was set aside, and says how much that was', async () => {
    const first = told('Bitcoin soars to record high', HOUR_MS);
    const again = [1, 2, 3].map(() => told('BITCOIN SOARS to record', HOUR_MS, { storyId: first.id, outlet: 'b.com' }));
    const spam = told('Win free bitcoin now, guaranteed', HOUR_MS, { setAside: 'spam' });
    const bot = told('BTC price: $98,000', HOUR_MS, { setAside: 'price-bot' });
    const report = await build([first, ...again, spam, bot]).service.report('BTC');
    expect(report.coin.together.count).toBe(1);
    expect(report.setAside).toEqual({ language: 0, spam: 1, 'price-bot': 1, old: 0, duplicate: 3 });
    expect(report.top.map(({ headline }) => headline.id)).toEqual([first.id]);
    expect(report.top[0]!.weight).toBe(1);
  });

  it('names the headlines that weighed most with their words; shares add up to one at most', async () => {
    const old = told('Bitcoin falls', 5 * DAY_MS);
    const fresh = Array.from({ length: 12 }, (_, i) => told('Bitcoin rallies', i * HOUR_MS));
    const other = told('Solana rallies', HOUR_MS, { symbols: ['SOL'] });
    const { top } = await build([old, ...fresh, other]).service.report('BTC');
    expect(top).toHaveLength(10);
    expect(top.map(({ headline }) => headline.id)).toEqual(fresh.slice(0, 10).map(({ id }) => id));
    expect(
      top.every(({ terms, score }) => score > 0 && terms.some(({ text }) => text.toLowerCase() === 'rallies')),
    ).toBe(true);
    expect(top.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThan(1);
  });

  it('weighs them as the score does: more where more is said than usual', async () => {
    const usual = stream('Bitcoin rallies', 20 * DAY_MS, 2 * HOUR_MS);
    const burst = Array.from({ length: 9 }, (_, i) => told('Bitcoin falls', HOUR_MS - i * 1000));
    const { top } = await build([...usual, ...burst]).service.report('BTC');
    const of = (list: Headline[]) => top.find(({ headline }) => list.some(({ id }) => id === headline.id))!;
    const [loud, quiet] = [of(burst), of(usual)];
    const apartMs = loud.headline.firstSeenMs - quiet.headline.firstSeenMs;
    expect(loud.weight / quiet.weight / 2 ** (apartMs / DAY_MS)).toBeGreaterThan(1.4);
  });

  it('tells feeds that were not heard from people who said nothing', async () => {
    const { coin, market } = await build([
      ...stream('Solana rallies', 20 * DAY_MS, HOUR_MS, { symbols: ['SOL'] }),
      told('Solana is nice', 3 * DAY_MS, { kind: 'reddit', outlet: 'r/solana', symbols: ['SOL'] }),
    ]).service.report('BTC');
    expect(coin.news).toMatchObject({ score: null, count: 0 });
    expect(coin.reddit).toMatchObject({ score: null, count: null });
    expect(market.together.count).toBeGreaterThan(0);
  });

  it('lets others have their turn while months are scored', async () => {
    const { service } = build(Array.from({ length: 6001 }, (_, i) => told(`Bitcoin rallies ${i}`, i * MINUTE_MS)));
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await service.glance('BTC');
    over = true;
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it('says that nothing is known before the first headline, and no week ago before a week is kept', async () => {
    const empty = await build([]).service.report('BTC');
    expect(empty).toMatchObject({ sinceMs: null, weekAgo: null, fearGreed: null, top: [] });
    expect(empty.coin.together).toMatchObject({ score: null, count: null });
    expect((await build(stream('Bitcoin soars', 6 * DAY_MS, 0)).service.report('BTC')).weekAgo).toBeNull();
  });

  it('says at a glance what the report says at length', async () => {
    const { service } = build([
      ...stream('Bitcoin plunges as exchange is hacked', 20 * DAY_MS, 5 * DAY_MS),
      ...stream('Bitcoin soars to record high', 3 * DAY_MS, HOUR_MS),
    ]);
    const [report, glance] = await Promise.all([service.report('BTC'), service.glance('BTC')]);
    expect(glance.count).toBe(report.coin.together.count);
    expect(glance.score).toBeCloseTo(report.coin.together.score!, 12);
    expect(glance.weekAgo).toBeCloseTo(report.weekAgo!.coin.together.score!, 12);
    expect(await build([]).service.glance('BTC')).toEqual({ score: null, weekAgo: null, count: 0 });
  });

  it('shows Fear & Greed of the newest day there is, and that of a week before', async () => {
    const days = Array.from({ length: 9 }, (_, i) => ({ timeMs: Date.UTC(2026, 10, 13 + i), value: 30 + i }));
    const report = await build([], days).service.report('BTC');
    expect(report.fearGreed).toEqual({ now: days[8], weekAgo: days[1] });
  });
});

describe('a database that does not answer', () => {
  it('is told in the log where a forecast stands without what is said, and left to the reply that asks at a glance', async () => {
    const { service, state } = build([]);
    state.broken = true;
    await expect(service.glance('BTC')).rejects.toMatchObject({ code: 'CC_DATABASE' });
    await expect(service.columns('BTC', Float64Array.of(NOW_MS))).rejects.toMatchObject({ code: 'CC_DATABASE' });
    expect(state.warnings).toEqual(['sentiment cannot be read']);
    state.broken = false;
    expect(await service.glance('BTC')).toMatchObject({ count: 0 });
  });
});

describe('stories kept in memory', () => {
  it('are read once; later only the last minutes are read again, also for one that was stored late', async () => {
    const headlines = stream('Bitcoin soars', 20 * DAY_MS, HOUR_MS);
    const { service, state } = build(headlines);
    const at = Float64Array.of(NOW_MS);
    const first = (await service.columns('BTC', at))!;
    state.reads.length = 0;
    await service.columns('BTC', at);
    expect(state.reads).toEqual([1]);
    const newest = headlines.at(-1)!;
    headlines.push(told('Bitcoin crashes', NOW_MS - newest.firstSeenMs + MINUTE_MS));
    headlines.push(told('Bitcoin crashes', 0));
    const second = (await service.columns('BTC', at))!;
    expect(second.news.score[0]!).toBeLessThan(first.news.score[0]!);
    expect(second.news.count![0]! - first.news.count![0]!).toBe(2);
    const history = (await service.history())!;
    expect(await history('BTC', at)).toEqual(second);
    const { known, score, change } = second.news;
    expect((await history('BTC', at, 'tone'))!.news).toEqual({ known, score, change });
  });

  it('of all years are read again ten minutes later, also where the clock was set back meanwhile', async () => {
    const { service, state } = build(stream('Bitcoin soars', 5 * DAY_MS, HOUR_MS));
    state.nowMs = NOW_MS + 30 * DAY_MS;
    await service.history();
    state.nowMs = NOW_MS;
    await service.history();
    const before = state.reads.length;
    state.nowMs = NOW_MS + 11 * MINUTE_MS;
    await service.history();
    expect(state.reads.length).toBe(before + 1);
  });

  it('give no columns where nothing is known at all', async () => {
    expect(await build([]).service.columns('BTC', Float64Array.of(NOW_MS))).toBeNull();
    const days = [{ timeMs: NOW_MS - DAY_MS, value: 20 }];
    const columns = await build([], days).service.columns('BTC', Float64Array.of(NOW_MS));
    expect(columns!.fearGreed[0]).toBe(20);
    expect(columns!.news.score[0]).toBeNaN();
  });
});
