import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCandleFolder } from '../../src/cli/candle-folder.ts';
import { runSearchCommand } from '../../src/cli/search.ts';
import { runTrain } from '../../src/cli/train.ts';
import { parseTrain } from '../../src/cli/train-options.ts';
import type { MarketSeries } from '../../src/core/market.ts';
import type { SearchReport } from '../../src/ml/train/search/report.ts';
import type { SearchState } from '../../src/ml/train/search/state.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { randomCandles } from '../support/candles.ts';

const NOW = () => Date.UTC(2026, 0, 1);
const COINS = { BTC: randomCandles(530, { seed: 20 }), ETH: randomCandles(530, { seed: 21 }) };
let folder = '';
let series: readonly MarketSeries[] = [];

beforeAll(async () => {
  folder = candleFolder(COINS);
  ({ series } = await readCandleFolder(folder, '1d', NOW));
});

/** Runs a search of six trials in its own thread; `stopAfter` runs it is interrupted as Ctrl+C does. */
async function search(file: string, extra: readonly string[] = [], stopAfter = Number.POSITIVE_INFINITY) {
  const args = ['--candles', folder, '--search', '6', '--search-file', file, '--reproducible', '--seeds', '5,6,7'];
  const options = parseTrain([...args, ...extra]);
  const said = { out: '', err: '' };
  const controller = new AbortController();
  const parts = new Set<string>();
  const command = {
    options: { ...options, search: options.search! },
    series,
    command: 'npm run train -- --search 6',
    threads: 1,
    now: NOW,
    out: { write: (text: string) => (said.out += text) },
    progress: {
      write: (text: string) => {
        said.err += text;
        const part = /(rung|comparison)[^·]*/.exec(text)?.[0];
        if (part) parts.add(part);
        if (parts.size > stopAfter) controller.abort();
      },
    },
    signal: controller.signal,
    length: { windowVisits: 1_536, looks: 3 },
  };
  await runSearchCommand(command);
  return said;
}
const stateOf = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as SearchState;
const withoutTimes = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'seconds' ? 0 : inner))) as unknown;

