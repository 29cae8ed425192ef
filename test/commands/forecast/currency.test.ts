import { describe, expect, it } from 'vitest';
import { dispatch, press } from '../../../src/commands/dispatch.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { ForecastReport } from '../../../src/core/forecast.ts';
import { BANDS } from '../../../src/core/quantiles.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { errorReply } from '../../../src/render/error-embed.ts';
import { fanChartSvg } from '../../../src/render/forecast/fan-chart.ts';
import { fanChartInput } from '../../../src/render/forecast/fan-chart-input.ts';
import { currencyOfReport, reportInCurrency } from '../../../src/render/forecast/forecast-currency.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { believableReport } from '../../render/forecast/believable-report.ts';
import { fakeContext, somebody } from '../fakes.ts';

const EURO = { currency: 'EUR', perUsd: 0.92, day: '2026-11-20', source: 'ecb' };
const plain = (text: string | undefined) => (text ?? '').replaceAll('\u00a0', ' ');
const card = (reply: Reply) => plain(`${reply.embeds[0]!.title}\n${reply.embeds[0]!.description}`);
const notes = (reply: Reply) => plain(reply.embeds[1]!.fields?.at(-1)?.value);
const ids = ({ components }: Reply) =>
  components.flatMap((row) => row.components).flatMap((one) => ('custom_id' in one ? [one.custom_id] : []));

/** Whether a control belongs to the forecast itself. */
const isOwn = (id: string) => id.startsWith('fc:');

/** A context that keeps the reports whose chart was drawn. */
function context() {
  const fake = fakeContext();
  const charts: ForecastReport[] = [];
  const fanChart = async (report: ForecastReport) => {
    charts.push(report);
    return Uint8Array.of(0x89, 0x50);
  };
  return { ...fake, charts, context: { ...fake.context, charts: { ...fake.context.charts, fanChart } } };
}

const ask = (line: string, { context: used } = context(), locale = 'en-GB') =>
  dispatch(line, { ...somebody, locale }, used, COMMANDS);

