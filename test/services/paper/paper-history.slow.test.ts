import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BacktestFill, BacktestTrade } from '../../../src/core/backtest.ts';
import type { PaperEventBody } from '../../../src/core/paper.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { DEFAULT_COSTS, type TradingTerms } from '../../../src/ml/backtest/account.ts';
import { DEFAULT_BREAKERS, NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import type { CoinTrack } from '../../../src/ml/backtest/coin-track.ts';
import { trackViews, viewAt } from '../../../src/ml/backtest/forecast-view.ts';
import { decide, RULES } from '../../../src/ml/backtest/rules.ts';
import { newRunRecord, simulateCoin } from '../../../src/ml/backtest/simulate.ts';
import { rollingMean } from '../../../src/ml/features/rolling.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import {
  BEGIN_MS,
  candlesOf,
  HISTORY,
  healthAt,
  openOf,
  openPast,
  openRow,
  quantilesAt,
} from '../../support/paper-history.ts';
import { paperService } from '../../support/paper-service.ts';

const { symbols, rows, first } = HISTORY;
const CAPITAL = 10_000;
const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'candlecast-paper-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ruleOf = (name: string) => RULES.find((rule) => rule.name === name)!;

/** The backtester's own loop over the same candles and forecasts; row i is the candle that closes i days after the first open. */
function backtest(symbol: string, ruleName: string) {
  const rule = ruleOf(ruleName);
  const all = candlesOf(symbol);
  const column = (of: (row: number) => number) => Float64Array.from({ length: rows - first + 1 }, (_, i) => of(i));
  const price = (name: 'open' | 'high' | 'low' | 'close') => column((i) => all[first + i - 1]?.[name] ?? Number.NaN);
  const dollars = Float64Array.from(all, (candle) => (candle ? candle.volume * candle.close : Number.NaN));
  const usual = rollingMean(dollars, 30, 5);
  const track: CoinTrack = {
    symbol,
    rows: rows - first + 1,
    open: price('open'),
    high: price('high'),
    low: price('low'),
    close: price('close'),
    dollarVolume: column((i) => usual[first + i - 1] ?? 0),
    sigma: column(() => HISTORY.sigma),
    quantiles: new Float64Array((rows - first + 1) * QUANTILE_LEVELS.length).fill(Number.NaN),
    climatology: new Float64Array(0),
  };
  for (let row = 0; row < track.rows; row++) {
    track.quantiles.set(quantilesAt(symbol, first + row) ?? [], row * QUANTILE_LEVELS.length);
  }
  const terms: TradingTerms = {
    interval: '1d',
    costs: DEFAULT_COSTS,
    breakers: DEFAULT_BREAKERS['1d'],
    band: rule.band,
    cooldownCandles: 1,
  };
  const span = { fromMs: openOf(first), toMs: openOf(rows), interval: '1d', steps: 1 } as const;
  const health = Array.from({ length: track.rows }, (_, row) => healthAt(first + row));
  const views = trackViews(track, span, health);
  const record = newRunRecord();
  const part = CAPITAL / symbols.length;
  const run = simulateCoin(
    track,
    span,
    (row, current) => {
      const view = viewAt(views, row, health);
      return view && decide(rule, view, current);
    },
    terms,
    part,
    record,
  );
  const held = simulateCoin(
    track,
    span,
    (row) => {
      const view = viewAt(views, row, health);
      return view && { ...decide(rule, view, 0), exposure: 1, stops: { loss: 0, profit: 0, trailing: 0 } };
    },
    { ...terms, breakers: NO_BREAKERS, band: Number.POSITIVE_INFINITY },
    part,
  );
  return { run, held, record };
}

const cents = (dollars: number) => Math.round(dollars * 100) / 100;
const fillOf = ({ timeMs, price }: Pick<BacktestFill, 'timeMs' | 'price'>) =>
  `${(timeMs - openOf(first)) / DAY_MS} ${price.toFixed(6)}`;
const fillsOf = ({ openedMs, entryPrice, closedMs, exitPrice }: BacktestTrade) => [
  fillOf({ timeMs: openedMs, price: entryPrice }),
  ...(closedMs === null ? [] : [fillOf({ timeMs: closedMs, price: exitPrice })]),
];

/** A year of days, each with its jobs and one portfolio a rule; `reopen` says where the program is closed and started again. */
async function live(rules: readonly string[], path = ':memory:', reopen: (row: number) => boolean = () => false) {
  const clock = { nowMs: BEGIN_MS };
  const open = () => openStorage(`sqlite:${path}`, { now: () => clock.nowMs });
  let storage = await open();
  await openPast(storage);
  const begin = paperService(storage, clock);
  for (const rule of rules) {
    await begin.start({ guildId: rule, userId: 'u', symbols: ['BTC', 'eth'], rule, horizon: '1d' });
  }
  for (let row = first; row <= rows; row++) {
    await openRow(storage, row, clock);
    if (reopen(row)) {
      await storage.close();
      storage = await open();
    }
    await paperService(storage, clock).step(never);
  }
  const verdict = await storage.paper.verify();
  const kept = storage;
  const of = async (rule: string) => {
    const report = await paperService(kept, clock).report(rule);
    const { id } = report.portfolio;
    const events = async (kind: PaperEventBody['kind']) => [...(await kept.paper.events(id, kind, 10_000))].reverse();
    const [fills, trips, marks] = [await events('fill'), await events('trip'), await events('mark')];
    return { report, fills, trips, marks, accounts: await kept.paper.accounts(id) };
  };
  const runs = new Map<string, Awaited<ReturnType<typeof of>>>();
  for (const rule of rules) runs.set(rule, await of(rule));
  await storage.close();
  return { runs, verdict };
}

