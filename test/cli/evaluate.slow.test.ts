import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runEvaluate } from '../../src/cli/evaluate.ts';
import type { Candle } from '../../src/core/candle.ts';
import { flagCandles } from '../../src/core/candle-quality.ts';
import { NO_EVENTS } from '../../src/core/market-events.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { coinRatios } from '../../src/ml/calibration/coin-ratios.ts';
import { createWidthFactors } from '../../src/ml/calibration/width-factors.ts';
import { learnFromMs, patternsFromMs, recordWidths } from '../../src/ml/calibration/width-stream.ts';
import { toHistory } from '../../src/ml/data/coin-history.ts';
import { toColumns } from '../../src/ml/features/columns.ts';
import { createForecaster } from '../../src/ml/forecast/forecaster.ts';
import { createQuantileForecaster } from '../../src/ml/forecast/quantile-forecaster.ts';
import { decodeModel } from '../../src/ml/model/model-file.ts';
import { readModelFile } from '../../src/storage/model-store.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { randomCandles } from '../support/candles.ts';
import { type EvaluateRun, evaluate, TINY_STOP_MS, tinyModelFile } from '../support/evaluate-command.ts';

const COINS = {
  BTC: randomCandles(700, { seed: 20 }),
  ETH: randomCandles(700, { seed: 21 }),
  NEW: randomCandles(700, { seed: 99 }),
};
const LEVELS = [
  0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95,
];
const COLUMNS = [0.025, ...LEVELS, 0.975].map((level) => `q${level}`);
const closeAt = (candles: readonly Candle[], ms: number) =>
  candles.find((candle) => candle.openTimeMs + DAY_MS === ms)?.close;

let model = '';
let folder = '';
let run: EvaluateRun;
const SPAN = ['--from', '2021-06-01', '--to', '2021-10-31'];

beforeAll(async () => {
  model = await tinyModelFile();
  folder = candleFolder(COINS);
  run = await evaluate(['--candles', folder, '--model', model, '--horizons', '1,3,7', ...SPAN]);
}, 180_000);

/** The width factors up to a moment, learnt from candles that were complete by then. */
async function widthsUntil(untilMs: number) {
  const loaded = decodeModel(await readModelFile(model));
  const forecaster = createQuantileForecaster(loaded);
  const histories = Object.entries(COINS).map(([symbol, candles]) =>
    toHistory(
      symbol,
      flagCandles(
        candles.filter(({ openTimeMs }) => openTimeMs + DAY_MS <= untilMs),
        '1d',
      ),
      '1d',
    ),
  );
  const coins = histories.map((history) =>
    coinRatios(history, histories[0]!, forecaster, { fromMs: Number.NEGATIVE_INFINITY, toMs: untilMs }),
  );
  const { interval, steps } = loaded.card;
  const fromMs = learnFromMs(interval, loaded.card, Date.UTC(2021, 5, 1));
  const patterns = { patternsFromMs: patternsFromMs(interval, fromMs), learntUntilMs: loaded.card.data.stopUntilMs };
  const stream = { interval, steps, coins, fromMs, toMs: untilMs, ...patterns };
  return recordWidths(createWidthFactors(interval, steps), stream, ['ETH'])('ETH');
}

