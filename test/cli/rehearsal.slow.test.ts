import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runEvaluate } from '../../src/cli/evaluate.ts';
import { type Candle, closeTimeMs } from '../../src/core/candle.ts';
import { NO_EVENTS } from '../../src/core/market-events.ts';
import type { RehearsedReport } from '../../src/core/promotion.ts';
import { DAY_MS, utcDay } from '../../src/core/time.ts';
import { decodeModel } from '../../src/ml/model/model-file.ts';
import type { TrainOptions } from '../../src/ml/train/train-model.ts';
import { readModelFile } from '../../src/storage/model-store.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { garchProcess, volatileCandles } from '../support/volatile-candles.ts';

const START_MS = Date.UTC(2020, 0, 1);
const FROM = '2022-04-01';
const EVERY_DAYS = 60;
const FROM_MS = Date.parse(FROM);
/** The third retraining: 2022-07-30. */
const THIRD_MS = FROM_MS + 2 * EVERY_DAYS * DAY_MS;
const TO_MS = THIRD_MS + 20 * DAY_MS;
const SYMBOLS = ['ADA', 'BTC', 'EOS', 'ETH', 'LTC', 'XRP'];

const coins: Readonly<Record<string, readonly Candle[]>> = Object.fromEntries(
  SYMBOLS.map((symbol, i) => [
    symbol,
    volatileCandles((TO_MS - START_MS) / DAY_MS + 10, { seed: 60 + i, process: garchProcess(0.00002, 0.25, 0.74) }),
  ]),
);

/** Everything that closes later is another market. */
const changedAfter = (ms: number) =>
  Object.fromEntries(
    Object.entries(coins).map(([symbol, candles]) => [
      symbol,
      candles.map((candle, i) => {
        if (closeTimeMs(candle, '1d') <= ms) return candle;
        const factor = 1 + 0.2 * Math.sin(7 * i);
        const { open, high, low, close } = candle;
        return {
          ...candle,
          open: open * factor,
          high: 1.3 * high * factor,
          low: 0.8 * low * factor,
          close: close * factor,
        };
      }),
    ]),
  );

const TINY: Partial<TrainOptions> = {
  seeds: [1],
  windowVisits: 2_048,
  batch: 128,
  validationChecks: 2,
  build: 'simd',
  threads: 1,
  size: { window: 60, filters: 6, units: 6, dense: 6, dropout: 0.1 },
};

interface Lived {
  readonly report: RehearsedReport;
  readonly forecasts: readonly string[];
  readonly out: string;
  readonly err: string;
}

async function live(folder: string, ...args: readonly string[]): Promise<Lived> {
  const made = emptyFolder();
  const [csv, json] = [join(made, 'f.csv'), join(made, 'r.json')];
  const said = { out: '', err: '' };
  const asked = ['--candles', folder, '--from', FROM, '--to', utcDay(TO_MS), '--forecasts', csv, '--json', json];
  await runEvaluate({
    args: [...asked, ...args],
    now: () => Date.UTC(2026, 0, 1),
    out: { write: (text) => (said.out += text) },
    progress: { write: (text) => (said.err += text) },
    threads: 1,
    events: NO_EVENTS,
    recipe: TINY,
  });
  const forecasts = readFileSync(csv, 'utf8').trimEnd().split('\n').slice(1);
  return { report: JSON.parse(readFileSync(json, 'utf8')) as RehearsedReport, forecasts, ...said };
}

const RETRAIN = ['--retrain', `${EVERY_DAYS}`, '--leave-out', 'ETH'];
const originOf = (line: string) => Date.parse(line.split(',')[3]!);
const until = (lines: readonly string[], ms: number) =>
  // Outcomes are no part of what was forecast.
  lines
    .filter((line) => originOf(line) < ms)
    .map((line) =>
      line
        .split(',')
        .filter((_, i) => i !== 6)
        .join(),
    );

let folder: string;
let resume: string;
let lived: Lived;
beforeAll(async () => {
  folder = candleFolder(coins);
  resume = join(emptyFolder(), 'life.json');
  lived = await live(folder, ...RETRAIN, '--gate', 'always', '--resume', resume);
}, 120_000);

