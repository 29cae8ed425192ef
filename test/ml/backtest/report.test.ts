import { describe, expect, it } from 'vitest';
import { INTERVAL_MS } from '../../../src/core/candle.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { DEFAULT_COSTS } from '../../../src/ml/backtest/account.ts';
import { beatenShare, holdRun } from '../../../src/ml/backtest/benchmarks.ts';
import { DEFAULT_BREAKERS, NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import type { CoinTrack } from '../../../src/ml/backtest/coin-track.ts';
import { trackViews, viewAt } from '../../../src/ml/backtest/forecast-view.ts';
import { modelHealth } from '../../../src/ml/backtest/model-health.ts';
import { RULES, ruleNamed } from '../../../src/ml/backtest/rules.ts';
import { backtestSentence, type RulesJob, runRules } from '../../../src/ml/backtest/run-rules.ts';
import type { HorizonRecord, ModelCard } from '../../../src/ml/model/card.ts';
import { fairGame, momentum, normalForecast, spanOf, trackOf } from './market.ts';

const ROWS = 400;
const span = spanOf(ROWS);
const card = {
  version: '1d-test',
  data: { fitUntilMs: 0, stopUntilMs: 0, description: 'nothing' },
  evaluation: null,
} as unknown as ModelCard;
const coins = ['BTC', 'ETH', 'LTC'].map((symbol, i) => trackOf(fairGame(ROWS, 300 + i), momentum, symbol));
const job = (changes: Partial<RulesJob> = {}): RulesJob => ({
  tracks: coins,
  span,
  rules: RULES,
  card,
  capital: 10_000,
  costs: DEFAULT_COSTS,
  breakers: NO_BREAKERS,
  delay: 0,
  draws: 40,
  refused: [],
  notes: [],
  simulated: false,
  ...changes,
});
const outcomes = runRules(job());

describe.each(outcomes.map(({ report, trades }) => ({ name: report.rule.name, report, trades })))('$name', (one) => {
  const { report, trades } = one;

  it('is held against coin flips with its turnover and its time in the market', () => {
    const flip = report.benchmarks.find(({ name }) => name === 'coin-flip')!;
    // The draw in the middle has no stops of its own, and so buys and sells a little less or more around them.
    expect(flip.statistics.turnover / report.statistics.turnover).toBeGreaterThan(0.7);
    expect(flip.statistics.turnover / report.statistics.turnover).toBeLessThan(1.3);
    expect(Math.abs(flip.statistics.exposure - report.statistics.exposure)).toBeLessThan(0.1);
    const { n, low, median, high, beaten } = flip.draws!;
    expect(n).toBe(40);
    expect(low).toBeLessThanOrEqual(median);
    expect(high).toBeGreaterThanOrEqual(median);
    // Always the same exposure is the same at any time.
    if (report.rule.name !== 'vol-target') expect(high - low).toBeGreaterThan(0.05);
    expect(flip.statistics.totalReturn).toBeCloseTo(median, 12);
    expect(beaten).toBeGreaterThanOrEqual(0);
    expect(beaten).toBeLessThanOrEqual(1);
  });

  it('ends with what its trades made', () => {
    const profit = trades.reduce((sum, trade) => sum + trade.profit, 0);
    expect(report.equity.rule.at(-1)! - 10_000).toBeCloseTo(profit, 1);
    const finished = trades.filter(({ closedMs }) => closedMs !== null);
    expect(report.statistics.trades).toBe(finished.length);
    for (const { openedMs, closedMs } of finished) expect(closedMs!).toBeGreaterThanOrEqual(openedMs);
  });

  it('says its result first, and finds no edge on a fair game after allowing for all variants', () => {
    expect(report.sentence).toContain('holding 3 coins in equal parts');
    expect(report.deflatedSharpe.variants).toBe(RULES.length);
    expect(report.deflatedSharpe.probability!).toBeLessThan(0.95);
  });
});

describe('a backtest', () => {
  it('gives the same numbers again', () => {
    expect(runRules(job({ rules: [ruleNamed('pup-threshold')] }))[0]).toEqual(outcomes[0]);
  });

  it('leaves out coins without a forecast, and is empty without any', () => {
    const silent: CoinTrack = {
      ...coins[1]!,
      quantiles: new Float64Array(coins[1]!.quantiles.length).fill(Number.NaN),
    };
    const [outcome] = runRules(job({ tracks: [coins[0]!, silent], rules: [ruleNamed('vol-target')] }));
    expect(outcome!.report.symbols).toEqual(['BTC']);
    expect(outcome!.report.refused.map(({ symbol }) => symbol)).toEqual(['ETH']);
    expect(runRules(job({ tracks: [silent] }))).toEqual([]);
  });

  it('keeps an account as it is where candles are missing', () => {
    const gap = (values: Float64Array) => values.map((value, row) => (row >= 100 && row < 110 ? Number.NaN : value));
    const { open, high, low, close } = coins[0]!;
    const holed = { ...coins[0]!, open: gap(open), high: gap(high), low: gap(low), close: gap(close) };
    const [{ report }] = runRules(job({ tracks: [holed], rules: [ruleNamed('vol-target')] })) as [(typeof outcomes)[0]];
    expect(new Set(report.equity.rule.slice(99, 110)).size).toBe(1);
    expect(report.equity.rule.every(Number.isFinite)).toBe(true);
    const held = job({
      tracks: [holed],
      breakers: { ...NO_BREAKERS, staleCandles: 0 },
      rules: [ruleNamed('vol-target')],
    });
    expect(runRules(held)[0]!.report.n.heldBack['stale-data']).toBe(1);
  });

  it('goes by the forecast before a missing one until that is too old, as a paper portfolio does', () => {
    const without = (rows: readonly number[]) => {
      const width = coins[0]!.quantiles.length / ROWS;
      const hidden = (at: number) => rows.includes(Math.floor(at / width));
      return { ...coins[0]!, quantiles: coins[0]!.quantiles.map((value, at) => (hidden(at) ? Number.NaN : value)) };
    };
    const run = (rows: readonly number[], staleCandles: number | null) =>
      runRules(
        job({
          tracks: [without(rows)],
          breakers: { ...NO_BREAKERS, staleCandles },
          rules: [{ ...ruleNamed('vol-target'), exposure: () => 0.5 }],
        }),
      )[0]!;
    const whole = run([], 1);
    expect(run([200], 1).report.equity.rule).toEqual(whole.report.equity.rule);
    expect(run([200, 201], null).report.equity.rule).toEqual(whole.report.equity.rule);
    for (const [rows, stale] of [
      [[200], 0],
      [[200, 201], 1],
    ] as const) {
      const { report, trades } = run(rows, stale);
      expect(report.n.heldBack['stale-data']).toBe(1);
      // Sold at the open of the candle after the last missing forecast.
      const openMs = span.fromMs + rows.at(-1)! * DAY_MS;
      expect(trades.map(({ closedMs, reason }) => [closedMs, reason])).toEqual([
        [openMs, 'stale-data'],
        [null, null],
      ]);
    }
  });

  it('holds a coin from the open after its first forecast on, and never trades it again', () => {
    const late: CoinTrack = {
      ...coins[0]!,
      quantiles: coins[0]!.quantiles.map((value, at) =>
        at < 50 * (coins[0]!.quantiles.length / ROWS) ? Number.NaN : value,
      ),
    };
    const terms = {
      interval: '1d' as const,
      costs: { ...DEFAULT_COSTS, feeShare: 0, spreadShare: 0, impact: 0 },
      breakers: NO_BREAKERS,
      band: 0.1,
      cooldownCandles: 1,
    };
    const run = holdRun({ tracks: [late], views: [trackViews(late, span, [])], span, terms, capital: 100 });
    expect(run.equity[50]).toBe(100);
    expect(run.equity[ROWS - 1]).toBeCloseTo((100 * late.close[ROWS - 1]!) / late.open[51]!, 9);
    expect(run.trades).toHaveLength(1);
  });
});

describe('what is known of the model when it decides', () => {
  /** Forecasts of half the deviation that climatology says, on a market that has it; eight coins, so that they count. */
  const skilled = Array.from({ length: 8 }, (_, i) => {
    const track = trackOf(fairGame(ROWS, 900 + i), () => [0, 0.03], `C${i}`);
    const usual = normalForecast(0, 0.06);
    return { ...track, climatology: track.climatology.map((_, at) => usual[at % usual.length]!) };
  });
  const record = (low: number, toMs: number) =>
    ({
      steps: 1,
      n: 100,
      toMs,
      overClimatology: { value: low + 1, low, high: low + 2 },
      model: { coverage: [0.5, 0.8, 0.95] },
    }) as unknown as HorizonRecord;

  it('is no edge until enough forecasts have been scored, and then what they show', () => {
    const health = modelHealth(skilled, span, undefined);
    const first = health.indexOf(null);
    // Eight blocks of fourteen days, and the day until the last of them is known.
    expect(first).toBe(8 * 14);
    expect(health.slice(first).every((one) => one === null)).toBe(true);
    expect(health.slice(0, first).every((one) => one === 'no-edge')).toBe(true);
    expect(modelHealth(coins, span, undefined).every((one) => one === 'no-edge')).toBe(true);
  });

  it('is the card’s record meanwhile, unless that was made later', () => {
    expect(modelHealth(skilled, span, record(0.5, span.fromMs))[0]).toBe(null);
    expect(modelHealth(skilled, span, record(-0.5, span.fromMs))[0]).toBe('no-edge');
    expect(modelHealth(skilled, span, record(0.5, span.fromMs + DAY_MS)).slice(0, 2)).toEqual(['no-edge', null]);
  });

  it('is an alarm soon after the bands stop holding, and not before', () => {
    const broken = skilled.map((track) => ({
      ...track,
      quantiles: track.quantiles.map((value, at) => (at < 200 * (track.quantiles.length / ROWS) ? value : value / 6)),
    }));
    const health = modelHealth(broken, span, undefined);
    const first = health.indexOf('drift-alarm');
    expect(first).toBeGreaterThan(200);
    expect(first).toBeLessThan(240);
  });

  it('does not depend on outcomes that were not known yet', () => {
    const planted = 250;
    const future = skilled.map((track) => ({
      ...track,
      close: track.close.map((value, row) => (row > planted ? value * (1 + (row % 3)) : value)),
    }));
    const [before, after] = [modelHealth(skilled, span, undefined), modelHealth(future, span, undefined)];
    expect(after.slice(0, planted + 1)).toEqual(before.slice(0, planted + 1));
    expect(after).not.toEqual(before);
  });

  it('keeps a rule out as long as no edge is measured', () => {
    const [outcome] = runRules(job({ breakers: DEFAULT_BREAKERS['1d'], rules: [ruleNamed('vol-target')] }));
    const { report } = outcome!;
    expect(report.n.heldBack['no-edge']).toBe(3 * (ROWS - 1));
    expect(report.statistics).toMatchObject({
      totalReturn: 0,
      trades: 0,
      timeInMarket: 0,
      sharpe: null,
      hitRate: null,
    });
    expect(report.sentence).toMatch(/^This rule never held anything, while holding 3 coins in equal parts made/);
    expect(INTERVAL_MS[report.interval]).toBe(report.equity.stepMs);
  });
});

it('counts what is the same as half beaten', () => {
  expect(beatenShare(0.1, [0, 0.1, 0.2, 0.3])).toBe(0.375);
});

it('takes the newest forecast with what is known of the model now', () => {
  const [first, second] = trackViews(coins[0]!, span, [null, 'no-edge', null, 'drift-alarm']);
  const views = [null, first!, second!, null, null];
  const at = (row: number) => viewAt(views, row, [null, null, null, 'drift-alarm']);
  expect([at(0), at(1), at(2)]).toEqual([null, first, second]);
  expect(second!.blocked).toBe('no-edge');
  expect(at(3)).toEqual({ ...second, blocked: 'drift-alarm' });
  expect(at(4)).toEqual({ ...second, blocked: null });
  expect(viewAt(views, -1, [])).toBe(null);
});

describe('the sentence', () => {
  const { report } = outcomes[0]!;
  const say = (own: number, hold: number, low: number, high: number, beaten = 0.4, probability = 0.5) =>
    backtestSentence({
      symbols: ['BTC'],
      statistics: { ...report.statistics, totalReturn: own, timeInMarket: 0.5 },
      deflatedSharpe: { probability, variants: 9, luckSharpe: 1 },
      benchmarks: report.benchmarks.map((benchmark) => ({
        ...benchmark,
        statistics: { ...benchmark.statistics, totalReturn: hold },
        difference: benchmark.difference && { value: (low + high) / 2, low, high },
        draws: benchmark.draws && { ...benchmark.draws, n: 100, beaten },
      })),
    });

  it.each([
    [
      say(-0.1, 0.2, -0.5, -0.1),
      'After costs this rule lost while holding BTC gained (−10.0 % against +20.0 %) and did better than 40 of 100 coin flips with its turnover.',
    ],
    [
      say(0.1, -0.2, -0.1, 0.5),
      'After costs this rule gained while holding BTC lost (+10.0 % against −20.0 %), a difference within chance, and did better than 40 of 100 coin flips with its turnover; the best of 9 variants tried could do as well by luck.',
    ],
    [
      say(0.1, 0.2, -0.3, -0.1, 0.4, 0.97),
      'After costs this rule made less than holding BTC (+10.0 % against +20.0 %) and did better than 40 of 100 coin flips with its turnover.',
    ],
    [
      say(-0.1, -0.2, -0.1, 0.3),
      'After costs this rule lost less than holding BTC (−10.0 % against −20.0 %), a difference within chance, and did better than 40 of 100 coin flips with its turnover.',
    ],
    [
      say(-0.3, -0.2, -0.3, -0.1),
      'After costs this rule lost more than holding BTC (−30.0 % against −20.0 %) and did better than 40 of 100 coin flips with its turnover.',
    ],
    [
      say(0.5, 0.2, 0.1, 0.4, 0.99),
      'After costs this rule made more than holding BTC (+50.0 % against +20.0 %) and did better than 99 of 100 coin flips with its turnover; the best of 9 variants tried could do as well by luck.',
    ],
    [
      say(0.5, 0.2, 0.1, 0.4, 0.99, 0.97),
      'After costs this rule made more than holding BTC (+50.0 % against +20.0 %) and did better than 99 of 100 coin flips with its turnover.',
    ],
  ])('%s', (said, expected) => {
    expect(said).toBe(expected);
  });
});
