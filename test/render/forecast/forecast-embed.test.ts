import { IncomingWebhookUpdateRequestPartialSchema } from 'discord-api-spec/zod';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CURRENCIES } from '../../../src/core/currency.ts';
import type { ForecastNote, ForecastReport } from '../../../src/core/forecast.ts';
import { HORIZON_NAMES } from '../../../src/core/horizon.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import {
  forecastComponents,
  forecastCustomId,
  parseForecastPress,
} from '../../../src/render/forecast/forecast-components.ts';
import { withDetails } from '../../../src/render/forecast/forecast-details.ts';
import { forecastReply, priceDayBefore } from '../../../src/render/forecast/forecast-embed.ts';
import { withWhy } from '../../../src/render/forecast/why-embed.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { ENGLISH, plainNote } from '../../support/english.ts';
import { believableExplanation } from './believable-explanation.ts';
import { believableReport, ORIGIN_MS } from './believable-report.ts';

const png = Uint8Array.of(1, 2, 3);
const NBSP = /\u00a0/g;
const reader = { translator: ENGLISH };
const unix = (timeMs: number) => timeMs / 1000;

/** The words of the card: its title, and its lines. */
function card(report: ForecastReport, chart: Uint8Array | null = png) {
  const embed = forecastReply(report, chart, reader).embeds[0]!;
  return { title: embed.title!.replace(NBSP, ' '), lines: embed.description!.replace(NBSP, ' ').split('\n') };
}

/** The fields of the details by name. */
function details(report: ForecastReport, isOwner = false): Readonly<Record<string, string>> {
  const reply = withDetails(forecastReply(report, png, reader), report, null, { ...reader, isOwner });
  return Object.fromEntries(
    (reply.embeds[1]!.fields ?? []).map((field) => [field.name, field.value.replace(NBSP, ' ')]),
  );
}

/** A note of each kind, as the service makes them. */
const EVERY_NOTE: readonly ForecastNote[] = [
  plainNote('renamed', 'Polygon (MATIC) became Polygon Ecosystem Token (POL) in September 2024.'),
  {
    code: 'unconfirmed-price',
    severity: 'warning',
    message: {
      key: 'notes.contradicted',
      values: {
        symbol: 'BTC',
        source: 'binance',
        price: { price: 1 },
        previous: { price: 2 },
        other: 'coinbase',
        otherPrice: { price: 2 },
        from: { timeMs: ORIGIN_MS, style: 'f' },
        again: { timeMs: ORIGIN_MS, style: 't' },
      },
    },
    advice: { key: 'notes.ownerConfirms', values: { symbol: 'BTC' } },
  },
  { code: 'not-recorded', severity: 'warning', message: { key: 'notes.notRecorded' } },
  { code: 'climatology', severity: 'warning', message: { key: 'notes.climatologyFaults' } },
  plainNote('doubtful-history', 'x'.repeat(300)),
  {
    code: 'no-live-price',
    severity: 'warning',
    message: { key: 'notes.noLivePrice', values: { time: { timeMs: ORIGIN_MS, style: 't' } } },
  },
  {
    code: 'stale-candles',
    severity: 'info',
    message: { key: 'notes.fromFiles', values: { day: { timeMs: ORIGIN_MS, style: 'D' } } },
  },
  plainNote('shock', 'x'.repeat(300)),
  plainNote('out-of-range', 'x'.repeat(300)),
  plainNote('gaps', 'x'.repeat(300)),
  {
    code: 'announcement',
    severity: 'info',
    message: {
      key: 'notes.announcement',
      values: { event: { key: 'notes.eventPress' }, time: { timeMs: ORIGIN_MS, style: 't' }, factor: '1.6' },
    },
  },
  {
    code: 'old-model',
    severity: 'info',
    message: { key: 'notes.oldModel', values: { day: { timeMs: ORIGIN_MS, style: 'D' } } },
    advice: { key: 'notes.trainNewer' },
  },
];