describe('npm run train -- --search', () => {
  let whole = '';
  let said = { out: '', err: '' };
  beforeAll(async () => {
    whole = join(emptyFolder(), 'deep', 'whole.json');
    said = await search(whole);
  }, 300_000);

  it('prints every trial, the best beside the default, the verdict and its caution, and keeps the state', () => {
    const state = stateOf(whole);
    expect(state.scores).toHaveLength(6 + 2);
    expect(state.comparison).toHaveLength(6);
    for (const trial of ['0 (default)', '1', '2', '3', '4', '5']) {
      expect(said.out).toMatch(new RegExp(`^${trial.replace(/[()]/g, '\\$&')} +[\\d.]+`, 'm'));
    }
    expect(said.out).toMatch(/seed 5 .*\n.*seed 6 .*\n.*seed 7 .*\nmean/);
    expect(said.out).toMatch(/seed noise|luck/);
    expect(said.out).toContain('optimistic');
    expect(readdirSync(dirname(whole))).toEqual([basename(whole)]);
    expect(said.err).toContain('rung 1/2, trial 1/6');
    expect(said.err).toContain('comparison, best, seed 3/3');
  });

  it.each([0, 9])(
    'ends the same when it was interrupted in run %i and a crash left half a file beside it',
    async (stop) => {
      const file = join(emptyFolder(), 'search.json');
      await expect(search(file, [], stop)).rejects.toMatchObject({
        code: 'CC_TRAINING_CANCELLED',
        remedy: expect.stringContaining('goes on from there'),
      });
      const half = stateOf(file);
      expect(half.scores.length + half.comparison.length).toBeLessThan(14);
      writeFileSync(`${file}.${randomUUID()}.tmp`, '{"format":1,"ident');
      const { out, err } = await search(file);
      if (stop > 0) expect(err).toMatch(/Going on with .*; finished runs so far: [1-9]/);
      expect(withoutTimes(stateOf(file))).toEqual(withoutTimes(stateOf(whole)));
      const table = (text: string) =>
        text.replaceAll(/ +\d+ (min \d\d )?s$/gm, '').replace(/^Every trial is kept.*$/m, '');
      expect(table(out)).toBe(table(said.out));
    },
    120_000,
  );

  it('trains nothing again once finished, and prints JSON alone for --json -', async () => {
    const before = stateOf(whole);
    const { out, err } = await search(whole, ['--json', '-']);
    const report = JSON.parse(out) as SearchReport;
    expect(report.trials).toHaveLength(6);
    expect(report.rungs).toEqual([
      { trials: 6, windowVisits: 512 },
      { trials: 2, windowVisits: 1_536 },
    ]);
    expect(report.comparison!.seeds.map(({ seed }) => seed)).toEqual([5, 6, 7]);
    expect(stateOf(whole)).toEqual(before);
    expect(err).not.toContain('rung');
  });

  it('refuses a file of another search or a damaged one, and leaves it as it is', async () => {
    const kept = readFileSync(whole, 'utf8');
    await expect(search(whole, ['--search-seed', '9'])).rejects.toMatchObject({
      code: 'CC_SEARCH_FILE',
      message: expect.stringMatching(/belongs to another search; what differs: seed, the number of trials/),
    });
    await expect(search(whole, ['--family', 'gru'])).rejects.toMatchObject({ code: 'CC_SEARCH_FILE' });
    const other = series;
    series = series.map((one) => (one.symbol === 'ETH' ? { ...one, candles: one.candles.slice(0, -1) } : one));
    await expect(search(whole)).rejects.toMatchObject({ message: expect.stringMatching(/differs: the candles\./) });
    series = other;
    expect(readFileSync(whole, 'utf8')).toBe(kept);
    const damaged = join(emptyFolder(), 'damaged.json');
    writeFileSync(damaged, kept.slice(0, -100));
    await expect(search(damaged)).rejects.toMatchObject({ code: 'CC_SEARCH_FILE' });
    expect(readFileSync(damaged, 'utf8')).toBe(kept.slice(0, -100));
  });

  it('says at once where it cannot write', async () => {
    await expect(search('/dev/null/search.json')).rejects.toMatchObject({ code: 'CC_FILE' });
  });

  it('does not compare with the seed that chose', async () => {
    await expect(search(join(emptyFolder(), 's.json'), ['--seeds', '1,2,3'])).rejects.toMatchObject({
      code: 'CC_USAGE',
    });
  });
});

describe('the options of npm run train', () => {
  const train = (...args: string[]) =>
    runTrain({
      args,
      now: NOW,
      out: { write: () => {} },
      progress: { write: () => {} },
      threads: 1,
      backend: 'wasm',
      signal: new AbortController().signal,
      cpuMs: () => 0,
    });

  it.each([
    [['--search', '1'], /--search takes a whole number from 2/],
    [['--search', 'six'], /--search/],
    [['--search', '6', '--out', 'x.json'], /writes no model/],
    [['--search', '6', '--batch', '64'], /chooses --batch itself/],
    [['--search-file', 'x.json'], /goes with --search/],
    [['--json', '-'], /goes with --search/],
    [['--window', '5'], /--window takes a whole number from 12 to 512/],
    [['--window', '30.5'], /--window/],
    [['--batch', '0'], /--batch/],
    [['--dropout', '1'], /--dropout/],
    [['--learning-rate', ''], /--learning-rate/],
    [['--family', 'transformer'], /--family takes one of cnn, lstm, gru, cnn-lstm/],
  ])('refuses %j with the usage', async (args, words) => {
    await expect(train('--candles', folder, ...args)).rejects.toMatchObject({
      code: 'CC_USAGE',
      message: expect.stringMatching(words),
      remedy: expect.stringContaining('npm run train'),
    });
  });

  it('take a network of any size, and each parameter by its name', () => {
    const args =
      '--learning-rate 0.001 --batch 64 --weight-decay 0 --window 36 --filters 12 --units 16 --dense 24 --dropout 0';
    expect(parseTrain(['--candles', 'x', ...args.split(' ')]).params).toEqual({
      peakLearningRate: 0.001,
      batch: 64,
      weightDecay: 0,
      window: 36,
      filters: 12,
      units: 16,
      dense: 24,
      dropout: 0,
    });
  });
});
