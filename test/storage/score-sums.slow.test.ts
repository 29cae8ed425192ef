import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ScoreSums } from '../../src/core/accuracy.ts';
import type { HorizonName } from '../../src/core/horizon.ts';
import type { LedgerCause, LedgerEntry } from '../../src/core/ledger.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/time.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { START_MS } from '../support/candles.ts';
import { outcomeOf, unissued } from '../support/ledger.ts';
import { describeInPostgres, queryPostgres } from '../support/postgres.ts';
import { sqliteFolder } from '../support/sqlite-files.ts';

const SYMBOLS = ['BTC', 'ETH', 'A Ö'] as const;
const MODELS = ['m1', 'm2'] as const;

/** What may happen to the record: a forecast is added, or one that is there gets its first score or another one. */
type Step =
  | {
      readonly kind: 'add';
      readonly cause: LedgerCause;
      readonly symbol: string;
      readonly model: string;
      readonly horizon: HorizonName;
      readonly hour: number;
      /** Of one that counts from the moment it was made. */
      readonly minute: number;
      readonly drift: number;
      readonly hasClimatology: boolean;
    }
  | { readonly kind: 'score'; readonly which: number; readonly move: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      cause: fc.constantFrom<LedgerCause>('scheduled', 'on-demand', 'asked', 'posted'),
      symbol: fc.constantFrom(...SYMBOLS),
      model: fc.constantFrom(...MODELS),
      horizon: fc.constantFrom<HorizonName>('1h', '4h', '1d'),
      hour: fc.integer({ min: 0, max: 49 }),
      minute: fc.integer({ min: 0, max: 59 }),
      drift: fc.constantFrom(-0.02, 0, 0.001, 0.03),
      hasClimatology: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('score' as const),
      which: fc.nat({ max: 60 }),
      move: fc.constantFrom(-0.3, -0.01, 0, 0.004, 0.2),
    }),
  ),
  { maxLength: 60 },
);

/** Forecasts and scores as the storage took them. */
interface Written {
  readonly entry: LedgerEntry;
  scheduled: boolean;
  scores: number[];
}

async function play(storage: Storage, clock: { nowMs: number }, script: readonly Step[]): Promise<Written[]> {
  const written: Written[] = [];
  for (const step of script) {
    if (step.kind === 'add') {
      const isLive = step.cause === 'asked' || step.cause === 'posted';
      const gridMs = step.horizon === '1d' && !isLive ? DAY_MS : HOUR_MS;
      const originMs =
        Math.floor((START_MS + step.hour * HOUR_MS) / gridMs) * gridMs + (isLive ? step.minute * MINUTE_MS : 0);
      clock.nowMs = originMs + MINUTE_MS;
      const { symbol, model, horizon, drift } = step;
      const forecast = unissued({
        symbol,
        model,
        horizon,
        originMs,
        drift,
        ...(step.hasClimatology ? {} : { climatology: null }),
      });
      const [state] = await storage.ledger.append([forecast], step.cause);
      if (state === 'appended') {
        const { number } = (await storage.ledger.head())!;
        const [entry] = await storage.ledger.entries([number]);
        written.push({ entry: entry!, scheduled: step.cause === 'scheduled', scores: [] });
      }
      if (state === 'marked') {
        written.find(
          ({ entry }) =>
            entry.cause === 'on-demand' &&
            entry.symbol === symbol &&
            entry.horizon === horizon &&
            entry.originMs === originMs &&
            entry.model === model,
        )!.scheduled = true;
      }
    } else if (written.length > 0) {
      const one = written[step.which % written.length]!;
      await storage.outcomes.add([outcomeOf(one.entry, 100 * Math.exp(step.move), one.scores.length)]);
      one.scores.push(step.move);
    }
  }
  return written;
}

/** Of what people asked for, the first of each coin, horizon and hour. */
function countsLive(written: readonly Written[]): Written[] {
  const first = new Map<string, Written>();
  for (const one of written) {
    const { cause, symbol, horizon, originMs } = one.entry;
    if (cause !== 'asked' && cause !== 'posted') continue;
    const key = `${symbol} ${horizon} ${Math.floor(originMs / HOUR_MS)}`;
    const known = first.get(key);
    if (!known || originMs < known.entry.originMs) first.set(key, one);
  }
  return [...first.values()];
}

interface Place {
  readonly url: string;
  run(statement: string): Promise<unknown>;
}

