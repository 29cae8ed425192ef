import { describe, expect, it } from 'vitest';
import { BREAKER_NAMES } from '../../../src/core/backtest.ts';
import type { PaperReport } from '../../../src/core/paper.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { backtestChartSvg } from '../../../src/render/backtest/backtest-chart.ts';
import { dollarsText } from '../../../src/render/backtest/rule-text.ts';
import * as charts from '../../../src/render/chart/chart-renderer.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import * as embeds from '../../../src/render/paper/paper-embed.ts';
import { dailyPostReply } from '../../../src/render/subscriptions/daily-post.ts';
import { ENGLISH } from '../../support/english.ts';
import { believablePaper } from './believable-paper.ts';

const PNG = Uint8Array.of(1);
const paperReply = (report: PaperReport, png: Uint8Array | 'failed' | null) => embeds.paperReply(report, png, ENGLISH);
const paperSentence = (report: PaperReport) => embeds.paperSentence(report, ENGLISH);
const paperLine = (report: PaperReport) => embeds.paperLine(report, ENGLISH);
const paperChartInput = (report: PaperReport) => charts.paperChartInput(report, ENGLISH);
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const embedOf = (report: PaperReport, png: Uint8Array | 'failed' | null = PNG) => paperReply(report, png).embeds[0]!;
const fieldOf = (report: PaperReport, name: string) => {
  const found = embedOf(report).fields?.find((field) => field.name === name);
  return found && plain(found.value);
};
const stopped = (report: PaperReport): PaperReport => ({
  ...report,
  portfolio: { ...report.portfolio, stoppedMs: report.nowMs },
});

