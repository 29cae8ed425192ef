import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { type ChannelFeed, createChannelFeed } from '../../src/console/guild.ts';
import { type RunningConsole, startConsole } from '../../src/console/server.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { HOUR_MS } from '../../src/core/time.ts';
import { createScheduler } from '../../src/jobs/scheduler.ts';
import { createTimeMachine } from '../../src/jobs/time-machine.ts';
import { forecastReply } from '../../src/render/forecast/forecast-embed.ts';
import { openStorage, type Storage } from '../../src/storage/open-storage.ts';
import { believableReport } from '../render/forecast/believable-report.ts';
import { fakeContext, TINY_PNG } from '../support/console/fake-context.ts';
import { ENGLISH } from '../support/english.ts';
import { launchBrowser, openConsole, type PageSetup, screenshotFolder } from './open-page.ts';

const START = Date.UTC(2026, 10, 21, 12, 20);

let browser: Browser;
let storage: Storage;
let running: RunningConsole;
let context: BrowserContext;
let page: Page;
let shots: string;
let nowMs: number;
/** Holds up a move of the clock after each stop. */
let slow: () => Promise<void>;
let feed: ChannelFeed;
const problems: string[] = [];
const outside: string[] = [];

/** A console over a real scheduler whose one job posts to #forecasts at nine, local time of Berlin. */
async function start(movable: boolean): Promise<void> {
  nowMs = START;
  slow = async () => {};
  const now = () => nowMs;
  feed = createChannelFeed(now);
  storage = await openStorage('sqlite::memory:', { now });
  const scheduler = createScheduler({
    runs: storage.jobRuns,
    owner: 'test',
    now,
    sleep: () => new Promise(() => {}),
    random: () => 0,
    logger: silentLogger,
    jobs: [
      {
        name: 'post',
        schedule: '0 9 * * *',
        timeZone: 'Europe/Berlin',
        lane: 'posts',
        timeLimitMs: 60_000,
        retries: 0,
        jitterMs: 0,
        atFirstStart: false,
        run: async (signal, scheduledMs) => {
          const report = believableReport({ symbol: 'BTC', name: 'Bitcoin', horizon: '1d' });
          await feed.send(
            'forecasts',
            forecastReply(report, TINY_PNG, { translator: ENGLISH }),
            String(scheduledMs),
            signal,
          );
          return 'Posted.';
        },
      },
    ],
  });
  await scheduler.runDue();
  const move = (ms: number) => {
    nowMs += ms;
  };
  running = await startConsole({
    port: 0,
    context: { ...fakeContext(), now },
    commands: COMMANDS,
    components: COMPONENT_HANDLERS,
    logger: silentLogger,
    simulatedBanner: () => (movable ? 'This is a simulated market: every price is invented.' : null),
    guild: {
      feed,
      timeMachine: movable
        ? createTimeMachine({ ...scheduler, now, move, runDue: (lane) => scheduler.runDue(lane).then(() => slow()) })
        : null,
    },
  });
}

async function open(setup: PageSetup = {}): Promise<void> {
  page = await openConsole(browser, running.url, { problems, outside }, setup);
  context = page.context();
}

const shoot = (name: string) => page.screenshot({ path: join(shots, `${name}.png`) });
const nextDay = () => page.getByRole('button', { name: 'Next day', exact: true });
const tab = (name: string) => page.getByRole('tab', { name });
const selected = (name: string) => tab(name).getAttribute('aria-selected');

beforeAll(async () => {
  shots = await screenshotFolder();
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(() => start(true));
afterEach(async () => {
  await context.close();
  await running.close();
  await storage.close();
  expect(problems.splice(0)).toEqual([]);
  expect(outside.splice(0)).toEqual([]);
});

describe('the demo in the page', () => {
  it('moves a day at one press and shows what was posted meanwhile', async () => {
    await open();
    expect(await page.locator('.time-now').textContent()).toMatch(/^Saturday,? 21 November 2026 at 13:20$/);
    await shoot('demo-start-dark');
    await nextDay().click();
    await expect.poll(() => selected('forecasts')).toBe('true');
    expect(await page.locator('.time-now').textContent()).toMatch(/^Sunday,? 22 November 2026 at 13:20$/);
    const posted = page.locator('#channel-forecasts').getByRole('article');
    expect(await posted.count()).toBe(1);
    expect(await posted.getByRole('heading').first().textContent()).toContain('Bitcoin (BTC)');
    expect(await posted.locator('.message-head time').textContent()).toBe('09:00');
    await shoot('demo-post-dark');
    await nextDay().click();
    await expect.poll(() => posted.count()).toBe(2);
    expect(nowMs).toBe(START + 48 * HOUR_MS);
  });

  it('shows what was posted also where the page had already looked on the way', async () => {
    await open();
    const poll = page.waitForResponse((response) => response.url().endsWith('/api/state'));
    slow = async () => {
      if (feed.messages('forecasts').length > 0) await poll;
    };
    await nextDay().click();
    await expect.poll(() => selected('forecasts')).toBe('true');
  });

  it('shows a post while the clock is still on its way', async () => {
    await open();
    let shown = false;
    slow = async () => {
      if (shown || feed.messages('forecasts').length === 0) return;
      await expect.poll(() => selected('forecasts')).toBe('true');
      shown = await nextDay().isDisabled();
    };
    await nextDay().click();
    await expect.poll(() => shown).toBe(true);
    await expect.poll(() => nextDay().isDisabled()).toBe(false);
    expect(await page.locator('#channel-forecasts').getByRole('article').count()).toBe(1);
  });

  it('keeps to the clock of the demo in answers, and goes back to them when one is asked for', async () => {
    await open();
    await nextDay().click();
    await expect.poll(() => selected('forecasts')).toBe('true');
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Command' }).fill('/status');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await expect.poll(() => selected('commands')).toBe('true');
    await page.locator('#messages').getByRole('heading', { name: 'Status' }).waitFor();
    expect(
      await page.locator('#messages').getByRole('article').last().locator('.message-head time').textContent(),
    ).toBe('13:20');
  });

  it('marks a channel that has news while another one is read, and is moved through by keyboard', async () => {
    await open();
    const hello = { content: 'Hello', embeds: [], files: [], components: [] };
    await feed.send('forecasts', hello, 'x', AbortSignal.timeout(1_000));
    await expect.poll(() => tab('forecasts').locator('.badge').textContent()).toBe('1');
    expect(await selected('commands')).toBe('true');
    await tab('commands').focus();
    await page.keyboard.press('ArrowRight');
    expect(await selected('general')).toBe('true');
    expect(await page.getByText('Nothing has been posted to #general yet.').isVisible()).toBe(true);
    await page.keyboard.press('ArrowRight');
    expect(await page.getByText('Hello').isVisible()).toBe(true);
    expect(await tab('forecasts').locator('.badge').isVisible()).toBe(false);
  });

  it('fits a small screen in light colours', async () => {
    await open({ width: 390, height: 780, colorScheme: 'light' });
    await nextDay().click();
    await expect.poll(() => selected('forecasts')).toBe('true');
    await shoot('demo-post-light-small');
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  });

  it('offers no clock to move where the market is real', async () => {
    await running.close();
    await storage.close();
    await start(false);
    await open();
    expect(await nextDay().isVisible()).toBe(false);
    expect(
      await page.evaluate(
        "fetch('/api/clock', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{\"hours\":24}' }).then((answer) => answer.status)",
      ),
    ).toBe(409);
    expect(nowMs).toBe(START);
    problems.splice(0);
  });
});
