import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOccurrence } from '../../src/core/local-time.ts';
import { parseMomentAhead } from '../../src/core/moment-ahead.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { LANGUAGES } from '../../src/language/languages.ts';
import { translatorFor } from '../../src/language/translator.ts';
import { tradingStatistics } from '../../src/ml/backtest/performance.ts';
import { backtestReply } from '../../src/render/backtest/backtest-embed.ts';
import { subscriptionListReply } from '../../src/render/subscriptions/subscription-embed.ts';
import { sampleSubscription } from '../support/subscriptions.ts';
import { believableBacktest } from './backtest/believable-backtest.ts';

const QUESTION = { symbol: 'BTC', horizon: '1d', rule: 'pup-threshold', days: 365 } as const;
const language = fc.constantFrom(...LANGUAGES);
const NOW_MS = Date.UTC(2026, 0, 1);
const moment = fc.integer({ min: NOW_MS, max: NOW_MS + 3_000 * DAY_MS });
const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Pacific/Chatham', 'Asia/Kathmandu');

/** Every signed percentage of a text, as a number; those without a sign say their direction in words. */
const percents = (text: string, group: string, point: string) =>
  [
    ...text
      .replaceAll(group, '')
      .replaceAll(point, '.')
      .matchAll(/([+−])(\d+(?:\.\d+)?(?:e\+\d+)?)[\u00a0\u202f ]%/g),
  ].map(([, sign, digits]) => (sign === '−' ? -1 : 1) * Number(digits));

describe('what cannot be', () => {
  it('a change of prices is never below −100 %, in any language', () => {
    fc.assert(
      fc.property(
        language,
        fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        (locale, from, to) => {
          const text = translatorFor(locale).formats.change(from, to);
          const [, sign, digits] = /^([+−±])([\d.,\u00a0\u202fe+]+)[\u00a0\u202f ]%$/.exec(text)!;
          if (sign === '−') expect(Number(digits!.replace(',', '.'))).toBeLessThanOrEqual(100);
        },
      ),
    );
  });

  it('an account, which cannot owe, never returns less than −100 %, nor a year of it', () => {
    const path = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(path, fc.constantFrom('1h' as const, '1d' as const), (values, interval) => {
        const equity = Float64Array.of(10_000, ...values);
        const none = { exposure: new Float64Array(equity.length), traded: 0, fees: 0, slippage: 0, funding: 0 };
        const { totalReturn, annualReturn } = tradingStatistics({ equity, ...none }, [], {
          interval,
          fromMs: NOW_MS,
          toMs: NOW_MS + DAY_MS,
        } as Parameters<typeof tradingStatistics>[2]);
        expect(totalReturn).toBeGreaterThanOrEqual(-1);
        expect(annualReturn).toBeGreaterThanOrEqual(-1);
      }),
      { numRuns: 50 },
    );
  });

  it('growth against a benchmark is never below −100 % a year, however far apart the two are', () => {
    const log = fc.double({ min: -60, max: 10, noNaN: true });
    fc.assert(
      fc.property(language, log, log, log, (locale, ...values) => {
        const [low, value, high] = values.sort((a, b) => a - b) as [number, number, number];
        const report = believableBacktest();
        const benchmarks = report.benchmarks.map((one) =>
          one.difference === null ? one : { ...one, difference: { ...one.difference, low, value, high } },
        );
        const { formats } = translatorFor(locale);
        const [group, point] = [formats.number(1e6, 0)[1]!, formats.number(0.5, 1)[1]!];
        const reply = backtestReply({ ...report, benchmarks }, null, translatorFor(locale), 'details', QUESTION);
        const text = reply.embeds.flatMap(({ fields }) => (fields ?? []).map((field) => field.value)).join('\n');
        const shown = percents(text, group, point);
        expect(shown.length).toBeGreaterThan(3);
        expect(Math.min(...shown)).toBeGreaterThanOrEqual(-100);
      }),
      { numRuns: 60 },
    );
  });

  it('the next post and a moment ahead never lie in the past, and a list never says "next" of a past moment', () => {
    const time = fc.integer({ min: 0, max: 1_439 }).map((minutes) => {
      const two = (value: number) => String(value).padStart(2, '0');
      return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
    });
    const late = fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS });
    fc.assert(
      fc.property(moment, zone, time, late, language, (nowMs, timeZone, localTime, offMs, locale) => {
        expect(nextOccurrence({ localTime, timeZone }, nowMs).atMs).toBeGreaterThan(nowMs);
        for (const typed of [localTime, '1h', 'tomorrow', 'h4', '7 days'])
          expect(parseMomentAhead(typed, nowMs, timeZone), typed).toBeGreaterThan(nowMs);
        const due = sampleSubscription({ nextDueMs: nowMs + offMs });
        const { embeds } = subscriptionListReply([due], () => '#a', null, translatorFor(locale), nowMs);
        const shown = [...embeds[0]!.fields![0]!.value.matchAll(/<t:(\d+):f>/g)].map(([, seconds]) => Number(seconds));
        expect(shown.every((seconds) => seconds >= Math.floor(nowMs / 1_000))).toBe(true);
        expect(shown.length).toBe(offMs > 0 ? 1 : 0);
        expect(embeds[0]!.fields![0]!.value).not.toMatch(/<t:\d+:R>/);
      }),
    );
  });
});