describe('the sentence about a paper portfolio', () => {
  it('says how long, where it stands, and what the same money held would be', () => {
    expect(plain(paperSentence(believablePaper()))).toBe(
      'After 12 days this paper portfolio stands at $10,120 (+1.2 %); the same money held would be $10,340.',
    );
    expect(plain(paperSentence(stopped(believablePaper())))).toBe(
      'After 12 days this paper portfolio was stopped at $10,120 (+1.2 %); the same money held would have been $10,340.',
    );
  });

  it('promises nothing before the first candle', () => {
    expect(paperSentence(believablePaper({}, 0))).toBe(
      'This paper portfolio of $10,000 has just begun: it is first worked out when the next full day has closed.',
    );
    expect(paperSentence(stopped(believablePaper({ interval: '1h' }, 0)))).toContain('before its first full hour');
  });

  it('is a line of its own under posts, marked where prices are made up', () => {
    expect(plain(paperLine(believablePaper()))).toMatch(
      /^-# Paper portfolio \(BTC, ETH; imagined orders\): After 12 days/,
    );
    expect(paperLine(believablePaper({ simulated: true }))).toContain('SIMULATED');
    const post = {
      coins: [],
      horizon: '1d',
      timeZone: 'UTC',
      postId: 'id',
      head: null,
      missed: 0,
      test: false,
    } as const;
    expect(dailyPostReply({ ...post, paper: '-# the line' }, ENGLISH).content).toMatch(/\n-# the line$/);
    expect(dailyPostReply(post, ENGLISH).content).toBe(dailyPostReply({ ...post, paper: null }, ENGLISH).content);
  });

  it('writes dollars as people do', () => {
    expect([0, 31.267, 99.999, 100, 10_120.4, -5.5, -1_234.5].map((dollars) => dollarsText(dollars, ENGLISH))).toEqual([
      '$0.00',
      '$31.27',
      '$100.00',
      '$100',
      '$10,120',
      '−$5.50',
      '−$1,235',
    ]);
  });
});

describe('the reply of /paper', () => {
  it('begins with the sentence and says as of when', () => {
    const { description, title, footer } = embedOf(believablePaper());
    expect(plain(description!)).toMatch(/^\*\*After 12 days .*\*\*\nAs of the close of <t:\d+:f>\.$/);
    expect(title).toBe('Paper portfolio: BTC, ETH, Buy when a rise is likely, else out');
    expect(footer!.text).toMatch(/^Imagined orders .* nothing is sent to an exchange/);
  });

  it('shows positions, what keeps coins out and until when, orders with their reason, and costs', () => {
    const report = believablePaper();
    expect(fieldOf(report, 'Positions')).toBe(
      '**BTC** $5,210 (+4.2 %), long with 100 % of it since $88,120, now $91,004\n**ETH** $4,910 (−1.8 %), out of the market',
    );
    expect(fieldOf(report, 'Kept out of the market')).toMatch(/^\*\*ETH\*\* until <t:\d+:f>: the price moved far more/);
    expect(fieldOf(report, 'Newest orders, all imagined')).toMatch(
      /▲ bought BTC for \$5,023 at \$88,120 \(the rule\)\n.*▼ sold ETH .* \(volatility shock\)$/,
    );
    const hourly = fieldOf({ ...report, interval: '1h' }, 'Newest orders, all imagined');
    expect(hourly).toMatch(/^<t:\d+:f> /);
    expect(fieldOf(report, 'Newest orders, all imagined')).toMatch(/^<t:\d+:D> /);
    expect(fieldOf(report, 'How')).toContain('5 orders, $31.27 of fees, spread and slippage.');
    expect(fieldOf(report, 'How')).toContain('beginning with $10,000, in 2 equal parts');
  });

  it('leaves out what there is nothing to say about', () => {
    const report = believablePaper({ recent: [], trips: [], positions: [believablePaper().positions[0]!] });
    expect(embedOf(report).fields!.map(({ name }) => name)).toEqual(['Positions', 'How']);
    expect(fieldOf(stopped(believablePaper()), 'Kept out of the market')).toBeUndefined();
    expect(fieldOf(stopped(believablePaper()), 'Positions at the end')).toContain('BTC');
  });

  it('says that it decides at closes, unlike live forecasts', () => {
    expect(fieldOf(believablePaper(), 'How')).toContain(
      'Decides at the close of every day, at midnight UTC, unlike /forecast',
    );
    expect(fieldOf(believablePaper({ interval: '1h' }), 'How')).toContain('Decides at the close of every hour, unlike');
  });

  it('says that a chart failed, but not that there is none to draw yet', () => {
    expect(embedOf(believablePaper(), 'failed').description).toMatch(/could not/);
    expect(paperReply(believablePaper(), null).files).toEqual([]);
    expect(embedOf(believablePaper(), null).description).not.toContain('chart');
    expect(paperReply(believablePaper(), PNG).files[0]!.description).toContain('After 12');
  });

  it('marks what is simulated', () => {
    const { title, description } = embedOf(believablePaper({ simulated: true }));
    expect(title).toMatch(/^SIMULATED: /);
    expect(description).toMatch(/^Simulated market: these prices are made up\./);
  });

  it('keeps every limit of Discord with ten coins that are all kept out', () => {
    const base = believablePaper();
    const position = {
      ...base.positions[1]!,
      equity: 1e9,
      capital: 1,
      exposure: -1,
      entryPrice: 1e-9,
      lastClose: 1e14,
    };
    const report = believablePaper({
      simulated: true,
      positions: Array.from({ length: 10 }, (_, i) => ({ ...position, symbol: `COINWITHALONGNAME${i}` })),
      recent: Array.from({ length: 8 }, () => base.recent[0]!),
      trips: BREAKER_NAMES.map((breaker) => ({ timeMs: base.fromMs, symbol: 'COINWITHALONGNAME', breaker })),
    });
    for (const locale of LANGUAGES) {
      for (const png of [PNG, null, 'failed'] as const) {
        expect(limitProblems(embeds.paperReply(report, png, translatorFor(locale)))).toEqual([]);
      }
    }
  });
});

describe('the post about tripped breakers', () => {
  it('says in plain words which coin is out, for how long, why, and that orders are imagined', () => {
    const trips = BREAKER_NAMES.map((breaker, i) => ({
      symbol: `C${i}`,
      breaker,
      untilMs: i < 2 ? Date.UTC(2026, 11, 1) : null,
    }));
    const payload = { atMs: Date.UTC(2026, 10, 20), trips, simulated: true };
    const reply = embeds.paperTripReply(payload, 'sub00001-pabc', null, ENGLISH);
    const [embed] = reply.embeds;
    expect(embed!.title).toMatch(/^SIMULATED: A circuit breaker/);
    expect(embed!.description!.split('\n')).toHaveLength(BREAKER_NAMES.length + 1);
    expect(embed!.description).toMatch(/^\*\*C0\*\* is kept out of the market until <t:\d+:f>: its part has lost/);
    expect(embed!.description).toContain('**C4** is kept out of the market while that lasts: forecasts');
    expect(embed!.description).toContain('imagined');
    expect(embed!.footer!.text).toContain('sub00001-pabc');
    expect(limitProblems(reply)).toEqual([]);
  });
});

describe('the chart of a paper portfolio', () => {
  const texts = (report: PaperReport) =>
    [...backtestChartSvg(paperChartInput(report), 'dark').matchAll(/<text[^>]*>([^<]*)</g)].map(([, words]) => words);

  it('begins at the first open with what was put in', () => {
    const input = paperChartInput(believablePaper());
    expect(input.rule).toHaveLength(13);
    expect([input.fromMs, input.rule[0], input.hold[0]]).toEqual([believablePaper().fromMs, 0, 0]);
    expect(input.rule.at(-1)).toBeCloseTo(0.012, 12);
    expect(input.hold.at(-1)).toBeCloseTo(0.034, 12);
  });

  it('measures gains from what was put in where the marks are thinned out', () => {
    const whole = believablePaper({}, 100);
    const marks = whole.marks.filter((_, i) => (99 - i) % 3 === 0);
    const input = paperChartInput({ ...whole, marks, markEveryMs: 3 * DAY_MS });
    expect(input.rule).toHaveLength(marks.length);
    expect(input.rule[0]).toBeCloseTo(marks[0]!.equity / 10_000 - 1, 12);
  });

  it('names the portfolio and holding, and no coin flips', () => {
    const words = texts(believablePaper());
    expect(words).toEqual(expect.arrayContaining(['this portfolio', 'holding', 'below its own peak']));
    expect(words.join(' ')).not.toContain('coin flips');
    expect(texts(believablePaper({ simulated: true }))).toContain('SIMULATED');
  });

  it('has tenths of a per cent for small gains, a label of its own for each of few days, the time of day within one, and no fall above zero', () => {
    const flat = believablePaper({}, 2);
    const small = flat.marks.map((mark) => ({ ...mark, equity: 10_020, hold: 10_011 }));
    const words = texts({ ...flat, marks: small });
    expect(words.some((text) => /^\+0\.\d %$/.test(text!))).toBe(true);
    const days = words.filter((text) => /^\d+ Nov$/.test(text!));
    expect(days).toHaveLength(3);
    expect(new Set(days).size).toBe(3);
    expect(texts(believablePaper({}, 1)).some((text) => /^\d+ Nov \d\d:\d\d$/.test(text!))).toBe(true);
    expect(words).not.toContain('+100 %');
    expect(words).toContain('−1 %');
    expect(flat.markEveryMs).toBe(24 * HOUR_MS);
  });
});
