import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { parseAccuracyPress } from '../../../src/render/accuracy/accuracy-embed.ts';
import {
  ODDS_RECORD_CHART_SIZE,
  oddsRecordChartInput,
  oddsRecordChartSvg,
} from '../../../src/render/accuracy/odds-record-chart.ts';
import { oddsRecordReply } from '../../../src/render/accuracy/odds-record-embed.ts';
import { svgToPng } from '../../../src/render/chart/rasterize.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { believableOddsRecord } from '../../support/odds.ts';

const PNG = Uint8Array.of(0x89);
const replyTo = (report = believableOddsRecord(), view: 'brief' | 'details' = 'brief', locale = 'en-GB') =>
  oddsRecordReply(report, PNG, null, translatorFor(locale), { view, query: {} });
const draw = (report = believableOddsRecord(), theme: 'dark' | 'light' = 'dark', locale = 'en-GB') =>
  oddsRecordChartSvg(oddsRecordChartInput(report, translatorFor(locale)), theme);
const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);

describe('the record of odds', () => {
  it('begins with what was said and how often it happened, with n and days', () => {
    const [first, second, third] = replyTo().embeds[0]!.description!.split('\n');
    expect(first).toMatch(/^When I said \d\d.%, it happened \d\d.% of the time \([\d,]+ odds, 60 days\)\.$/);
    const [, said, happened] = /said (\d+).%, it happened (\d+).%/.exec(first!)!;
    expect(Number(said)).toBeGreaterThan(54);
    expect(Math.abs(Number(said) - Number(happened))).toBeLessThan(6);
    expect(second).toMatch(/closer than going by the coins’ usual moves|usual moves would have/);
    expect(third).toMatch(/touched on the way/);
    expect(replyTo().embeds[0]!.fields).toBeUndefined();
  });

  it('says each step with its interval and n in details, asked odds apart', () => {
    const { fields } = replyTo(believableOddsRecord(), 'details').embeds[0]!;
    expect(fields).toHaveLength(5);
    expect(fields![0]!.value).toMatch(/^n = 18,000 over 60 days; 3 more could not be scored\n/);
    expect(fields![0]!.value).toMatch(/Brier score 0\.\d{4}, of the usual moves 0\.\d{4}/);
    expect(fields![0]!.value.match(/^said \d/gm)).toHaveLength(14);
    expect(fields![2]!.value).toMatch(/^n = 240 over 60 days/);
  });

  it('says nothing but that there is not enough under 100 odds or 42 days', () => {
    const reply = oddsRecordReply(believableOddsRecord(20), null, null, translatorFor('en-GB'), {
      view: 'details',
      query: {},
    });
    const [embed] = reply.embeds;
    expect(embed!.description).toBe(
      'Not enough yet: 6,000 odds over 20 days have come due. From 100 odds over 42 days on I say how they held.',
    );
    for (const { value } of embed!.fields!.slice(0, 4))
      expect(value).toMatch(/^Not enough yet: n = [\d,]+ over 20 days/);
    expect(reply.files).toEqual([]);
    const none = { reliability: null, enough: false, unscored: 0 };
    const empty = { fixed: { end: none, touch: none }, asked: { end: none, touch: none } };
    expect(replyTo(believableOddsRecord(60, empty)).embeds[0]!.description).toMatch(
      /^Not enough yet: 0 odds over 0 days/,
    );
  });

  it('leads to its details, back, and to the forecasts, by ids that are read again', () => {
    const ids = (reply: ReturnType<typeof replyTo>) =>
      reply.components[0]!.components.map((one) => ('custom_id' in one ? one.custom_id : ''));
    const query = { symbol: 'BTC', horizon: '3d', days: 90, model: 'a:b' } as const;
    const reply = oddsRecordReply(believableOddsRecord(), PNG, null, translatorFor('en'), { view: 'brief', query });
    const [details, forecasts] = ids(reply).map((id) => parseAccuracyPress(id.slice('acc:'.length)));
    expect(details).toEqual({ query, page: 'odds', view: 'details' });
    expect(forecasts).toEqual({ query, page: 'forecasts', view: 'brief' });
    const [back] = ids(replyTo(believableOddsRecord(), 'details'));
    expect(parseAccuracyPress(back!.slice('acc:'.length))).toEqual({ query: {}, page: 'odds', view: 'brief' });
    for (const wrong of ['oddsx:BTC', 'odds:B TC:-:-:', 'x'])
      expect(() => parseAccuracyPress(wrong)).toThrow('another version');
  });

  it.each(LANGUAGES)('stays within Discord’s limits in %s, with the longest names', (locale) => {
    const long = believableOddsRecord(60, {
      symbol: 'LONGSYMBOL',
      name: '*'.repeat(120),
      horizon: '7d',
      model: `1h-2026-11-30-abcdefgh + 1d-2026-11-30-abcdefgh`,
      days: 1_826,
      simulated: true,
    });
    for (const view of ['brief', 'details'] as const) expect(limitProblems(replyTo(long, view, locale))).toEqual([]);
  });
});

describe('the diagram of odds', () => {
  it('has a mark, an interval and a count for each step, within the picture', () => {
    const svg = draw();
    expect(svg.match(/<circle/g)).toHaveLength(28);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(words(svg)).toEqual(
      expect.arrayContaining(['Above a price at the moment', 'Touched on the way', '18,000 odds, 60 days', '50 %']),
    );
    for (const [, y] of svg.matchAll(/c?y[12]?="([-\d.]+)"/g)) {
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(ODDS_RECORD_CHART_SIZE.height);
    }
    expect(svgToPng(svg, 900).length).toBeGreaterThan(10_000);
  });

  it('leaves a diagram empty where there is not enough for it', () => {
    const short = believableOddsRecord(20);
    const svg = draw({ ...short, fixed: { ...short.fixed, end: believableOddsRecord().fixed.end } });
    expect(svg.match(/<circle/g)).toHaveLength(14);
    expect(words(svg)).toContain('Not enough yet');
  });

  it.each(LANGUAGES)('has its words in %s, none wider than its room', (locale) => {
    const svg = draw(believableOddsRecord(60, { horizon: '7d', simulated: true }), 'light', locale);
    for (const [, x, size, anchor, text] of svg.matchAll(
      /<text x="([\d.]+)" y="[\d.]+" font-size="([\d.]+)"[^>]*text-anchor="(\w+)">([^<]*)</g,
    )) {
      const width = text!.length * 0.58 * Number(size);
      const left = anchor === 'start' ? Number(x) : anchor === 'end' ? Number(x) - width : Number(x) - width / 2;
      expect({ text, fits: left >= 0 && left + width <= ODDS_RECORD_CHART_SIZE.width + 1 }).toEqual({
        text,
        fits: true,
      });
    }
  });
});
