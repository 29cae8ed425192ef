import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { parseBacktest } from '../../src/cli/backtest.ts';
import { parseEvaluate } from '../../src/cli/evaluate.ts';
import {
  commandOptions,
  filled,
  flag,
  lastDay,
  moment,
  number,
  option,
  stepsOf,
  symbols,
  wholeNumber,
} from '../../src/cli/options.ts';
import { parseTrain } from '../../src/cli/train-options.ts';
import { DAY_MS } from '../../src/core/time.ts';

const thrown = (run: () => unknown) => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('the options of a command', () => {
  const something = commandOptions('something', {
    file: option('FILE', 'what is read', filled),
    share: option('0.5', 'how much of it', number(0, 1).default(0.25)),
    times: option('N', 'how often', wholeNumber(1, 3).optional()),
    loud: flag('says so'),
  });
  const usage = 'npm run something -- --file FILE [--share 0.5] [--times N] [--loud]';
  const refused = (message: RegExp) => ({
    code: 'CC_USAGE',
    remedy: `Usage: ${usage}`,
    message: expect.stringMatching(message),
  });

  it('give values, defaults, the usage line and the help', () => {
    const { values, positionals } = something.read(['--file', 'x', '--share', ' 1 ', '--loud']);
    expect({ values, positionals }).toEqual({
      values: { file: 'x', share: 1, times: undefined, loud: true },
      positionals: [],
    });
    expect(something.read(['--file', 'x']).values).toMatchObject({ share: 0.25, loud: false });
    expect(something.help()).toBe(
      [
        `Usage: ${usage}`,
        '',
        '  --file FILE  what is read',
        '  --share 0.5  how much of it (0 to 1, default 0.25)',
        '  --times N    how often (1 to 3)',
        '  --loud       says so',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [['--moon'], /--moon/],
    [[], /--file FILE is missing: what is read\./],
    [['--file'], /--file/],
    [['--file', ''], /--file needs a value/],
    [['--file', 'x', 'y'], /y/],
    [['--file', 'x', '--loud', 'y'], /y/],
    [['--file', 'x', '--share', ''], /--share takes a number from 0 to 1\./],
    [['--file', 'x', '--share', 'NaN'], /--share/],
    [['--file', 'x', '--share', '1.01'], /--share/],
    [['--file', 'x', '--times', '0'], /--times takes a whole number from 1 to 3\./],
    [['--file', 'x', '--times', '1.5'], /--times takes a whole number/],
  ])('are refused with the usage line of the command that was called: %j', (args, message) => {
    expect(thrown(() => something.read(args))).toMatchObject(refused(message));
  });

  it('leave other words to a command that takes them', () => {
    const spoken = commandOptions('say', { loud: flag('loudly') }, 'WORDS');
    expect(spoken.usage).toBe('npm run say -- WORDS [--loud]');
    expect(spoken.read(['a', '--loud', 'b'])).toEqual({ values: { loud: true }, positionals: ['a', 'b'] });
  });
});

describe('what several commands take', () => {
  const reads = (schema: z.ZodType, text: string) => schema.safeParse(text).success;

  it('are days, which begin and end in UTC, and exact times', () => {
    expect(moment(0).parse('2024-02-29')).toBe(Date.UTC(2024, 1, 29));
    expect(moment(DAY_MS - 1).parse('2024-02-29')).toBe(Date.UTC(2024, 2, 1) - 1);
    expect(moment(DAY_MS - 1).parse('2024-02-29T12:30:00Z')).toBe(Date.UTC(2024, 1, 29, 12, 30));
    expect(moment(0).parse('2024-02-29T12:30Z')).toBe(Date.UTC(2024, 1, 29, 12, 30));
    expect(moment(0).parse('2024-02-29T12:30:00.250Z')).toBe(Date.UTC(2024, 1, 29, 12, 30, 0, 250));
    expect(lastDay.parse('2023-12-31')).toBe(Date.UTC(2024, 0, 1));
    expect(lastDay.optional().parse(undefined)).toBeUndefined();
  });

  it.each(['2023-02-31', '2023-02-29', '2023-13-01', 'June', '', '2024-01-01T25:00:00Z', '2023-02-31T12:00:00Z'])(
    'is not the day %j',
    (text) => {
      expect([reads(moment(0), text), reads(lastDay, text)]).toEqual([false, false]);
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
    expect(symbols.parse('btc, eth,BTC')).toEqual(new Set(['BTC', 'ETH']));
    expect(reads(symbols, '../etc')).toBe(false);
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
