// Makes the pictures in docs/images from the running program: `npm run build && node scripts/readme-pictures.mjs csv:DIR`.
// DIR holds candles as described in docs/console.md. CHROMIUM names the browser's executable.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { buildApp } from '../dist/app/app.js';
import { createMovableClock } from '../dist/app/environment.js';
import { loadConfig } from '../dist/config.js';
import { silentLogger } from '../dist/core/logger.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const images = `${root}docs/images`;
const settings = {
  MARKET_SOURCES: process.argv[2] ?? 'csv:../shared/data/ohlcv',
  DATABASE_URL: 'sqlite::memory:',
  CONSOLE_PORT: '0',
  LOG_LEVEL: 'warn',
};
mkdirSync(images, { recursive: true });
await drawCharts();

const program = spawn(process.execPath, ['dist/main.js'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, ...settings, DISCORD_TOKEN: '' },
});
let browser;
try {
  let url;
  for await (const line of createInterface({ input: program.stdout })) {
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url) break;
  }
  if (!url) throw new Error('The program ended before it served the console.');
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  await shoot(url, 'console-dark', { width: 720, height: 800, colorScheme: 'dark' });
  await shoot(url, 'console-phone-light', { width: 400, height: 860, colorScheme: 'light' });
} finally {
  await browser?.close();
  program.kill('SIGINT');
  await once(program, 'exit');
}

/** Asks for one forecast as a person would, and takes the picture once the chart is there. */
async function shoot(url, name, { width, height, colorScheme }) {
  const viewport = { width, height };
  const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('combobox', { name: 'Command' }).fill('/forecast BTC 3d');
  await page.keyboard.press('Enter');
  const answer = page.getByRole('article').last();
  const chart = answer.locator('.embed-image img');
  await chart.waitFor();
  await chart.evaluate((image) => image.decode());
  await answer.scrollIntoViewIfNeeded();
  await page.locator('#messages').evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await page.screenshot({ path: `${images}/${name}.png` });
  await context.close();
}

/** The same forecast's chart in both themes. */
async function drawCharts() {
  const app = await buildApp({
    config: loadConfig(settings, {}),
    logger: silentLogger,
    clock: createMovableClock(Date.now, () => performance.now()),
    sleep: () => new Promise(() => {}),
    random: Math.random,
    surface: 'terminal',
    simulate: 'never',
    version: 'screenshots',
    node: process.version,
  });
  try {
    const { services, charts } = app.context;
    const report = await services.forecast.forecast({ symbol: 'BTC', horizon: '3d' });
    for (const theme of ['dark', 'light']) {
      writeFileSync(`${images}/chart-${theme}.png`, await charts.fanChart(report, theme));
    }
  } finally {
    await app.close();
  }
}
