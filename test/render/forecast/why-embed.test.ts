import { describe, expect, test } from 'vitest';
import type { ForecastExplanation } from '../../../src/core/forecast.ts';
import { forecastReply } from '../../../src/render/forecast/forecast-embed.ts';
import { whyEmbed, whySentences, withWhy } from '../../../src/render/forecast/why-embed.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { replyText } from '../../../src/render/text.ts';
import { ENGLISH, plainNote } from '../../support/english.ts';
import { attribution, believableExplanation } from './believable-explanation.ts';
import { believableReport, ORIGIN_MS } from './believable-report.ts';

const report = believableReport();
const reader = { translator: ENGLISH };
const base = believableExplanation(report);
const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const sentences = (changes: Partial<ForecastExplanation>) => whySentences({ ...base, ...changes }, ENGLISH).map(plain);

describe('what moved a forecast, in words', () => {
  test('names the strongest pulls along the change of the width, and says when nothing moves the median', () => {
    expect(sentences({})).toEqual([
      'The range is wider than usual (+27 %): a larger move is likely. Main reasons: Bitcoin (+18 %) and how restless this coin was lately (+9 %).',
      'Up or down: nothing points clearly either way.',
    ]);
  });

  test('names what holds against it', () => {
    const width = attribution(-0.2, [-0.3, 0, 0.1, 0, 0, 0]);
    expect(sentences({ width })[0]).toBe(
      'The range is narrower than usual (−18 %): a smaller move is likely. Main reasons: how restless this coin was lately (−26 %). Pulling the other way: Bitcoin (+11 %).',
    );
  });

  test('does not make a story of an ordinary width', () => {
    expect(sentences({ width: attribution(0.01, [0.005, 0.002, 0.001, 0, 0, 0]) })[0]).toBe(
      'The range is about as wide as usual. Nothing in particular moves it.',
    );
    expect(sentences({ width: attribution(0.01, [0.2, 0, -0.19, 0, 0, 0]) })[0]).toBe(
      'The range is about as wide as usual. The strongest pull is how restless this coin was lately (+22 %), and the others make up for it.',
    );
  });

  test('names what moves the median where something does', () => {
    expect(sentences({ median: attribution(0.006, [0, 0.004, 0.0015, 0, 0, 0]) })[1]).toBe(
      'Up or down: the middle of the range is moved by its recent trend (+0.4 %) and Bitcoin (+0.2 %).',
    );
  });

  test('says when a safety margin was added', () => {
    expect(sentences({ width: attribution(0.4, [0.05, 0, 0, 0, 0, 0], 0, 0.34) })[0]).toContain(
      'a safety margin for unusual markets (+40 %)',
    );
  });
});

describe('one day of two models', () => {
  const width = attribution(0.4, [0.05, 0, 0, 0, 0, 0], 0, 0.34);
  const both: ForecastExplanation = { ...base, width, adjustmentCause: 'hours' };

  test('says first which of them is explained, and what the other changes', () => {
    const [first, second] = sentences({ ...both });
    expect(first).toMatch(
      /^One day is the average of two models: this explains the one that reads days, and \*\*Hourly model/,
    );
    expect(second).toContain('Main reasons: the model that reads hours (+40 %)');
    const [bars] = whyEmbed(both, ENGLISH).fields!.map((field) => field.value.split('\n'));
    expect(bars).toEqual(expect.arrayContaining([expect.stringMatching(/^Hourly model {5}\+40 % █+$/)]));
    expect(JSON.stringify(whyEmbed(both, ENGLISH))).not.toMatch(/safety margin/i);
  });

  test('is told from a move since the close', () => {
    const move = { ...both, adjustmentCause: 'move' as const };
    expect(sentences(move)).toHaveLength(2);
    expect(sentences(move)[0]).toContain('the move since the last close (+40 %)');
    expect(whyEmbed(move, ENGLISH).fields![0]!.value).toContain('\nSince the close  +40 %');
  });
});

describe('the embed', () => {
  test('has a row a part, each narrow enough for a phone, bars as long as the pulls', () => {
    const [bars, table] = whyEmbed(base, ENGLISH).fields!.map((field) => field.value.split('\n').slice(1, -1));
    expect(bars).toHaveLength(9);
    expect(bars!.slice(0, 2)).toEqual(['Bitcoin          +18 % ██████████', 'Own volatility    +9 % █████']);
    expect(bars!.at(-1)).toMatch(/^Together +\+27 %$/);
    expect(table).toHaveLength(10);
    for (const line of [...bars!, ...table!]) expect(line.length).toBeLessThanOrEqual(36);
  });

  test('shows the row of a safety margin only when there was one', () => {
    const labels = (explanation: ForecastExplanation) => whyEmbed(explanation, ENGLISH).fields![0]!.value;
    expect(labels(base)).not.toContain('Safety margin');
    expect(labels({ ...base, width: attribution(0.4, [0.05, 0, 0, 0, 0, 0], 0, 0.34) })).toContain('Safety margin');
  });

  test('stays within the limits together with the fullest forecast, and reads in a terminal', () => {
    const notes = Array.from({ length: 20 }, () => plainNote('source-down', 'long '.repeat(100)));
    const full = { ...report, notes };
    const reply = withWhy(forecastReply(full, null, reader), full, base, reader);
    expect(limitProblems(reply)).toEqual([]);
    const text = replyText(withWhy(forecastReply(report, null, reader), report, base, reader), ORIGIN_MS);
    expect(text).toMatch(/Bitcoin +\+18 % █{10}\n/);
    expect(text).not.toContain('`');
  });
});
