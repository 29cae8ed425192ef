import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/record-page.ts';
import { loadConfig } from '../../src/config.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { keepRecord } from '../support/public-record.ts';

describe('npm run record -- page', () => {
  let folder: string;
  let nowMs: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'candlecast-page-'));
    const kept = await keepRecord({
      symbols: ['BTC', 'ETH'],
      days: 60,
      hourlyDays: 1,
      database: `sqlite:${join(folder, 'a.db')}`,
    });
    nowMs = kept.clock.nowMs;
    await kept.storage.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function page(...args: readonly string[]): Promise<string> {
    let text = '';
    const config = loadConfig({ DATABASE_URL: `sqlite:${join(folder, 'a.db')}`, SYMBOLS: 'BTC,ETH' }, {});
    const out = { write: (piece: string) => (text += piece) };
    const silent = { write: () => true };
    const signal = new AbortController().signal;
    const exit = await run({
      args: ['page', ...args],
      config,
      logger: silentLogger,
      version: '1',
      now: () => nowMs,
      out,
      progress: silent,
      signal,
    });
    expect(exit).toBe(0);
    return text;
  }

  it('makes the folder, writes the site, and says what the record says', async () => {
    const site = join(folder, 'new', 'site');
    const text = await page(site);
    expect(text).toMatch(/^Since 1\u00a0January 2024: \d+ forecasts of 2 coins came due\./);
    expect((await readdir(site)).sort()).toEqual([
      'figures.json',
      'icon.svg',
      'index.html',
      'inter-400.ttf',
      'inter-600.ttf',
      'page.js',
      'style.css',
    ]);
    expect((await stat(site)).mode & 0o555).toBe(0o555);
    const html = await readFile(join(site, 'index.html'), 'utf8');
    const figures = JSON.parse(await readFile(join(site, 'figures.json'), 'utf8'));
    expect(html).toContain(figures.checkpoint.hash);
    // EWMA is scored by a thread of its own from the stored candles.
    expect(figures.horizons[0].skills[1]).toMatchObject({ baseline: 'EWMA', n: figures.horizons[0].n });
  });

  it('writes over its own page, leaves other files alone, and names the verifier beside it', async () => {
    const site = join(folder, 'again');
    await page(site);
    await writeFile(join(site, 'CNAME'), 'example.org');
    await mkdir(join(site, 'export'));
    await writeFile(join(site, 'export', 'verify.py'), '');
    await page(site);
    expect(await readFile(join(site, 'CNAME'), 'utf8')).toBe('example.org');
    expect(await readFile(join(site, 'index.html'), 'utf8')).toContain('<a href="export/verify.py">');
  });

  it('refuses to write over what is not its own', async () => {
    const site = join(folder, 'foreign');
    await mkdir(site);
    await writeFile(join(site, 'index.html'), 'mine');
    await expect(page(site)).rejects.toMatchObject({ code: 'CC_FILE' });
    await writeFile(join(site, 'figures.json'), '{"generator":"somebody"}');
    await expect(page(site)).rejects.toMatchObject({ code: 'CC_FILE' });
    expect(await readFile(join(site, 'index.html'), 'utf8')).toBe('mine');
    await expect(page(join(site, 'index.html'))).rejects.toMatchObject({ code: 'CC_FILE' });
    await expect(page()).rejects.toMatchObject({ code: 'CC_USAGE' });
  });
});