describe('npm run evaluate', () => {
  it('writes one line a coin, horizon and origin, with the columns that are promised', () => {
    expect(Object.keys(run.forecasts[0]!)).toEqual([
      ...['symbol', 'interval', 'horizon', 'origin', 'target', 'origin_close', 'actual_close', 'p_up'],
      ...COLUMNS,
    ]);
    // 153 days, three coins, three horizons; every target lies inside the files.
    expect(run.forecasts).toHaveLength(153 * 3 * 3);
    expect(new Set(run.forecasts.map((line) => `${line['symbol']} ${line['horizon']} ${line['origin']}`)).size).toBe(
      1377,
    );
    expect(run.forecasts[0]).toMatchObject({
      symbol: 'BTC',
      interval: '1d',
      horizon: '1',
      origin: '2021-06-01T00:00:00Z',
      target: '2021-06-02T00:00:00Z',
    });
  });

  it('gives quantiles in order, as prices around the close of the last candle used', () => {
    for (const line of run.forecasts) {
      const quantiles = COLUMNS.map((column) => Number(line[column]));
      expect([...quantiles].sort((a, b) => a - b)).toEqual(quantiles);
      expect(Number(line['p_up'])).toBeGreaterThanOrEqual(0);
      expect(Number(line['p_up'])).toBeLessThanOrEqual(1);
      const candles = COINS[line['symbol'] as keyof typeof COINS];
      expect(Number(line['origin_close'])).toBe(closeAt(candles, Date.parse(line['origin']!)));
      expect(Number(line['actual_close'])).toBe(closeAt(candles, Date.parse(line['target']!)));
    }
  });

  it.each([1, 3, 7])('scores %i candles ahead as anybody else would from the lines and the raw candles', (steps) => {
    const lines = run.forecasts.filter((line) => Number(line['horizon']) === steps);
    const sums = { pinball: 0, absolute: 0, squared: 0, still: 0, brier: 0, inside: 0, hits: 0, up: 0, width: 0 };
    for (const line of lines) {
      const candles = COINS[line['symbol'] as keyof typeof COINS];
      const originMs = Date.parse(line['origin']!);
      const price = closeAt(candles, originMs)!;
      const outcome = Math.log(closeAt(candles, originMs + steps * DAY_MS)! / price);
      const q = (level: number) => Math.log(Number(line[`q${level}`]) / price);
      for (const level of LEVELS) {
        const miss = outcome - q(level);
        sums.pinball += (miss > 0 ? level * miss : (level - 1) * miss) / 19;
      }
      sums.absolute += Math.abs(outcome - q(0.5));
      sums.squared += (outcome - q(0.5)) ** 2;
      sums.still += outcome ** 2;
      sums.brier += (Number(line['p_up']) - (outcome > 0 ? 1 : 0)) ** 2;
      if (outcome >= q(0.1) && outcome <= q(0.9)) sums.inside++;
      if (outcome > 0 === q(0.5) > 0) sums.hits++;
      if (outcome > 0) sums.up++;
      sums.width += q(0.9) - q(0.1);
    }
    const n = lines.length;
    const { pooled } = run.report.horizons.find((horizon) => horizon.steps === steps)!;
    expect(pooled.n).toBe(n);
    expect(pooled.pinball).toBeCloseTo(sums.pinball / n, 12);
    expect(pooled.median.mae).toBeCloseTo(sums.absolute / n, 12);
    expect(pooled.median.mse).toBeCloseTo(sums.squared / n, 12);
    expect(pooled.median.rmse).toBeCloseTo(Math.sqrt(sums.squared / n), 12);
    expect(pooled.noChange.mse).toBeCloseTo(sums.still / n, 12);
    expect(pooled.brier.score).toBeCloseTo(sums.brier / n, 12);
    expect(pooled.brier.baseRate).toBeCloseTo((sums.up / n) * (1 - sums.up / n), 12);
    expect(pooled.coverage[1]!.share).toBeCloseTo(sums.inside / n, 12);
    expect(pooled.coverage[1]!.meanWidth).toBeCloseTo(sums.width / n, 12);
    expect(pooled.direction.accuracy!.value).toBeCloseTo(sums.hits / n, 12);
  });

  it('says what forecasts, and from when on it was learnt from only after it had decided when to stop', () => {
    const learnt = 'learnt from candles to 2021-04-01, those since 2021-01-01 only after they had decided when to stop';
    expect(run.out).toContain(`(cnn-lstm, 2 nets and boosted trees), ${learnt}.`);
    const stop = { fitUntilMs: TINY_STOP_MS, stopUntilMs: TINY_STOP_MS, stopFromMs: Date.UTC(2021, 0, 1) };
    expect(run.report.model).toMatchObject({ ...stop, members: 2, treeShares: [0.5, 0.5, 0.5] });
  });

  it('tells coins the model was trained on from those it was not, and adds up', () => {
    expect([run.report.seen, run.report.unseen]).toEqual([['BTC', 'ETH'], ['NEW']]);
    for (const { pooled, seen, unseen, coins, months } of run.report.horizons) {
      expect([seen.n, unseen.n, pooled.n]).toEqual([306, 153, 459]);
      expect(coins.map(({ symbol, n }) => [symbol, n])).toEqual([
        ['BTC', 153],
        ['ETH', 153],
        ['NEW', 153],
      ]);
      expect(months.reduce((sum, month) => sum + month.n, 0)).toBe(459);
      expect((306 * seen.pinball + 153 * unseen.pinball) / 459).toBeCloseTo(pooled.pinball, 12);
      expect(pooled.baselines.map(({ name }) => name)).toContain('climatology');
      for (const { n, skillPct } of pooled.baselines) {
        expect(n).toBe(459);
        expect(skillPct!.low).toBeLessThanOrEqual(skillPct!.value);
        expect(skillPct!.high).toBeGreaterThanOrEqual(skillPct!.value);
      }
    }
  });

  it('forecasts to the bit what a reply at that moment would have said', async () => {
    const forecaster = createForecaster(decodeModel(await readModelFile(model)));
    const originMs = Date.UTC(2021, 8, 17);
    const until = (candles: Candle[]) =>
      toColumns(
        candles.filter((candle) => candle.openTimeMs + DAY_MS <= originMs),
        '1d',
      );
    const said = forecaster.forecast(
      { symbol: 'ETH', columns: until(COINS.ETH), observations: new Map() },
      until(COINS.BTC),
      null,
      await widthsUntil(originMs),
    );
    const close = closeAt(COINS.ETH, originMs)!;
    for (const { steps, quantiles } of said.horizons) {
      const line = run.forecasts.find(
        (one) => one['symbol'] === 'ETH' && one['horizon'] === `${steps}` && one['origin'] === '2021-09-17T00:00:00Z',
      )!;
      expect(COLUMNS.map((column) => Number(line[column]))).toEqual(quantiles.map((q) => close * Math.exp(q)));
    }
  });

  it('counts what it could not forecast or score', async () => {
    // The candle of 2 November is missing: no origin on the 3rd, no outcome a day after the 2nd.
    const holed = { BTC: COINS.BTC, ETH: COINS.ETH.filter(({ openTimeMs }) => openTimeMs !== Date.UTC(2021, 10, 2)) };
    const small = ['--from', '2021-11-01', '--to', '2021-11-05', '--horizons', '1,3'];
    const { report, forecasts } = await evaluate(['--candles', candleFolder(holed), '--model', model, ...small]);
    const n = (steps: number, symbol: string) =>
      forecasts.filter((line) => line['horizon'] === `${steps}` && line['symbol'] === symbol).length;
    expect([n(1, 'BTC'), n(1, 'ETH'), n(3, 'BTC'), n(3, 'ETH')]).toEqual([5, 3, 5, 4]);
    expect(report.horizons.map(({ steps, pooled }) => [steps, pooled.n])).toEqual([
      [1, 8],
      [3, 9],
    ]);
    expect(report.counts).toMatchObject({ origins: 9, forecastOrigins: 9, notUsable: 0, withoutOutcome: 1 });
  });

  it('does not forecast before there are enough candles, and says how often', async () => {
    const young = { BTC: COINS.BTC, KID: randomCandles(700, { seed: 5 }).slice(500) };
    const days = ['--from', '2021-06-01', '--to', '2021-10-31', '--symbols', 'KID', '--horizons', '1'];
    const { report, forecasts } = await evaluate(['--candles', candleFolder(young), '--model', model, ...days]);
    // The first candle closes on 2021-05-16; 81 are needed.
    expect(forecasts[0]!['origin']).toBe('2021-08-04T00:00:00Z');
    expect(report.counts).toMatchObject({ origins: 153, notUsable: 64, forecastOrigins: 89 });
  });

  it('keeps to the coins asked for, with Bitcoin as context all the same', async () => {
    const { report, forecasts } = await evaluate([
      '--candles',
      folder,
      '--model',
      model,
      '--symbols',
      'eth,XYZ',
      ...SPAN,
    ]);
    expect(report.symbols).toEqual(['ETH']);
    expect(report.marketContext).toBe(true);
    expect(report.refused).toEqual([{ symbol: 'XYZ', reason: 'There is no file XYZ.csv.' }]);
    // Widths and shares are learnt from all coins together; everything else is the coin's alone.
    const alone = ({ origin, horizon, target, actual_close }: Record<string, string>) =>
      [origin, horizon, target, actual_close].join(' ');
    expect(forecasts.map(alone)).toEqual(run.forecasts.filter((line) => line['symbol'] === 'ETH').map(alone));
    expect(report.widths!.state.market).not.toEqual(run.report.widths!.state.market);
  });

  it('masks the market inputs where there is no BTC.csv, and says so', async () => {
    const alone = candleFolder({ ETH: COINS.ETH });
    const { report, forecasts, out } = await evaluate(['--candles', alone, '--model', model, ...SPAN]);
    expect(report.marketContext).toBe(false);
    expect(report.horizons[0]!.afterCrash).toBeNull();
    expect(out).toContain('no usable BTC.csv');
    expect(forecasts[0]!['q0.9']).not.toBe(run.forecasts.find((line) => line['symbol'] === 'ETH')!['q0.9']);
  });

  it('warns loudly when the model has seen the dates', async () => {
    expect(run.report.inSample).toBeNull();
    expect(run.out).not.toContain('IN-SAMPLE');
    const early = ['--from', '2021-03-01', '--to', '2021-04-30', '--horizons', '1', '--symbols', 'BTC'];
    const { report, out, err } = await evaluate(['--candles', folder, '--model', model, ...early]);
    // The 31 origins of March; on 1 April everything the model has seen is past.
    expect(report.inSample).toMatchObject({ forecasts: 31, of: 61 });
    expect(out).toContain('!!! IN-SAMPLE !!!');
    expect(err).toContain('IN-SAMPLE');
  });

  it('leaves damaged files out with the reason and goes on', async () => {
    const files = candleFolder({ BTC: COINS.BTC, ETH: COINS.ETH });
    writeFileSync(join(files, 'BAD.csv'), 'timestamp,open\n2021-01-01T00:00:00Z,1\n');
    const broken = readFileSync(join(files, 'ETH.csv'), 'utf8').split('\n').with(300, '2020-10-26T00:00:00Z,1,2,?,1,1');
    writeFileSync(join(files, 'TORN.csv'), broken.join('\n'));
    const { report, err } = await evaluate(['--candles', files, '--model', model, '--horizons', '1', ...SPAN]);
    expect(report.refused).toEqual([
      { symbol: 'BAD', reason: expect.stringContaining('names no column') },
      { symbol: 'TORN', reason: expect.stringContaining('line 301: low is not a number') },
    ]);
    expect(report.symbols).toEqual(['BTC', 'ETH']);
    expect(err).toContain('BAD is left out');
  });

  it('draws every coin, horizon and baseline as SVG, with the warning where one is due', async () => {
    const path = join(emptyFolder(), 'r.svg');
    const early = ['--from', '2021-03-01', '--to', '2021-06-30', '--horizons', '1,7'];
    await evaluate(['--candles', folder, '--model', model, ...early, '--report', path]);
    const svg = readFileSync(path, 'utf8');
    for (const words of [
      'BTC',
      'ETH',
      'NEW',
      '1d',
      '7d',
      'climatology',
      'GARCH-t',
      'HAR',
      'IN-SAMPLE',
      'Reliability',
    ]) {
      expect(svg).toContain(words);
    }
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('draws the same as PNG, and does not stumble where nothing could be forecast', async () => {
    const young = candleFolder({ KID: randomCandles(60, { seed: 5 }) });
    const path = join(emptyFolder(), 'r.png');
    const { report, out } = await evaluate([
      '--candles',
      young,
      '--model',
      model,
      '--from',
      '2020-01-05',
      '--report',
      path,
    ]);
    expect(report.horizons.map(({ pooled }) => pooled.n)).toEqual([0, 0, 0]);
    expect(out).toContain('nothing could be forecast');
    expect(readFileSync(path).subarray(0, 4).toString('latin1')).toBe('\x89PNG');
    expect(JSON.stringify(report)).not.toMatch(/NaN/);
  });

  it('says when the candles end before the first origin', async () => {
    const late = evaluate(['--candles', folder, '--model', model, '--from', '2025-01-01']);
    await expect(late).rejects.toMatchObject({ code: 'CC_FILE', message: expect.stringContaining('2021-12-01') });
  });

  it('prints JSON alone for --json -', async () => {
    let out = '';
    const err = { write: () => {} };
    const args = ['--candles', folder, '--model', model, '--horizons', '1', ...SPAN, '--json', '-'];
    await runEvaluate({
      args,
      now: () => Date.UTC(2026, 0, 1),
      out: { write: (text) => (out += text) },
      progress: err,
      threads: 1,
      events: NO_EVENTS,
    });
    expect((JSON.parse(out) as { horizons: unknown[] }).horizons).toHaveLength(1);
  });

  it.each([
    [['--from', '2021-06-01'], /--candles/],
    [['--candles', 'x'], /--from/],
    [['--candles', 'x', '--from', 'June'], /--from/],
    [['--candles', 'x', '--from', '2021-02-31'], /--from/],
    [['--candles', 'x', '--from', '2021-06-01', '--to', '2021-05-01'], /--to/],
    [['--candles', 'x', '--from', '2021-06-01', '--horizons', '2'], /--horizons/],
    [['--candles', 'x', '--from', '2021-06-01', '--horizons', ''], /--horizons/],
    [['--candles', 'x', '--from', '2021-06-01', '--interval', '5m'], /5m/],
    [['--candles', 'x', '--from', '2021-06-01', '--symbols', '../etc'], /--symbols/],
    [['--candles', 'x', '--from', '2021-06-01', '--report', 'r.gif'], /--report/],
    [['--candles', 'x', '--from', '2021-06-01', '--mood', 'h.csv'], /mood/],
  ])('refuses %j with its usage', async (args, words) => {
    const run = runEvaluate({
      args,
      now: () => 0,
      out: { write: () => {} },
      progress: { write: () => {} },
      threads: 1,
      events: NO_EVENTS,
    });
    await expect(run).rejects.toMatchObject({ code: 'CC_USAGE', message: expect.stringMatching(words) });
  });

  it('says which folder or model cannot be read, and leaves no half file', async () => {
    const folderOf = emptyFolder();
    const csv = join(folderOf, 'f.csv');
    const gone = evaluate(['--candles', '/nowhere', '--model', model, ...SPAN]);
    await expect(gone).rejects.toMatchObject({ code: 'CC_FILE' });
    const lost = evaluate(['--candles', folder, '--model', '/nowhere.json', ...SPAN]);
    await expect(lost).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
    const nothing = evaluate(['--candles', folder, '--model', model, '--symbols', 'XYZ', ...SPAN]);
    await expect(nothing).rejects.toMatchObject({ code: 'CC_FILE', message: expect.stringContaining('XYZ.csv') });
    const args = ['--candles', folder, '--model', model, ...SPAN, '--forecasts', csv, '--json', '/nowhere/r.json'];
    const unwritable = runEvaluate({
      args,
      now: () => Date.UTC(2026, 0, 1),
      out: { write: () => {} },
      progress: { write: () => {} },
      threads: 1,
      events: NO_EVENTS,
    });
    await expect(unwritable).rejects.toMatchObject({
      code: 'CC_FILE',
      message: expect.stringContaining('/nowhere/r.json'),
    });
  });
});
