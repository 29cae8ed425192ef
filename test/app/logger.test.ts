import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/app/environment.ts';
import { loadConfig } from '../../src/config.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { inScope } from '../../src/core/under-way.ts';

let lines: Record<string, unknown>[];
const output = {
  write(text: string) {
    lines.push(JSON.parse(text) as Record<string, unknown>);
  },
};
beforeEach(() => {
  lines = [];
});

describe('a line of the log', () => {
  it('holds the id of what it belongs to, and the facts of no other line', async () => {
    const logger = createLogger(loadConfig({}, { LOG_LEVEL: 'info' }), output);
    await Promise.all([
      inScope(
        { request: 'AAAA' },
        () => 0,
        async () => {
          logger.info({ symbol: 'BTC' }, 'first');
          await nextTurn();
          logger.warn({ source: 'kraken' }, 'second');
        },
      ),
      inScope(
        { run: 'BBBB' },
        () => 0,
        async () => logger.info({ job: 'publish' }, 'a job ran'),
      ),
    ]);
    logger.info({}, 'outside');
    const shown = lines.map(({ level: _, time: __, ...line }) => line);
    expect(shown).toEqual([
      { request: 'AAAA', symbol: 'BTC', msg: 'first' },
      { run: 'BBBB', job: 'publish', msg: 'a job ran' },
      { request: 'AAAA', source: 'kraken', msg: 'second' },
      { msg: 'outside' },
    ]);
  });

  it('holds no secret', async () => {
    const logger = createLogger(loadConfig({}, { LOG_LEVEL: 'info', CRYPTOPANIC_TOKEN: 'hunter22hunter22' }), output);
    logger.info({ url: 'https://x/?auth_token=hunter22hunter22' }, 'asked');
    expect(lines[0]!['url']).toBe('https://x/?auth_token=[secret]');
  });

  it('has the stack of an error that nobody expected, and the code alone of one that explains itself', () => {
    const logger = createLogger(loadConfig({}, { LOG_LEVEL: 'info' }), output);
    logger.warn({ err: new CandlecastError('CC_TIMEOUT', 'The chart took too long.') }, 'no chart');
    logger.warn({ err: new TypeError('no such field') }, 'a bug');
    expect(lines[0]!['err']).toEqual({ code: 'CC_TIMEOUT', message: 'The chart took too long.' });
    expect(lines[1]!['err']).toMatchObject({ message: 'no such field', stack: expect.stringContaining('logger.test') });
  });

  it('is one for people on a terminal, without secrets', () => {
    const shown: string[] = [];
    const terminal = { isTTY: true, write: (text: string) => shown.push(text) };
    const logger = createLogger(loadConfig({}, { LOG_LEVEL: 'info', CRYPTOPANIC_TOKEN: 'hunter22hunter22' }), terminal);
    logger.warn({ symbol: 'BTC', url: 'https://x/?auth_token=hunter22hunter22' }, 'no candles');
    // Without the colours.
    expect(
      shown[0]!
        .split('\u001b')
        .map((part) => part.replace(/^\[\d+m/, ''))
        .join(''),
    ).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: no candles .*"symbol":"BTC".*\[secret\]"\}\n$/);
  });
});
