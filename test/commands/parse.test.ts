import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { nearest, readNumber, validateOptions } from '../../src/commands/options.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { parseLine } from '../../src/commands/typed-line.ts';
import { CandlecastError } from '../../src/core/errors.ts';

const parse = (line: string) => parseLine(line, COMMANDS);

/** The error a line is refused with, as the person reads it. */
function refusal(line: string): string {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof CandlecastError && error.code === 'CC_USAGE') return `${error.message} ${error.remedy}`;
    throw error;
  }
  throw new Error(`"${line}" was not refused`);
}

describe('a typed line', () => {
  test.each([
    ['/forecast symbol:BTC horizon:1d private:true', { symbol: 'BTC', horizon: '1d', private: true }],
    ['/forecast BTC 1d', { symbol: 'BTC', horizon: '1d' }],
    ['forecast BTC', { symbol: 'BTC' }],
    ['  /FORECAST   symbol: BTC   HORIZON:1D ', { symbol: 'BTC', horizon: '1d' }],
    ['/forecast symbol:"Shiba Inu" private:no', { symbol: 'Shiba Inu', private: false }],
    ['/forecast “Shiba Inu” 24h', { symbol: 'Shiba Inu', horizon: '1d' }],
    ['/forecast horizon:7d ETH', { symbol: 'ETH', horizon: '7d' }],
    ['/forecast ETH private:yes 4h', { symbol: 'ETH', horizon: '4h', private: true }],
    ['/status', {}],
    ['/forecast BTC tomorrow', { symbol: 'BTC', horizon: '1d' }],
    ['/forecast BTC in 3 days', { symbol: 'BTC', horizon: '3d' }],
    ['/forecast doge coin 1 Woche', { symbol: 'doge coin', horizon: '7d' }],
    ['/forecast 1d BTC', { symbol: 'BTC', horizon: '1d' }],
    ['/forecast BTC h4', { symbol: 'BTC', horizon: '4h' }],
    ['/forecast H4 btc', { symbol: 'btc', horizon: '4h' }],
    ['/forecast BTC:1d', { symbol: 'btc', horizon: '1d' }],
    ['/forecast symbol:BTC:1d', { symbol: 'symbol:BTC', horizon: '1d' }],
    ['/forecast BTC/EUR:1d', { symbol: 'BTC/EUR', horizon: '1d' }],
    ['/forecast BTC-7D', { symbol: 'BTC', horizon: '7d' }],
    ['/forecast coin:BTC', { symbol: 'BTC' }],
    ['/forecast Ticker:BTC timeframe:3d', { symbol: 'BTC', horizon: '3d' }],
    ['/forecast what will bitcoin do tomorrow', { symbol: 'what will bitcoin do', horizon: '1d' }],
    ['/forecast where will ETH be next week?', { symbol: 'where will ETH be', horizon: '7d' }],
    ['/forecast Was macht Bitcoin morgen?', { symbol: 'Was macht Bitcoin', horizon: '1d' }],
    ['/forecast qué hará bitcoin la próxima semana', { symbol: 'qué hará bitcoin', horizon: '7d' }],
    ['/forecast btc Woche', { symbol: 'btc', horizon: '7d' }],
    ['/chart BTC h4', { symbol: 'BTC', timeframe: '4h' }],
    ['/chart BTC:1W', { symbol: 'btc', timeframe: '1w' }],
    ['/forecast symbol:"BTC mañana"', { symbol: 'BTC', horizon: '1d' }],
    ['/forecast symbol:"1000 pepe"', { symbol: '1000 pepe' }],
    ['/odds BTC tomorrow > 100k', { symbol: 'BTC', by: 'tomorrow', above: 100_000 }],
    ['/odds BTC above 95000 by 2026-12-03 18:00', { symbol: 'BTC', by: '2026-12-03 18:00', above: 95_000 }],
    ['/odds BTC by next friday at 6pm above 95000', { symbol: 'BTC', by: 'next friday at 6pm', above: 95_000 }],
    ['/odds BTC by:friday 18:00 above:95000', { symbol: 'BTC', by: 'friday 18:00', above: 95_000 }],
    ['/odds BTC by soon above 95000', { symbol: 'BTC', by: 'soon', above: 95_000 }],
    ['/me set timezone:São Paulo language:pt', { subcommand: 'set', timezone: 'São Paulo', language: 'pt' }],
    [
      '/subscribe channel:news symbols:BTC time:9:00 timezone:New York daily',
      { channel: 'news', symbols: 'BTC', time: '9:00', timezone: 'New York', report: 'daily' },
    ],
    ['/price eth in yen', { symbols: 'eth', currency: 'yen' }],
    ['/price BTC ETH to EUR', { symbols: 'BTC ETH', currency: 'EUR' }],
    ['/me set language:Deutsch', { subcommand: 'set', language: 'de' }],
    ['/odds symbol:"ETH 2d" below:$3,000', { symbol: 'ETH', by: '2d', below: 3_000 }],
    ['/watch', { subcommand: 'show' }],
    ['/me', { subcommand: 'show' }],
    ['/alert', { subcommand: 'list' }],
    ['/watch btc, doge coin', { subcommand: 'add', symbols: 'btc, doge coin' }],
    ['/alert BTC over 95.5k', { subcommand: 'add', symbol: 'BTC', when: 'above', price: '95.5k' }],
    ['/predict BTC up 3d', { subcommand: 'up', symbol: 'BTC', horizon: '3d' }],
    [
      '/subscribe channel:general symbols:BTC, ETH,  SOL time:09:00',
      { channel: 'general', symbols: 'BTC, ETH, SOL', time: '09:00' },
    ],
  ])('%s is understood', (line, options) => {
    expect(parse(line).options).toEqual(options);
  });

  test.each([
    ['', 'No command was given. The commands are /forecast, '],
    ['/forcast BTC', 'There is no command "/forcast". Did you mean /forecast?'],
    ['/moon', 'There is no command "/moon". The commands are'],
    ['/backtest', '/backtest needs the option symbol. Usage: /backtest symbol:… [horizon:1h|4h|1d|3d|7d]'],
    ['/forecast symbl:BTC', '/forecast has no option "symbl". Did you mean symbol?'],
    ['/forecast BTC 2d', 'Forecasts look 1h, 4h, 1d, 3d, 7d ahead, not "2d"; /odds takes any time up to 7d.'],
    ['/forecast symbol:"BTC 2h"', 'Forecasts look 1h, 4h, 1d, 3d, 7d ahead, not "2h"'],
    ['/forecast BTC horizon:soon', 'The option horizon must be one of 1h, 4h, 1d, 3d, 7d, not "soon".'],
    ['/watch shwo', 'Did you mean /watch show?'],
    ['/odds BTC above many', 'The option above must be a number, not "many".'],
    ['/forecast BTC private:maybe', 'The option private must be true or false, not "maybe".'],
    ['/forecast BTC 1d true false true more', '/forecast has no place for "more".'],
    [
      '/forecast symbol:BTC horizon:1d private:true why:true details:true more',
      'no place for "more". A value with spaces goes in double quotes, such as symbols:"BTC, ETH".',
    ],
    ['/forecast symbol:BTC symbol:ETH', 'The option "symbol" is given twice.'],
    ['/forecast "BTC', 'double quotes'],
    ['/forecast symbol:', 'The line cannot be read from'],
    [`/forecast ${'x'.repeat(60)}`, 'The option symbol must be 50 characters or shorter'],
    ['/forecast symbol: horizon:1d', 'The line cannot be read from "symbol: horizon:1d"'],
    ['/forecast __proto__:1', '/forecast has no option "__proto__".'],
    ['/forecast constructor:x', '/forecast has no option "constructor".'],
  ])('%j is refused with a reason', (line, words) => {
    expect(refusal(line)).toContain(words);
  });

  test('comes back from any option values written as a line', () => {
    const value = fc.stringMatching(/^[^"“”\s][^"“”\n\r]{0,38}[^"“”\s]$/u);
    fc.assert(
      fc.property(value, fc.constantFrom('1h', '1d', '7d'), fc.boolean(), (symbol, horizon, hidden) => {
        const line = `/forecast symbol:"${symbol}" horizon:${horizon} private:${hidden}`;
        expect(parse(line)).toEqual({ name: 'forecast', options: { symbol, horizon, private: hidden } });
      }),
    );
  });

  test('is either understood or refused, whatever it holds', () => {
    const piece = fc.constantFrom('/forecast', 'symbol:', '"', '“', ':', ' ', 'BTC', '\n', '\\', '🚀', '1d', 'é');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const line = `/forecast ${pieces.join('')}`;
        let code = 'understood';
        try {
          parse(line);
        } catch (error) {
          code = error instanceof CandlecastError ? error.code : String(error);
        }
        expect(['understood', 'CC_USAGE']).toContain(code);
      }),
    );
  });
});

