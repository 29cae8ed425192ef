import { describe, expect, it } from 'vitest';
import type { SentimentReading, SentimentReport } from '../../../src/core/sentiment.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { sentimentText } from '../../../src/render/forecast/forecast-details.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import * as chart from '../../../src/render/sentiment/sentiment-chart.ts';
import * as embeds from '../../../src/render/sentiment/sentiment-embed.ts';
import { ENGLISH } from '../../support/english.ts';
import { believableHeadline, believableSentiment } from './believable-sentiment.ts';

const PNG = Uint8Array.of(1);
const { tone } = embeds;
const { sentimentChartSvg } = chart;
const sentimentReply = (report: SentimentReport, png: Uint8Array | null) =>
  embeds.sentimentReply(report, png, ENGLISH, 'details');
const sentimentChartInput = (report: SentimentReport) => chart.sentimentChartInput(report, ENGLISH);
const textOf = (report: SentimentReport, png: Uint8Array | null = PNG) => JSON.stringify(sentimentReply(report, png));
const nothing: SentimentReading = { timeMs: 0, score: null, count: 0, unusual: null };
const silent = { news: nothing, reddit: nothing, together: nothing };

describe('the reply of /sentiment', () => {
  it('says first what is written and how much of it, then news, Reddit and the market apart, now and a week ago', () => {
    const [embed] = sentimentReply(believableSentiment(), PNG).embeds;
    expect(embed!.description).toBe(
      'What is written about BTC sounds mildly positive, better than a week ago (143 stories in 24 hours).',
    );
    const field = (name: string) => embed!.fields!.find((one) => one.name === name)!.value;
    expect(field('News')).toBe('**+0.21** mildly positive (a week ago −0.11)\n80 stories in 24 hours');
    expect(field('Reddit')).toBe('**−0.08** mildly negative (a week ago +0.04)\n63 stories in 24 hours');
    expect(field('Whole market')).toContain('far more talk than usual');
    expect(field('Fear & Greed')).toContain('**39** of 100, a week ago 52');
    expect(field('Sources')).toBe('🔴 reddit\n1 of 2 answer');
    expect(field('Set aside this week')).toContain(
      '30 told again by another outlet, 3 not in English, 1 advertising, 12 by price bots, 4 old news when first seen',
    );
  });

  it('shows the sentence and the chart alone at first, in the reader’s language', () => {
    const brief = embeds.sentimentReply(believableSentiment(), PNG, translatorFor('de'), 'brief');
    expect(brief.embeds[0]).toMatchObject({
      title: 'BTC: was gesagt wird',
      description:
        'Was über BTC geschrieben wird, klingt leicht positiv, besser als vor einer Woche (143 Meldungen in 24 Stunden).',
      footer: { text: 'Der Ton ist keine Prognose.' },
    });
    expect(brief.embeds[0]!.fields).toBeUndefined();
    expect(brief.components[0]!.components).toMatchObject([{ custom_id: 'sent:details:BTC', label: 'Einzelheiten' }]);
    expect(embeds.parseSentimentPress('details:BTC')).toEqual({ view: 'details', symbol: 'BTC' });
    for (const rest of ['', 'details:btc', 'all:BTC', 'details:BTC:x']) {
      expect(() => embeds.parseSentimentPress(rest)).toThrow(expect.objectContaining({ code: 'CC_USAGE' }));
    }
  });

  it('links the headlines that weighed most, with the words that gave their score', () => {
    const text = textOf(believableSentiment());
    expect(text).toContain('**+0.40** [Bitcoin climbs as fees fall](https://coindesk.com/1)');
    expect(text).toContain('3.1\u00a0% of the weight: climbs +0.30, fees fall +0.10');
  });

  it('lets no headline and no address out of the link, mention anybody or turn the line around', () => {
    const hostile = believableHeadline({
      title: '@everyone [free](https://evil.example) **coins** <@123> \u202egnp.exe ||x||',
      url: 'https://coindesk.com/a(b)c]d e>f',
      outlet: 'evil](https://x)',
    });
    const text = textOf(believableSentiment({ top: [{ headline: hostile, score: 0, weight: 1, terms: [] }] }));
    expect(text).not.toMatch(/@everyone|<@123>|\u202e|[^\\]\|\|/);
    expect(text).toContain('(https://coindesk.com/a%28b%29c%5Dd%20e%3Ef)');
    expect(text).not.toContain('](https://evil.example)');
    expect(text).not.toContain('evil](https');
  });

  it('says that nothing was said instead of calling it neutral', () => {
    const report = believableSentiment({
      coin: silent,
      market: silent,
      weekAgo: null,
      fearGreed: null,
      top: [],
      sinceMs: null,
    });
    const text = textOf(report);
    expect(text).toContain('There are no headlines to go by');
    expect(text).toContain('no story seen in the last 7 days');
    expect(text).toContain('No headline is kept yet.');
    expect(text).not.toContain('neutral');
    const market = textOf(believableSentiment({ coin: silent }));
    expect(market).toContain('Nobody spoke of BTC lately; the market as a whole sounds mildly positive.');
  });

  it('does not say that nothing was said where no feed was heard', () => {
    const unheard = { ...nothing, count: null };
    const report = believableSentiment({ coin: { ...believableSentiment().coin, reddit: unheard } });
    const reddit = sentimentReply(report, PNG).embeds[0]!.fields!.find(({ name }) => name === 'Reddit')!.value;
    expect(reddit).toBe('unknown: none of its feeds was heard in two days');
    expect(sentimentChartSvg(sentimentChartInput(report), 'dark')).toContain('not heard');
    const all = believableSentiment({ coin: { news: unheard, reddit: unheard, together: unheard } });
    expect(textOf(all)).not.toContain('Nobody spoke');
  });

  it('keeps every limit of Discord in the worst case', () => {
    const headline = believableHeadline({ title: '*'.repeat(300), url: `https://x.example/${'('.repeat(1_000)}` });
    const top = Array.from({ length: 10 }, () => ({
      headline,
      score: 1,
      weight: 0.1,
      terms: [{ text: '_'.repeat(300), weight: 1 }],
    }));
    const sources = Array.from({ length: 40 }, (_, i) => ({
      ...believableSentiment().sources[1]!,
      name: `${'*'.repeat(50)}${i}`,
    }));
    for (const locale of LANGUAGES) {
      const report = believableSentiment({ top, sources, simulated: true });
      const reply = embeds.sentimentReply(report, PNG, translatorFor(locale), 'details');
      expect(limitProblems(reply)).toEqual([]);
    }
  });

  it('marks a simulated market, and says when the chart is missing', () => {
    const text = textOf(believableSentiment({ simulated: true }), null);
    expect(text).toContain('SIMULATED');
    expect(text).toContain('The chart could not be drawn');
    expect(text).not.toContain('attachment://');
  });

  it('has words for every score', () => {
    expect([-1, -0.1, -0.04, 0, 0.06, 0.25].map(tone)).toEqual([
      'stronglyNegative',
      'mildlyNegative',
      'neutral',
      'neutral',
      'mildlyPositive',
      'stronglyPositive',
    ]);
  });
});