describe('a rehearsal of the bot’s life', () => {
  it('retrains at its dates on what was known, and each model forecasts from its date on', async () => {
    const { rehearsal } = lived.report;
    expect(rehearsal).toMatchObject({ everyDays: EVERY_DAYS, rule: 'always', leftOut: ['ETH'], startedWith: null });
    const { retrainings } = rehearsal!;
    expect(retrainings.map(({ dateMs }) => utcDay(dateMs))).toEqual(['2022-04-01', '2022-05-31', '2022-07-30']);
    expect(new Set(retrainings.map(({ version }) => version)).size).toBe(3);
    for (const { dateMs, version, coins: learnt, promoted, learntUntilMs } of retrainings) {
      expect(version).toContain(`1d-${utcDay(dateMs).replaceAll('-', '')}-`);
      expect({ learnt, promoted, learntUntilMs }).toEqual({ learnt: 5, promoted: true, learntUntilMs: dateMs });
    }
    expect(lived.report.inSample).toBeNull();
    // Every origin of every coin at the horizons 1, 3 and 7, once.
    const keys = lived.forecasts.map((line) => line.split(',').slice(0, 4).join());
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(6 * 3 * ((TO_MS - FROM_MS) / DAY_MS + 1));
    expect(lived.out).toMatch(/retrained every 60 days.*every new one serves.*Never learnt from: ETH/);
    expect(lived.err).toMatch(
      /retraining 2 of 3, as of 2022-05-31: training \d+ %, about .* left before the evaluation/,
    );

    const never = await live(folder, '--retrain', '0', '--leave-out', 'ETH', '--resume', resume);
    expect(never.report.rehearsal).toMatchObject({ everyDays: 0, retrainings: [retrainings[0]!] });
    expect(until(never.forecasts, retrainings[1]!.dateMs)).toEqual(until(lived.forecasts, retrainings[1]!.dateMs));
    expect(never.forecasts.length).toBe(lived.forecasts.length);
    const later = (lines: readonly string[]) => lines.filter((line) => originOf(line) >= retrainings[1]!.dateMs);
    const same = later(never.forecasts).filter((line, i) => line === later(lived.forecasts)[i]);
    expect(same).toEqual([]);
  }, 120_000);

  it('scores a coin that is left out and never learns from it, though it may be Bitcoin', async () => {
    expect(lived.report.unseen).toEqual(['ETH']);
    expect(lived.report.horizons[0]!.unseen.coins).toBe(1);
    const models = readdirSync(`${resume}.models`).filter((name) => name.endsWith('.json'));
    expect(models).toHaveLength(6);
    for (const name of models) {
      const { data } = decodeModel(await readModelFile(join(`${resume}.models`, name))).card;
      expect(data.symbols).toEqual(['ADA', 'BTC', 'EOS', 'LTC', 'XRP']);
    }
    // Neither models nor widths: with other candles of that coin, the others are forecast to the bit as before.
    const changed = { ...coins, ETH: changedAfter(START_MS)['ETH']! };
    const { forecasts } = await live(candleFolder(changed), ...RETRAIN, '--gate', 'always');
    const others = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('ETH,'));
    expect(others(forecasts)).toEqual(others(lived.forecasts));
    expect(forecasts).not.toEqual(lived.forecasts);
    const other = await live(folder, '--retrain', '0', '--leave-out', 'BTC', '--symbols', 'BTC,ETH');
    expect(other.report).toMatchObject({ symbols: ['BTC', 'ETH'], unseen: ['BTC'], marketContext: true });
  }, 120_000);

  it('does not look ahead: later candles change no earlier model, verdict or forecast', async () => {
    const args = [...RETRAIN, '--gate', 'newer'];
    const [one, other] = [await live(folder, ...args), await live(candleFolder(changedAfter(THIRD_MS)), ...args)];
    expect(other.report.rehearsal!.retrainings).toEqual(one.report.rehearsal!.retrainings);
    const [first, second, third] = one.report.rehearsal!.retrainings;
    expect(first!.reason).toBe('The first model, trained at the start.');
    for (const run of [second!, third!]) {
      expect(run.verdict).toMatchObject({ against: expect.any(String), toMs: run.dateMs });
      expect(run.promoted).toBe(run.verdict!.outcome === 'promoted');
    }
    expect(until(other.forecasts, THIRD_MS + 1)).toEqual(until(one.forecasts, THIRD_MS + 1));
    expect(until(one.forecasts, THIRD_MS + 1).length).toBeGreaterThan(2_000);
    expect(other.forecasts).not.toEqual(one.forecasts);
    // A candle before the last retraining does change it.
    const third2 = (await live(candleFolder(changedAfter(THIRD_MS - 20 * DAY_MS)), ...args)).report.rehearsal!
      .retrainings;
    expect(third2.slice(0, 2)).toEqual([first, second]);
    expect(third2[2]!.version).not.toBe(third!.version);
  }, 240_000);
});

describe('a training that goes wrong', () => {
  it('has learnt for a fifteenth of the time, serves where every new model does, and else by its verdict', async () => {
    const path = join(emptyFolder(), 'life.json');
    const args = [...RETRAIN, '--cut-short', '2', '--resume', path];
    const always = (await live(folder, ...args, '--gate', 'always')).report.rehearsal!.retrainings;
    const newer = (await live(folder, ...args, '--gate', 'newer')).report.rehearsal!.retrainings;
    expect(always.map(({ promoted }) => promoted)).toEqual([true, true, true]);
    expect(newer.map(({ version }) => version)).toEqual(always.map(({ version }) => version));
    expect(newer[1]!.promoted).toBe(newer[1]!.verdict!.outcome === 'promoted');
    expect(newer[2]!.verdict!.against).toBe(always[newer[1]!.promoted ? 1 : 0]!.version);
    const names = readdirSync(`${path}.models`).filter((name) => /T\d+\.json$/.test(name));
    const cards = await Promise.all(
      names.sort().map(async (name) => decodeModel(await readModelFile(join(`${path}.models`, name))).card),
    );
    const [whole, short, third] = cards.map(({ training }) => training.windowVisits);
    expect(short!).toBeLessThan(whole! / 3);
    expect(third!).toBeGreaterThan(whole! / 2);
    await expect(live(folder, ...RETRAIN, '--resume', path)).rejects.toMatchObject({ code: 'CC_REHEARSAL_FILE' });
  }, 240_000);
});

