import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { MarketSeries } from '../../../src/core/market.ts';
import type { PromotionVerdict } from '../../../src/core/promotion.ts';
import { HOUR_MS } from '../../../src/core/time.ts';
import { type AdminParts, createAdminService } from '../../../src/services/admin/admin.ts';
import type { ModelList } from '../../../src/services/models/promotion.ts';
import { keptVerdict } from '../../commands/admin/fake-admin.ts';
import { LogRecorder } from '../../discord/bot.ts';
import { ManualSleep } from '../../discord/manual-sleep.ts';
import { START_MS } from '../../support/candles.ts';
import { unconfirmedPrice } from '../../support/unconfirmed.ts';

const list = (serving: string | null): readonly ModelList[] => [
  {
    interval: '1d',
    serving,
    previous: [],
    problem: null,
    models: ['old', 'new'].map((version, addedAtMs) => ({ version, addedAtMs, verdict: keptVerdict })),
  },
];

function build(
  retrain: () => Promise<PromotionVerdict>,
  prices: Partial<Pick<AdminParts, 'market' | 'unconfirmed'>> = {},
) {
  const manual = new ManualSleep();
  const log = new LogRecorder();
  const done: string[] = [];
  const admin = createAdminService({
    retraining: {
      retrain: (interval, why, _signal, onProgress) => {
        done.push(`retrain ${interval}: ${why}`);
        onProgress?.({ stage: 'candles', done: 0, of: 6 });
        return retrain();
      },
    },
    promotion: {
      promote: async (interval, version) => void done.push(`promote ${interval} ${version}`),
      rollback: async (interval) => {
        done.push(`rollback ${interval}`);
        return 'old';
      },
      list: async () => list('old'),
    },
    market: { series: async () => Promise.reject(new CandlecastError('CC_SOURCE_UNAVAILABLE', 'No source answers.')) },
    unconfirmed: { all: async () => [] },
    ...prices,
    stopping: new AbortController().signal,
    now: () => 0,
    sleep: manual.sleep,
    logger: log,
    answerWaitMs: 840_000,
  });
  return { admin, manual, log, done };
}

describe('what owners say of unconfirmed prices', () => {
  const hours = unconfirmedPrice('LUNC', '1h', START_MS + HOUR_MS);
  const days = unconfirmedPrice('LUNC', '1d', START_MS);
  const other = unconfirmedPrice('SHIB', '1h', START_MS);
  const timeout = { source: 'binance', code: 'CC_SOURCE_TIMEOUT', reason: 'binance did not answer in time.' } as const;
  const unlisted = { source: 'kraken', code: 'CC_SOURCE_UNKNOWN_MARKET', reason: 'kraken has no LUNC.' } as const;
  const without = (...failures: readonly unknown[]): Pick<AdminParts, 'market' | 'unconfirmed'> => ({
    unconfirmed: { all: async () => [hours] },
    market: { series: async () => ({ candles: [], failures }) as unknown as MarketSeries },
  });

  it('is asked of the sources at once, hours before days, and told with what came of it', async () => {
    const asked: unknown[] = [];
    const { admin, log } = build(async () => keptVerdict, {
      unconfirmed: { all: async () => [days, hours, other] },
      market: {
        async series({ symbol, interval, believe }) {
          asked.push([symbol, interval, believe]);
          // The source gives the hour, and no day yet.
          const candles = interval === '1h' ? [{ openTimeMs: hours.openTimeMs, close: 30_600 }] : [];
          return { candles, failures: interval === '1h' ? [] : [timeout, unlisted] } as unknown as MarketSeries;
        },
      },
    });
    expect(await admin.confirmPrice(' $lunc ')).toEqual([
      { price: hours, close: 30_600, unanswered: [] },
      { price: days, close: null, unanswered: ['binance'] },
    ]);
    expect(asked).toEqual([
      ['LUNC', '1h', true],
      ['LUNC', '1d', true],
    ]);
    expect(log.lines.map(({ facts }) => [facts['symbol'], facts['interval'], facts['close']])).toEqual([
      ['LUNC', '1h', 30_600],
      ['LUNC', '1d', null],
    ]);
  });

  it('is refused where a source did not answer, which is no proof that it gives the price no more', async () => {
    const { admin } = build(async () => keptVerdict, without(timeout, unlisted));
    await expect(admin.confirmPrice('LUNC')).rejects.toMatchObject({
      code: 'CC_SOURCE_UNAVAILABLE',
      message: 'No answer about LUNC came from binance, so nothing was confirmed.',
      retryable: true,
    });
    const { admin: answered } = build(async () => keptVerdict, without(unlisted));
    expect(await answered.confirmPrice('LUNC')).toEqual([{ price: hours, close: null, unanswered: [] }]);
  });

  it('is refused for a price that is not unconfirmed, with the coins that are', async () => {
    const { admin } = build(async () => keptVerdict, { unconfirmed: { all: async () => [other] } });
    await expect(admin.confirmPrice('ETH')).rejects.toMatchObject({
      code: 'CC_USAGE',
      message: 'No price of ETH is unconfirmed.',
      remedy: 'Prices of these coins are: SHIB.',
    });
  });
});

describe('what owners do with the models', () => {
  it('a retraining is answered with its verdict and the version that was made', async () => {
    const { admin, manual, done } = build(async () => keptVerdict);
    const steps: unknown[] = [];
    const answer = await admin.retrain('1d', (step) => steps.push(step));
    expect(answer).toEqual({ state: 'judged', version: 'new', verdict: keptVerdict });
    expect(steps).toEqual([{ stage: 'candles', done: 0, of: 6 }]);
    expect(done).toEqual(['retrain 1d: retrained by hand']);
    expect(manual.pending).toEqual([]);
  });

  it('a retraining that outlasts the answer goes on, and its failure is logged', async () => {
    let fail: (error: Error) => void = () => {};
    const { admin, manual, log } = build(
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    );
    const answering = admin.retrain('1h', () => {});
    await manual.elapse(840_000);
    expect(await answering).toEqual({ state: 'going-on' });
    fail(new CandlecastError('CC_TRAINING_DIVERGED', 'The loss is not a number.'));
    expect(await log.logged('a retraining failed')).toMatchObject({ interval: '1h', code: 'CC_TRAINING_DIVERGED' });
  });

  it('a retraining that fails at once says why', async () => {
    const { admin, manual } = build(() =>
      Promise.reject(new CandlecastError('CC_BUSY', 'It is being trained already.')),
    );
    await expect(admin.retrain('1d', () => {})).rejects.toMatchObject({ code: 'CC_BUSY' });
    expect(manual.pending).toEqual([]);
  });

  it('a kept version is promoted for its own interval, and another one is refused', async () => {
    const { admin, done } = build(async () => keptVerdict);
    expect(await admin.promote('new')).toMatchObject({ interval: '1d', version: 'new', serving: true });
    await expect(admin.promote('gone')).rejects.toMatchObject({ code: 'CC_MODEL_MISSING' });
    expect(await admin.rollback('1h')).toBe('old');
    expect(done).toEqual(['promote 1d new', 'rollback 1h']);
  });

  it('the kept models are remembered for suggestions, the newest first', async () => {
    const { admin } = build(async () => keptVerdict);
    expect(admin.recall()).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(admin.recall().map(({ version, serving }) => `${version} ${serving}`)).toEqual(['new false', 'old true']);
  });
});
