import { describe, expect, it } from 'vitest';
import { createForecaster } from '../../../src/ml/forecast/forecaster.ts';
import { modelCardSchema } from '../../../src/ml/model/card.ts';
import { decodeModel, encodeModel } from '../../../src/ml/model/model-file.ts';
import type { TrainProgress } from '../../../src/ml/train/progress.ts';
import { tinyCoins, tinyModel } from '../../support/tiny-model.ts';

const year = (y: number) => Date.UTC(y, 0, 1);

describe('trainModel', () => {
  it('gives the same model for the same seeds, and another for others', async () => {
    const [a, b, c] = [await tinyModel(), await tinyModel(), await tinyModel({ seeds: [3, 4] })];
    const bytes = (model: Awaited<ReturnType<typeof tinyModel>>) =>
      Buffer.from(encodeModel(model).weightData).toString('base64');
    expect(bytes(a)).toBe(bytes(b));
    expect(bytes(a)).not.toBe(bytes(c));
  });

  it('writes a card that says what it learnt from, and scores itself on a later year it had not seen', async () => {
    const model = await tinyModel({
      outOfSampleRefit: true,
      fitUntilMs: year(2021) + 150 * 86_400_000,
      stopUntilMs: year(2021) + 300 * 86_400_000,
    });
    const { card } = encodeModel(model);
    expect(modelCardSchema.parse(card)).toEqual(card);
    expect(card.data.symbols).toEqual(['BTC', 'ETH', 'LTC']);
    expect(card.data.fitUntilMs).toBeLessThan(card.data.stopUntilMs);
    const records = card.evaluation!.records;
    expect(records.map((record) => record.steps)).toEqual([1, 3, 7]);
    for (const record of records) {
      // The evaluated net stopped learning where the evaluation begins.
      expect(record.fromMs).toBeGreaterThanOrEqual(card.data.fitUntilMs);
      expect(record.n).toBeGreaterThan(100);
      expect(record.overClimatology.low).toBeLessThanOrEqual(record.overClimatology.value);
      expect(record.overClimatology.high).toBeGreaterThanOrEqual(record.overClimatology.value);
      expect(record.model.coverage[0]).toBeLessThan(record.model.coverage[2]!);
    }
    // What widths learnt there goes on from the end of the data.
    expect(card.widths!.untilMs).toBeLessThanOrEqual(card.data.stopUntilMs);
    expect(card.widths!.untilMs).toBeGreaterThan(card.data.stopUntilMs - 2 * 86_400_000);
    expect(card.widths!.market).toHaveLength(3);
    expect(card.widths!.market.flat().every((factor) => factor !== 1 && factor > 0.8 && factor < 1.25)).toBe(true);
  });

  it('knows no widths where nothing was forecast out of sample', async () => {
    expect((await tinyModel()).card.widths).toBeUndefined();
  });

  it('reports a share that rises to the end, and validation skill', async () => {
    const said: TrainProgress[] = [];
    await tinyModel({}, (progress) => said.push(progress));
    const shares = said.map((progress) => progress.done);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(said.at(-1)!.skillPct).toEqual(expect.any(Number));
    expect(said[0]!.phase).toBe('features');
  });

  it('ends with its own error when it is cancelled', async () => {
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const run = tinyModel(
      {},
      (progress) => {
        if (progress.visited > 0) cancel[0] = 1;
      },
      cancel,
    );
    await expect(run).rejects.toMatchObject({ code: 'CC_TRAINING_CANCELLED' });
  });

  it('says so when there is too little to learn from', async () => {
    await expect(tinyModel({ fitUntilMs: Date.UTC(2020, 4, 1) })).rejects.toMatchObject({ code: 'CC_TRAINING_DATA' });
  });
});

describe('a saved model', () => {
  it('forecasts after loading exactly as before, with quantiles that do not cross', async () => {
    const trained = await tinyModel();
    const encoded = encodeModel(trained);
    const fresh = createForecaster({ spec: trained.spec, members: trained.members, card: encoded.card });
    const loaded = createForecaster(decodeModel(encoded));
    const [btc, eth] = tinyCoins(500);
    const forecast = loaded.forecast(eth!, btc!.columns);
    expect(forecast).toEqual(fresh.forecast(eth!, btc!.columns));
    for (const { quantiles, expectedVolatility, usualVolatility } of forecast.horizons) {
      expect([...quantiles].sort((a, b) => a - b)).toEqual(quantiles);
      expect(expectedVolatility / usualVolatility).toBeGreaterThan(0.2);
      expect(expectedVolatility / usualVolatility).toBeLessThan(5);
    }
  });

  it('forecasts without a bit of what comes later', async () => {
    const forecaster = createForecaster(decodeModel(encodeModel(await tinyModel())));
    const [btc, eth] = tinyCoins(500);
    const longer = tinyCoins(520)[0]!;
    expect(forecaster.forecast(eth!, longer.columns)).toEqual(forecaster.forecast(eth!, btc!.columns));
  });

  it('says how much history there is when there is too little', async () => {
    const forecaster = createForecaster(decodeModel(encodeModel(await tinyModel())));
    const short = tinyCoins(70)[1]!;
    expect(() => forecaster.forecast(short, null)).toThrow(/70 candles of 1d; 81 are needed/);
  });

  it('is refused when a byte of it is changed, cut off, or belongs to another', async () => {
    const one = encodeModel(await tinyModel());
    const other = encodeModel(await tinyModel({ seeds: [8, 9] }));
    const flipped = one.weightData.slice();
    flipped[1000]! ^= 1;
    const damaged = { code: 'CC_MODEL_DAMAGED' };
    expect(() => decodeModel({ ...one, weightData: flipped })).toThrow(expect.objectContaining(damaged));
    expect(() => decodeModel({ ...one, weightData: one.weightData.slice(0, -4) })).toThrow(
      expect.objectContaining(damaged),
    );
    expect(() => decodeModel({ ...one, weightData: other.weightData })).toThrow(expect.objectContaining(damaged));
    expect(() => decodeModel({ ...one, modelJson: '{' })).toThrow(expect.objectContaining(damaged));
    expect(() => decodeModel({ ...one, modelJson: one.modelJson.replace('"logSigma"', '"logSigmoid"') })).toThrow(
      expect.objectContaining(damaged),
    );
  });
});