function describeSums(
  create: () => Promise<Place>,
  { runs, fresh }: { runs: number; fresh: () => Promise<string> },
): void {
  it('are those of the rows after whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat({ max: 50 }), fc.nat({ max: 50 }), async (script, a, b) => {
        await withStorage(await fresh(), async (storage, clock) => {
          const written = await play(storage, clock, script);
          expect(await storage.sumsProblem()).toBeNull();
          const [fromMs, toMs] = [START_MS + Math.min(a, b) * HOUR_MS, START_MS + Math.max(a, b) * HOUR_MS];
          for (const horizon of ['1h', '4h', '1d'] as const) {
            const filter = { horizon, symbol: 'BTC', model: null, fromMs, toMs };
            const inRange = ({ entry: { symbol, originMs, ...entry } }: Written) =>
              entry.horizon === horizon && symbol === 'BTC' && originMs >= fromMs && originMs <= toMs;
            const own = written.filter((one) => one.scheduled && inRange(one));
            const scored = own.filter(({ scores }) => scores.length > 0);
            const found = await storage.outcomes.totals(filter, 0);
            const sum = (value: (one: ScoreSums) => number) => found.sums.reduce((total, one) => total + value(one), 0);
            expect(found.scored).toBe(scored.length);
            expect(sum((one) => one.n)).toBe(scored.length);
            expect(sum((one) => one.up)).toBe(scored.filter(({ scores }) => scores.at(-1)! > 0).length);
            expect(sum((one) => one.revised)).toBe(scored.filter(({ scores }) => scores.length > 1).length);
            const moved = scored.reduce((total, { scores }) => total + Math.abs(scores.at(-1)!), 0);
            expect(sum((one) => one.noChangeAbsolute)).toBeCloseTo(moved, 9);
            expect(found.waiting + found.unscored).toBe(own.length - scored.length);
            const onDemand = written.filter((one) => one.entry.cause === 'on-demand' && !one.scheduled && inRange(one));
            expect(found.onDemand).toBe(onDemand.length);
            const live = await storage.liveOutcomes.totals(filter, 0);
            const first = countsLive(written).filter(inRange);
            const unscored = first.filter(({ scores }) => scores.length === 0).length;
            expect(live.sums.reduce((total, one) => total + one.n, 0)).toBe(first.length - unscored);
            expect(live.waiting + live.unscored).toBe(unscored);
          }
        });
      }),
      { numRuns: runs, seed: 7 },
    );
  }, 120_000);

  it('of all coins are the sums of each', async () => {
    const { url } = await create();
    await withStorage(url, async (storage, clock) => {
      const forecasts = SYMBOLS.flatMap((symbol, i) =>
        Array.from({ length: 30 }, (_, hour): Step => {
          const rest = { horizon: '1h', model: MODELS[hour % 2]!, minute: 0, drift: 0, hasClimatology: true } as const;
          return { kind: 'add', cause: hour % (i + 4) === 0 ? 'on-demand' : 'scheduled', symbol, hour, ...rest };
        }),
      );
      const scores = Array.from(
        { length: 80 },
        (_, which): Step => ({ kind: 'score', which, move: 0.001 * (which - 40) }),
      );
      await play(storage, clock, [...forecasts, ...scores]);
      const filter = { horizon: '1h', model: null, fromMs: START_MS, toMs: START_MS + 3 * DAY_MS } as const;
      const totals = (symbol: string | null) => storage.outcomes.totals({ ...filter, symbol }, 0);
      const all = await totals(null);
      const each = await Promise.all(SYMBOLS.map(totals));
      expect(all.scored).toBeGreaterThan(0);
      for (const name of ['scored', 'waiting', 'unscored', 'onDemand'] as const) {
        expect(all[name]).toBe(each.reduce((sum, one) => sum + one[name], 0));
      }
      expect(all.coins).toBe(each.filter(({ scored }) => scored > 0).length);
      const loss = (sums: (typeof all)['sums']) => sums.reduce((sum, one) => sum + one.pinball, 0);
      expect(loss(all.sums)).toBeCloseTo(loss(each.flatMap(({ sums }) => sums)), 12);
    });
  });

  it('that somebody changed are found and named', async () => {
    const { url, run } = await create();
    await withStorage(url, async (storage, clock) => {
      clock.nowMs = START_MS + MINUTE_MS;
      await storage.ledger.append([unissued()], 'scheduled');
      const [entry] = await storage.ledger.entries([1]);
      await storage.outcomes.add([outcomeOf(entry!, 101)]);
      expect(await storage.sumsProblem()).toBeNull();
      await run(`update score_sums set scored = 2 where symbol = ''`);
      expect(await storage.sumsProblem()).toMatch(/^The sums of scheduled 1d forecasts of all coins by .* on \d{4}-/);
      await run(`update score_sums set scored = 1 where symbol = ''`);
      await run(
        `insert into score_sums select kind, horizon, 'X', day_ms, model, issued, scored, sums from score_sums where symbol = ''`,
      );
      expect(await storage.sumsProblem()).toBe('There are sums of days without forecasts.');
      await run(`delete from score_sums`);
      expect(await storage.sumsProblem()).toMatch(/are missing/);
    });
  });
}

async function withStorage(
  url: string,
  step: (storage: Storage, clock: { nowMs: number }) => Promise<void>,
): Promise<void> {
  const clock = { nowMs: START_MS };
  const storage = await openStorage(url, { now: () => clock.nowMs });
  try {
    await step(storage, clock);
  } finally {
    await storage.close();
  }
}

describe('the sums of scores in a SQLite file', () => {
  const folder = sqliteFolder();
  afterAll(folder.remove);
  describeSums(async () => folder.next(), { runs: 30, fresh: async () => 'sqlite::memory:' });
});

describeInPostgres('the sums of scores in PostgreSQL', (server) => {
  const create = async () => {
    const url = await server().createDatabase();
    return { url, run: (statement: string) => queryPostgres(url, statement) };
  };
  describeSums(create, { runs: 4, fresh: async () => (await create()).url });
});
