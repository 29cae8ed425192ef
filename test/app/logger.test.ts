import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/app/environment.ts';
import { loadConfig } from '../../src/config.ts';
import { inScope } from '../../src/core/scope.ts';

let lines: Record<string, unknown>[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(JSON.parse(String(text)) as Record<string, unknown>);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

describe('a line of the log', () => {
  it('holds the id of what it belongs to, and the facts of no other line', async () => {
    const logger = createLogger(loadConfig({}, { LOG_LEVEL: 'info' }));
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
    const logger = createLogger(loadConfig({}, { LOG_LEVEL: 'info', CRYPTOPANIC_TOKEN: 'hunter22hunter22' }));
    logger.info({ url: 'https://x/?auth_token=hunter22hunter22' }, 'asked');
    expect(lines[0]!['url']).toBe('https://x/?auth_token=[secret]');
  });
});
