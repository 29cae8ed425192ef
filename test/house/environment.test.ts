import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, settingsSchema } from '../../src/config.ts';
import { LIVE_SOURCES } from '../../src/core/sources.ts';

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

describe('live sources', () => {
  it.each(LIVE_SOURCES)('%s is named in .env.example, is a default, and has a setting for its URL', (name) => {
    const text = example.split('\n').filter((line) => line.startsWith('# Tried in this order.'));
    expect(text.join(' ')).toMatch(new RegExp(`\\b${name}\\b`));
    expect(loadConfig({}, {}).MARKET_SOURCES).toContain(name);
    expect(Object.keys(settingsSchema.shape)).toContain(`${name.toUpperCase()}_URL`);
  });

  it('are what the error about an unknown one lists', () => {
    expect(() => loadConfig({}, { MARKET_SOURCES: 'mtgox' })).toThrow(
      `MARKET_SOURCES: must be ${LIVE_SOURCES.join(', ')}, simulated or csv:DIR.`,
    );
    expect(() => loadConfig({}, { MARKET_SOURCES: 'csv:' })).toThrow('must be binance');
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
