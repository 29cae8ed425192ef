import { describe, expect, test } from 'vitest';
import { BANDS } from '../../../src/core/quantiles.ts';
import { fanChartOption, fanChartSvg } from '../../../src/render/forecast/fan-chart.ts';
import { fanChartInput } from '../../../src/render/forecast/fan-chart-input.ts';
import { priceFormatter } from '../../../src/render/format.ts';
import { believableReport, medianOf, ORIGIN_MS } from './believable-report.ts';

/** Every text of an SVG document, entities resolved. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((found) =>
    found[1]!.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

/** Corners of the polygon that a band's series draws, with the identity as scale. */
function bandCorners(report: ReturnType<typeof believableReport>): number[][][] {
  const { series } = fanChartOption(fanChartInput(report), 'dark') as {
    series: { type: string; renderItem?: (p: unknown, api: unknown) => { shape: { points: number[][] } } }[];
  };
  const api = { coord: (point: number[]) => point };
  return series.flatMap((one) => (one.type === 'custom' ? [one.renderItem!({}, api).shape.points] : []));
}

describe('the fan chart', () => {
  test.each([
    ['1d', 98_123.45, 'dark'],
    ['7d', 104_250, 'light'],
    ['1h', 2.1345, 'dark'],
    ['24h', 0.000012345, 'light'],
  ] as const)('at %s and a price of %d labels last price, median and every band edge', (horizon, price, theme) => {
    const report = believableReport({ horizon, price });
    const shown = texts(fanChartSvg(fanChartInput(report), theme));
    const format = priceFormatter(price);
    expect(shown).toContain(format(price));
    expect(shown).toContain(format(medianOf(report)));
    for (const band of BANDS) {
      expect(shown).toContain(format(report.quantiles[band.lower]!));
      expect(shown).toContain(format(report.quantiles[band.upper]!));
      expect(shown).toContain(`${band.coverage * 100} %`);
    }
    expect(shown).toContain(`Bitcoin (BTC), next ${report.horizon.label}`);
    expect(shown).toContain('21 Nov 00:00');
    expect(shown.some((text) => /^From 21 Nov 00:00 to .* 2026 \(UTC\)$/.test(text))).toBe(true);
  });

  test('says SIMULATED twice, as badge and watermark, and only where it is', () => {
    const count = (simulated: boolean) =>
      texts(fanChartSvg(fanChartInput(believableReport({ simulated })), 'dark')).filter((text) => text === 'SIMULATED')
        .length;
    expect([count(true), count(false)]).toEqual([2, 0]);
  });

  test('draws the bands inside each other, from the last price at the origin', () => {
    const report = believableReport({ horizon: '7d' });
    const [outer, middle, inner] = bandCorners(report);
    const edgesAt = (corners: number[][], timeMs: number) => {
      const prices = corners.filter((corner) => corner[0] === timeMs).map((corner) => corner[1]!);
      return { low: Math.min(...prices), high: Math.max(...prices) };
    };
    expect(edgesAt(outer!, ORIGIN_MS)).toEqual({ low: report.lastPrice, high: report.lastPrice });
    for (const { timeMs } of report.fan.slice(1)) {
      const [wide, mid, narrow] = [outer, middle, inner].map((corners) => edgesAt(corners!, timeMs));
      expect(wide!.low).toBeLessThan(mid!.low);
      expect(mid!.low).toBeLessThan(narrow!.low);
      expect(narrow!.low).toBeLessThan(narrow!.high);
      expect(narrow!.high).toBeLessThan(mid!.high);
      expect(mid!.high).toBeLessThan(wide!.high);
    }
  });

  test('draws one candlestick a candle, with open, close, low and high in that order', () => {
    const report = believableReport({ missing: [3, 4] });
    const { series } = fanChartOption(fanChartInput(report), 'dark') as { series: { type: string; data: unknown[] }[] };
    const { data } = series.find((one) => one.type === 'candlestick')!;
    const last = report.history.at(-1)!;
    expect(data.at(-1)).toEqual([last.open, last.close, last.low, last.high]);
    expect(data.slice(-5, -3)).toEqual(['-', '-']);
    expect(texts(fanChartSvg(fanChartInput(report), 'dark'))).toContain('no data');
  });

  test('shows names as text, shortened, and leaves out scripts that the font lacks', () => {
    const all = (name: string) => texts(fanChartSvg(fanChartInput(believableReport({ name })), 'dark')).join('\n');
    expect(all('<script>&')).toContain('<script>& (BTC)');
    expect(all('币安人生')).toContain('BTC, next 1 day');
    expect(all('x'.repeat(200))).not.toContain('x'.repeat(40));
    expect(all('Bitcoin')).toContain('Bitcoin (BTC), next 1 day');
  });

  test('survives a report without history and one without any movement', () => {
    const still = believableReport({ candles: 0 });
    const flat = {
      ...still,
      quantiles: still.quantiles.map(() => still.lastPrice),
      fan: still.fan.map((point) => ({ ...point, quantiles: point.quantiles.map(() => still.lastPrice) })),
    };
    for (const report of [still, flat]) {
      const svg = fanChartSvg(fanChartInput(report), 'light');
      expect(svg).not.toMatch(/NaN|Infinity/);
      expect(texts(svg)).toContain('$98,123');
    }
  });
});