describe('the line of /forecast about sentiment', () => {
  const line = { score: 0.12, weekAgo: -0.03, count: 143, share: 0.04, worth: null };
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');

  it('says what is said and how much of the forecast comes from it', () => {
    expect(plain(sentimentText(line, ENGLISH))).toBe(
      'Mildly positive (+0.12, a week ago −0.03; 143 stories in 24 hours). Its share in this forecast: 4 %. What it is worth was not measured.',
    );
  });

  it('never claims more than was found on past data', () => {
    const worth = (valuePct: number, lowPct: number, highPct: number) =>
      plain(sentimentText({ ...line, worth: { valuePct, lowPct, highPct, n: 78_627 } }, ENGLISH));
    expect(worth(0.4, -0.1, 0.9)).toContain('no measurable difference (at most 0.9 % of the error; n = 78,627)');
    expect(worth(-0.001, -0.002, 0.001)).toContain('no measurable difference (at most 0.01 % of the error');
    // "At most" is never rounded down.
    expect(worth(0.4, -0.1, 0.94)).toContain('at most 1.0 % of the error');
    expect(worth(0, -0.061, 0.02)).toContain('at most 0.07 % of the error');
    expect(worth(0, 0, 0)).toContain('at most 0.01 % of the error');
    expect(worth(0.4, 0.1, 0.7)).toContain('lowered the error by 0.4 % (95 % interval 0.1 % to 0.7 %');
    expect(worth(-0.4, -0.7, -0.1)).toContain('raised the error by 0.4 %');
  });

  it('says that nothing is said, and that it does not enter', () => {
    expect(sentimentText({ score: null, weekAgo: null, count: 0, share: null, worth: null }, ENGLISH)).toBe(
      'Nothing to go by. It does not enter this forecast.',
    );
  });
});

describe('the sentiment chart', () => {
  const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, words]) => words);

  it('shows each gauge with its score, a week ago as a hollow mark, and three lines over time', () => {
    const input = sentimentChartInput(believableSentiment());
    const svg = sentimentChartSvg(input, 'dark');
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['What is said about BTC', '+0.21', '−0.08', '+0.12', 'whole market']),
    );
    expect(input.gauges.map(({ weekAgo }) => weekAgo)).toEqual([-0.06, -0.105, 0.04, 0.024]);
    expect(texts(svg)).not.toContain('SIMULATED');
    expect(texts(sentimentChartSvg({ ...input, simulated: true }, 'light'))).toContain('SIMULATED');
  });

  it('leaves holes where nothing was said and says so where nothing was said at all', () => {
    const report = believableSentiment({ coin: silent, market: silent, weekAgo: null, series: [silent, silent] });
    const svg = sentimentChartSvg(sentimentChartInput(report), 'dark');
    expect(texts(svg).filter((words) => words === 'nothing to go by')).toHaveLength(4);
    expect(texts(svg)).toContain('No headlines in this time');
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('says on the first day why there is no line yet, and writes a score as the reply does', () => {
    const { coin } = believableSentiment();
    const small = { ...coin, together: { ...coin.together, score: 0.001 } };
    const first = believableSentiment({ coin: small, weekAgo: null, series: [silent, small] });
    const svg = sentimentChartSvg(sentimentChartInput(first), 'dark');
    expect(texts(svg)).toContain('Too short a time for a line yet');
    expect(texts(svg)).not.toContain('+0.00');
    expect(texts(sentimentChartSvg(sentimentChartInput(believableSentiment()), 'dark'))).not.toContain(
      'Too short a time for a line yet',
    );
  });
});
