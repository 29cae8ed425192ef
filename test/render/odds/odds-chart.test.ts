import { describe, expect, it } from 'vitest';
import { levelOdds } from '../../../src/core/odds.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { svgToPng } from '../../../src/render/chart/rasterize.ts';
import { oddsChartSvg } from '../../../src/render/odds/odds-chart.ts';
import { oddsChartInput } from '../../../src/render/odds/odds-chart-input.ts';
import { believableReport } from '../forecast/believable-report.ts';

function inputFor(level: number, locale = 'en-GB') {
  const forecast = believableReport({ horizon: '3d' });
  const targetMs = forecast.originMs + 2 * DAY_MS;
  const odds = { level, direction: 'above' as const, targetMs, ...levelOdds(forecast, level, targetMs) };
  const answer = { forecast, ...odds, record: null };
  return oddsChartInput(answer, { translator: translatorFor(locale), timeZone: 'Europe/Berlin' });
}

describe('the picture of odds', () => {
  it('cuts the fan at the moment asked about, draws the level and says both chances', () => {
    const input = inputFor(100_000);
    const svg = oddsChartSvg(input, 'dark');
    expect(input.fan.at(-1)!.timeMs).toBe(input.targetMs);
    expect(input.fan.every(({ timeMs }) => timeMs <= input.targetMs)).toBe(true);
    expect(svg).toContain('stroke-dasharray="12 7"');
    for (const word of [input.words.chances.above, input.words.chances.below, '$100,000']) expect(svg).toContain(word);
    expect(svg).not.toContain('NaN');
  });

  it.each([1, 1e9])('keeps a level of %d, far outside, in the picture', (level) => {
    const svg = oddsChartSvg(inputFor(level, 'pt-BR'), 'light');
    expect(svg).not.toMatch(/NaN|Infinity/);
    const y = [...svg.matchAll(/y1="([-\d.]+)"/g)].map((found) => Number(found[1]));
    expect(Math.min(...y)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...y)).toBeLessThanOrEqual(540);
    expect(svgToPng(svg, 900).length).toBeGreaterThan(10_000);
  });
});