describe('the card of /forecast', () => {
  test('says name, price and change of the day, the likely range, direction and restlessness, and how often such ranges held', () => {
    const report = believableReport();
    const { title, lines } = card(report);
    expect(title).toMatch(/^Bitcoin \(BTC\) · \$98,123 · [+−±]\d+\.\d\d? % in 24 hours$/);
    expect(lines).toEqual([
      `Likely (8 in 10) by <t:${unix(report.targetMs)}:f>: **$94,769 to $101,554**`,
      'Up or down: a coin toss (51 %). More restless than usual.',
      'Such ranges held 80 % of the time (tried on past prices, not live).',
    ]);
    const [embed] = forecastReply(report, png, reader).embeds;
    expect(embed).toMatchObject({ image: { url: 'attachment://forecast.png' } });
    expect(embed).not.toHaveProperty('fields');
  });

  test('takes the change from the close a day before, and leaves it out where none is near', () => {
    const report = believableReport();
    const dayBefore = report.history.find(({ openTimeMs }) => openTimeMs + HOUR_MS === ORIGIN_MS - DAY_MS)!;
    expect(priceDayBefore(report)).toBe(dayBefore.close);
    const young = { ...report, history: report.history.slice(-10) };
    expect(priceDayBefore(young)).toBeNull();
    expect(card(young).title).toBe('Bitcoin (BTC) · $98,123');
  });

  test.each([
    [0.54, 'Up or down: a coin toss (54 %).'],
    [0.58, 'A rise is a little likelier than a fall (58 %).'],
    [0.7, 'A rise is clearly likelier than a fall (70 %).'],
    [0.42, 'A fall is a little likelier than a rise (58 %).'],
    [0.2, 'A fall is clearly likelier than a rise (80 %).'],
  ])('calls a chance of a rise of %d by what it is', (pUp, words) => {
    expect(card({ ...believableReport(), pUp }).lines[1]).toContain(words);
  });

  test.each([
    [0.5, 'Much calmer than usual.'],
    [0.8, 'Calmer than usual.'],
    [1, 'About as restless as usual.'],
    [1.3, 'More restless than usual.'],
    [2, 'Much more restless than usual.'],
  ])('calls %d times the usual volatility by what it is', (expected, words) => {
    expect(card({ ...believableReport(), volatility: { expected, usual: 1 } }).lines[1]).toMatch(words);
  });

  test('does not judge restlessness where the usual one is not known', () => {
    const report = { ...believableReport(), volatility: { expected: 0.1, usual: 0 } };
    expect(card(report).lines[1]).toBe('Up or down: a coin toss (51 %).');
  });

  test('says that a record is live and how long, that there is no edge, or that nothing is known yet', () => {
    const report = believableReport();
    const record = { ...report.record!, kind: 'live' as const, fromMs: ORIGIN_MS - 60 * DAY_MS, toMs: ORIGIN_MS };
    expect(card({ ...report, record }).lines[2]).toBe('Such ranges held 80 % of the time (live, 60 days).');
    expect(card({ ...report, record: { ...record, edge: false } }).lines[2]).toBe(
      'Such ranges held 80 % of the time (live, 60 days). No edge: how the coin moved before tells as much.',
    );
    expect(card({ ...report, record: null }).lines[2]).toBe('Nothing is known yet about how often such ranges hold.');
  });

  test('says SIMULATED in the title, that prices are made up, and both in the alternative text', () => {
    const { title, lines } = card(believableReport({ simulated: true }));
    expect(title).toMatch(/^SIMULATED: Bitcoin/);
    expect(lines[3]).toBe('⚠️ Simulated market: these prices are made up.');
    expect(forecastReply(believableReport({ simulated: true }), png, reader).files[0]?.description).toMatch(
      /^SIMULATED: Fan chart/,
    );
  });

  test('says what is degraded, the gravest first, and an announcement last', () => {
    const shock = { ...plainNote('shock', ''), message: { key: 'notes.missingDaily' } } as const;
    const unconfirmed = EVERY_NOTE[1]!;
    const announcement = EVERY_NOTE.find(({ code }) => code === 'announcement')!;
    const { lines } = card({ ...believableReport(), notes: [announcement, shock, unconfirmed] });
    expect(lines[3]).toBe(
      `⚠️ The newest price is unconfirmed, so this starts from the one before it. A sudden large move just happened: ranges hold less often after one. Federal Reserve press conference at <t:${unix(ORIGIN_MS)}:t>: range 1.6 × as wide.`,
    );
    expect(card({ ...believableReport(), notes: [announcement] }).lines[3]).toMatch(/^📅 Federal Reserve press/);
  });

  test('goes out without its chart and says so', () => {
    const reply = forecastReply(believableReport(), null, reader);
    expect(reply.files).toEqual([]);
    expect(reply.embeds[0]).not.toHaveProperty('image');
    expect(reply.embeds[0]!.description).toContain('The chart could not be drawn');
  });

  test('describes the chart by its moments in UTC', () => {
    const report = believableReport({ originMs: ORIGIN_MS + 48 * 60_000 });
    expect(forecastReply(report, png, reader).files[0]?.description).toMatch(
      /^Fan chart of BTC from 21 Nov 2026, 00:48 \(UTC\) to 22 Nov 2026, 00:48 \(UTC\): price at the start \$98,123, median/,
    );
  });

  test('tells members nothing about files, models and commands of operators', () => {
    const words = JSON.stringify(forecastReply({ ...believableReport(), notes: EVERY_NOTE }, png, reader).embeds);
    expect(words).not.toMatch(/npm|climatology|pinball|n =|conv|1d-2026|\/admin/);
    expect(JSON.stringify(details({ ...believableReport(), notes: EVERY_NOTE }))).not.toMatch(/npm|\/admin/);
  });
});