describe('option values from outside', () => {
  const definition: Command['definition'] = {
    name: 'sample',
    description: 'Every type',
    options: [
      { type: 3, name: 'text', description: 'text', min_length: 2, max_length: 5 },
      { type: 4, name: 'whole', description: 'whole', min_value: 1, max_value: 9 },
      { type: 10, name: 'real', description: 'real' },
      { type: 7, name: 'channel', description: 'channel' },
    ],
  };

  test('arrive in the types of the definition', () => {
    expect(validateOptions(definition, { text: ' abc ', whole: '7', real: '0.5', channel: '123' })).toEqual({
      text: 'abc',
      whole: 7,
      real: 0.5,
      channel: '123',
    });
    expect(validateOptions(definition, { text: null, whole: undefined })).toEqual({});
  });

  test.each([
    [{ text: 'a' }, '2 characters or longer'],
    [{ text: 'abcdef' }, '5 characters or shorter'],
    [{ text: { toString: 'x' } }, 'a plain value'],
    [{ whole: '1.5' }, 'a whole number'],
    [{ whole: '' }, 'a whole number'],
    [{ whole: 0 }, '1 or more'],
    [{ whole: 10 }, '9 or less'],
    [{ real: 'NaN' }, 'a number'],
    [{ toString: 'x' }, 'has no option'],
  ])('%j is refused', (values, words) => {
    expect(() => validateOptions(definition, values)).toThrow(words);
  });
});

test('nearest finds slips of the finger and nothing far-fetched', () => {
  const names = ['forecast', 'status', 'help'];
  expect(['forcast', 'foreacst', 'stat', 'hlep', 'moon', ''].map((typed) => nearest(typed, names))).toEqual([
    'forecast',
    'forecast',
    'status',
    'help',
    null,
    null,
  ]);
});

describe('a typed number', () => {
  test.each([
    ['100000', 100_000],
    ['$100,000', 100_000],
    ['100k', 100_000],
    ['95.5k', 95_500],
    ['1.2m', 1_200_000],
    ['0.0000123', 0.0000123],
    ['0,35', 0.35],
    ['1,234.5', 1_234.5],
    ['1.234,5', 1_234.5],
    ['1.234.567', 1_234_567],
    ['100 000 USD', 100_000],
    ['-5', -5],
    ['1e5', 100_000],
  ])('%s is read', (text, number) => {
    expect(readNumber(text)).toBeCloseTo(number, 10);
  });

  test.each(['', 'k', '1.2.3', '1e5x', '--5'])('"%s" is none', (text) => {
    expect(readNumber(text)).toBeNull();
  });
});
