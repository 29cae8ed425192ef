import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.ts';
import { createSimulatedMarket, type RunningSimulation } from '../../src/sources/simulated/server.ts';
import { startProgram } from '../support/built-program.ts';
import { makeControlGroup } from '../support/control-group.ts';

// Slow, and only where control groups can be made: the step `small-machine` of .ci/run; with `SMALL_MACHINE=train` also the trainings, for most of an hour.
const wanted = process.env['SMALL_MACHINE'] !== undefined;
const training = process.env['SMALL_MACHINE'] === 'train';
const MB = 2 ** 20;
const MINUTES = 60_000;
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const probe = wanted ? makeControlGroup('candlecast-probe', { memoryBytes: 64 * MB, cpu: 0.5 }) : null;
probe?.remove();

describe.skipIf(!probe)('the built program on a small machine', () => {
  let exchange: RunningSimulation;
  beforeAll(async () => {
    exchange = await createSimulatedMarket({ seed: 5, now: Date.now });
  });
  afterAll(() => exchange.close());

  it.runIf(training).each([512, 700])(
    'lives and trains on thirty coins within %i MB, or says why not',
    async (limitMb) => {
      const group = makeControlGroup(`candlecast-${limitMb}`, { memoryBytes: limitMb * MB })!;
      const coins = exchange.market.coins.filter(({ pegged }) => !pegged).slice(0, 30);
      expect(coins).toHaveLength(30);
      const program = startProgram({
        before: group.enter,
        settings: {
          MARKET_SOURCES: 'binance',
          BINANCE_URL: exchange.url,
          COINGECKO_URL: exchange.url,
          FEARGREED_URL: exchange.url,
          FED_URL: exchange.url,
          BLS_URL: exchange.url,
          NEWS_FEEDS: exchange.feedUrls.join(','),
          SUBREDDITS: 'off',
          SYMBOLS: coins.map(({ symbol }) => symbol).join(','),
          RETRAIN_CRON: '* * * * *',
        },
      });
      try {
        const told =
          /"job":"retrain-1[dh]","scheduledMs":\d+,"(?:durationMs":\d+,"summary":"(?:The serving|A new) model|code":"CC_TRAINING_MEMORY)/;
        await expect.poll(() => program.output(), { timeout: 40 * MINUTES, interval: 1_000 }).toMatch(told);
        expect(program.output()).not.toContain('ended by SIGKILL');
        await expect.poll(() => program.ask('/forecast BTC 1d'), { timeout: MINUTES }).toContain('"ok":true');
        process.stdout.write(`${limitMb} MB: at most ${(group.peakBytes() / MB).toFixed(0)} MB were taken\n`);
      } finally {
        program.kill('SIGTERM');
        expect(await program.ended).toBe(0);
        group.remove();
        program.remove();
      }
    },
    45 * MINUTES,
  );

  it(
    'starts and ends on a third of a core, at any moment, without a native abort',
    async () => {
      const group = makeControlGroup('candlecast-cpu', { cpu: 0.33 })!;
      const random = seededRandom(11);
      const ends: (number | NodeJS.Signals)[] = [];
      try {
        for (let run = 0; run < 6; run++) {
          const program = startProgram({ before: group.enter, args: ['--demo'], settings: {} });
          setTimeout(() => program.kill('SIGTERM'), random() * 10_000);
          ends.push(await program.ended);
          program.remove();
        }
        for (let run = 0; run < 2; run++) {
          const [enter, ...rest] = group.enter;
          const child = spawn(enter!, [...rest, process.execPath, cli, 'console', '/help'], {
            env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: 'sqlite::memory:', MARKET_SOURCES: 'simulated' },
            stdio: 'ignore',
          });
          const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
          expect(code ?? signal).toBe(0);
        }
      } finally {
        group.remove();
      }
      // Before the program listens for signals, the system ends it.
      expect(ends.filter((end) => end !== 0 && end !== 'SIGTERM')).toEqual([]);
    },
    30 * MINUTES,
  );
});
