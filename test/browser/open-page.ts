import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Without these, Chromium connects to Google's hosts at every start, also where no network is allowed. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the Chromium that `CHROMIUM` names, or that of the system. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: FLAGS });
}

/** The folder for screenshots: that of `SCREENSHOTS`, or a temporary one. */
export async function screenshotFolder(): Promise<string> {
  return process.env['SCREENSHOTS'] ?? mkdtemp(join(tmpdir(), 'candlecast-screenshots-'));
}

/** How a page is opened. */
export interface PageSetup {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'dark' | 'light';
}

/**
 * Opens the console's page in a context of its own and waits for the welcome. Errors of the page are added to `problems`, requests to other
 * hosts to `outside`.
 */
export async function openConsole(
  browser: Browser,
  url: string,
  found: { readonly problems: string[]; readonly outside: string[] },
  { width = 1280, height = 860, colorScheme = 'dark' }: PageSetup = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && found.problems.push(message.text()));
  page.on('pageerror', (error) => found.problems.push(error.message));
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:' && origin !== url) found.outside.push(request.url());
  });
  await page.goto(url);
  await page.getByRole('heading', { name: 'Welcome to Candlecast' }).waitFor();
  return page;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What axe finds wrong in what a page shows now, each with the first element. */
export async function violations(page: Page): Promise<string[]> {
  // Through the debugger: the page's own policy lets no script of others run.
  await page.evaluate(`window.axe || (() => { ${axe} })()`);
  const found = (await page.evaluate('axe.run({ resultTypes: ["violations"], preload: false })')) as {
    readonly violations: readonly Violation[];
  };
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`);
}
