import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedMarket, type RunningSimulation } from '../../src/sources/simulated/server.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { type BuiltProgram, startProgram } from '../support/built-program.ts';
import { childrenOf } from '../support/processes.ts';

const WAIT = { timeout: 240_000, interval: 250 };
let exchange: RunningSimulation;
beforeAll(async () => {
  exchange = await createSimulatedMarket({ seed: 5, now: Date.now });
});
afterAll(() => exchange.close());

const started: BuiltProgram[] = [];
afterEach(async () => {
  for (const program of started) program.kill('SIGKILL');
  for (const program of started.splice(0)) {
    await program.ended;
    program.remove();
  }
});

/** Starts the bot on an exchange of this test, which it takes for a real one; the daily model was to be trained while it was away. */
async function start(folder = mkdtempSync(join(tmpdir(), 'candlecast-process-'))): Promise<BuiltProgram> {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const storage = await openStorage(`sqlite:${join(folder, 'data/candlecast.db')}`, { now: Date.now });
  await storage.jobRuns.begin('retrain-1d', 0, Date.now());
  await storage.close();
  const program = startProgram({
    folder,
    settings: {
      MARKET_SOURCES: 'binance',
      BINANCE_URL: exchange.url,
      COINGECKO_URL: exchange.url,
      FEARGREED_URL: exchange.url,
      FED_URL: exchange.url,
      BLS_URL: exchange.url,
      BLOCKCHAIN_URL: exchange.url,
      NEWS_FEEDS: 'off',
      SUBREDDITS: 'off',
      SYMBOLS: 'BTC,ETH,SOL,XRP,ADA,DOGE',
      // Every second.
      RETRAIN_CRON: '* * * * * *',
      LOG_LEVEL: 'warn',
    },
  });
  started.push(program);
  return program;
}

/** Waits until a model is being trained; the process that does it, and the job that it is a run of. */
async function training(program: BuiltProgram): Promise<{ readonly child: number; readonly job: string }> {
  let status = '';
  let child: number | undefined;
  const isTrained = async () => {
    status = await program.ask('/status');
    // A run may have ended since; then it is the next one's turn.
    [child] = childrenOf(program.pid, 'training');
    return /% done/.test(status) && child !== undefined;
  };
  await expect.poll(isTrained, WAIT).toBe(true);
  // The daily one, where its candles came; then it is the hourly one's turn.
  return { child: child!, job: /(Daily|Hourly) model, \d+/.exec(status)![1] === 'Daily' ? 'retrain-1d' : 'retrain-1h' };
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

function rows(program: BuiltProgram, text: string): Record<string, unknown>[] {
  const database = new Sqlite(join(program.folder, 'data/candlecast.db'), { readonly: true });
  try {
    return database.prepare(text).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}

it('takes one Ctrl+C that arrives twice, from the terminal and from npm, for one', async () => {
  const program = startProgram({ args: ['--demo'], settings: {} });
  started.push(program);
  await expect.poll(() => program.output(), WAIT).toContain('Ctrl+C ends it');
  program.kill('SIGINT');
  // Two at the same moment would arrive as one.
  await new Promise((resolve) => setTimeout(resolve, 10));
  program.kill('SIGINT');
  expect(await program.ended).toBe(0);
}, 400_000);

it('goes on without whoever read its output, and ends in order when its terminal does', async () => {
  const program = startProgram({ args: ['--demo'], settings: { LOG_LEVEL: 'debug' } });
  started.push(program);
  await expect.poll(() => program.output(), WAIT).toContain('Ctrl+C ends it');
  program.stopReading();
  for (let i = 0; i < 3; i++) expect(await program.ask('/help')).toContain('/forecast');
  program.kill('SIGHUP');
  expect(await program.ended).toBe(0);
}, 400_000);

describe.skipIf(!existsSync('/proc/self/stat'))('the built program while a model is being trained', () => {
  it('ends on SIGTERM in time and by itself: the training is gone, nothing is half written, the job can run again', async () => {
    const program = await start();
    const { child, job } = await training(program);
    program.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    // It would say so if it had been cut off after its five seconds.
    expect(program.output()).not.toContain('not everything could be closed in time');
    expect(isAlive(child)).toBe(false);
    const models = join(program.folder, 'data/models');
    expect(existsSync(models) ? readdirSync(models, { recursive: true }) : []).toEqual([]);
    const [lease] = rows(program, `select * from job_leases where job = '${job}'`);
    expect(lease).toMatchObject({ finished: 0, until_ms: 0 });
    expect(rows(program, `select outcome from job_runs where job = '${job}'`)).toEqual([{ outcome: 'cancelled' }]);
    // A run that was told to end is none that the system cut off.
    expect(rows(program, "select key from key_value where key like 'training:%'")).toEqual([]);
  }, 400_000);

  it('ends at once on a second signal, and takes the training with it', async () => {
    const program = await start();
    const { child } = await training(program);
    program.kill('SIGINT');
    program.kill('SIGTERM');
    expect(await program.ended).toBe('SIGKILL');
    await expect.poll(() => isAlive(child), WAIT).toBe(false);
  }, 400_000);

  it('outlives the training: it answers, says what happened, and does not repeat it, nor after a restart', async () => {
    const program = await start();
    const { child, job } = await training(program);
    const killedMs = Date.now();
    process.kill(child, 'SIGKILL');
    await expect.poll(() => program.ask('/status'), WAIT).toMatch(/Nothing (was|is) trained/);
    await expect.poll(() => program.ask('/forecast BTC 1d'), WAIT).toContain('"ok":true');
    program.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    const again = await start(program.folder);
    await expect.poll(() => again.ask('/status'), WAIT).toMatch(/Nothing is trained before/);
    const later = `select outcome, summary from job_runs where job = '${job}' and outcome = 'ok' and started_ms > ${killedMs}`;
    expect(rows(again, later)).toEqual([]);
  }, 600_000);

  it('takes the training with it when it is killed', async () => {
    const program = await start();
    const { child } = await training(program);
    program.kill('SIGKILL');
    expect(await program.ended).toBe('SIGKILL');
    await expect.poll(() => isAlive(child), WAIT).toBe(false);
  }, 400_000);
});
