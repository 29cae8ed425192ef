import { describe, expect, test } from 'vitest';
import { CHOICES } from '../../../src/core/horizon.ts';
import { BANDS } from '../../../src/core/quantiles.ts';
import { HOUR_MS, MINUTE_MS } from '../../../src/core/time.ts';
import { axisDate } from '../../../src/render/chart/time-axis.ts';
import { CHART_SIZE, fanChartOption, fanChartSvg } from '../../../src/render/forecast/fan-chart.ts';
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
    const target = axisDate(report.targetMs, true);
    expect(shown).toContain(`Bitcoin (BTC) by ${target}`);
    expect(shown).toContain(`${report.horizon.label} from 21 Nov 2026, 00:00 (UTC)`);
    expect(shown).toEqual(expect.arrayContaining(['21 Nov 00:00', target]));
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
    const report = believableReport({ horizon: '4h', missing: [3, 4] });
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
    expect(all('币安人生')).toContain('BTC by 22 Nov 00:00');
    expect(all('x'.repeat(200))).not.toContain('x'.repeat(40));
    expect(all('Bitcoin')).toContain('Bitcoin (BTC) by 22 Nov 00:00');
  });

  test('writes every time by the clock of the zone asked for', () => {
    const report = believableReport({ originMs: ORIGIN_MS + 23 * HOUR_MS + 48 * MINUTE_MS });
    const shown = texts(fanChartSvg(fanChartInput(report, 'America/Los_Angeles'), 'dark'));
    expect(shown).toContain('Bitcoin (BTC) by 22 Nov 15:48');
    expect(shown).toContain('1 day from 21 Nov 2026, 15:48 (Los Angeles time)');
    expect(shown).toEqual(expect.arrayContaining(['21 Nov 15:48', '22 Nov 15:48']));
    expect(shown.join('\n')).not.toMatch(/UTC|23:48/);
  });

  test.each([
    ['1h', '1h', 24, 1],
    ['4h', '1h', 36, 1],
    ['24h', '1h', 14 * 24, 8],
    ['1d', '1h', 14 * 24, 8],
    ['3d', '1h', 21 * 24, 12],
    ['7d', '1h', 21 * 24, 12],
    ['1d', '1d', 28 * 24, 24],
  ] as const)(
    'beside %s, from candles of %s, lie %d hours in candles of %d',
    (horizon, historyInterval, hours, each) => {
      const originMs = ORIGIN_MS + 48 * MINUTE_MS;
      const { history, slotMs } = fanChartInput(believableReport({ horizon, historyInterval, originMs }));
      expect(slotMs).toBe(each * HOUR_MS);
      expect(history.length * slotMs).toBe(hours * HOUR_MS);
      expect(history.at(-1)!.openTimeMs + slotMs).toBe(ORIGIN_MS);
    },
  );

  test.each([...CHOICES])(
    'gives the fan of %s at least as much of the picture as the past, and three or four times',
    (horizon) => {
      for (const [minutes, price] of [
        [0, 98_123],
        [31, 0.000012345],
        [59, 3.21],
      ] as const) {
        const report = believableReport({ horizon, price, originMs: ORIGIN_MS + 7 * HOUR_MS + minutes * MINUTE_MS });
        const { grid, yAxis } = fanChartOption(fanChartInput(report), 'dark') as {
          grid: { left: number; width: number }[];
          yAxis: { min: number; max: number }[];
        };
        expect(grid[1]!.width).toBeGreaterThanOrEqual(grid[1]!.left - grid[0]!.left);
        const outer = BANDS[BANDS.length - 1]!;
        const width = report.quantiles[outer.upper]! - report.quantiles[outer.lower]!;
        expect(width / (yAxis[1]!.max - yAxis[1]!.min)).toBeGreaterThan(0.35);
        const times = texts(fanChartSvg(fanChartInput(report), 'dark')).filter((text) =>
          /^(\d+ [A-Z][a-z]{2}( \d\d:\d\d)?|\d\d:\d\d)$/.test(text),
        );
        expect(times.length).toBeGreaterThanOrEqual(3);
        expect(times.length).toBeLessThanOrEqual(4);
      }
    },
  );

  test('writes nothing smaller than ten pixels on a phone 375 wide', () => {
    const svg = fanChartSvg(fanChartInput(believableReport({ price: 0.000012345, simulated: true })), 'dark');
    const sizes = [...svg.matchAll(/font-size:([\d.]+)px/g)].map((found) => Number(found[1]));
    expect(sizes.length).toBeGreaterThan(10);
    expect((Math.min(...sizes) * 375) / CHART_SIZE.width).toBeGreaterThanOrEqual(10);
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
