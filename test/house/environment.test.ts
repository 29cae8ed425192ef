import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, settingsSchema } from '../../src/config.ts';

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const listed = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => ({
  name: name!,
  value: value!,
}));

describe('.env.example', () => {
  it('lists every setting once and no other', () => {
    expect(listed.map((entry) => entry.name).sort()).toEqual(Object.keys(settingsSchema.shape).sort());
  });

  it('shows values that are accepted', () => {
    const shown = Object.fromEntries(
      listed.filter((entry) => entry.value !== '').map((entry) => [entry.name, entry.value]),
    );
    expect(() => loadConfig({}, shown)).not.toThrow();
  });

  it('shows the defaults where there is one', () => {
    const defaults = loadConfig({}, {}) as Readonly<Record<string, unknown>>;
    for (const { name, value } of listed) {
      const standing = defaults[name];
      if (standing === undefined || name === 'SYMBOLS' || value === '') continue;
      expect(Array.isArray(standing) ? standing.join(',') : String(standing), name).toBe(value);
    }
  });
});

describe('settings', () => {
  it('names every wrong one at once and never its value', () => {
    const wrong = {
      CONSOLE_PORT: 'secret-port',
      DATABASE_URL: 'mysql://root:hunter22@db',
      MARKET_SOURCES: 'binance,mtgox',
      OWNER_IDS: 'me',
    };
    const message = (() => {
      try {
        loadConfig({}, wrong);
        return 'accepted';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    for (const name of Object.keys(wrong)) expect(message).toContain(name);
    for (const value of ['secret-port', 'hunter22', 'mtgox']) expect(message).not.toContain(value);
  });

  it('refuse to mix live prices with files or inventions', () => {
    expect(() => loadConfig({}, { MARKET_SOURCES: 'binance,csv:prices' })).toThrow(/MARKET_SOURCES/);
    expect(() => loadConfig({}, { MARKET_SOURCES: 'simulated,binance' })).toThrow(/MARKET_SOURCES/);
    expect(loadConfig({}, { MARKET_SOURCES: 'csv:a, csv:b' }).MARKET_SOURCES).toEqual(['csv:a', 'csv:b']);
  });

  it('take an empty value for an absent one, and a command’s own default before the general one', () => {
    expect(loadConfig({ LOG_LEVEL: 'error' }, { LOG_LEVEL: '' }).LOG_LEVEL).toBe('error');
    expect(loadConfig({ LOG_LEVEL: 'error' }, { LOG_LEVEL: 'debug' }).LOG_LEVEL).toBe('debug');
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(loadConfig({}, {}))).toBe(true);
  });
});
