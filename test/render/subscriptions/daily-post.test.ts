import { expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { type DailyCoin, dailyPostReply } from '../../../src/render/subscriptions/daily-post.ts';
import { previewReply, subscriptionListReply } from '../../../src/render/subscriptions/subscription-embed.ts';
import { plainNote } from '../../support/english.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';
import { believableReport, ORIGIN_MS } from '../forecast/believable-report.ts';

const PNG = Uint8Array.of(1);

function coin(symbol: string, changes: Partial<DailyCoin> = {}, name = symbol): DailyCoin {
  return {
    symbol,
    report: believableReport({ symbol, name }),
    problem: null,
    chartPng: PNG,
    lastCall: null,
    ...changes,
  };
}
const post = (coins: readonly DailyCoin[], changes = {}, locale = 'en-GB') =>
  dailyPostReply(
    {
      coins,
      horizon: '1d',
      timeZone: 'UTC',
      postId: 'k7m2qx9a-dt5x3k2',
      head: { forecasts: 812, digits: '3f2a9c0d11e84b7755aa' },
      missed: 0,
      test: false,
      ...changes,
    },
    translatorFor(locale),
  );

it('shows three charts in full and more of them small', () => {
  expect(post(['A', 'B', 'C'].map((symbol) => coin(symbol))).embeds.every(({ image }) => image)).toBe(true);
  const four = post(['A', 'B', 'C', 'D'].map((symbol) => coin(symbol)));
  expect(four.embeds.every(({ thumbnail, image }) => thumbnail && !image)).toBe(true);
});

it('keeps Discord’s limits with ten coins of the longest names and many warnings', () => {
  const report = believableReport();
  const notes = Array.from({ length: 9 }, () => plainNote('gaps', '*'.repeat(400)));
  const coins = Array.from({ length: 10 }, (_, i) => {
    const asset = { ...report.asset, symbol: `COIN${i}`, name: '_'.repeat(300) };
    return coin(`COIN${i}`, { report: { ...report, asset, notes } });
  });
  const reply = post(coins, { missed: 12 });
  expect(limitProblems(reply)).toEqual([]);
  expect(reply.embeds).toHaveLength(10);
  expect(new Set(reply.files.map(({ name }) => name)).size).toBe(10);
});

it('bears the head of the record and its id at the end of the last footer, and neither in a preview', () => {
  expect(post([coin('BTC'), coin('ETH')]).embeds.map(({ footer }) => footer?.text)).toEqual([
    undefined,
    'Not investment advice · Record 812 · 3f2a9c0d11e84b7755aa · k7m2qx9a-dt5x3k2',
  ]);
  expect(post([coin('BTC')], { postId: null, head: null }).embeds[0]?.footer?.text).toBe('Not investment advice');
});

it('says which coin has no forecast and why, and goes on with the others', () => {
  const reply = post([
    coin('BTC'),
    coin('ETH', {
      report: null,
      chartPng: null,
      problem: new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No *source* answers.'),
    }),
  ]);
  expect(reply.embeds[1]?.description).toBe('No forecast this time: No \\*source\\* answers.');
  expect(reply.files).toHaveLength(1);
});

it('says what was said last time and what happened', () => {
  const report = believableReport();
  const call = {
    symbol: 'BTC',
    horizon: '1d' as const,
    originMs: 0,
    targetMs: report.originMs,
    lastPrice: report.lastPrice,
    quantiles: report.quantiles,
    pUp: 0.5,
    model: 'm',
    band: 95 as const,
    position: 0,
    revised: false,
    isScored: true,
  };
  const line = (actualPrice: number, isScored = true) =>
    post([coin('BTC', { lastCall: { ...call, actualPrice, isScored } })]).embeds[0]?.description;
  expect(line(report.lastPrice)).toMatch(/Last call ✅: .* was likely for <t:\d+:f>, and it was \$/);
  expect(line(report.lastPrice, false)).toMatch(/Last call ✅: .* was likely for <t:\d+:f>, and it is \$/);
  expect(line(report.quantiles[19]!)).toMatch(/Last call ❌: .* but it was \$[\d,]+, above that\./);
});

it('says until when it is, and of each coin the price now and the likely range in plain words', () => {
  const originMs = ORIGIN_MS + 23 * HOUR_MS + 48 * MINUTE_MS;
  const btc = believableReport({ originMs });
  const targetS = Math.floor(originMs / 1000) + 86_400;
  const reply = post([coin('BTC', { report: btc })]);
  expect(reply.content).toBe(`**Forecast, 1 day ahead**: where prices may be by <t:${targetS}:f>`);
  expect(reply.embeds[0]?.title).toMatch(/^Bitcoin \(BTC\) · \$98,123/);
  expect(reply.embeds[0]?.description).toMatch(
    new RegExp(
      `^Likely \\(8 in 10\\) by <t:${targetS}:f>: \\*\\*\\$94,769 to \\$101,554\\*\\*\\nUp or down: a coin toss`,
    ),
  );
});

it('is in the language of its server', () => {
  const german = post([coin('BTC')], { missed: 2, test: true }, 'de');
  expect(german.content).toMatch(/^Probebeitrag|^\*\*Probebeitrag/);
  expect(german.content).toContain('2 Beiträge vor diesem fielen aus');
  expect(german.embeds[0]?.description).toMatch(/^Wahrscheinlich \(8 von 10\) bis/);
  expect(german.embeds[0]?.footer?.text).toMatch(/^Keine Anlageberatung · Record 812/);
  expect(german.files[0]?.description).toMatch(/^Fächerdiagramm von BTC/);
});

it.each(LANGUAGES)('keeps Discord’s limits in %s with ten coins, and cuts no sentence', (locale) => {
  const call = { symbol: 'BTC', horizon: '1d', originMs: 0, targetMs: ORIGIN_MS, lastPrice: 98_123, pUp: 0.5 } as const;
  const report = believableReport();
  const { quantiles } = report;
  const outcome = { model: 'm', band: 95, position: 0, revised: false, isScored: true, actualPrice: 1 } as const;
  const lastCall = { ...call, ...outcome, quantiles };
  const coins = Array.from({ length: 10 }, (_, i) => coin(`COIN${i}`, { lastCall }));
  const reply = post(coins, { missed: 2 }, locale);
  expect(limitProblems(reply)).toEqual([]);
  for (const { description } of reply.embeds) expect(description).not.toMatch(/…$/);
});

it('describes its charts by the clock of the subscription', () => {
  const report = believableReport({ originMs: ORIGIN_MS + 23 * HOUR_MS + 48 * MINUTE_MS });
  const described = (timeZone: string) => post([coin('BTC', { report })], { timeZone }).files[0]?.description;
  expect(described('UTC')).toMatch(
    /^Fan chart of BTC from 21 Nov 2026, 23:48 \(UTC\) to 22 Nov 2026, 23:48 \(UTC\): price/,
  );
  expect(described('America/Los_Angeles')).toContain('to 22 Nov 2026, 15:48 (Los Angeles time): price');
});

it('says that prices are made up and that posts were left out', () => {
  const simulated = believableReport({ simulated: true });
  const reply = post([coin('BTC', { report: simulated })], { missed: 1 });
  expect(reply.content).toContain('Simulated market');
  expect(reply.content).toContain('One post before this one was left out');
  expect(reply.embeds[0]?.title).toContain('SIMULATED');
});

it('says on top where there is no edge', () => {
  const none = { ...believableReport(), record: null };
  expect(post([coin('BTC', { report: none })]).content).toContain('No edge for BTC: how they moved before');
  const edge = believableReport();
  const record = { ...edge.record!, edge: true };
  const mixed = post([coin('ETH', { report: { ...edge, record } }), coin('BTC', { report: none })]);
  expect(mixed.content).toContain('No edge for BTC: how');
});

it('fits a preview with its settings, and twenty subscriptions of ten coins in one list', () => {
  const symbols = Array.from({ length: 10 }, (_, i) => `LONGCOIN${i}`);
  const alerts = { bandBreak: true, flipAt: 0.7 };
  const long = sampleSubscription({ symbols, alerts, timeZone: 'America/Argentina/ComodRivadavia', report: 'both' });
  const shown = post(symbols.slice(0, 3).map((symbol) => coin(symbol, {}, 'x'.repeat(80))));
  for (const locale of LANGUAGES) {
    expect(limitProblems(previewReply(long, [1, 2, 3], shown, ['a hint'], translatorFor(locale)))).toEqual([]);
  }
  const failing = { ...long, state: 'failing' as const, stateReason: 'I lack a permission there '.repeat(5) };
  const many = Array.from({ length: 20 }, (_, i) => ({ ...failing, id: `sub${i}` }));
  for (const locale of LANGUAGES) {
    const list = subscriptionListReply(many, () => `#${'c'.repeat(100)}`, null, translatorFor(locale), 0);
    expect(limitProblems(list)).toEqual([]);
  }
});
