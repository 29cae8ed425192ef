import { IncomingWebhookUpdateRequestPartialSchema } from 'discord-api-spec/zod';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ForecastNote, ForecastReport } from '../../../src/core/forecast.ts';
import { HORIZON_NAMES } from '../../../src/core/horizon.ts';
import {
  forecastComponents,
  forecastCustomId,
  forecastReply,
  parseForecastPress,
} from '../../../src/render/forecast/forecast-embed.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { believableReport, ORIGIN_MS } from './believable-report.ts';

const png = Uint8Array.of(1, 2, 3);
const NBSP = /\u00a0/g;

/** The words of a reply's only embed: title, description and fields by name. */
function words(report: ForecastReport, chart: Uint8Array | null = png) {
  const embed = forecastReply(report, chart).embeds[0]!;
  const fields = Object.fromEntries((embed.fields ?? []).map((field) => [field.name, field.value.replace(NBSP, ' ')]));
  return {
    title: embed.title!,
    description: embed.description!.replace(NBSP, ' '),
    fields,
    footer: embed.footer!.text,
  };
}

const note = (
  code: ForecastNote['code'],
  text: string,
  severity: ForecastNote['severity'] = 'warning',
): ForecastNote => ({ code, severity, text });

describe('the reply of /forecast', () => {
  test('holds price, median, ranges, odds, volatility, record, model and data, with their times', () => {
    const { title, description, fields, footer } = words(believableReport());
    const unix = (timeMs: number) => timeMs / 1000;
    expect(title).toBe('Bitcoin (BTC), 1 day ahead');
    expect(description).toMatch(/coin toss.*80 % range by <t:\d+:f>: \*\*\$94,769 to \$101,554\*\*/);
    expect(fields['Price now']).toBe(`$98,123\n<t:${unix(ORIGIN_MS)}:t>, binance`);
    expect(fields['Median']).toMatch(/^\$98,202 \(\+0\.08 %\)\n<t:\d+:R>$/);
    expect(fields['P(up)']).toBe('51 %');
    expect(fields['Ranges at the target']?.split('\n')).toEqual([
      '**50 %** $96,470 to $99,864 (−1.7 % to +1.8 %)',
      '**80 %** $94,769 to $101,554 (−3.4 % to +3.5 %)',
      '**95 %** $92,546 to $103,855 (−5.7 % to +5.8 %)',
    ]);
    expect(fields['Expected volatility']).toBe('2.6 %, 1.3 × usual');
    expect(fields['Track record']).toBe(
      'Evaluation on past data, not live: error 1.6 % lower than climatology (95 % interval 0.9 % to 2.3 % lower).\n' +
        `The 80 % range held 79.6 % of outcomes. n = 12,345, 14 coins, <t:${unix(Date.UTC(2024, 0, 1))}:D> to <t:${unix(Date.UTC(2026, 5, 30))}:D>.`,
    );
    expect(fields['Model']).toMatch(/^1d-2026-11-01\ntrained <t:\d+:R>, data until <t:\d+:D>$/);
    expect(fields['Candles from']).toMatch(/^binance, fetched <t:\d+:R>$/);
    expect(fields).not.toHaveProperty('Notes');
    expect(footer).toBe('Not investment advice');
  });

  test('says "no measurable edge" first and in the record where the interval touches zero', () => {
    const report = believableReport();
    const record = { ...report.record!, edge: false, skillPct: 0.2, skillLowPct: -0.4, skillHighPct: 0.8 };
    const { description, fields } = words({ ...report, record });
    expect(description).toMatch(/^No measurable edge: .* climatology/);
    expect(fields['Track record']).toContain('**no measurable edge** (95 % interval 0.4 % higher to 0.8 % lower)');
  });

  test('lets the service say it where its notes do, once', () => {
    const report = believableReport();
    const text = 'No measurable edge: at 1 day this model has not clearly beaten the past.';
    const { description, fields } = words({
      ...report,
      record: { ...report.record!, edge: false },
      notes: [note('no-edge', text, 'info')],
    });
    expect(description.startsWith(text)).toBe(true);
    expect(description.match(/No measurable edge/g)).toHaveLength(1);
    expect(fields).not.toHaveProperty('Notes');
  });

  test('says where the price is only a close, and since when', () => {
    const report = believableReport({ originMs: ORIGIN_MS + 12 * 60_000 });
    const { fields } = words({ ...report, price: { kind: 'close', atMs: ORIGIN_MS, source: 'kraken' } });
    expect(fields).not.toHaveProperty('Price now');
    expect(fields['Last price']).toBe(`$98,123\n<t:${ORIGIN_MS / 1000}:f>, kraken`);
  });

  test('describes the chart by its moments in UTC', () => {
    const report = believableReport({ originMs: ORIGIN_MS + 48 * 60_000 });
    expect(forecastReply(report, png).files[0]?.description).toMatch(
      /^Fan chart of BTC from 2026-11-21 00:48 UTC to 2026-11-22 00:48 UTC: price at the start \$98,123, median/,
    );
  });

  test('names a live record as live, and says when there is none', () => {
    const report = believableReport();
    expect(words({ ...report, record: { ...report.record!, kind: 'live' } }).fields['Track record']).toMatch(
      /^Live forecasts: error/,
    );
    const none = words({ ...report, record: null });
    expect(none.description).toMatch(/^Not scored at this horizon yet/);
    expect(none.fields['Track record']).toBe('Not scored yet at this horizon.');
  });

  test('says SIMULATED in title, first sentence and alternative text', () => {
    const report = believableReport({ simulated: true });
    const { title, description } = words({ ...report, notes: [] });
    expect(title).toMatch(/^SIMULATED: /);
    expect(description).toMatch(/^Simulated market: these prices are made up\./);
    expect(forecastReply(report, png).files[0]?.description).toMatch(/^SIMULATED\. /);
  });

  test('says every note and every source that failed', () => {
    const report = believableReport();
    const notes = [note('gaps', '3 candles are missing.'), note('unseen-coin', 'The model never saw it.', 'info')];
    const failures = [{ source: 'coinbase', code: 'CC_SOURCE_TIMEOUT' as const, reason: 'It did not answer in time.' }];
    const { fields } = words({ ...report, notes, data: { ...report.data, failures } });
    expect(fields['Notes']?.split('\n')).toEqual([
      '⚠️ 3 candles are missing.',
      '• The model never saw it.',
      '• No prices from coinbase: It did not answer in time.',
    ]);
  });

  test('goes out without its chart and says so', () => {
    const reply = forecastReply(believableReport(), null);
    expect(reply.files).toEqual([]);
    expect(reply.embeds[0]).not.toHaveProperty('image');
    expect(words(believableReport(), null).fields['Notes']).toContain('The chart could not be drawn');
  });

  test('shows names and notes as written: no markup, no mention, no link', () => {
    const report = believableReport({ name: '**Free** @everyone [x](https://evil.example)' });
    const { title, fields } = words({ ...report, notes: [note('gaps', 'See https://evil.example <@1>')] });
    expect(title).not.toMatch(/(?<!\\)\*\*|@e|(?<!\\)\[/);
    expect(fields['Notes']).not.toMatch(/(?<!\\):\/\/|<@1>/);
  });

  test('keeps every limit of Discord in the worst case', () => {
    const wild = fc.string({
      unit: fc.constantFrom('*', '@', '[', '<', '`', 'é', '😀', 'word ', '\n', '_'),
      maxLength: 700,
    });
    const price = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    const worst = fc.record({
      name: wild,
      symbol: fc.constant('ABCDEFGHIJKLMNO'),
      horizon: fc.constantFrom(...HORIZON_NAMES),
      lastPrice: price,
      ratio: fc.array(fc.double({ min: 1e-5, max: 1e5, noNaN: true }), { minLength: 21, maxLength: 21 }),
      notes: fc.array(
        fc.tuple(
          fc.constantFrom<ForecastNote['code']>('gaps', 'simulated', 'no-edge', 'source-down', 'bad-candles'),
          wild,
        ),
        { maxLength: 20 },
      ),
      failures: fc.array(wild, { maxLength: 6 }),
      volatility: fc.double({ min: 0, max: 1e6, noNaN: true }),
      usual: fc.constantFrom(0, 1e-9, 0.02, 50),
      record: fc.boolean(),
      chart: fc.boolean(),
    });
    fc.assert(
      fc.property(worst, (w) => {
        const base = believableReport({ horizon: w.horizon, simulated: true });
        const quantiles = [...w.ratio].sort((a, b) => a - b).map((ratio) => w.lastPrice * ratio);
        const reply = forecastReply(
          {
            ...base,
            asset: { ...base.asset, name: w.name, symbol: w.symbol },
            lastPrice: w.lastPrice,
            quantiles,
            volatility: { expected: w.volatility, usual: w.usual },
            record: w.record ? { ...base.record!, skillPct: -1e9, n: 1e15 } : null,
            notes: w.notes.map(([code, text]) => note(code, text)),
            data: {
              ...base.data,
              source: w.name,
              failures: w.failures.map((reason) => ({ source: reason, code: 'CC_SOURCE_HTTP' as const, reason })),
            },
            model: { ...base.model, version: w.name },
          },
          w.chart ? png : null,
        );
        expect(limitProblems(reply)).toEqual([]);
        expect(JSON.stringify(reply.embeds)).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 150 },
    );
  });

  test('is a message that Discord’s own description accepts', () => {
    const { embeds, components } = forecastReply(believableReport(), png);
    expect(IncomingWebhookUpdateRequestPartialSchema.safeParse({ embeds, components })).toMatchObject({
      success: true,
    });
  });
});

describe('the components under a forecast', () => {
  test('hold all their state in at most 100 characters and give it back', () => {
    const press = fc.record({
      action: fc.constantFrom('horizon' as const, 'refresh' as const, 'why' as const, 'hide' as const),
      symbol: fc.stringMatching(/^[A-Z0-9]{1,15}$/),
      horizon: fc.constantFrom(...HORIZON_NAMES),
    });
    fc.assert(
      fc.property(press, (state) => {
        const id = forecastCustomId(state);
        expect(id.length).toBeLessThanOrEqual(100);
        expect(id.startsWith('fc:')).toBe(true);
        expect(parseForecastPress(id.slice(3))).toEqual(state);
      }),
    );
  });

  test.each(['', 'refresh', 'refresh:BTC', 'refresh:BTC:2d', 'buy:BTC:1d', 'refresh:btc/..:1d', 'refresh:BTC:1d:x'])(
    'refuses the forged state %j',
    (rest) => {
      expect(() => parseForecastPress(rest)).toThrow(expect.objectContaining({ code: 'CC_USAGE' }));
    },
  );

  test.each([
    ['3d', '3d'],
    ['24h', '1d'],
  ] as const)('offer five horizons, and for %s %s is chosen', (shown, chosen) => {
    const select = forecastComponents('BTC', shown)[0]!.components[0]!;
    const options = 'options' in select ? select.options! : [];
    expect(options.map(({ value, label }) => [value, label])).toEqual([
      ['1h', '1 hour ahead'],
      ['4h', '4 hours ahead'],
      ['1d', '1 day ahead'],
      ['3d', '3 days ahead'],
      ['7d', '7 days ahead'],
    ]);
    expect(options.filter((option) => option.default).map((option) => option.value)).toEqual([chosen]);
  });
});
