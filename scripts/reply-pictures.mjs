// Makes the pictures in docs/screens from the demo: `npm run build && node scripts/reply-pictures.mjs [ROOT PREFIX]`.
// ROOT is the folder of another build, whose pictures begin with PREFIX. CHROMIUM names the browser's executable.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('..', import.meta.url));
const [root = here, prefix = ''] = process.argv.slice(2);
const folder = `${here}docs/screens`;
// High enough that the line of commands never covers a reply.
const PHONE = { width: 375, height: 2000 };
const DESK = { width: 1280, height: 2000 };
/** What is asked first in each picture's page, the last reply being the picture. */
const SHOTS = [
  { name: 'forecast', lines: ['/forecast BTC'] },
  { name: 'accuracy', lines: ['/accuracy BTC'] },
  { name: 'price', lines: ['/price BTC ETH SOL'], isNew: true },
  { name: 'alert', lines: ['/alert BTC above 100k'], isNew: true },
  { name: 'setup', lines: ['/setup'], isNew: true },
  { name: 'outlook', lines: ['/outlook'], isNew: true },
  { name: 'watch', lines: ['/watch BTC ETH SOL DOGE', '/watch'], isNew: true },
];

mkdirSync(folder, { recursive: true });
const program = spawn(process.execPath, ['dist/main.js', '--demo'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, CONSOLE_PORT: '0', LOG_LEVEL: 'warn' },
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
  for (const { name, lines, isNew = false } of SHOTS) {
    if (isNew && prefix !== '') continue;
    await shoot(url, `${prefix}${name}-phone`, lines, PHONE, 'light');
    if (name === 'forecast' || name === 'watch') await shoot(url, `${prefix}${name}-desk`, lines, DESK, 'dark');
  }
} finally {
  await browser?.close();
  program.kill('SIGINT');
  await once(program, 'exit');
}

/** Asks as a person would, and takes the picture of the last reply once its own pictures are there. */
async function shoot(url, name, lines, viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  await page.goto(url);
  for (const line of lines) {
    await page.getByRole('combobox', { name: 'Command' }).evaluate((input, text) => {
      input.value = text;
    }, line);
    await page
      .locator('form')
      .first()
      .evaluate((form) => form.requestSubmit());
    await page.waitForFunction(
      () => {
        const last = [...document.querySelectorAll('article')].at(-1);
        return last?.querySelector('.embed') && !/is thinking/.test(last.textContent);
      },
      null,
      { timeout: 60_000 },
    );
  }
  const answer = page.getByRole('article').last();
  await answer.evaluate((element) => Promise.all([...element.querySelectorAll('img')].map((image) => image.decode())));
  await answer.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
  await context.close();
}
