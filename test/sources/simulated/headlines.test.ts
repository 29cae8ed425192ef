import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { hourOf } from '../../../src/sources/simulated/grid.ts';
import { type Headline, HeadlineModel } from '../../../src/sources/simulated/headlines.ts';
import { PriceModel } from '../../../src/sources/simulated/price-model.ts';
import { correlation, mean } from './statistics.ts';

const model = new PriceModel(8);
const news = new HeadlineModel(model, 'news');
const nowMs = Date.UTC(2026, 4, 20, 9, 30);
const all = news.latest(nowMs, nowMs - 120 * DAY_MS, 100_000, () => true);

function dayReturn(headline: Headline, ahead = 0): number {
  const series = model.series(headline.symbol)!;
  const hour = hourOf(headline.publishedMs) - 1 + ahead;
  return series.logPrice(hour) - series.logPrice(hour - 24);
}

describe('the simulated headlines', () => {
  it('lean the way the price went in the day before them', () => {
    const signed = all.filter((headline) => headline.tone !== 0);
    expect(signed.length).toBeGreaterThan(300);
    expect(
      correlation(
        signed.map((headline) => headline.tone),
        signed.map((headline) => dayReturn(headline)),
      ),
    ).toBeGreaterThan(0.6);
  });

  it('say nothing about the day after them', () => {
    const signed = all.filter((headline) => headline.tone !== 0 && headline.publishedMs < nowMs - 2 * DAY_MS);
    const after = signed.map((headline) => dayReturn(headline, 25));
    // Signs come from a fair coin; days with many headlines about the common factor leave few independent ones.
    expect(
      Math.abs(
        correlation(
          signed.map((headline) => headline.tone),
          after,
        ),
      ),
    ).toBeLessThan(0.25);
  });

  it('are written from hours that were over when they appeared', () => {
    let latestHour = Number.NEGATIVE_INFINITY;
    const seen = (hour: number) => {
      latestHour = Math.max(latestHour, hour);
      return hour;
    };
    const watched = {
      seed: model.seed,
      all: () =>
        model.all().map((series) => ({
          coin: series.coin,
          logPrice: (hour: number) => series.logPrice(seen(hour)),
          volatility: (hour: number) => series.volatility(seen(hour)),
        })),
    };
    const recent = new HeadlineModel(watched, 'news').latest(nowMs, nowMs - 9 * DAY_MS, 10_000, () => true);
    expect(recent).toEqual(all.slice(0, recent.length));
    expect(latestHour).toBe(hourOf(nowMs) - 1);
  });

  it('are more on strong days', () => {
    const perDay = ['BTC', 'ETH', 'XRP', 'BNB'].flatMap((symbol) =>
      Array.from({ length: 119 }, (_, day) => {
        const endMs = nowMs - day * DAY_MS;
        const about = all.filter(
          (headline) =>
            headline.symbol === symbol && headline.publishedMs <= endMs && headline.publishedMs > endMs - DAY_MS,
        );
        const series = model.series(symbol)!;
        const hour = hourOf(endMs) - 1;
        return { count: about.length, move: Math.abs(series.logPrice(hour) - series.logPrice(hour - 24)) };
      }),
    );
    const strongest = perDay.toSorted((a, b) => b.move - a.move);
    const count = (days: typeof perDay) => mean(days.map((day) => day.count));
    expect(count(strongest.slice(0, 80))).toBeGreaterThan(1.5 * count(strongest.slice(-80)));
  });

  it('name their coin by its name or its ticker and vary in their words', () => {
    for (const headline of all.slice(0, 500)) {
      const { coin } = model.series(headline.symbol)!;
      expect(headline.title.includes(coin.name) || headline.title.includes(coin.symbol)).toBe(true);
    }
    expect(new Set(all.slice(0, 500).map((headline) => headline.title)).size).toBeGreaterThan(350);
    expect(new Set(all.map((headline) => headline.symbol)).size).toBeGreaterThan(35);
    expect(all.filter((headline) => headline.tone === 0).length).toBeGreaterThan(all.length / 5);
  });

  it('are the same whenever and in whichever order they are asked for', () => {
    const earlier = nowMs - 10 * DAY_MS;
    const other = new HeadlineModel(model, 'news');
    const past = other.latest(earlier, earlier - 5 * DAY_MS, 1_000, () => true);
    expect(past).toEqual(
      all.filter(({ publishedMs }) => publishedMs <= earlier && publishedMs >= earlier - 5 * DAY_MS),
    );
    expect(new Set(all.map((headline) => headline.id)).size).toBe(all.length);
    expect(
      new HeadlineModel({ seed: 9, all: () => model.all() }, 'news').latest(nowMs, nowMs - DAY_MS, 10, () => true),
    ).not.toEqual(all.slice(0, 10));
  });

  it('come newest first and never from after now', () => {
    for (let i = 1; i < all.length; i++) expect(all[i]!.publishedMs).toBeLessThanOrEqual(all[i - 1]!.publishedMs);
    expect(all[0]!.publishedMs).toBeLessThanOrEqual(nowMs);
  });
});