const RULE_NAMES = RULES.map(({ name }) => name);

describe('paper portfolios over a year of days, with gaps, late forecasts, alarms and a crash', () => {
  let year: Awaited<ReturnType<typeof live>>;
  /** Of this process, whatever else the machine does. */
  let tookMs: number;
  beforeAll(async () => {
    const before = process.cpuUsage();
    year = await live(RULE_NAMES);
    const { user, system } = process.cpuUsage(before);
    tookMs = (user + system) / 1_000;
  }, 300_000);
  const plain = () => year.runs.get('pup-threshold')!;

  it('take seconds', () => {
    expect(plain().marks).toHaveLength(rows - first);
    expect(tookMs).toBeLessThan(60_000);
  });

  it.each(RULE_NAMES)('are worth at every close, by %s, what the backtester makes of it', (rule) => {
    const paper = year.runs.get(rule)!;
    const tested = symbols.map((symbol) => backtest(symbol, rule));
    const equity = paper.marks.map((_, i) => cents(tested.reduce((sum, { run }) => sum + run.equity[i + 1]!, 0)));
    const hold = paper.marks.map((_, i) => cents(tested.reduce((sum, { held }) => sum + held.equity[i + 1]!, 0)));
    expect(paper.marks.map(({ timeMs }) => timeMs)).toEqual(paper.marks.map((_, i) => openOf(first + i + 1)));
    expect(paper.marks.map(({ body }) => body.kind === 'mark' && cents(body.equity))).toEqual(equity);
    expect(paper.marks.map(({ body }) => body.kind === 'mark' && cents(body.hold))).toEqual(hold);
    expect(cents(paper.report.equity)).toBe(equity.at(-1));
    const costs = tested.reduce((sum, { run }) => sum + run.account.fees + run.account.slippage, 0);
    expect(paper.report.costs).toBeCloseTo(costs, 6);
    expect(new Set(equity).size).toBeGreaterThan(50);
  });

  it('fill the same orders at the same prices', () => {
    const { fills } = plain();
    for (const symbol of symbols) {
      const own = fills.flatMap(({ body }) =>
        body.kind === 'fill' && body.symbol === symbol ? fillOf(body.fill) : [],
      );
      expect(own).toEqual(backtest(symbol, 'pup-threshold').record.trades.flatMap(fillsOf));
      expect(own.length).toBeGreaterThan(20);
    }
  });

  it('say each breaker once when it begins, whatever comes and goes between', () => {
    const said = plain().trips.map(({ body, timeMs }) =>
      body.kind === 'trip' ? `${(timeMs - openOf(0)) / DAY_MS - 1} ${body.symbol} ${body.breaker}` : '',
    );
    expect(said).toEqual([
      '102 BTC stale-data',
      '151 ETH stale-data',
      '200 BTC stale-data',
      '210 ETH stale-data',
      '225 BTC stale-data',
      '226 ETH stale-data',
      '240 BTC no-edge',
      '241 ETH no-edge',
      '270 BTC volatility-shock',
      '270 ETH volatility-shock',
      '297 ETH drawdown-limit',
      '300 BTC drift-alarm',
      '318 BTC stale-data',
      '330 BTC stale-data',
      '418 BTC drawdown-limit',
    ]);
  });

  it('keep their record in the order of time and in one unbroken chain each', () => {
    let count = 0;
    for (const { fills, trips, marks } of year.runs.values()) {
      const all = [...fills, ...trips, ...marks].sort((a, b) => a.number - b.number);
      const times = all.map(({ timeMs }) => timeMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      count += all.length + 1;
    }
    expect(year.verdict).toEqual({ events: count, problem: null });
  });

  it('show at most some hundred marks, the newest among them', () => {
    const { marks, markEveryMs, markedMs } = plain().report;
    expect(marks.length).toBeLessThanOrEqual(400);
    expect(marks.map(({ timeMs }) => timeMs)).toEqual(
      marks.map((_, i) => markedMs! - (marks.length - 1 - i) * markEveryMs),
    );
  });

  it('end the same when the program is closed and started again every few days', async () => {
    const again = await live(['pup-threshold'], join(folder, 'restarts.db'), (row) => row % 9 === 0);
    const facts = (run: ReturnType<typeof plain>) =>
      [run.fills, run.trips, run.marks].map((list) => list.map(({ timeMs, body }) => ({ timeMs, body })));
    expect(facts(again.runs.get('pup-threshold')!)).toEqual(facts(plain()));
    expect(again.runs.get('pup-threshold')!.accounts).toEqual(plain().accounts);
  }, 300_000);
});
