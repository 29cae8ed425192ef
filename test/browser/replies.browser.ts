import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, COMPONENT_HANDLERS } from '../../src/commands/registry.ts';
import { startConsole } from '../../src/console/server.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type ChartRenderer, createChartRenderer } from '../../src/render/chart/chart-renderer.ts';
import { createPredictService } from '../../src/services/predict/predict.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { ORIGIN_MS } from '../render/forecast/believable-report.ts';
import { fakeContext } from '../support/console/fake-context.ts';
import { launchBrowser, openConsole, screenshotFolder, violations } from './open-page.ts';

/** Each reply by the name of its screenshot: what is typed, and the button that is pressed then. */
const REPLIES: readonly { readonly name: string; readonly line: string; readonly press?: string }[] = [
  { name: 'price', line: '/price BTC' },
  { name: 'prices', line: '/price BTC ETH/EUR SOL DOGE ETH/BTC' },
  { name: 'chart', line: '/chart BTC 4h', press: 'Show forecast' },
  { name: 'chart-euro', line: '/chart BTC currency:EUR' },
  { name: 'odds', line: '/odds BTC above 100000 3d', press: 'Details' },
  { name: 'alert', line: '/alert BTC above 105k' },
  { name: 'alerts', line: '/alert list' },
  { name: 'watch', line: '/watch add BTC ETH SOL DOGE SHIB' },
  { name: 'watch-list', line: '/watch show' },
  { name: 'outlook', line: '/outlook' },
  { name: 'predict', line: '/predict BTC up 1d' },
  { name: 'predictions', line: '/predict list' },
  { name: 'leaderboard', line: '/predict leaderboard' },
  { name: 'me', line: '/me show' },
  { name: 'setup', line: '/setup' },
];

let browser: Browser;
let charts: ChartRenderer;
let shots: string;
const problems: string[] = [];
const outside: string[] = [];

beforeAll(async () => {
  shots = await screenshotFolder();
  charts = createChartRenderer();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await charts?.close();
});

/** Sends a line as a person does and waits for the answer with its pictures. */
async function ask(page: Page, line: string, press?: string): Promise<Locator> {
  const articles = page.getByRole('article');
  const before = await articles.count();
  await page.getByRole('combobox', { name: 'Command' }).fill(`${line} `);
  await page.keyboard.press('Enter');
  await expect.poll(() => articles.count()).toBeGreaterThan(before);
  const answer = articles.last();
  await answer.locator('.embed').first().waitFor();
  if (press !== undefined) {
    const state = await answer.innerHTML();
    await answer.getByRole('button', { name: press, exact: true }).click();
    await expect.poll(() => answer.innerHTML()).not.toBe(state);
  }
  await answer.evaluate((element) =>
    Promise.all(
      [
        ...(
          element as unknown as { querySelectorAll(of: string): Iterable<{ decode(): Promise<void> }> }
        ).querySelectorAll('img'),
      ].map((image) => image.decode()),
    ),
  );
  return answer;
}

describe('replies in the page', () => {
  it.each([
    ['wide-dark', 1280, 'dark'],
    ['wide-light', 1280, 'light'],
    ['phone-dark', 375, 'dark'],
    ['phone-light', 375, 'light'],
  ] as const)('fit and have no violation of axe: %s', async (name, width, colorScheme) => {
    const context = fakeContext({ charts });
    const storage = await openStorage('sqlite::memory:', { now: context.now });
    const predict = createPredictService({
      calls: storage.calls,
      forecast: context.services.forecast,
      clockIsRight: () => true,
      now: () => ORIGIN_MS,
    });
    const running = await startConsole({
      port: 0,
      context: { ...context, services: { ...context.services, predict } },
      commands: COMMANDS,
      components: COMPONENT_HANDLERS,
      logger: silentLogger,
      simulatedBanner: () => null,
    });
    // High enough that the line of commands covers no reply.
    const page = await openConsole(browser, running.url, { problems, outside }, { width, height: 1600, colorScheme });
    try {
      for (const reply of REPLIES) {
        const answer = await ask(page, reply.line, reply.press);
        expect(await answer.textContent(), reply.line).not.toContain('CC_');
        await answer.screenshot({ path: join(shots, `reply-${reply.name}-${name}.png`) });
        expect(await violations(page), reply.line).toEqual([]);
        const sideways = await page.evaluate(
          '[document.documentElement, document.querySelector("#messages")].map((one) => one.scrollWidth - one.clientWidth)',
        );
        expect(sideways, reply.line).toEqual([0, 0]);
        await page.evaluate(
          'document.querySelectorAll("#messages article:not(:first-child)").forEach((one) => one.remove())',
        );
      }
      expect(problems.splice(0)).toEqual([]);
      expect(outside.splice(0)).toEqual([]);
    } finally {
      await page.context().close();
      await running.close();
      await storage.close();
    }
  });
});
