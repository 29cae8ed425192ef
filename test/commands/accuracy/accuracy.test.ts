import { describe, expect, test } from 'vitest';
import { complete, dispatch } from '../../../src/commands/dispatch.ts';
import { fakeContext, somebody } from '../fakes.ts';

describe('/accuracy', () => {
  test('answers for all coins, and for one coin, horizon, span and model', async () => {
    const { context, drawn } = fakeContext();
    const all = await dispatch('/accuracy', somebody, context);
    expect(all.embeds[0]!.title).toBe('Accuracy of all tracked coins, last 60 days');
    const one = await dispatch('/accuracy symbol:bitcoin horizon:7d days:90 model:m1', somebody, context);
    expect(one.embeds[0]!.title).toBe('Accuracy of Bitcoin (BTC) by m1, last 90 days');
    expect(one.files).toHaveLength(1);
    expect(drawn).toHaveLength(2);
  });

  test('refuses spans outside 7 to 365 days, unknown horizons and unknown coins', async () => {
    const { context } = fakeContext();
    for (const line of ['/accuracy days:6', '/accuracy days:366', '/accuracy days:1.5', '/accuracy horizon:2d']) {
      await expect(dispatch(line, somebody, context)).rejects.toMatchObject({ code: 'CC_USAGE' });
    }
    await expect(dispatch('/accuracy BTTC', somebody, context)).rejects.toMatchObject({ code: 'CC_UNKNOWN_SYMBOL' });
  });

  test('completes the symbol and goes out without its chart when that fails', async () => {
    const { context } = fakeContext({ chartFails: true });
    expect(complete('accuracy', { name: 'symbol', value: 'BT' }, somebody, context)[0]).toMatchObject({ value: 'BTC' });
    const reply = await dispatch('/accuracy', somebody, context);
    expect(reply.files).toEqual([]);
    expect(reply.embeds[0]!.description).toContain('The chart could not be drawn');
  });
});
