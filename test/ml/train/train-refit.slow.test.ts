import { beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import type { CoinInput } from '../../../src/ml/features/build.ts';
import { rowOpenMs } from '../../../src/ml/features/columns.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { decodeModel, encodeModel } from '../../../src/ml/model/model-file.ts';
import type { TrainProgress } from '../../../src/ml/train/progress.ts';
import type { TrainOptions } from '../../../src/ml/train/train-model.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';

const FIT_MS = Date.UTC(2021, 2, 1);
const STOP_MS = Date.UTC(2021, 7, 1);
const COINS = tinyCoins();
/** Everything that can look ahead: nets that learn again, and trees. */
const OPTIONS: Partial<TrainOptions> = {
  fitUntilMs: FIT_MS,
  stopUntilMs: STOP_MS,
  refit: true,
  treeShare: [0.5, 0.5, 0.5],
  seeds: [1],
  windowVisits: 1_024,
};

const train = async (more: Partial<TrainOptions> = {}, coins: readonly CoinInput[] = COINS) =>
  encodeModel(await tinyModel({ ...OPTIONS, ...more }, () => {}, undefined, coins));
type Model = Awaited<ReturnType<typeof train>>;

/** Every bit that forecasts are made from. */
const bits = ({ weightData, card }: Model) => ({
  weights: Buffer.from(weightData).toString('base64'),
  scaler: card.scaler,
  calibration: card.calibration,
  trees: card.trees,
  data: card.data,
  visits: card.training.windowVisits,
});

/** The coins, with every candle of [fromMs, toMs) three times as wild and at another level. */
const changed = (fromMs: number, toMs = Number.POSITIVE_INFINITY): CoinInput[] =>
  COINS.map((coin, i) => {
    const { columns } = coin;
    const touched = (row: number) => rowOpenMs(columns, row) >= fromMs && rowOpenMs(columns, row) < toMs;
    const alter = (values: Float64Array, factor: (row: number) => number) =>
      values.map((value, row) => (touched(row) ? value * factor(row) : value));
    const level = (row: number) => 1 + 0.3 * Math.sin(row * (i + 1));
    return {
      ...coin,
      columns: {
        ...columns,
        open: alter(columns.open, level),
        high: alter(columns.high, (row) => 1.1 * level(row)),
        low: alter(columns.low, (row) => 0.9 * level(row)),
        close: alter(columns.close, level),
        volume: alter(columns.volume, (row) => 2 + Math.cos(row)),
      },
    };
  });

let model: Model;
let once: Model;
beforeAll(async () => {
  model = await train();
  once = await train({ refit: false });
}, 180_000);

describe('nets that learn again from the stopping period', () => {
  it('say on the card that they did, and from when on', () => {
    const { data } = model.card;
    expect(data).toMatchObject({ fitUntilMs: STOP_MS, stopUntilMs: STOP_MS, stopFromMs: FIT_MS });
    expect(once.card.data).toMatchObject({ fitUntilMs: FIT_MS, stopUntilMs: STOP_MS });
    expect(once.card.data).not.toHaveProperty('stopFromMs');
    // Every day of the period whose target, seven days on, and its flag are known before its end, and the eight days before it, for each of three coins.
    expect(data.windows - once.card.data.windows).toBe((3 * (STOP_MS - FIT_MS)) / DAY_MS);
    expect(model.card.training.windowVisits).toBeGreaterThan(once.card.training.windowVisits);
  });

  it('keep what was decided and are other nets, scaled and calibrated as they have to be', () => {
    expect(model.card.calibration).toEqual(once.card.calibration);
    expect(model.card.scaler).not.toEqual(once.card.scaler);
    const [again, first] = [decodeModel(model), decodeModel(once)];
    again.members.forEach((weights, i) => {
      expect(weights).not.toEqual(first.members[i]);
    });
    expect(again.trees).not.toEqual(first.trees);
  });

  it('are the same to the bit for the same candles', async () => {
    expect(bits(await train())).toEqual(bits(model));
  });

  it('do not know a bit of what comes after the stopping period', async () => {
    expect(bits(await train({}, changed(STOP_MS)))).toEqual(bits(model));
    // The candle that closes where the period ends only tells whether the one before it counts, which is the last one learnt.
    expect(bits(await train({}, changed(STOP_MS - DAY_MS)))).toEqual(bits(model));
    expect(bits(await train({}, changed(STOP_MS - 2 * DAY_MS))).weights).not.toBe(bits(model).weights);
  });

  it('know the stopping period', async () => {
    // Long enough before its end that no window reaches over it, and after its begin.
    const other = await train({}, changed(FIT_MS + 30 * DAY_MS, STOP_MS - 30 * DAY_MS));
    const [a, b] = [decodeModel(other), decodeModel(model)];
    expect(a.members).not.toEqual(b.members);
    expect(a.trees!.model).not.toEqual(b.trees!.model);
    expect(a.card.scaler).not.toEqual(b.card.scaler);
  });

  it('without learning again know of it only when to stop', async () => {
    const other = decodeModel(await train({ refit: false }, changed(FIT_MS, STOP_MS)));
    const plain = decodeModel(once);
    expect(other.card.scaler).toEqual(plain.card.scaler);
    expect(other.trees).toEqual(plain.trees);
  });
});

describe('the rehearsal of such a model', () => {
  it('has not learnt a bit from the period that it is scored on', async () => {
    const rehearsed = await train({ outOfSampleRefit: 'only' });
    const other = await train({ outOfSampleRefit: 'only' }, changed(FIT_MS));
    const { data, evaluation } = rehearsed.card;
    expect(data).toMatchObject({ fitUntilMs: FIT_MS, stopUntilMs: FIT_MS, stopFromMs: 2 * FIT_MS - STOP_MS });
    for (const { fromMs } of evaluation!.records) expect(fromMs).toBeGreaterThanOrEqual(FIT_MS);
    expect(bits(other)).toEqual(bits(rehearsed));
    const forecast = (bytes: Model) => {
      const until = COINS.map((coin) => ({ ...coin, columns: upTo(coin, FIT_MS) }));
      const { forecast } = createForecaster(decodeModel(bytes));
      return until.map((coin) => forecast(coin, until[0]!.columns));
    };
    expect(forecast(other)).toEqual(forecast(rehearsed));
    expect(other.card.evaluation).not.toEqual(evaluation);
    expect(other.card.evaluation!.records[0]!.model.pinball).not.toBe(evaluation!.records[0]!.model.pinball);
    // The card of the model itself holds the same rehearsal.
    const whole = await train({ outOfSampleRefit: true });
    expect(whole.card.evaluation).toEqual(evaluation);
    expect(bits(whole)).toEqual(bits(model));
  }, 180_000);
});

describe('a model with a twin', () => {
  const HELD_OUT_MS = 120 * DAY_MS;
  const TWIN_MS = STOP_MS - HELD_OUT_MS;
  const pair = async (coins: readonly CoinInput[] = COINS) => {
    const options = { ...OPTIONS, fitUntilMs: FIT_MS - HELD_OUT_MS, heldOutMs: HELD_OUT_MS };
    const trained = await tinyModel(options, () => {}, undefined, coins);
    return { whole: encodeModel(trained), twin: encodeModel(trained.twin!) };
  };

  it('has learnt from the held-out part, which its twin has not seen a bit of', async () => {
    const { whole, twin } = await pair();
    const other = await pair(changed(TWIN_MS));
    expect(bits(other.twin)).toEqual(bits(twin));
    expect(bits(other.whole).weights).not.toBe(bits(whole).weights);
    expect(whole.card.calibration).toEqual(twin.card.calibration);
    expect(whole.card.data.windows).toBeGreaterThan(twin.card.data.windows);
    expect(whole.card.data).toMatchObject({ fitUntilMs: STOP_MS, stopUntilMs: STOP_MS });
    expect(twin.card.data).toMatchObject({ fitUntilMs: TWIN_MS, stopUntilMs: TWIN_MS });
    // The same bits as a model whose data ended there.
    expect(bits(await train({ fitUntilMs: FIT_MS - HELD_OUT_MS, stopUntilMs: TWIN_MS }))).toEqual(bits(twin));
    expect(bits((await pair(changed(STOP_MS))).whole)).toEqual(bits(whole));
  }, 180_000);

  it('shows the record of the twin on the held-out part', async () => {
    const { whole, twin } = await pair();
    expect(twin.card.evaluation).toBeNull();
    expect(whole.card.evaluation!.description).toContain('without the newest 120 days');
    for (const { fromMs, toMs } of whole.card.evaluation!.records) {
      expect(fromMs).toBeGreaterThanOrEqual(TWIN_MS);
      expect(toMs).toBeLessThan(STOP_MS);
    }
  });
});

describe('a training run that is cancelled', () => {
  it.each(['refit', 'trees'] as const)(
    'during its part "%s" ends with its own error, and begins nothing more',
    async (part) => {
      const cancel = new Int32Array(new SharedArrayBuffer(4));
      const said: TrainProgress[] = [];
      const run = tinyModel(
        { ...OPTIONS, outOfSampleRefit: true },
        (progress) => {
          said.push(progress);
          if (progress.part === part) Atomics.store(cancel, 0, 1);
        },
        cancel,
      );
      await expect(run).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
      expect(said.at(-1)).toMatchObject({ phase: 'evaluation', part });
    },
  );
});

describe('a training run that was asked for trees', () => {
  it('refuses shares for other horizons before anything is fitted', async () => {
    const said: TrainProgress[] = [];
    const run = tinyModel({ ...OPTIONS, treeShare: [0.5] }, (progress) => said.push(progress));
    await expect(run).rejects.toMatchObject({ code: 'CC_ENGINE_SHAPE' });
    expect(said.map(({ phase }) => phase)).toEqual(['features']);
  });
});

/** A coin's candles as they were at a moment. */
function upTo({ columns }: CoinInput, untilMs: number): CoinInput['columns'] {
  const rows = (untilMs - rowOpenMs(columns, 0)) / DAY_MS;
  const cut = (values: Float64Array) => values.slice(0, rows);
  const { open, high, low, close, volume } = columns;
  return { ...columns, rows, open: cut(open), high: cut(high), low: cut(low), close: cut(close), volume: cut(volume) };
}
