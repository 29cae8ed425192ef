import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HorizonTrack, PublicRecord } from '../../../src/core/public-record.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { liveScores } from '../../../src/ml/scoring/live-scores.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { START_MS } from '../../support/candles.ts';
import { type KeptRecord, keepRecord, publicRecordOf } from '../../support/public-record.ts';

const SYMBOLS = ['BTC', 'ETH', 'SOL'];
const HOLE = { fromMs: START_MS + 30 * DAY_MS, toMs: START_MS + 46 * DAY_MS };
/** Five hours. */
const SHORT_HOLE = { fromMs: START_MS + 97 * DAY_MS + 5 * HOUR_MS, toMs: START_MS + 97 * DAY_MS + 10 * HOUR_MS };
const isIn = (at: number, { fromMs, toMs }: typeof HOLE) => at >= fromMs && at < toMs;

describe('the public record', () => {
  let kept: KeptRecord;
  let record: PublicRecord;
  const track = (horizon: string): HorizonTrack => record.horizons.find((one) => one.horizon === horizon)!;

  beforeAll(async () => {
    kept = await keepRecord({
      symbols: SYMBOLS,
      days: 100,
      hourlyDays: 4,
      isDown: (at) => isIn(at, HOLE) || isIn(at, SHORT_HOLE),
      modelAt: (interval, at) => `${interval}-${at < START_MS + 50 * DAY_MS ? 'old' : 'new'}`,
    });
    record = await publicRecordOf(kept);
  });
  afterAll(() => kept.storage.close());

  it('counts and scores as /accuracy does', async () => {
    const { outcomes } = kept.storage;
    for (const horizon of ['1h', '1d', '7d'] as const) {
      const filter = { horizon, symbol: null, model: null, fromMs: 0, toMs: kept.clock.nowMs };
      const counts = await outcomes.totals(filter, kept.clock.nowMs);
      const found = track(horizon);
      const known = liveScores(counts.sums, { blockDays: 14, blocks: 6 })!;
      expect(found.n).toBe(counts.scored);
      expect(found.issued).toBe(counts.scored + counts.waiting + counts.unscored);
      expect(found.coverage.map(({ value }) => value)).toEqual(known.coverage.map(({ value }) => value));
      expect(found.skills[0]).toMatchObject({ baseline: 'climatology', n: known.compared });
      expect(found.skills[0]!.skillPct!.value).toBeCloseTo(known.skillPct!.value, 9);
      expect(found.direction!.value).toBeCloseTo(known.direction.value, 12);
      expect(found.brier!.score).toBeCloseTo(known.brier.score, 12);
      expect(found.error!.rmse).toBeCloseTo(known.rmse, 12);
      expect(found.noChange!.mae).toBeCloseTo(known.noChange.mae, 12);
    }
  });

  it('gives intervals where there are blocks enough, by the same draws as /accuracy', async () => {
    const filter = { horizon: '1d' as const, symbol: null, model: null, fromMs: 0, toMs: kept.clock.nowMs };
    const known = liveScores((await kept.storage.outcomes.totals(filter, kept.clock.nowMs)).sums, {
      blockDays: 14,
      blocks: 6,
    })!;
    expect(track('1d').skills[0]!.skillPct!.low).toBeCloseTo(known.skillPct!.low!, 9);
    expect(track('1d').coverage[1]!.high).toBeCloseTo(known.coverage[1]!.high!, 9);
    expect(track('1h').coverage.every(({ low }) => low === null)).toBe(true);
  });

  it('puts every outcome into one bin of the PIT and one of P(up), and every forecast under one coin and one model', () => {
    for (const found of record.horizons) {
      const sum = (parts: readonly { readonly n: number }[]) => parts.reduce((total, { n }) => total + n, 0);
      expect(sum(found.pit)).toBe(found.n);
      expect(sum(found.reliability)).toBe(found.n);
      expect(sum(found.coins)).toBe(found.n);
      const models = record.models.flatMap(({ horizons }) =>
        horizons.filter(({ horizon }) => horizon === found.horizon),
      );
      expect(sum(models)).toBe(found.n);
      for (const { low, high, pUp } of found.reliability) expect(pUp >= low && pUp <= high).toBe(true);
    }
    expect(record.models.map(({ version }) => version)).toEqual(['1d-old', '1d-new', '1h-new']);
  });

  it('compares with EWMA and the random walk wherever there are candles', () => {
    for (const { n, skills } of record.horizons) {
      expect(skills.map((skill) => skill.n)).toEqual([n, n, n]);
      // The made-up market has the volatility that all three guess at.
      for (const { skillPct } of skills) expect(Math.abs(skillPct!.value)).toBeLessThan(60);
    }
  });

  it('names each outage, counts what is missing by day, and leaves a gap in the figures over time', async () => {
    expect(record.outages).toEqual([
      { interval: '1d', fromMs: HOLE.fromMs, toMs: HOLE.toMs - DAY_MS, closes: 16, isGoingOn: false },
      { interval: '1h', fromMs: SHORT_HOLE.fromMs, toMs: SHORT_HOLE.toMs - HOUR_MS, closes: 5, isGoingOn: false },
    ]);
    expect(track('1d').missing).toBe(16 * SYMBOLS.length);
    expect(track('1h').missing).toBe(5 * SYMBOLS.length);
    expect(
      track('1d')
        .days.filter(({ missing }) => missing > 0)
        .map(({ dayMs }) => dayMs),
    ).toEqual(Array.from({ length: 16 }, (_, i) => HOLE.fromMs + i * DAY_MS));
    const times = track('1d').points.map(({ toMs }) => toMs);
    const gaps = times.slice(1).filter((toMs, i) => toMs - times[i]! > record.stepDays * DAY_MS);
    expect(gaps.length).toBe(1);
    // At a later moment the bot is down again, and only coins that are tracked are due.
    const schedule = {
      tracked: async () =>
        (await kept.storage.schedule.tracked()).map((coin) =>
          coin.symbol === 'BTC' ? coin : { ...coin, untilMs: kept.clock.nowMs },
        ),
    };
    const later = await publicRecordOf(
      { ...kept, storage: { ...kept.storage, schedule: { ...kept.storage.schedule, ...schedule } } },
      { nowMs: kept.clock.nowMs + 3 * DAY_MS },
    );
    expect(later.outages.at(-1)).toMatchObject({ interval: '1h', closes: 72, isGoingOn: true });
    expect(later.horizons.find(({ horizon }) => horizon === '1h')!.missing).toBe(5 * SYMBOLS.length + 72);
  });

  it('keeps what was asked for and posted apart', async () => {
    for (const { horizon, n } of record.live) {
      const filter = { horizon, symbol: null, model: null, fromMs: 0, toMs: kept.clock.nowMs };
      const { sums } = await kept.storage.liveOutcomes.totals(filter, kept.clock.nowMs);
      expect(n).toBe(sums.reduce((sum, one) => sum + one.n, 0));
    }
    expect(record.live.map(({ horizon, asked, posted }) => [horizon, asked, posted])).toEqual([
      ['1d', 84, 0],
      ['7d', 0, 84],
    ]);
  });

  it('finds the best and the worst calls', async () => {
    const filter = { horizon: '1d' as const, symbol: null, model: null, fromMs: 0, toMs: kept.clock.nowMs };
    const { outcomes } = kept.storage;
    const totals = await outcomes.totals(filter, kept.clock.nowMs);
    const [best, worst] = [await outcomes.scoredEntry(totals.best!), await outcomes.scoredEntry(totals.worst!)];
    expect(track('1d').best[0]).toMatchObject({ sequence: best!.entry.sequence, lastPrice: best!.entry.lastPrice });
    expect(track('1d').worst[0]).toMatchObject({ sequence: worst!.entry.sequence, band: worst!.outcome.band });
    expect(track('1d').worst.map(({ loss }) => loss)).toEqual(
      track('1d')
        .worst.map(({ loss }) => loss)
        .sort((a, b) => b - a),
    );
  });

  it('takes in nothing that was recorded after its checkpoint, and the newest revision before it', async () => {
    const { storage } = kept;
    const filter = { horizon: '1d' as const, symbol: 'BTC', model: null, fromMs: 0, toMs: kept.clock.nowMs };
    const { best } = await storage.outcomes.totals(filter, kept.clock.nowMs);
    const entry = await storage.outcomes.scoredEntry(best!);
    const { checkpoint } = record;
    await storage.outcomes.add([{ ...entry!.outcome, revision: 1, pinball: 9, scoredAtMs: kept.clock.nowMs }]);
    const before = await publicRecordOf(kept, { checkpoint });
    expect(before).toEqual(record);
    const after = await publicRecordOf(kept);
    expect(after.checkpoint!.outcomes).toBe(checkpoint!.outcomes + 1);
    expect(after.n).toBe(record.n);
    expect(after.horizons.find(({ horizon }) => horizon === '1d')).toMatchObject({ n: track('1d').n, revised: 1 });
    expect(after.horizons.find(({ horizon }) => horizon === '1d')!.skills[0]!.skillPct!.value).toBeLessThan(
      track('1d').skills[0]!.skillPct!.value,
    );
  });
});

describe('the public record of nothing', () => {
  it('is empty, and adds no checkpoint', async () => {
    const storage = await openStorage('sqlite::memory:', { now: () => START_MS });
    const kept = { storage, clock: { nowMs: START_MS }, close: () => 1 };
    const record = await publicRecordOf(kept);
    expect(record).toMatchObject({ checkpoint: null, n: 0, horizons: [], live: [], outages: [], models: [] });
    await storage.close();
  });
});
