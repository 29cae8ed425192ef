import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomCandles } from '../support/candles.ts';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-entries-'));
  await mkdir(join(folder, 'candles/1d'), { recursive: true });
  for (const [i, symbol] of ['BTC', 'ETH'].entries()) {
    const rows = randomCandles(400, { seed: i + 1 }).map((candle) =>
      [
        new Date(candle.openTimeMs).toISOString(),
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
      ].join(','),
    );
    await writeFile(
      join(folder, `candles/1d/${symbol}.csv`),
      ['timestamp,open,high,low,close,volume', ...rows].join('\n'),
    );
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts an entry of the built program with nothing of this machine's environment but PATH. */
function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(dist, args[0]!), ...args.slice(1)], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.error += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  return { child, said, ended };
}

const csv = () => ({ MARKET_SOURCES: `csv:${join(folder, 'candles')}`, DATABASE_URL: 'sqlite::memory:' });

describe('the entries', () => {
  it('say in one line that a token is wrong, without the token', async () => {
    const { said, ended } = start(['main.js'], {
      DISCORD_TOKEN: 'not-a-token-at-all',
      DATABASE_URL: 'sqlite::memory:',
      LOG_LEVEL: 'silent',
    });
    expect(await ended).toBe(1);
    expect(said.error.trim().split('\n')).toHaveLength(1);
    expect(said.error).toMatch(/^CC_DISCORD_TOKEN: /);
    expect(said.error + said.out).not.toContain('not-a-token-at-all');
  });

  it('name every wrong setting and end with 1', async () => {
    const { said, ended } = start(['main.js'], { CONSOLE_PORT: 'eighty', LOG_LEVEL: 'loud' });
    expect(await ended).toBe(1);
    expect(said.error).toMatch(/^CC_CONFIG_INVALID: .*CONSOLE_PORT.*LOG_LEVEL/);
  });

  it('end with 2 for wrong usage', async () => {
    const runs = [
      ['main.js', '--demon'],
      ['cli.js', 'forecats'],
      ['cli.js', 'console'],
      ['cli.js', 'train', '--interval', '5m'],
    ];
    const ends = await Promise.all(runs.map((args) => start(args).ended));
    expect(ends).toEqual([2, 2, 2, 2]);
  });

  it('say with --help how each command of the terminal is called, and end with 0', async () => {
    const all = start(['cli.js', '--help']);
    const bot = start(['main.js', '--help']);
    expect([await all.ended, await bot.ended]).toEqual([0, 0]);
    expect(bot.said.out).toMatch(/^Usage: npm start .*\n.*npm run demo/);
    const names = /Commands: (.*)\./.exec(all.said.out)![1]!.split(', ');
    expect(names.length).toBeGreaterThan(5);
    const runs = names.map((name) => ({ name, ...start(['cli.js', name, '--help']) }));
    for (const { name, said, ended } of runs) {
      expect([name, await ended, said.error]).toEqual([name, 0, '']);
      expect(said.out).toMatch(new RegExp(`^Usage: npm run ${name} -- .*\\n\\n {2}--`));
    }
  }, 180_000);

  it('forecast from a folder of files around its last close, as JSON alone with a PNG', async () => {
    const { said, ended } = start(['cli.js', 'console', '/forecast symbol:ETH horizon:1d', '--json'], csv());
    expect(await ended).toBe(0);
    const reply = JSON.parse(said.out) as { embeds: unknown[]; files: { base64: string; contentType: string }[] };
    expect(reply.embeds).toHaveLength(1);
    expect(Buffer.from(reply.files[0]!.base64, 'base64').subarray(0, 4).toString('latin1')).toBe('\x89PNG');
    const lastClose = randomCandles(400, { seed: 2 }).at(-1)!.close;
    const shown = [...JSON.stringify(reply.embeds).matchAll(/\$([\d,]+\.\d+)/g)].map((match) =>
      Number(match[1]!.replaceAll(',', '')),
    );
    expect(Math.min(...shown)).toBeLessThan(lastClose);
    expect(Math.max(...shown)).toBeGreaterThan(lastClose);
  });

  it('write the chart where they are told to', async () => {
    const { ended } = start(['cli.js', 'console', '/forecast BTC 3d', '--out', 'charts'], csv());
    expect(await ended).toBe(0);
    expect((await readFile(join(folder, 'charts/forecast.png'))).length).toBeGreaterThan(10_000);
  });

  it('end with 1 and a remedy when a coin is unknown', async () => {
    const { said, ended } = start(['cli.js', 'console', '/forecast symbol:BTTC'], csv());
    expect(await ended).toBe(1);
    expect(said.error).toMatch(/^CC_UNKNOWN_SYMBOL: .*BTC/);
    expect(said.out).toBe('');
  });

  it('serve the demo, which answers a forecast and ends on a signal with 0', async () => {
    const { child, said, ended } = start(['main.js', '--demo'], { CONSOLE_PORT: '0' });
    await expect.poll(() => said.out).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said.out)![0];
    const response = await fetch(`${url}/api/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ line: '/forecast BTC 24h' }),
    });
    const answer = (await response.json()) as { ok: boolean; reply: { embeds: { title: string }[]; files: unknown[] } };
    expect(answer.ok).toBe(true);
    expect(answer.reply.embeds[0]!.title).toContain('SIMULATED');
    expect(answer.reply.files).toHaveLength(1);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
