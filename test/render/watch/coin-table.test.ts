import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { type CoinGlance, coinLine, restlessnessOf } from '../../../src/core/outlook.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { svgToPng } from '../../../src/render/chart/rasterize.ts';
import { COIN_TABLE_WIDTH, coinTableInput, coinTableSvg } from '../../../src/render/watch/coin-table.ts';
import { believableReport } from '../forecast/believable-report.ts';

const glance = (symbol: string, price: number, simulated = false): CoinGlance => ({
  symbol,
  line: coinLine(believableReport({ symbol, price, simulated })),
  problem: null,
});
const failed: CoinGlance = {
  symbol: 'A<B&"',
  line: null,
  problem: new CandlecastError('CC_MARKET_HALTED', 'Not traded.'),
};

describe('the table of coins', () => {
  it.each([
    [0.2, 1],
    [0.75, 2],
    [1, 3],
    [1.1, 4],
    [9, 5],
  ])('a volatility of %d times the usual is step %d', (ratio, step) => {
    expect(restlessnessOf(ratio)).toBe(step);
  });

  it.each(LANGUAGES)('is drawn in %s with every coin, whatever its price, and keeps its width', (locale) => {
    const glances = [glance('BTC', 98_123.45), glance('SHIB', 0.000012345), glance('LONGTICKER', 1.5), failed];
    const svg = coinTableSvg(
      coinTableInput(glances, translatorFor(locale).t('watch.title'), translatorFor(locale)),
      'dark',
    );
    for (const text of ['BTC', 'SHIB', 'LONGTICKER', 'A&lt;B&amp;&quot;', translatorFor(locale).t('watch.noForecast')])
      expect(svg).toContain(text);
    expect(svg.match(/<text/g)).toHaveLength(6 + 3 * 4 + 2);
    const png = Buffer.from(svgToPng(svg, COIN_TABLE_WIDTH));
    expect(png.readUInt32BE(16)).toBe(COIN_TABLE_WIDTH);
  });

  it('says that a market is simulated, and holds without a coin', () => {
    const of = (glances: readonly CoinGlance[]) =>
      coinTableSvg(coinTableInput(glances, 'x', translatorFor('en')), 'dark');
    expect(of([glance('BTC', 5, true)])).toContain('SIMULATED');
    expect(of([glance('BTC', 5)])).not.toContain('SIMULATED');
    expect(of([])).toContain('</svg>');
  });
});