describe('the file of a rehearsal', () => {
  const modelTimes = (path: string) =>
    readdirSync(`${path}.models`).map((name) => [name, statSync(join(`${path}.models`, name)).mtimeMs]);

  it('lets it go on where it ended, to the same bits, also under another rule', async () => {
    const path = join(emptyFolder(), 'life.json');
    // As if it had been ended during the third retraining.
    await live(folder, ...RETRAIN, '--gate', 'always', '--resume', path, '--to', '2022-07-20');
    const earlier = modelTimes(path);
    const rest = await live(folder, ...RETRAIN, '--gate', 'always', '--resume', path);
    expect(rest.err).toContain('retrainings whose models are there: 2');
    expect(rest.report.rehearsal).toEqual(lived.report.rehearsal);
    expect(rest.forecasts).toEqual(lived.forecasts);
    const times = modelTimes(path);
    expect(times).toEqual(expect.arrayContaining(earlier));
    const newer = await live(folder, ...RETRAIN, '--resume', path);
    expect(modelTimes(path)).toEqual(times);
    expect(newer.report.rehearsal!.retrainings.map(({ version }) => version)).toEqual(
      lived.report.rehearsal!.retrainings.map(({ version }) => version),
    );
    const verdicts = JSON.parse(readFileSync(path, 'utf8')).verdicts;
    expect(verdicts).toHaveLength(2);
    // Kept verdicts are taken, not found again.
    verdicts[0].verdict.reason = 'as it was kept';
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), verdicts }));
    const again = await live(folder, ...RETRAIN, '--resume', path);
    expect(again.report.rehearsal!.retrainings[1]!.reason).toBe('as it was kept');
  }, 240_000);

  it.each([
    ['another --retrain', ['--retrain', '90', '--leave-out', 'ETH']],
    ['another --leave-out', ['--retrain', '60', '--leave-out', 'ADA']],
    ['another --from', [...RETRAIN, '--from', '2022-04-02']],
  ])('is refused with %s', async (words, args) => {
    await expect(live(folder, ...args, '--resume', resume)).rejects.toMatchObject({
      code: 'CC_REHEARSAL_FILE',
      message: expect.stringContaining(words),
    });
  });

  it('is refused with other candles, and where it is damaged', async () => {
    const other = candleFolder(changedAfter(FROM_MS - 50 * DAY_MS));
    await expect(live(other, ...RETRAIN, '--resume', resume)).rejects.toMatchObject({
      code: 'CC_REHEARSAL_FILE',
      message: expect.stringContaining('other candles'),
    });
    const broken = join(emptyFolder(), 'broken.json');
    writeFileSync(broken, readFileSync(resume, 'utf8').slice(0, -20));
    await expect(live(folder, ...RETRAIN, '--resume', broken)).rejects.toMatchObject({ code: 'CC_REHEARSAL_FILE' });
  });
});

describe('the options of a rehearsal', () => {
  it.each([
    [['--leave-out', 'ETH'], /--leave-out goes with --retrain/],
    [['--resume', 'x.json'], /--resume goes with --retrain/],
    [['--gate', 'always'], /--gate goes with --retrain/],
    [['--cut-short', '2'], /--cut-short goes with --retrain/],
    [['--retrain', '30', '--cut-short', '1'], /--cut-short takes a whole number from 2/],
    [['--retrain', '2.5'], /--retrain takes a whole number from 0/],
    [['--retrain', '30', '--gate', 'best'], /newer, better, always/],
    [['--retrain', '30', '--origins', '1h'], /does not go with --origins 1h/],
  ])('%j are refused', async (args, message) => {
    await expect(live(folder, ...args)).rejects.toMatchObject({
      code: 'CC_USAGE',
      message: expect.stringMatching(message),
    });
  });

  it('refuse a named model that has learnt from a coin which is left out', async () => {
    const [name] = readdirSync(`${resume}.models`).filter((one) => one.endsWith('0.json'));
    const args = ['--model', join(`${resume}.models`, name!), '--retrain', '0', '--leave-out', 'ADA,ETH'];
    await expect(live(folder, ...args)).rejects.toMatchObject({
      code: 'CC_USAGE',
      message: 'The model of --model has learnt from ADA, which --leave-out names.',
    });
  });
});
