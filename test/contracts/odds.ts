import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.ts';
import type { AskedOdds } from '../../src/core/odds.ts';
import type { OddsDay } from '../../src/core/odds-record.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { createOddsScorer, fixedOdds } from '../../src/services/odds/score-odds.ts';
import { MOST_AN_HOUR } from '../../src/storage/asked-odds-repository.ts';
import type { Storage } from '../../src/storage/open-storage.ts';
import { START_MS, sourced, walk } from '../support/candles.ts';
import { outcomeOf, unissued } from '../support/ledger.ts';

const { signal } = new AbortController();
/** Odds as the service makes them. */
export const sampleOdds = (changes: Partial<AskedOdds> = {}): AskedOdds => ({
  symbol: 'BTC',
  level: 105,
  direction: 'above',
  originMs: START_MS,
  targetMs: START_MS + DAY_MS,
  lastPrice: 100,
  source: 'binance',
  horizon: '1d',
  model: 'm',
  above: 0.2,
  touch: 0.4,
  usual: { above: 0.25, touch: 0.5 },
  ...changes,
});
const CANDLES = sourced(walk(40));
const COINS = ['BTC', 'ETH'];

/** What every database keeps to about odds; the clock is that of the storage. */
export function describeOdds(open: (now: () => number) => Promise<Storage>): void {
  let storage: Storage;
  let nowMs = START_MS;
  beforeEach(async () => {
    nowMs = START_MS;
    storage = await open(() => nowMs);
  });
  afterEach(() => storage.close());

  it('are frozen once a question, end once, and come back with their end', async () => {
    const { askedOdds } = storage;
    expect(await askedOdds.add(sampleOdds(), START_MS)).toBe(1);
    const soon = { originMs: START_MS + MINUTE_MS, targetMs: START_MS + DAY_MS + MINUTE_MS };
    expect(await askedOdds.add(sampleOdds(soon), START_MS + MINUTE_MS)).toBe('again');
    expect(await askedOdds.add(sampleOdds({ ...soon, level: 106 }), START_MS + MINUTE_MS)).toBe(2);
    expect(await askedOdds.due(START_MS + DAY_MS - 1, 9)).toEqual([]);
    expect(await askedOdds.due(START_MS + DAY_MS, 9)).toEqual([{ number: 1, odds: sampleOdds(), end: null }]);
    const event = { kind: 'outcome', actualPrice: 104, source: 'binance 1m', touched: null } as const;
    const late = START_MS + 2 * DAY_MS;
    expect(await askedOdds.end([{ number: 1, event }], late)).toBe(1);
    expect(await askedOdds.end([{ number: 1, event: { kind: 'void', reason: 'no-price' } }], late)).toBe(0);
    expect(await askedOdds.end([{ number: 3, event }], late)).toBe(0);
    expect(await askedOdds.ofCoin('BTC', START_MS, START_MS)).toEqual([{ number: 1, odds: sampleOdds(), end: event }]);
    expect(JSON.stringify(await askedOdds.ofCoin('BTC', START_MS, START_MS + DAY_MS))).not.toMatch(
      /user|guild|member/i,
    );
    expect(await storage.ledger.verify()).toMatchObject({ heads: { odds: { number: 3 } }, problem: null });
  });

  it('are so many of a coin and hour at most, refused after their moment, and one chain over writers at once', async () => {
    const { askedOdds } = storage;
    const added = await Promise.all(
      Array.from({ length: MOST_AN_HOUR + 3 }, (_, i) => askedOdds.add(sampleOdds({ level: 105 + i }), START_MS)),
    );
    expect(added.filter((one) => one === 'hour-full')).toHaveLength(3);
    const next = { originMs: START_MS + HOUR_MS, targetMs: START_MS + DAY_MS + HOUR_MS };
    expect(await askedOdds.add(sampleOdds(next), START_MS + HOUR_MS)).toBe(MOST_AN_HOUR + 1);
    await expect(askedOdds.add(sampleOdds({ symbol: 'ETH' }), START_MS + DAY_MS)).rejects.toMatchObject({
      code: 'CC_DATABASE',
    });
    expect(await storage.ledger.verify()).toMatchObject({
      heads: { odds: { number: MOST_AN_HOUR + 1 } },
      problem: null,
    });
  });

  /** A scorer over the storage; asked odds wait for ever, since there are no prices. */
  const scorer = (oddsSums: Partial<Storage['oddsSums']> = {}) =>
    createOddsScorer({
      askedOdds: storage.askedOdds,
      oddsSums: { ...storage.oddsSums, ...oddsSums },
      candles: storage.candles,
      market: { series: async () => Promise.reject(new Error('no hours')) },
      prices: { minutes: async () => [] },
      clockIsRight: () => true,
      logger: silentLogger,
      now: () => nowMs,
    });
  const read = (symbol: string | null = null) =>
    storage.oddsSums.read({ source: 'fixed', symbol, horizons: null, model: null, fromMs: 0 });
  const sorted = (days: readonly OddsDay[]) => [...days].sort((a, b) => a.dayMs - b.dayMs);

  /** Thirty days of scheduled forecasts of two coins with their outcomes, and candles but for one day. */
  async function history(): Promise<void> {
    const kept = CANDLES.filter((_, i) => i !== 20);
    for (const symbol of COINS) await storage.candles.upsert(symbol, '1d', kept);
    for (let day = 1; day <= 30; day++) {
      nowMs = START_MS + day * DAY_MS + MINUTE_MS;
      const lastPrice = CANDLES[day - 1]!.close;
      const of = (symbol: string) => unissued({ symbol, originMs: START_MS + day * DAY_MS, lastPrice });
      await storage.ledger.append(COINS.map(of), 'scheduled');
    }
    const entries = await storage.ledger.entries(Array.from({ length: 60 }, (_, i) => i + 1));
    nowMs = START_MS + 32 * DAY_MS;
    const scores = entries.map((entry) => outcomeOf(entry, CANDLES[(entry.targetMs - START_MS) / DAY_MS - 1]!.close));
    await storage.outcomes.add(scores);
  }

  it('of forecasts are what their rows and candles say, by coin and of all, with the touch of a missing day unscored', async () => {
    await history();
    expect(await scorer().scoreOdds(signal)).toEqual({ scored: 0, voided: 0, waiting: 0, counted: 60 });
    const [btc, all] = [sorted(await read('BTC')), sorted(await read())];
    expect(btc).toHaveLength(30);
    const count = (days: readonly OddsDay[], sort: 'end' | 'touch') =>
      days.reduce((sum, day) => sum + day[sort].steps.reduce((own, { n }) => own + n, 0), 0);
    expect([count(btc, 'end'), count(btc, 'touch'), count(all, 'end'), count(all, 'touch')]).toEqual([
      180, 174, 360, 348,
    ]);
    expect(btc.map(({ touch }) => touch.unscored).filter((n) => n > 0)).toEqual([6]);
    // By hand from a row: each of its levels counts in the step of its chance.
    const [entry] = await storage.ledger.entries([1]);
    const candle = CANDLES[1]!;
    const made = fixedOdds({ ...entry!, actualPrice: candle.close }, new Map([[candle.openTimeMs, candle]]));
    for (const sort of ['end', 'touch'] as const) {
      const sums = btc[0]![sort];
      const total = (name: 'n' | 'stated' | 'happened') => sums.steps.reduce((sum, step) => sum + step[name], 0);
      expect(total('n')).toBe(6);
      expect(total('happened')).toBe(made[sort].filter(({ happened }) => happened).length);
      expect(total('stated')).toBeCloseTo(
        made[sort].reduce((sum, { stated }) => sum + stated, 0),
        4,
      );
      expect(sums.squared).toBeCloseTo(
        made[sort].reduce((sum, { stated, happened }) => sum + (stated - Number(happened)) ** 2, 0),
        4,
      );
    }
  });

  it('of forecasts are counted once, whatever ends a run, and anew where a price was corrected', async () => {
    await history();
    const stop = new Error('killed');
    const killed = scorer({ store: () => Promise.reject(stop) });
    await expect(killed.scoreOdds(signal)).rejects.toBe(stop);
    expect(await read()).toEqual([]);
    // Another process counts the same while this one does: one of them stores.
    const [one, other] = await Promise.all([scorer().scoreOdds(signal), scorer().scoreOdds(signal)]);
    expect(one.counted + other.counted).toBe(60);
    const before = sorted(await read());
    expect((await scorer().scoreOdds(signal)).counted).toBe(0);
    expect(sorted(await read())).toEqual(before);
    const [entry] = await storage.ledger.entries([1]);
    await storage.outcomes.add([outcomeOf(entry!, entry!.lastPrice * 5, 1)]);
    expect((await scorer().scoreOdds(signal)).counted).toBe(1);
    const after = sorted(await read());
    expect(after.slice(1)).toEqual(before.slice(1));
    const happened = (day: OddsDay) => day.end.steps.reduce((sum, step) => sum + step.happened, 0);
    // Six levels of each of two coins; of the corrected one all are exceeded now.
    expect(happened(sorted(await read('BTC'))[0]!)).toBe(6);
    expect(happened(after[0]!)).toBe(6 + happened(sorted(await read('ETH'))[0]!));
  });

  it('are read by horizon, model and day', async () => {
    await history();
    await scorer().scoreOdds(signal);
    const filter = { source: 'fixed', symbol: null, horizons: null, model: null, fromMs: 0 } as const;
    const of = async (changes: object) => (await storage.oddsSums.read({ ...filter, ...changes })).length;
    expect(await of({ horizons: ['1d'] })).toBe(30);
    const every = sorted(await read('BTC'));
    expect(every).toEqual(sorted(await storage.oddsSums.read({ ...filter, symbol: 'BTC', horizons: ['1d'] })));
    expect(await of({ horizons: ['1h', '7d'] })).toBe(0);
    expect(await of({ model: '1d-2024-01-01' })).toBe(30);
    expect(await of({ model: 'other' })).toBe(0);
    expect(await of({ fromMs: START_MS + 21 * DAY_MS })).toBe(10);
    expect(await of({ source: 'asked' })).toBe(0);
    expect(await of({ symbol: 'SOL' })).toBe(0);
    // Two horizons of one day are one row together.
    const originMs = START_MS + 33 * DAY_MS;
    nowMs = originMs + MINUTE_MS;
    const lastPrice = CANDLES[32]!.close;
    await storage.ledger.append(
      (['1d', '3d'] as const).map((horizon) => unissued({ horizon, originMs, lastPrice })),
      'scheduled',
    );
    nowMs = originMs + 4 * DAY_MS;
    const late = await storage.ledger.entries([61, 62]);
    await storage.outcomes.add(late.map((entry) => outcomeOf(entry, lastPrice)));
    expect((await scorer().scoreOdds(signal)).counted).toBe(2);
    const day = (await read()).filter(({ dayMs }) => dayMs === originMs);
    expect(day.map(({ end }) => end.compared)).toEqual([12]);
    expect(await of({ fromMs: originMs, horizons: ['1d', '3d'] })).toBe(2);
  });
}