describe('the details of a forecast', () => {
  test('hold price, median, ranges, odds, volatility, record, model and data, with their times', () => {
    const fields = details(believableReport());
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
  });

  test('say "no measurable edge" in the record where the interval touches zero', () => {
    const report = believableReport();
    const record = { ...report.record!, edge: false, skillPct: 0.2, skillLowPct: -0.4, skillHighPct: 0.8 };
    expect(details({ ...report, record })['Track record']).toContain(
      '**no measurable edge** (95 % interval 0.4 % higher to 0.8 % lower)',
    );
  });

  test('say where the price is only a close, and since when', () => {
    const report = believableReport({ originMs: ORIGIN_MS + 12 * 60_000 });
    const fields = details({ ...report, price: { kind: 'close', atMs: ORIGIN_MS, source: 'kraken' } });
    expect(fields).not.toHaveProperty('Price now');
    expect(fields['Last price']).toBe(`$98,123\n<t:${unix(ORIGIN_MS)}:f>, kraken`);
  });

  test('name a live record as live, and say when there is none', () => {
    const report = believableReport();
    expect(details({ ...report, record: { ...report.record!, kind: 'live' } })['Track record']).toMatch(
      /^Live forecasts: error/,
    );
    expect(details({ ...report, record: null })['Track record']).toBe('Not scored yet at this horizon.');
  });

  test('say every note and every source that failed, and to owners what can be done', () => {
    const report = believableReport();
    const notes = [
      plainNote('gaps', '3 candles are missing.'),
      { ...plainNote('old-model', 'The model is old.', 'info'), advice: { key: 'notes.trainNewer' } } as const,
    ];
    const failures = [{ source: 'coinbase', code: 'CC_SOURCE_TIMEOUT' as const, reason: 'It did not answer in time.' }];
    const full = { ...report, notes, data: { ...report.data, failures } };
    expect(details(full)['Notes']?.split('\n')).toEqual([
      '⚠️ 3 candles are missing.',
      '• The model is old.',
      '• No prices from coinbase: It did not answer in time.',
    ]);
    expect(details(full, true)['Notes']).toContain('• The model is old. `npm run train` makes a newer one.');
  });

  test('show names and notes as written: no markup, no mention, no link', () => {
    const report = believableReport({ name: '**Free** @everyone [x](https://evil.example)' });
    const hostile = { ...report, notes: [plainNote('gaps', 'See https://evil.example <@1>')] };
    expect(card(hostile).title).not.toMatch(/(?<!\\)\*\*|@e|(?<!\\)\[/);
    expect(details(hostile)['Notes']).not.toMatch(/(?<!\\):\/\/|<@1>/);
  });
});

describe.each(LANGUAGES)('a forecast in %s', (language) => {
  const own = { translator: translatorFor(language), isOwner: true, mayPost: true };

  test('has five lines at most and keeps Discord’s limits with every note at once', () => {
    for (const horizon of HORIZON_NAMES) {
      for (const price of [98_123, 0.000000012345]) {
        const base = believableReport({
          horizon,
          price,
          simulated: true,
          name: 'Artificial Superintelligence Alliance',
        });
        const report = { ...base, record: { ...base.record!, edge: false }, notes: [...base.notes, ...EVERY_NOTE] };
        const reply = forecastReply(report, null, own);
        const [embed] = reply.embeds;
        expect(embed!.description!.split('\n').length + 1).toBeLessThanOrEqual(5);
        const full = withDetails(reply, report, { score: 0.1, weekAgo: 0, count: 3 }, own);
        const why = withWhy(reply, report, believableExplanation(report), own);
        expect([reply, full, why].flatMap(limitProblems)).toEqual([]);
        expect(JSON.stringify([full.embeds, why.embeds])).not.toMatch(/NaN|Infinity|undefined|\{\w+\}/);
      }
    }
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
        const report: ForecastReport = {
          ...base,
          asset: { ...base.asset, name: w.name, symbol: w.symbol },
          lastPrice: w.lastPrice,
          quantiles,
          volatility: { expected: w.volatility, usual: w.usual },
          record: w.record ? { ...base.record!, skillPct: -1e9, n: 1e15 } : null,
          notes: w.notes.map(([code, text]) => plainNote(code, text)),
          data: {
            ...base.data,
            source: w.name,
            failures: w.failures.map((reason) => ({ source: reason, code: 'CC_SOURCE_HTTP' as const, reason })),
          },
          model: { ...base.model, version: w.name },
        };
        const reply = forecastReply(report, w.chart ? png : null, own);
        expect(reply.embeds[0]!.description!.split('\n').length).toBeLessThanOrEqual(4);
        const full = withDetails(reply, report, 'unknown', own);
        expect([...limitProblems(reply), ...limitProblems(full)]).toEqual([]);
        expect(JSON.stringify(full.embeds)).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the message', () => {
  test('is a message that Discord’s own description accepts', () => {
    const { embeds, components } = withDetails(
      forecastReply(believableReport(), png, reader),
      believableReport(),
      null,
      reader,
    );
    expect(IncomingWebhookUpdateRequestPartialSchema.safeParse({ embeds, components })).toMatchObject({
      success: true,
    });
  });
});

describe('the components under a forecast', () => {
  test('hold all their state in at most 100 characters and give it back', () => {
    const press = fc.record({
      action: fc.constantFrom(
        'horizon' as const,
        'refresh' as const,
        'why' as const,
        'details' as const,
        'hide' as const,
        'post' as const,
      ),
      symbol: fc.stringMatching(/^[A-Z0-9]{1,15}$/),
      horizon: fc.constantFrom(...HORIZON_NAMES),
      currency: fc.constantFrom(...CURRENCIES.slice(1)),
    });
    fc.assert(
      fc.property(press, (state) => {
        const id = forecastCustomId(state);
        expect(id.length).toBeLessThanOrEqual(100);
        expect(id.startsWith('fc:')).toBe(true);
        expect(parseForecastPress(id.slice(3))).toEqual(state);
        const { currency: _, ...inDollars } = state;
        expect(parseForecastPress(forecastCustomId(inDollars).slice(3))).toEqual(inDollars);
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
    const select = forecastComponents('BTC', shown, reader)[0]!.components[0]!;
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

  test('offer Refresh, Why? and Details to everybody, and posts to managers; what is shown can be hidden', () => {
    const labels = (look: object) => {
      const { components } = forecastComponents('BTC', '1d', { ...reader, ...look })[1]!;
      return components.map((one) => ('label' in one ? one.label : ''));
    };
    expect(labels({})).toEqual(['Refresh', 'Why?', 'Details', 'Alert me']);
    expect(labels({ mayPost: true, shown: 'details' })).toEqual([
      'Refresh',
      'Why?',
      'Hide details',
      'Alert me',
      'Post daily here',
    ]);
    expect(labels({ shown: 'why' })).toEqual(['Refresh', 'Hide why', 'Details', 'Alert me']);
  });
});
