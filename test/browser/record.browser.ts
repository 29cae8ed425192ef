import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { type RunningConsole, startConsole } from '../../src/console/server.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { PublicRecord } from '../../src/core/public-record.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { START_MS } from '../support/candles.ts';
import { fakeContext } from '../support/console/fake-context.ts';
import { type KeptRecord, keepRecord, publicRecordOf } from '../support/public-record.ts';
import { launchBrowser, screenshotFolder, violations } from './open-page.ts';

const SYMBOLS = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'DOGE', 'LTC'];

let browser: Browser;
let running: RunningConsole;
let kept: KeptRecord;
let shots: string;
let shown: PublicRecord;
const problems: string[] = [];
const outside: string[] = [];

beforeAll(async () => {
  shots = await screenshotFolder();
  const isDown = (at: number) => at >= START_MS + 70 * DAY_MS && at < START_MS + 78 * DAY_MS;
  const modelAt = (interval: string, at: number) => `${interval}-${at < START_MS + 50 * DAY_MS ? 'old' : 'new'}`;
  kept = await keepRecord({ symbols: SYMBOLS, days: 140, hourlyDays: 3, isDown, modelAt });
  shown = await publicRecordOf(kept);
  let servedAtMs = 0;
  running = await startConsole({
    port: 0,
    // Each request finds the page out of date, so that what is shown may change between tests.
    context: { ...fakeContext({}), now: () => (servedAtMs += DAY_MS) },
    commands: COMMANDS,
    components: COMPONENT_HANDLERS,
    logger: silentLogger,
    publicRecord: async () => shown,
  });
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await running?.close();
  await kept?.storage.close();
});

/** Opens the page in a context of its own, does something, and expects neither errors nor requests to elsewhere. */
async function withPage(options: BrowserContextOptions, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  try {
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== running.url) outside.push(request.url());
    });
    await page.goto(`${running.url}/record`);
    await page.getByRole('heading', { name: 'Track record' }).waitFor();
    await act(page);
    expect(problems.splice(0)).toEqual([]);
    expect(outside.splice(0)).toEqual([]);
  } finally {
    await context.close();
  }
}

const widthOf = (page: Page) => page.evaluate('document.documentElement.scrollWidth') as Promise<number>;
const visible = (page: Page) =>
  page
    .locator('.horizon')
    .evaluateAll((sections) =>
      sections
        .filter((section) => (section as unknown as { checkVisibility(): boolean }).checkVisibility())
        .map(({ id }) => id),
    );

describe('the track record in a browser', () => {
  it.each([
    ['phone-light', 360, 'light'],
    ['phone-dark', 360, 'dark'],
    ['wide-light', 1280, 'light'],
    ['wide-dark', 1280, 'dark'],
  ] as const)(
    'has no violation of axe, and no sideways scrolling: %s',
    async (name, width, colorScheme) => {
      await withPage({ viewport: { width, height: 900 }, colorScheme }, async (page) => {
        expect(await widthOf(page)).toBe(width);
        expect(await violations(page)).toEqual([]);
        await page.screenshot({ path: join(shots, `record-${name}.png`), fullPage: true });
        for (const summary of await page.locator('#h-1d summary').all()) await summary.click();
        expect(await widthOf(page)).toBe(width);
        expect(await violations(page)).toEqual([]);
      });
    },
    180_000,
  );

  it('shows one horizon at a time, chosen by keyboard, and puts it into the address', async () => {
    await withPage({ viewport: { width: 1000, height: 900 } }, async (page) => {
      expect(await visible(page)).toEqual(['h-1d']);
      await page.getByRole('radio', { name: '1 day' }).focus();
      await page.keyboard.press('ArrowRight');
      expect(await visible(page)).toEqual(['h-3d']);
      expect(new URL(page.url()).searchParams.get('horizon')).toBe('3d');
      await page.reload();
      expect(await visible(page)).toEqual(['h-3d']);
      await page.getByRole('radio', { name: 'All' }).check();
      expect(await visible(page)).toEqual(['h-1h', 'h-4h', 'h-24h', 'h-1d', 'h-3d', 'h-7d']);
    });
  });

  it('does so without a script', async () => {
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await page.getByRole('radio', { name: '7 days' }).check();
      expect(await page.locator('#h-7d').isVisible()).toBe(true);
      expect(await page.locator('#h-1d').isVisible()).toBe(false);
      expect(await page.locator('.filter').count()).toBe(0);
    });
  });

  it('finds coins, and leads from each figure to its definition', async () => {
    await withPage({ viewport: { width: 1000, height: 900 } }, async (page) => {
      const section = page.locator('#h-1d');
      const rows = section.locator('table.coins tbody tr');
      expect(await rows.count()).toBe(SYMBOLS.length);
      await section.getByRole('searchbox', { name: 'Coin' }).fill('t');
      expect(await rows.filter({ visible: true }).locator('th').allTextContents()).toEqual(['BTC', 'ETH', 'LTC']);
      await section.getByRole('link', { name: 'Definition: Better than a baseline (skill)' }).first().click();
      expect(new URL(page.url()).hash).toBe('#def-skill');
      expect(await page.locator('#def-skill').isVisible()).toBe(true);
    });
  });

  it('folds coins beyond twenty away, and the filter looks through them', async () => {
    const many = ({ coins, ...track }: PublicRecord['horizons'][number]) => {
      const more = Array.from({ length: 300 - coins.length }, (_, i) => ({ ...coins[0]!, symbol: `C${100 + i}` }));
      return { ...track, coins: [...coins, ...more] };
    };
    const before = shown;
    shown = { ...before, horizons: before.horizons.map(many) };
    for (const width of [360, 1280]) {
      await withPage({ viewport: { width, height: 900 } }, async (page) => {
        const section = page.locator('#h-1d');
        const rows = section.locator('table.coins tbody tr');
        expect(await rows.count()).toBe(300);
        expect(await rows.filter({ visible: true }).count()).toBe(20);
        await section.getByRole('searchbox', { name: 'Coin' }).fill('C39');
        expect(await rows.filter({ visible: true }).locator('th').allTextContents()).toEqual(['C390', 'C391', 'C392']);
        expect(await section.locator('table.coins thead').filter({ visible: true }).count()).toBe(1);
        expect(await widthOf(page)).toBe(width);
        expect(await violations(page)).toEqual([]);
        await section.getByRole('searchbox', { name: 'Coin' }).fill('');
        expect(await rows.filter({ visible: true }).count()).toBe(20);
        await section.locator('details.more summary').click();
        expect(await rows.filter({ visible: true }).count()).toBe(300);
      });
    }
    shown = before;
  }, 120_000);

  it('is led to from the chat', async () => {
    await withPage({ viewport: { width: 360, height: 800 } }, async (page) => {
      await page.goto(running.url);
      await page.getByRole('link', { name: 'Track record' }).click();
      await page.getByRole('heading', { name: 'Track record' }).waitFor();
    });
  });

  it('is as good while there is nothing to show', async () => {
    const storage = await openStorage('sqlite::memory:', { now: () => START_MS });
    shown = await publicRecordOf({ storage, clock: { nowMs: START_MS }, close: () => 1 });
    await storage.close();
    await withPage({ viewport: { width: 360, height: 800 } }, async (page) => {
      await page.getByText('The record is empty').waitFor();
      expect(await widthOf(page)).toBe(360);
      expect(await violations(page)).toEqual([]);
    });
  });
});