describe('/forecast in another currency', () => {
  it.each(['BTC/EUR', '"BTC EUR"', 'BTC EUR', 'btc in eur', 'BTCEUR', 'Bitcoin EUR'])(
    'shows every price of %s in euros: card, alternative text, chart and details',
    async (typed) => {
      const used = context();
      const reply = await ask(`/forecast ${typed} 7d`, used);
      const dollars = believableReport({ symbol: 'BTC', horizon: '7d' });
      const low = Math.round(dollars.quantiles[BANDS[1].lower]! * 0.92).toLocaleString('en');
      expect(card(reply)).toContain('€90,274');
      expect(card(reply)).toContain(`**€${low} to `);
      expect(card(reply)).not.toContain('$');
      expect(plain(reply.files[0]!.description)).toContain(`range €${low} to`);
      expect(used.charts.map(currencyOfReport)).toEqual(['EUR']);
      const details = await press('fc:details:BTC:7d:EUR', [], somebody, used.context);
      expect(notes(details)).toContain('1 USD = 0.9200 EUR (reference rate of 20 Nov 2026), from ecb');
      expect(notes(details)).toContain('the forecast itself is made in US dollars');
      expect(JSON.stringify(details.embeds[1]!.fields)).not.toContain('$');
      expect(used.asked.map(({ symbol }) => symbol.toUpperCase())).toEqual([
        typed.startsWith('Bit') ? 'BITCOIN' : 'BTC',
        'BTC',
      ]);
    },
  );

  it('takes the currency of /me, which one named with the coin replaces', async () => {
    const used = context();
    await ask('/me set currency:EUR', used);
    expect(card(await ask('/forecast BTC', used))).toContain('€90,274');
    const dollars = await ask('/forecast BTC/USD', used);
    expect(card(dollars)).toContain('$98,123');
    expect(ids(dollars)).toContain('fc:refresh:BTC:1d');
    // A card in dollars stays in dollars, whoever presses.
    expect(card(await press('fc:refresh:BTC:1d', [], somebody, used.context))).toContain('$98,123');
  });

  it('keeps its currency through every button and the horizon select', async () => {
    const used = context();
    const reply = await ask('/forecast BTC/EUR', used);
    expect(ids(reply).filter(isOwn)).toEqual(
      ['horizon', 'refresh', 'why', 'details'].map((action) => `fc:${action}:BTC:1d:EUR`),
    );
    for (const [id, values] of [
      ['fc:refresh:BTC:1d:EUR', []],
      ['fc:why:BTC:1d:EUR', []],
      ['fc:details:BTC:1d:EUR', []],
      ['fc:hide:BTC:1d:EUR', []],
      ['fc:horizon:BTC:1d:EUR', ['3d']],
    ] as const) {
      const next = await press(id, values, somebody, used.context);
      expect(card(next)).toContain('€90,274');
      expect(
        ids(next)
          .filter(isOwn)
          .every((one) => one.endsWith(':EUR')),
      ).toBe(true);
    }
    await expect(press('fc:refresh:BTC:1d:XXX', [], somebody, used.context)).rejects.toMatchObject({
      code: 'CC_USAGE',
    });
  });

  it('without a rate says so: dollars with a plain note, and no answer where the currency was named', async () => {
    const used = context();
    await expect(ask('/forecast BTC/GBP', used)).rejects.toMatchObject({ code: 'CC_RATE_MISSING' });
    // Nothing that would be recorded was made for it.
    expect(used.asked).toEqual([]);
    await ask('/me set currency:GBP', used);
    const reply = await ask('/forecast BTC', used);
    expect(card(reply)).toContain('$98,123');
    expect(card(reply)).toContain('No exchange rate for GBP is known at present, so prices are in US dollars.');
    // Refresh tries again, and so do the details.
    expect(ids(reply)).toContain('fc:refresh:BTC:1d:GBP');
    const details = await press('fc:details:BTC:1d:GBP', [], somebody, used.context);
    expect(notes(details)).toContain('so prices are in US dollars');
    expect(used.warned).toEqual([]);
  });

  it('stays in dollars, and is logged, where rates cannot be read', async () => {
    const used = context();
    const broken = async () => {
      throw new CandlecastError('CC_DATABASE', 'The database cannot be read.');
    };
    const price = { ...used.context.services.price, rate: broken };
    const failing = { ...used, context: { ...used.context, services: { ...used.context.services, price } } };
    await ask('/me set currency:EUR', failing);
    expect(card(await ask('/forecast BTC', failing))).toContain('so prices are in US dollars');
    expect(used.warned).toHaveLength(1);
  });

  it('leaves the report in dollars as it is, and makes the same one of it again', () => {
    const report = believableReport();
    const before = structuredClone(report);
    const shown = reportInCurrency(report, 'EUR', EURO);
    expect(report).toEqual(before);
    expect(reportInCurrency(report, 'EUR', { ...EURO })).toBe(shown);
    expect(reportInCurrency(report, 'USD', null)).toBe(report);
    expect(shown.pUp).toBe(report.pUp);
    expect(shown.history.map(({ close }) => close)).toEqual(report.history.map(({ close }) => close * 0.92));
    expect(shown.fan[0]!.quantiles[0]).toBeCloseTo(report.fan[0]!.quantiles[0]! * 0.92, 6);
  });

  it('draws the axis, the last price and the ranges in the currency', () => {
    const rupiah = reportInCurrency(believableReport(), 'IDR', { ...EURO, currency: 'IDR', perUsd: 15_900 });
    const svg = fanChartSvg(fanChartInput(rupiah, 'UTC', 'en-US'), 'dark');
    const prices = [...svg.matchAll(/<text[^>]*>([^<]*\d{3}[^<]*)<\/text>/g)].map((found) => found[1]!);
    expect(prices.filter((text) => text.startsWith('Rp')).length).toBeGreaterThan(10);
    expect(svg).not.toContain('$');
  });

  it.each(LANGUAGES)('fits into Discord’s limits in %s, with a rate and without', async (locale) => {
    const used = context();
    const { t } = translatorFor(locale);
    for (const currency of ['EUR', 'GBP']) {
      await ask(`/me set currency:${currency}`, used);
      const caller = { ...somebody, locale };
      const reply = await press(`fc:details:BTC:7d:${currency}`, [], caller, used.context);
      expect(limitProblems(reply)).toEqual([]);
      expect(card(reply).includes(t('card.noRate', { currency }))).toBe(currency === 'GBP');
    }
  });

  it.each(LANGUAGES)('says in %s why there is no answer, with the currency', async (locale) => {
    const english = { locale: 'en', isOwner: false };
    for (const line of ['/forecast BTC/GBP', '/price BTC/GBP', '/price BTC currency:EUX']) {
      const error = await ask(line).catch((failure: unknown) => failure);
      const said = (reader: typeof english) => errorReply(error, 'ref', reader).embeds[0]!;
      const embed = said({ ...english, locale });
      expect(embed.description).toMatch(/GBP|EUX/);
      // A plain answer, without a reference to the log.
      expect(embed.footer!.text).toMatch(/^CC_(RATE_MISSING|UNKNOWN_CURRENCY)$/);
      if (locale !== 'en') expect([embed.title, embed.description]).not.toContain(said(english).title);
      if (locale !== 'en') expect(embed.description).not.toContain('I ');
    }
    const mixed = await ask('/price symbols:"BTC, ETH/GBP"', context(), locale);
    const { t } = translatorFor(locale);
    expect(plain(mixed.embeds[0]!.description)).toContain(t('errors.rateMissing', { currency: 'GBP' }));
  });

  it('is where the button under a price in that currency leads', async () => {
    expect(ids(await ask('/price BTC/EUR'))[0]).toBe('fc:refresh:BTC:1d:EUR');
    expect(ids(await ask('/price ETH/BTC'))[0]).toBe('fc:refresh:ETH:1d');
  });
});
