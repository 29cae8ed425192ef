import { describe, expect, it } from 'vitest';
import { loadConfig, SECRET_SETTINGS } from '../../src/config.ts';

const POSTGRES = { DATABASE_URL: 'postgres://candlecast:pass@127.0.0.1/candlecast' };
const TOKEN = { DISCORD_TOKEN: 'a token' };

function problemsOf(settings: Readonly<Record<string, string>>): string {
  try {
    loadConfig({}, settings);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('settings of several processes', () => {
  it('is one process with everything unless told otherwise', () => {
    const config = loadConfig({}, {});
    expect(config).toMatchObject({ ROLE: 'all' });
    expect([config.SHARDS, config.REDIS_URL, config.METRICS_PORT]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['0-7/32', { first: 0, last: 7, count: 32 }],
    ['31/32', { first: 31, last: 31, count: 32 }],
    ['0/1', { first: 0, last: 0, count: 1 }],
  ])('reads the shards %s', (SHARDS, expected) => {
    expect(loadConfig({}, { ROLE: 'shard', SHARDS, ...POSTGRES, ...TOKEN }).SHARDS).toEqual(expected);
  });

  it.each(['0-8/8', '3-1/8', '8', '-1/4', 'a/b', '0/0', '1/1', '0-7/99999'])('refuses the shards %s', (SHARDS) => {
    expect(problemsOf({ ROLE: 'shard', SHARDS, ...POSTGRES, ...TOKEN })).toMatch(/SHARDS: must /);
  });

  it('names all that is missing for a role at once', () => {
    const problems = problemsOf({ ROLE: 'shard' });
    expect(problems).toMatch(/SHARDS: is missing.*DATABASE_URL: must be postgres.*DISCORD_TOKEN: is missing/);
    expect(problemsOf({ ROLE: 'worker', SHARDS: '0/2', ...POSTGRES, ...TOKEN })).toMatch(/SHARDS: only a process/);
    expect(problemsOf({ ROLE: 'boss' })).toMatch(/ROLE: must be all, shard, worker, trainer/);
    expect(problemsOf({ REDIS_URL: 'http://127.0.0.1' })).toMatch(/REDIS_URL: must be redis/);
  });

  it('needs no token for training', () => {
    expect(problemsOf({ ROLE: 'trainer', ...POSTGRES })).toBe('');
  });

  it('treats the address of Redis as a secret, because it may hold a password', () => {
    expect(SECRET_SETTINGS).toContain('REDIS_URL');
  });
});
