import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { type RunningConsole, startConsole } from '../../src/console/server.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { ChartRenderer } from '../../src/render/chart-renderer.ts';
import { createChartRenderer } from '../../src/render/worker-charts.ts';
import type { ForecastRequest } from '../../src/services/services.ts';
import { fakeContext } from '../support/console/fake-context.ts';

// Without these, Chromium looks for Google's hosts at every start, also where no network is allowed.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;
let charts: ChartRenderer;
let running: RunningConsole;
let context: BrowserContext;
let page: Page;
let shots: string;
let banner: string | null;
const asked: ForecastRequest[] = [];
const problems: string[] = [];
const outside: string[] = [];

beforeAll(async () => {
  shots = process.env['SCREENSHOTS'] ?? (await mkdtemp(join(tmpdir(), 'candlecast-console-')));
  charts = createChartRenderer();
  running = await startConsole({
    port: 0,
    context: fakeContext({ charts, asked }),
    commands: COMMANDS,
    components: COMPONENT_HANDLERS,
    logger: silentLogger,
    simulatedBanner: () => banner,
  });
  browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: FLAGS });
});

afterAll(async () => {
  await browser?.close();
  await running?.close();
  await charts?.close();
});

beforeEach(() => {
  banner = 'SIMULATED market: prices are made up. No market source answered within 5 s.';
});

afterEach(async () => {
  await context.close();
  expect(problems.splice(0)).toEqual([]);
  expect(outside.splice(0)).toEqual([]);
});

async function open(options: { width?: number; height?: number; colorScheme?: 'dark' | 'light' } = {}): Promise<void> {
  const { width = 1280, height = 860, colorScheme = 'dark' } = options;
  context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:' && origin !== running.url) outside.push(request.url());
  });
  await page.goto(running.url);
  await page.getByRole('heading', { name: 'Welcome to Candlecast' }).waitFor();
}

const answer = () => page.getByRole('article').last();
const loaded = (selector: string) =>
  expect
    .poll(() => page.locator(selector).evaluate((image: { naturalWidth?: number }) => image.naturalWidth))
    .toBeGreaterThan(400);
const shoot = (name: string) => page.screenshot({ path: join(shots, `${name}.png`) });

describe('the console page', () => {
  it('answers a forecast typed and completed by keyboard, and changes its horizon', async () => {
    await open();
    await page.keyboard.type('/fore');
    await page.getByRole('option', { name: '/forecast' }).waitFor();
    await shoot('picker-dark');
    await page.keyboard.press('Enter');
    await page.keyboard.type('bitc');
    await page.getByRole('option', { name: /BTC/ }).waitFor();
    await shoot('autocomplete-dark');
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: '3 days (3d)' }).waitFor();
    await shoot('options-dark');
    await page.keyboard.press('Enter');
    await loaded('.embed-image img');
    expect(asked.at(-1)).toMatchObject({ symbol: 'BTC', horizon: '1d' });
    expect(await answer().getByRole('heading').first().textContent()).toContain('Bitcoin (BTC), next 1 day');
    await shoot('forecast-dark');

    const select = answer().getByRole('combobox', { name: 'Horizon' });
    await select.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await shoot('select-dark');
    await page.keyboard.press('Enter');
    await answer()
      .getByRole('heading', { name: /next 3 days/ })
      .waitFor();
    expect(asked.at(-1)).toMatchObject({ symbol: 'BTC', horizon: '3d' });
    expect(await page.getByRole('article').count()).toBe(2);
    await answer().locator('[aria-label="Horizon"]:focus').waitFor();
  });

  it('gives a newcomer a forecast with one click, in light colours', async () => {
    await open({ colorScheme: 'light' });
    await shoot('welcome-light');
    await page.getByRole('button', { name: '/forecast symbol:BTC horizon:1d' }).click();
    await loaded('.embed-image img');
    await answer().getByText('You used').waitFor();
    await page.locator('.message').last().locator('.row').last().scrollIntoViewIfNeeded();
    await shoot('forecast-light');
    await answer()
      .getByRole('button', { name: /^Enlarge/ })
      .click();
    await page.getByRole('dialog').getByRole('link', { name: 'Save forecast.png' }).waitFor();
    await shoot('enlarged-light');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it.each(['dark', 'light'] as const)('never scrolls sideways at 360 px in %s colours', async (colorScheme) => {
    await open({ width: 360, height: 740, colorScheme });
    const sideways = () => page.locator('html').evaluate((root) => root.scrollWidth - root.clientWidth);
    expect(await sideways()).toBe(0);
    await shoot(`phone-welcome-${colorScheme}`);
    await page.getByRole('button', { name: 'Show all commands' }).click();
    await page.getByRole('option', { name: '/forecast' }).waitFor();
    await shoot(`phone-picker-${colorScheme}`);
    expect(await sideways()).toBe(0);
    await page.getByRole('option', { name: '/forecast' }).click();
    await page.keyboard.type('ETH');
    await page.getByRole('option', { name: 'ETH (Ethereum)' }).click();
    await shoot(`phone-options-${colorScheme}`);
    expect(await sideways()).toBe(0);
    await page.getByRole('button', { name: 'Send' }).click();
    await loaded('.embed-image img');
    await shoot(`phone-forecast-${colorScheme}`);
    const list = page.locator('#messages');
    expect(await list.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
    expect(await sideways()).toBe(0);
    await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await shoot(`phone-chart-${colorScheme}`);
  });

  it('marks a private reply and lets the reader dismiss it', async () => {
    await open();
    await page.keyboard.type('/status');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await answer().getByText('Only you can see this').waitFor();
    await shoot('status-dark');
    await answer().getByRole('button', { name: 'Dismiss message' }).click();
    expect(await page.getByRole('article').count()).toBe(1);
  });

  it('tells of an unknown coin in words, without losing the page', async () => {
    await open();
    await page.keyboard.type('/forecast NOSUCH');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await answer().getByText('Did you mean').waitFor();
    expect(await answer().textContent()).toContain('CC_UNKNOWN_SYMBOL');
    await shoot('error-dark');
  });

  it('brings back what was sent with the arrow keys', async () => {
    await open();
    await page.getByRole('button', { name: '/status' }).click();
    await answer().getByText('Only you can see this').waitFor();
    for (const coin of ['BTC', 'ETH']) {
      await page.getByRole('combobox', { name: 'Command' }).fill(`/forecast ${coin} 3d`);
      await page.keyboard.press('Enter');
      await answer().getByText(`(${coin})`).first().waitFor();
    }
    await page.keyboard.press('ArrowUp');
    expect(await page.getByRole('combobox', { name: 'Command' }).inputValue()).toBe('/forecast ETH 3d');
  });

  it('shows the banner as soon as the market is a simulated one', async () => {
    banner = null;
    await open();
    expect(await page.locator('#banner').isVisible()).toBe(false);
    banner = 'SIMULATED: no market source answered.';
    await page.getByText('SIMULATED: no market source answered.').waitFor();
  });
});
