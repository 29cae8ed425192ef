import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PublicRecord } from '../../../src/core/public-record.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { html } from '../../../src/render/record/html.ts';
import { recordPage } from '../../../src/render/record/record-page.ts';
import { recordSite } from '../../../src/render/record/record-site.ts';
import { leadText } from '../../../src/render/record/record-text.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { START_MS } from '../../support/candles.ts';
import { believableOddsRecord } from '../../support/odds.ts';
import { type KeptRecord, keepRecord, publicRecordOf } from '../../support/public-record.ts';

const HOSTILE = '"><script>alert(1)</script>&\'';
const page = (record: PublicRecord) => recordPage(record, { verifier: null });
/** Every id once, every reference to an id that is there, every element closed. */
function expectSound(text: string): void {
  const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
  const named = [...text.matchAll(/(?:href="#|url\(#|aria-labelledby=")([^")]+)/g)].flatMap(([, names]) =>
    names!.split(' '),
  );
  expect(named.filter((name) => !ids.includes(name))).toEqual([]);
  const open: string[] = [];
  for (const [, close, name, self] of text.matchAll(/<(\/?)([a-zA-Z][\w]*)\b[^>]*?(\/?)>/g)) {
    if (self === '/' || ['meta', 'link', 'input'].includes(name!)) continue;
    if (close === '') open.push(name!);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
}

describe('a template', () => {
  it('escapes texts, and leaves out what is not there', () => {
    const inner = html`<b>${'<i>'}</b>`;
    expect(html`<a title="${HOSTILE}">${[inner, 0, null, false, '']}</a>`.markup).toBe(
      '<a title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;"><b>&lt;i&gt;</b>0</a>',
    );
  });
});

describe('the page of the track record', () => {
  let kept: KeptRecord;
  let record: PublicRecord;
  beforeAll(async () => {
    const isDown = (at: number) => at >= START_MS + 60 * DAY_MS && at < START_MS + 70 * DAY_MS;
    kept = await keepRecord({ symbols: ['BTC', 'ETH'], days: 130, hourlyDays: 3, isDown });
    record = await publicRecordOf(kept, {
      changes: [{ interval: '1d', atMs: START_MS, action: 'promote', from: null, to: '1d-x', why: HOSTILE }],
    });
  });
  afterAll(() => kept.storage.close());

  it('begins with what the record says', () => {
    const { n, horizons } = record;
    const text = page(record);
    expect(leadText(record)[0]).toBe(
      `Since 1\u00a0January 2024: ${n.toLocaleString('en')} forecasts of 2 coins came due. Their 8-in-10 ranges held ${/\d+\.\d/.exec(leadText(record)[0]!.split('held')[1]!)![0]}\u00a0% (${/\((.*)\)/.exec(leadText(record)[0]!)![1]}) of the time.`,
    );
    expect(leadText(record)[1]).toContain(
      `n\u00a0=\u00a0${horizons.find(({ horizon }) => horizon === '1d')!.skills[0]!.n}`,
    );
    for (const lead of leadText(record)) expect(text).toContain(lead);
  });

  it('shows how odds held beside the usual moves, or nothing but that there is not enough', () => {
    expectSound(page(record));
    const sectionOf = (text: string) => text.slice(text.indexOf('id="odds"'), text.indexOf('id="models"'));
    const none = sectionOf(page(record));
    expect(none).toContain('Not enough yet: n = 0 over 0 days; from 100 over 42 days on it is shown.');
    expect(none).not.toContain('<svg');
    const text = page({ ...record, odds: believableOddsRecord() });
    expectSound(text);
    expect(sectionOf(text).match(/<svg/g)).toHaveLength(2);
    expect(sectionOf(text)).toMatch(/Brier score 0\.\d{4}, of the coins’ usual moves 0\.\d{4}, skill \+\d/);
    expect(sectionOf(text)).toMatch(/Asked for by people[^<]*n = 240 over 60 days, 3 more could not be scored/);
  });

  it('is sound markup without anything from elsewhere, inline styles or inline scripts', () => {
    const text = page(record);
    expectSound(text);
    expect(text).not.toMatch(
      /\bhttps?:|\bsrc="(?!page\.js")|@import|\sstyle=|\son\w+=|<style|<script(?! src="page\.js" defer)/,
    );
    expect([...text.matchAll(/\bhref="([^#"][^"]*)"/g)].map(([, to]) => to)).toEqual([
      'icon.svg',
      'style.css',
      'figures.json',
    ]);
    expect(text).toContain('content="default-src &#39;none&#39;; style-src &#39;self&#39;;');
  });

  it('escapes names of coins and models, and reasons', () => {
    const [first, ...rest] = record.horizons;
    const hostile = {
      ...record,
      version: HOSTILE,
      models: record.models.map((model) => ({ ...model, version: HOSTILE })),
      horizons: [
        {
          ...first!,
          coins: first!.coins.map((coin) => ({ ...coin, symbol: HOSTILE })),
          best: first!.best.map((call) => ({ ...call, symbol: HOSTILE, model: HOSTILE })),
        },
        ...rest,
      ],
    };
    const text = page(hostile);
    expect(text).not.toContain('<script>alert');
    expect(text.split('&lt;script&gt;alert(1)').length).toBeGreaterThan(5);
    expectSound(text);
  });

  it('draws each chart with a title, a description and its numbers, and hatches outages', () => {
    const text = page(record);
    const charts = [...text.matchAll(/<svg class="plot"[\s\S]*?<\/svg>/g)].map(([svg]) => svg);
    expect(charts).toHaveLength(record.horizons.length * 7);
    for (const svg of charts)
      expect(svg).toMatch(/role="img"[\s\S]*<title [^>]*>[^<]+<\/title><desc [^>]*>[^<]+<\/desc>/);
    const overClimatology = charts.find((svg) => svg.includes('id="1d-skill-0-title"'))!;
    expect(overClimatology.match(/<rect class="hole"/g)).toHaveLength(1);
    expect(overClimatology.match(/<path class="line circle"/g)).toHaveLength(2);
    expect(text).not.toContain('NaN');
    expect(text).not.toContain('undefined');
    expect(text).not.toContain('Infinity');
    expect(text).toContain(`<code class="hash">${record.checkpoint!.hash}</code>`);
  });

  it('says that a baseline could not be compared where its candles are not stored', async () => {
    const without = await publicRecordOf({
      ...kept,
      storage: { ...kept.storage, candles: { ...kept.storage.candles, range: async () => [] } },
    });
    const text = page(without);
    expectSound(text);
    expect(text).toContain('Nothing to compare: the candles of that time are not stored.');
    expect(without.horizons[0]!.skills.map(({ n }) => n)).toEqual([without.horizons[0]!.n, 0, 0]);
  });

  it('says loudly that a market is simulated', () => {
    const text = page({ ...record, simulated: true });
    expect(text).toContain('<strong>SIMULATED.</strong> These forecasts are of a made-up market.');
    expect(text).toContain('<title>Track record (SIMULATED) · Candlecast</title>');
    expect(page(record)).not.toContain('SIMULATED');
  });

  it('is a site of its page, its style, its script, its fonts and its figures', async () => {
    const files = await recordSite(record, { verifier: 'export/verify.py' });
    expect(files.map(({ name }) => name).sort()).toEqual([
      'figures.json',
      'icon.svg',
      'index.html',
      'inter-400.ttf',
      'inter-600.ttf',
      'page.js',
      'style.css',
    ]);
    const file = (name: string) => new TextDecoder().decode(files.find((one) => one.name === name)!.data);
    expect(JSON.parse(file('figures.json'))).toMatchObject({ generator: 'Candlecast public record', n: record.n });
    expect(file('index.html')).toContain(
      '<a href="export/">open data</a> with <a href="export/verify.py">verify.py</a>',
    );
    const css = readFileSync(new URL('../../../src/render/record/page/style.css', import.meta.url), 'utf8');
    expect([...css.matchAll(/url\("([^"]+)"\)/g)].map(([, name]) => name)).toEqual(['inter-400.ttf', 'inter-600.ttf']);
  });
});

describe('the page of a short record', () => {
  it('of nothing says so', async () => {
    const storage = await openStorage('sqlite::memory:', { now: () => START_MS });
    const record = await publicRecordOf({ storage, clock: { nowMs: START_MS }, close: () => 1 });
    const text = page(record);
    expectSound(text);
    expect(text).toContain('The record is empty: no forecast has been issued on schedule yet.');
    expect(text).not.toContain('<svg');
    await storage.close();
  });

  it.each([
    [1, 0],
    [1, 1],
    [9, 2],
  ])('of %i days, %i of them with hours, has no intervals and is sound', async (days, hourlyDays) => {
    const kept = await keepRecord({ symbols: ['BTC'], days, hourlyDays });
    const text = page(await publicRecordOf(kept));
    expectSound(text);
    expect(text).not.toContain('NaN');
    expect(text).not.toContain('Infinity');
    if (days === 1 && hourlyDays === 0) expect(text).toContain('none of which has come due yet');
    else expect(text).toContain('too few to compare with climatology');
    if (days === 1) expect(text).toMatch(/Issued: 1 forecast, from 2024-01-01 to/);
    expect(text).not.toContain('0 coins');
    await kept.storage.close();
  });
});
