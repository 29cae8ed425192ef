import { beforeAll, describe, expect, it } from 'vitest';
import type { SentimentColumns } from '../../../src/core/sentiment.ts';
import type { CoinInput } from '../../../src/ml/features/build.ts';
import { SENTIMENT_INPUTS } from '../../../src/ml/features/sentiment-features.ts';
import { createExplainer } from '../../../src/ml/forecast/explainer.ts';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { decodeModel, encodeModel, type LoadedModel } from '../../../src/ml/model/model-file.ts';
import { type TrainOptions, trainModel } from '../../../src/ml/train/train-model.ts';
import { TINY_OPTIONS, tinyCoins } from '../../support/tiny-model.ts';

/** Fear & Greed that knows how far the price will have moved tomorrow: there is something to learn. */
function prophetic({ columns }: CoinInput): SentimentColumns {
  const unknown = () => new Float64Array(columns.rows).fill(Number.NaN);
  const silent = () => ({ known: new Uint8Array(columns.rows), score: unknown(), change: unknown() });
  const move = (row: number) => Math.log((columns.close[row + 1] ?? Number.NaN) / columns.close[row]!);
  const fearGreed = Float64Array.from({ length: columns.rows }, (_, row) => 50 + 300 * (move(row) || 0));
  return { news: silent(), reddit: silent(), market: silent(), fearGreed, fearGreedChange: unknown() };
}

const COINS = tinyCoins();
const SPOKEN = COINS.map((coin) => ({ ...coin, sentiment: prophetic(coin) }));
const OPTIONS: TrainOptions = {
  ...TINY_OPTIONS,
  seeds: [1],
  windowVisits: 16_384,
  batch: 64,
  peakLearningRate: 1e-2,
  validationChecks: 4,
  patience: 4,
};
let clockMs = 0;
const clock = () => {
  clockMs += 10;
  return clockMs;
};
const train = async (coins: readonly CoinInput[], more: Partial<TrainOptions> = {}): Promise<LoadedModel> =>
  decodeModel(encodeModel(await trainModel(coins, coins[0]!.columns, { ...OPTIONS, ...more }, clock, () => {})));

let model: LoadedModel;
let plain: LoadedModel;
beforeAll(async () => {
  model = await train(SPOKEN, { outOfSampleRefit: true });
  plain = await train(COINS);
}, 180_000);

const [btc, eth] = SPOKEN;
const deaf = { ...eth!, sentiment: null };

