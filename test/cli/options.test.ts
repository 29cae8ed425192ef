import { parseArgs } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseBacktest } from '../../src/cli/backtest.ts';
import { parseEvaluate } from '../../src/cli/evaluate.ts';
import { dayAfter, momentOf, stepsOf, symbolSet, understood, wrongUsage } from '../../src/cli/options.ts';
import { parseTrain } from '../../src/cli/train-options.ts';

const wrong = wrongUsage('npm run something');
const refused = { code: 'CC_USAGE', remedy: 'Usage: npm run something' };
const thrown = (run: () => unknown) => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('what several commands take', () => {
  it('is refused with the usage line of the command that was called', () => {
    const read = () => parseArgs({ args: ['--moon'], options: {} }).values;
    expect(thrown(() => understood(read, wrong))).toMatchObject({
      ...refused,
      message: expect.stringMatching(/--moon/),
    });
  });

  it('are days, which begin and end in UTC, and exact times', () => {
    expect(momentOf('2024-02-29', '--from', false, wrong)).toBe(Date.UTC(2024, 1, 29));
    expect(momentOf('2024-02-29', '--to', true, wrong)).toBe(Date.UTC(2024, 2, 1) - 1);
    expect(momentOf('2024-02-29T12:30:00Z', '--to', true, wrong)).toBe(Date.UTC(2024, 1, 29, 12, 30));
    expect(dayAfter('2023-12-31', '--fit-until', wrong)).toBe(Date.UTC(2024, 0, 1));
    expect(dayAfter(undefined, '--fit-until', wrong)).toBeUndefined();
  });

  it.each(['2023-02-31', '2023-02-29', '2023-13-01', 'June', '', '2024-01-01T25:00:00Z', '2023-02-31T12:00:00Z'])(
    'is not the day %j',
    (text) => {
      expect(thrown(() => momentOf(text, '--from', false, wrong))).toMatchObject(refused);
      expect(thrown(() => dayAfter(text, '--fit-until', wrong))).toMatchObject(refused);
    },
  );

  it('are horizons by name or in candles, of the interval alone', () => {
    expect([stepsOf('7d', '1d'), stepsOf(' 7D ', '1d'), stepsOf('3', '1d'), stepsOf('4h', '1h')]).toEqual([7, 7, 3, 4]);
    expect([stepsOf('4h', '1d'), stepsOf('', '1d'), stepsOf('soon', '1h')]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });

  it('are tickers, however they are typed', () => {
    expect(symbolSet('btc, eth,BTC', wrong)).toEqual(new Set(['BTC', 'ETH']));
    expect(thrown(() => symbolSet('../etc', wrong))).toMatchObject(refused);
  });

  it.each([
    ['train', parseTrain],
    ['evaluate', (args: readonly string[]) => parseEvaluate([...args, '--from', '2024-01-01'])],
    ['backtest', parseBacktest],
  ])('is read alike by %s', (name, parse) => {
    expect(parse(['--candles', 'x', '--symbols', 'btc, eth']).symbols).toEqual(new Set(['BTC', 'ETH']));
    for (const args of [
      ['--symbols', '../etc'],
      ['--interval', '5m'],
      ['--moon', 'x'],
    ]) {
      expect(thrown(() => parse(['--candles', 'x', ...args]))).toMatchObject({
        code: 'CC_USAGE',
        remedy: expect.stringContaining(`npm run ${name}`),
      });
    }
    expect(thrown(() => parse([]))).toMatchObject({ message: expect.stringContaining('--candles DIR') });
  });

  it('is no day that the calendar lacks, for training either', () => {
    expect(thrown(() => parseTrain(['--candles', 'x', '--fit-until', '2023-02-31']))).toMatchObject({
      code: 'CC_USAGE',
      message: expect.stringContaining('--fit-until'),
    });
  });
});
