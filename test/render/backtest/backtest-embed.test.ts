import { describe, expect, it } from 'vitest';
import type { BacktestReport } from '../../../src/core/backtest.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import * as chart from '../../../src/render/backtest/backtest-chart.ts';
import * as embeds from '../../../src/render/backtest/backtest-embed.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { ENGLISH } from '../../support/english.ts';
import { believableBacktest } from './believable-backtest.ts';

const PNG = Uint8Array.of(1);
const { backtestChartSvg, drawdowns } = chart;
const backtestChartInput = (report: BacktestReport) => chart.backtestChartInput(report, ENGLISH);
const QUESTION = { symbol: 'BTC', horizon: '1d', rule: 'pup-threshold', days: 365 } as const;
const backtestReply = (report: BacktestReport, png: Uint8Array | null) =>
  embeds.backtestReply(report, png, ENGLISH, 'details', QUESTION);
const backtestProgress = (symbol: string, share: number, before = 0) =>
  embeds.backtestProgress(symbol, share, ENGLISH, before);
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const fieldOf = (report: BacktestReport, name: string) =>
  plain(backtestReply(report, PNG).embeds[0]!.fields!.find((field) => field.name === name)!.value);

describe('the reply of /backtest', () => {
  it('says first, in one sentence, how the rule did against holding', () => {
    const brief = embeds.backtestReply(believableBacktest(), PNG, ENGLISH, 'brief', QUESTION);
    expect(plain(brief.embeds[0]!.description!).split('\n')).toEqual([
      'After costs, this rule came to **+4.1 %**; holding BTC came to +18.0 %.',
      'That difference may be chance.',
      'It did better than 55 of 100 random traders who traded as often.',
      'The best of 9 worthless rules could do as well by luck.',
    ]);
    expect(brief.embeds[0]!.fields).toBeUndefined();
    expect(brief.components[0]!.components).toMatchObject([{ custom_id: 'bt:details:BTC:1d:pup-threshold:365' }]);
    expect(embeds.parseBacktestPress('details:BTC:1d:pup-threshold:365')).toEqual({
      view: 'details',
      question: QUESTION,
    });
    for (const rest of ['', 'details', 'details:btc:1d:pup:9', 'details:BTC:2d:pup:9', 'details:BTC:1d:pup:x']) {
      expect(() => embeds.parseBacktestPress(rest)).toThrow(expect.objectContaining({ code: 'CC_USAGE' }));
    }
  });

  it('never shows a loss of more than everything as growth', () => {
    const base = believableBacktest();
    const benchmarks = base.benchmarks.map((one) =>
      one.difference === null ? one : { ...one, difference: { value: -2.5, low: -4, high: -1.2 } },
    );
    const shown = fieldOf({ ...base, benchmarks }, 'Holding');
    expect(shown).toContain('this rule grew 91.8 % less a year (−98.2 % to −69.9 %)');
  });

  it('shows the rule beside holding, holding at constant volatility and coin flips, with intervals', () => {
    const report = believableBacktest();
    expect(fieldOf(report, 'This rule')).toContain('**+4.1 %**, volatility 38.0 % a year\nSharpe 0.40 (−1.10 to 1.90)');
    expect(fieldOf(report, 'This rule')).toContain('deepest fall −21.0 %, 325 days, not recovered; exposure 44.0 %');
    expect(fieldOf(report, 'Holding')).toContain(
      'this rule grew 11.3 % less a year (−39.3 % to +29.7 %, may be chance)',
    );
    expect(fieldOf(report, 'Holding at a volatility target')).toContain(
      'this rule grew 7.7 % less a year (−25.9 % to −1.0 %)',
    );
    expect(fieldOf(report, 'Coin flips')).toBe(
      'median of 100: **−2.0 %**\nnine in ten between −40.0 % and +35.0 %\nthe rule beat 55 % of them',
    );
    expect(fieldOf(report, 'Luck')).toContain('best of 9 worthless rules would show a Sharpe ratio of 0.92 by luck');
    expect(fieldOf(report, 'Trading')).toContain('23 trades, 47.8 % of them with a gain');
    expect(fieldOf(report, 'Trading')).toContain('stopped out 3 times');
    expect(fieldOf(report, 'Circuit breakers')).toBe(
      'candles kept out of the market: volatility shock 4, no measurable edge 12',
    );
  });

  it('says that it decides at closes, unlike live forecasts', () => {
    const sentence = (interval: '1d' | '1h') => fieldOf(believableBacktest({ interval }), 'How').split('\n')[1];
    expect(sentence('1d')).toBe(
      'Decides at the close of every day, at midnight UTC, unlike /forecast, which counts from the moment it is asked.',
    );
    expect(sentence('1h')).toMatch(/^Decides at the close of every hour, unlike/);
  });

  it('does not invent figures where there are none', () => {
    const base = believableBacktest();
    const statistics = {
      ...base.statistics,
      sharpe: null,
      sortino: null,
      trades: 0,
      hitRate: null,
      profitFactor: null,
    };
    const report = believableBacktest({ statistics, deflatedSharpe: { ...base.deflatedSharpe, probability: null } });
    expect(fieldOf(report, 'This rule')).toContain('Sharpe none, Sortino none');
    expect(fieldOf(report, 'Trading')).toBe('No trade was finished.');
    expect(fieldOf(report, 'Luck')).toBe('Nothing can be said: the returns do not vary.');
  });

  it('keeps every limit of Discord in the worst case, and marks what is simulated', () => {
    const report = believableBacktest({
      simulated: true,
      sentence: '*'.repeat(3_000),
      notes: Array.from({ length: 30 }, () => ({ key: 'backtest.noteOtherModel', values: { model: '_'.repeat(200) } })),
      symbols: Array.from({ length: 30 }, (_, i) => `COIN${i}`),
    });
    for (const locale of LANGUAGES) {
      const reply = embeds.backtestReply(report, PNG, translatorFor(locale), 'details', QUESTION);
      expect(limitProblems(reply)).toEqual([]);
    }
    expect(JSON.stringify(backtestReply(report, null))).toContain('SIMULATED: 30 coins');
    expect(backtestReply(believableBacktest(), null).embeds[0]!.description).toContain('The chart could not be drawn');
  });

  it('shows how far it has come', () => {
    expect(plain(JSON.stringify(backtestProgress('BTC', 0.5)))).toMatch(/█{10}░{10}.* 50 %/);
    for (const share of [-1, 0, 1, 2]) expect(limitProblems(backtestProgress('BTC', share))).toEqual([]);
  });
});