describe('a model trained with sentiment', () => {
  it('says what it takes in, and keeps what it was worth on the rehearsal', () => {
    expect(model.spec.sentiment?.inputs).toBe(SENTIMENT_INPUTS.length);
    expect(model.card.sentiment!.names).toEqual(SENTIMENT_INPUTS);
    const worth = model.card.evaluation!.sentiment!;
    expect(worth.map(({ steps }) => steps)).toEqual([1, 3, 7]);
    expect(worth[0]!.n).toBeGreaterThan(500);
    // It knows tomorrow, and only tomorrow. The experts, which do not, have a share of the forecast.
    expect(worth[0]!.lowPct).toBeGreaterThan(0.1);
    expect(plain.spec.sentiment).toBeUndefined();
    expect(plain.card.sentiment).toBeUndefined();
  });

  it('forecasts, with all feeds down, to the bit what the model trained without does', () => {
    const all = createForecaster(model).forecast(deaf, btc!.columns);
    const without = createForecaster(plain).forecast(deaf, btc!.columns);
    expect(all).toEqual(without);
    expect(all.horizons.map(({ sentimentShare }) => sentimentShare)).toEqual([null, null, null]);
    expect(createForecaster(model).forecast(eth!, btc!.columns).horizons).not.toEqual(without.horizons);
  });

  it('does so too where its nets have learnt again from the stopping period, and trees take part', async () => {
    const more = { refit: true, treeShare: [0.5, 0.5, 0.5] };
    const [heard, never] = [await train(SPOKEN, more), await train(COINS, more)];
    expect(heard.card.data.stopFromMs).toBe(never.card.data.stopFromMs);
    expect(heard.trees).toEqual(never.trees);
    const forecasts = [heard, never].map((one) => createForecaster(one).forecast(deaf, btc!.columns));
    expect(forecasts[0]).toEqual(forecasts[1]);
    expect(forecasts[0]).not.toEqual(createForecaster(model).forecast(deaf, btc!.columns));
    // It was opened as far as had been decided, so what is said does move it.
    const spoken = createForecaster(heard).forecast(eth!, btc!.columns);
    expect(spoken.horizons).not.toEqual(forecasts[0]!.horizons);
    expect(spoken.horizons[0]!.sentimentShare).toBeGreaterThan(0);
  });

  it('takes no sentiment in where the model learnt none', () => {
    const { forecast } = createForecaster(plain);
    expect(forecast(eth!, btc!.columns)).toEqual(forecast(deaf, btc!.columns));
  });

  it('says how much of a forecast is sentiment, between nothing and all', () => {
    const { forecast } = createForecaster(model);
    const [tomorrow, ...later] = forecast(eth!, btc!.columns).horizons.map(({ sentimentShare }) => sentimentShare!);
    expect(tomorrow).toBeGreaterThan(0);
    for (const share of [tomorrow!, ...later]) expect(share).toBeLessThan(1);
    // A louder index moves it further.
    const loud = { ...eth!.sentiment!, fearGreed: eth!.sentiment!.fearGreed.map(() => 300) };
    expect(forecast({ ...eth!, sentiment: loud }, btc!.columns).horizons[0]!.sentimentShare!).toBeGreaterThan(
      tomorrow!,
    );
  });

  it('explains it as a group of its own that adds up with the others', () => {
    const explain = createExplainer(model);
    const parts = (coin: CoinInput) => {
      const { median } = explain(coin, btc!.columns, 1);
      const sum = median.groups.reduce((total, { value }) => total + value, median.usual + median.reference);
      expect(Math.abs(sum + median.calibration + median.adjustment - median.shown)).toBeLessThan(1e-9);
      return median.groups.find(({ group }) => group === 'sentiment')!.value;
    };
    expect(
      Math.abs(
        parts({ ...eth!, sentiment: { ...eth!.sentiment!, fearGreed: eth!.sentiment!.fearGreed.map(() => 90) } }),
      ),
    ).toBeGreaterThan(1e-4);
    expect(parts(deaf)).toBe(0);
    expect(createExplainer(plain)(eth!, btc!.columns, 1).median.groups.some(({ group }) => group === 'sentiment')).toBe(
      false,
    );
  });

  it('keeps its gate shut where the validation set finds nothing in it', async () => {
    const noise = COINS.map((coin, c) => ({
      ...coin,
      sentiment: {
        ...prophetic(coin),
        fearGreed: Float64Array.from({ length: coin.columns.rows }, (_, i) => 50 + 49 * Math.sin(i * i * (c + 3))),
      },
    }));
    const { card, spec, members } = await train(noise, { outOfSampleRefit: 'only' });
    for (const weights of members) {
      const values = weights.find(({ name }) => name === 'sentiment_value/kernel')!.data;
      expect(values).toHaveLength((spec.sentiment!.inputs - spec.sentiment!.masks) * 48);
    }
    // Whatever little it let through moved the loss by little.
    for (const { valuePct } of card.evaluation!.sentiment!) expect(Math.abs(valuePct)).toBeLessThan(1);
  });

  it('refuses a file whose card and net disagree about sentiment', async () => {
    const bytes = encodeModel(await trainModel(COINS, COINS[0]!.columns, OPTIONS, clock, () => {}));
    const json = JSON.parse(bytes.modelJson);
    json.userDefinedMetadata.metadata.card.sentiment = model.card.sentiment;
    expect(() => decodeModel({ ...bytes, modelJson: JSON.stringify(json) })).toThrow(
      expect.objectContaining({ code: 'CC_MODEL_DAMAGED' }),
    );
  });
});
