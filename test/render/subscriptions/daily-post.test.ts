import { expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
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
const post = (coins: readonly DailyCoin[], changes = {}) =>
  dailyPostReply({
    coins,
    horizon: '1d',
    timeZone: 'UTC',
    postId: 'k7m2qx9a-dt5x3k2',
    head: { forecasts: 812, digits: '3f2a9c0d11e84b7755aa' },
    missed: 0,
    test: false,
    ...changes,
  });

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
  const reply = post([coin('BTC'), coin('ETH', { report: null, chartPng: null, problem: 'No *source* answers.' })]);
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
  expect(line(report.lastPrice)).toMatch(/Last call, for <t:\d+:f>: .* it was .* inside ✅/);
  expect(line(report.lastPrice, false)).toMatch(/Last call, for <t:\d+:f>: .* it is .* inside ✅/);
  expect(line(report.quantiles[19]!)).toContain('above it, inside 95\u00a0% ❌');
});

it('says until when it is, and the price it starts from with its moment and source', () => {
  const originMs = ORIGIN_MS + 23 * HOUR_MS + 48 * MINUTE_MS;
  const btc = believableReport({ originMs });
  const unix = (timeMs: number) => Math.floor(timeMs / 1000);
  const reply = post([coin('BTC', { report: btc })]);
  expect(reply.content).toBe(`**Forecast, 1 day ahead**: where prices may be by <t:${unix(originMs) + 86_400}:f>`);
  expect(reply.embeds[0]?.description).toMatch(
    new RegExp(`^Price \\$98,123 at <t:${unix(originMs)}:t> \\(binance\\)\n80.% range \\*\\*`),
  );
  const closed = { ...btc, price: { kind: 'close' as const, atMs: ORIGIN_MS, source: 'kraken' } };
  expect(post([coin('BTC', { report: closed })]).embeds[0]?.description).toMatch(
    new RegExp(`^Price \\$98,123, the newest close, <t:${unix(ORIGIN_MS)}:f> \\(kraken\\)`),
  );
});

it('says a coin’s own target where it is not that of the others, as of files that end on different days', () => {
  const later = believableReport({ symbol: 'ETH', originMs: ORIGIN_MS + HOUR_MS });
  const soon = believableReport({ symbol: 'SOL', originMs: ORIGIN_MS + 20_000 });
  const reply = post([coin('BTC'), coin('ETH', { report: later }), coin('SOL', { report: soon })]);
  const said = reply.embeds.map(({ description }) => /80.% range by <t:(\d+):f>/.exec(description ?? '')?.[1]);
  expect(said).toEqual([undefined, String(later.targetMs / 1000), undefined]);
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
  expect(post([coin('BTC', { report: none })]).content).toContain('No measurable edge at this horizon:');
  const edge = believableReport();
  const record = { ...edge.record!, edge: true };
  const mixed = post([coin('ETH', { report: { ...edge, record } }), coin('BTC', { report: none })]);
  expect(mixed.content).toContain('No measurable edge at this horizon for BTC:');
});

it('fits a preview with its settings, and twenty subscriptions of ten coins in one list', () => {
  const symbols = Array.from({ length: 10 }, (_, i) => `LONGCOIN${i}`);
  const alerts = { bandBreak: true, flipAt: 0.7 };
  const long = sampleSubscription({ symbols, alerts, timeZone: 'America/Argentina/ComodRivadavia', report: 'both' });
  const shown = post(symbols.slice(0, 3).map((symbol) => coin(symbol, {}, 'x'.repeat(80))));
  expect(limitProblems(previewReply(long, [1, 2, 3], shown, ['a hint']))).toEqual([]);
  const failing = { ...long, state: 'failing' as const, stateReason: 'I lack a permission there '.repeat(5) };
  const many = Array.from({ length: 20 }, (_, i) => ({ ...failing, id: `sub${i}` }));
  expect(limitProblems(subscriptionListReply(many, () => `#${'c'.repeat(100)}`, null))).toEqual([]);
});
