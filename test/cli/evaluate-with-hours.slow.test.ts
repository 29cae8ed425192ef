import { beforeAll, describe, expect, it } from 'vitest';
import { QUANTILE_LEVELS } from '../../src/core/quantiles.ts';
import { ALONE, rollingDaysRecord } from '../../src/ml/evaluate/combined-days.ts';
import { HOURS_SHARE } from '../../src/ml/forecast/from-now.ts';
import { rollingDaysRecordSchema } from '../../src/ml/model/card.ts';
import { candleFolder, emptyFolder } from '../support/candle-files.ts';
import { randomCandles } from '../support/candles.ts';
import { type EvaluateRun, evaluate, type ForecastLine, tinyModelFile } from '../support/evaluate-command.ts';

const SYMBOLS = ['BTC', 'ETH'];
const HOURS = 24 * 110;
const COINS = Object.fromEntries(
  SYMBOLS.map((symbol, i) => [symbol, randomCandles(HOURS, { seed: 80 + i, interval: '1h' })]),
);
/** The hundredth day of the files and the one after it. */
const SPAN = ['--from', '2020-04-10', '--to', '2020-04-11'];
const ROLLING = ['--interval', '1d', '--origins', '1h'];

const place = (line: ForecastLine) => `${line['symbol']} ${line['origin']}`;
const byPlace = (lines: readonly ForecastLine[]) => new Map(lines.map((line) => [place(line), line]));
const at = (run: EvaluateRun, horizon: string) => run.forecasts.filter((line) => line['horizon'] === horizon);
const returnOf = (line: ForecastLine, level: number) =>
  Math.log(Number(line[`q${level}`]) / Number(line['origin_close']));
const scoresOf = (run: EvaluateRun, name: string) =>
  run.report.horizons.find((horizon) => horizon.name === name)!.pooled;

let daily = '';
let hourly = '';
let days: EvaluateRun;
let hours: EvaluateRun;
let both: EvaluateRun;
beforeAll(async () => {
  daily = await tinyModelFile('1d');
  hourly = await tinyModelFile('1h');
  const folder = candleFolder(COINS);
  days = await evaluate(['--candles', folder, '--model', daily, ...ROLLING, ...SPAN]);
  hours = await evaluate(['--candles', folder, '--model', hourly, '--interval', '1h', '--horizons', '24', ...SPAN]);
  both = await evaluate(['--candles', folder, '--model', daily, '--with-hours', hourly, ...ROLLING, ...SPAN]);
}, 300_000);

describe('one day of two models, evaluated', () => {
  it('averages what each says about the same day from the same origin', () => {
    const ofHours = byPlace(at(hours, '24'));
    const ofDays = byPlace(at(days, '1'));
    const combined = at(both, '1');
    expect(combined).toHaveLength(2 * 48);
    for (const line of combined) {
      const [one, other] = [ofHours.get(place(line))!, ofDays.get(place(line))!];
      expect(one['target']).toBe(line['target']);
      expect(line['actual_close']).toBe(one['actual_close']);
      for (const level of QUANTILE_LEVELS) {
        const expected = HOURS_SHARE * returnOf(one, level) + (1 - HOURS_SHARE) * returnOf(other, level);
        expect(returnOf(line, level)).toBeCloseTo(expected, 12);
      }
    }
  });

  it('leaves the other horizons to the daily model, to the bit', () => {
    for (const horizon of ['3', '7']) expect(at(both, horizon)).toEqual(at(days, horizon));
    const { baselines, ...scores } = scoresOf(both, '7d');
    expect(scoresOf(days, '7d')).toMatchObject(scores);
    expect(baselines.slice(-2).map(({ name, n, skillPct }) => [name, n, skillPct])).toEqual(
      ALONE.map((name) => [name, 0, null]),
    );
  });

  it('stands beside each model alone, with the scores that each has by itself', () => {
    const { n, pinball, baselines } = scoresOf(both, '1d');
    const alone = baselines.slice(-2);
    const own = [scoresOf(days, '1d'), scoresOf(hours, '24h')];
    expect(alone.map(({ name }) => name)).toEqual([...ALONE]);
    alone.forEach((one, i) => {
      expect(one.n).toBe(n);
      expect(one.pinball).toBeCloseTo(own[i]!.pinball, 12);
      expect(one.coverage).toEqual(own[i]!.coverage.map(({ share }) => share));
      expect(one.skillPct!.value).toBeCloseTo(100 * (1 - pinball / one.pinball), 9);
    });
    expect(baselines.slice(0, -2).map(({ name, pinball: loss }) => [name, loss])).toEqual(
      scoresOf(days, '1d').baselines.map(({ name, pinball: loss }) => [name, loss]),
    );
    const { model, withHours } = both.report;
    expect(model).toEqual(days.report.model);
    expect(withHours).toEqual({ model: hours.report.model, hoursShare: HOURS_SHARE });
    expect(both.out).toContain(`1d is combined with 24h of model ${hours.report.model.version}`);
    expect(both.out).toContain('over hourly model alone');
  });

  it('makes a record for the card of the daily model', () => {
    const record = rollingDaysRecord('Two random walks.', both.report);
    expect(rollingDaysRecordSchema.parse(record)).toEqual(record);
    expect(record.records.map(({ steps, n }) => [steps, n])).toEqual([3, 7].map((steps) => [steps, 2 * 48]));
    const day = scoresOf(both, '1d');
    expect(record.combinedDay).toMatchObject({
      hoursShare: HOURS_SHARE,
      record: { steps: 1, n: day.n, model: { pinball: day.pinball }, fromMs: day.fromMs, toMs: day.toMs },
      overDaily: day.baselines.at(-2)!.skillPct,
      overHourly: day.baselines.at(-1)!.skillPct,
    });
    const alone = rollingDaysRecord('Two random walks.', days.report);
    expect(alone).not.toHaveProperty('combinedDay');
    expect(alone.records.slice(1)).toEqual(record.records);
    expect(alone.records[0]!.climatology).toEqual(record.combinedDay!.record.climatology);
    expect(() => rollingDaysRecord('', hours.report)).toThrow('days that end at every hour');
  });

  it('is the same where later candles do not exist yet', async () => {
    // The outcome of one day is known at the first 29 hours of the span only.
    const cut = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, COINS[symbol]!.slice(0, 24 * 102 + 5)]));
    const early = await evaluate([
      ...['--candles', candleFolder(cut), '--model', daily, '--with-hours', hourly],
      ...[...ROLLING, '--horizons', '1', ...SPAN],
    ]);
    expect(early.forecasts.length).toBeGreaterThan(2 * 24);
    const whole = byPlace(at(both, '1'));
    for (const line of early.forecasts) expect(line).toEqual(whole.get(place(line)));
  });

  it('refuses what cannot be combined', async () => {
    const wrong = (...args: string[]) => evaluate(['--candles', emptyFolder(), '--from', '2020-04-10', ...args]);
    await expect(wrong('--interval', '1d', '--with-hours', hourly)).rejects.toThrow('--origins 1h');
    await expect(wrong(...ROLLING, '--horizons', '3', '--with-hours', hourly)).rejects.toThrow('1d');
    await expect(wrong(...ROLLING, '--model', daily, '--with-hours', daily)).rejects.toThrow('not 24 hours');
  });
});
