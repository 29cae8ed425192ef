import { describe, expect, test } from 'vitest';
import { complete, dispatch, press } from '../../../src/commands/dispatch.ts';
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

  test('attaches a part of the record and its verifier where it is asked for, and says how to verify it', async () => {
    const { context, drawn } = fakeContext();
    Object.assign(context.services.witness, { head: async () => ({ forecasts: 812, digits: '3f2a9c0d11e84b7755aa' }) });
    const own = await dispatch('/accuracy symbol:BTC export:True days:30', somebody, context);
    expect(own.files.map(({ name }) => name)).toEqual(['record-BTC.jsonl.gz', 'verify.py']);
    const [embed] = own.embeds;
    expect(embed!.description).toMatch(/^The file holds \*\*4,321 forecasts\*\* of BTC from the last 30 days, /);
    expect(embed!.description).toContain('`python3 verify.py record-BTC.jsonl.gz`');
    expect(embed!.footer!.text).toBe('Not investment advice · Record 812 · 3f2a9c0d11e84b7755aa');
    const server = await dispatch('/accuracy export:True', somebody, context);
    expect(server.embeds[0]!.description).toContain('the coins of this server’s subscriptions (BTC, ETH)');
    expect(drawn).toEqual([]);
    const usual = await dispatch('/accuracy symbol:BTC export:False', somebody, context);
    expect(usual.embeds[0]!.title).toContain('Accuracy of');
  });

  test('shows how odds held where they are asked for, and by the button under the forecasts', async () => {
    const { context, drawn } = fakeContext();
    const odds = await dispatch('/accuracy odds:True', somebody, context);
    expect(odds.embeds[0]!.title).toBe('How odds of all tracked coins held, last 60 days');
    expect(odds.files.map(({ name }) => name)).toEqual(['odds-record.png']);
    const forecasts = await dispatch('/accuracy', somebody, context);
    const [, button] = forecasts.components[0]!.components;
    const pressed = await press((button as { custom_id: string }).custom_id, [], somebody, context);
    expect(pressed).toEqual(odds);
    expect(drawn).toHaveLength(3);
  });

  test('refuses spans outside 7 to 1,826 days, unknown horizons and unknown coins', async () => {
    const { context } = fakeContext();
    for (const line of ['/accuracy days:6', '/accuracy days:1827', '/accuracy days:1.5', '/accuracy horizon:2d']) {
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
