import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Command, ComponentHandler } from '../../src/commands/command.ts';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { type RunningConsole, startConsole } from '../../src/console/server.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type ChartRenderer, createChartRenderer } from '../../src/render/chart/chart-renderer.ts';
import type { Reply } from '../../src/render/reply.ts';
import type { ForecastRequest } from '../../src/services/forecast/forecast.ts';
import { fakeContext } from '../support/console/fake-context.ts';
import { launchBrowser, openConsole, type PageSetup, screenshotFolder } from './open-page.ts';

let browser: Browser;
let charts: ChartRenderer;
let running: RunningConsole;
let context: BrowserContext;
let page: Page;
let shots: string;
let banner: string | null;
/** Ends the waiting command `slow`. */
let finish: () => void = () => {};
const HOSTILE = '<img src=x onerror="document.title=1"> **bold** [x](javascript:alert(1)) <script>1</script>';
const asked: ForecastRequest[] = [];
const problems: string[] = [];
const outside: string[] = [];

const button = (customId: string, label: string) =>
  ({ type: 1, components: [{ type: 2, style: 1, custom_id: customId, label }] }) as Reply['components'][number];

const slow: Command = {
  definition: { name: 'slow', description: 'Answers when it is told to' },
  isPrivate: () => true,
  execute: () =>
    new Promise((resolve) => {
      finish = () =>
        resolve({
          content: HOSTILE,
          embeds: [{ title: HOSTILE, description: HOSTILE, fields: [{ name: HOSTILE, value: HOSTILE }], color: 0 }],
          files: [{ name: 'notes.txt', contentType: 'text/plain', data: Buffer.from('notes'), description: 'Notes' }],
          components: [button('test:again', 'Again'), button('test:fail', 'Fail')],
        });
    }),
};

const handler: ComponentHandler = {
  prefix: 'test',
  async execute({ rest }) {
    if (rest === 'fail') throw new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No source answers.');
    return { content: 'Done **again**.', embeds: [], files: [], components: [button('test:fail', 'Fail')] };
  },
};

beforeAll(async () => {
  shots = await screenshotFolder();
  charts = createChartRenderer();
  running = await startConsole({
    port: 0,
    context: fakeContext({ charts, asked }),
    commands: [...COMMANDS, slow],
    components: [...COMPONENT_HANDLERS, handler],
    logger: silentLogger,
    simulatedBanner: () => banner,
  });
  browser = await launchBrowser();
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

async function open(setup: PageSetup = {}): Promise<void> {
  page = await openConsole(browser, running.url, { problems, outside }, setup);
  context = page.context();
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
    expect(await answer().getByRole('heading').first().textContent()).toContain('Bitcoin (BTC) · $98,123');
    await shoot('forecast-dark');

    const select = answer().getByRole('combobox', { name: 'Horizon' });
    await select.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await shoot('select-dark');
    await page.keyboard.press('Enter');
    await answer().getByText('3 days ahead').first().waitFor();
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
    await page.getByRole('combobox', { name: 'Command' }).fill('/status ');
    await page.keyboard.press('Enter');
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

  it('shows that it is thinking, and hostile text as nothing but text', async () => {
    await open();
    await page.keyboard.type('/slow');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await answer().getByText('Candlecast is thinking…').waitFor();
    await shoot('thinking-dark');
    finish();
    await answer().getByText('Only you can see this').waitFor();
    expect(await answer().locator('img:not(.avatar), script, a[href^="javascript"]').count()).toBe(0);
    expect(await answer().locator('.embed-title').textContent()).toContain(
      '<img src=x onerror="document.title=1"> bold [x](javascript:',
    );
    expect(await page.title()).toBe('Candlecast – local console');
    expect(await answer().getByRole('link', { name: 'notes.txt' }).getAttribute('download')).toBe('notes.txt');
  });

  it('replaces a message when its button is pressed, keeps it private, and tells of an error beside it', async () => {
    await open();
    await page.keyboard.type('/slow ');
    await page.keyboard.press('Enter');
    await answer().getByText('thinking').waitFor();
    finish();
    await answer().getByRole('button', { name: 'Again' }).click();
    await answer().getByText('Done again.').waitFor();
    expect(await answer().getByText('Only you can see this').count()).toBe(1);
    await answer().getByRole('button', { name: 'Fail' }).focus();
    await page.keyboard.press('Enter');
    await answer().getByText('You pressed Fail').waitFor();
    await answer().getByText('No source answers.').waitFor();
    expect(await page.getByRole('article').count()).toBe(3);
    expect(await page.getByRole('article').nth(1).textContent()).toContain('Done again.');
    await shoot('press-error-dark');
  });

  it('is worked by keyboard alone: slash anywhere, Escape, Backspace, required options, Tab', async () => {
    await open({ colorScheme: 'light' });
    const command = page.getByRole('combobox', { name: 'Command' });
    const symbol = page.getByRole('combobox', { name: 'symbol' });
    await page.getByRole('button', { name: '/accuracy' }).focus();
    await page.keyboard.type('/sentiment');
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: 'BTC (Bitcoin)' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.getByText('symbol is required.').waitFor();
    expect(await symbol.getAttribute('aria-invalid')).toBe('true');
    await shoot('required-light');
    await page.keyboard.press('Backspace');
    expect(await command.inputValue()).toBe('/sentiment');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: '/accuracy' }).focus();
    await page.keyboard.press('/');
    await page.getByRole('option', { name: '/status' }).waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('[role=option][aria-selected=true]').textContent()).toContain(
      `/${COMMANDS[1].definition.name}`,
    );
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: 'BTC (Bitcoin)' }).waitFor();
    await page.keyboard.type('sol');
    await page.keyboard.press('Tab');
    await expect.poll(() => symbol.inputValue()).toBe('SOL (Solana)');
    await page.keyboard.type('7');
    await page.keyboard.press('Tab');
    expect(await page.getByRole('combobox', { name: 'horizon' }).inputValue()).toBe('7 days (7d)');
    await page.keyboard.type('tr');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await answer().getByText('Only you can see this').waitFor();
    expect(asked.at(-1)).toMatchObject({ symbol: 'SOL', horizon: '7d' });
    await page.keyboard.press('ArrowUp');
    expect(await symbol.inputValue()).toBe('SOL');
    await symbol.focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    expect(await command.inputValue()).toBe('/forecast');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await command.inputValue()).toBe('');
    await page.keyboard.type('hello');
    await page.keyboard.press('Enter');
    await page.getByText('Commands begin with a slash.').waitFor();
  });

  it('says so when Candlecast is no longer running', async () => {
    await open();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('button', { name: '/accuracy' }).click();
    await answer().getByText('Is it still running?').waitFor();
    await page.getByText('Not connected').waitFor();
    await shoot('lost-dark');
    await page.unroute('**/api/**');
    await page.getByText('Running on this computer').waitFor();
    // The browser itself reports the requests that were cut off.
    problems.length = 0;
  });
});