describe('the backtest chart', () => {
  const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, words]) => words);

  it('measures falls from the highest value so far', () => {
    expect(drawdowns([100, 120, 60, 130, 117])).toEqual([0, 0, -0.5, 0, 117 / 130 - 1]);
  });

  it('has a mark for every purchase and sale of one coin, and none of an open end', () => {
    const report = believableBacktest();
    const svg = backtestChartSvg(backtestChartInput(report), 'dark');
    expect(texts(svg)).toEqual(expect.arrayContaining(['this rule', 'holding', 'price, ▲ bought and ▼ sold']));
    const none = backtestChartSvg(backtestChartInput({ ...report, trades: [] }), 'dark');
    const triangles = (drawn: string) => drawn.match(/<path/g)!.length;
    expect(triangles(svg) - triangles(none)).toBe(2 * 4 - 1);
    expect(texts(none)).toContain('price; it never traded');
  });

  it('leaves the price away for several coins, and draws years of hours in as many points as can be told apart', () => {
    const base = believableBacktest();
    const long = Array.from({ length: 20_000 }, (_, i) => 10_000 + i);
    const report = believableBacktest({
      symbols: ['BTC', 'ETH', 'SOL'],
      equity: { ...base.equity, rule: long, hold: long, coinFlip: long, price: null },
    });
    const svg = backtestChartSvg(backtestChartInput(report), 'light');
    expect(svg.length).toBeLessThan(120_000);
    expect(texts(svg).some((words) => words!.startsWith('price'))).toBe(false);
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});
