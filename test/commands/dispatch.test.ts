import { describe, expect, test } from 'vitest';
import { answersCallerAlone, complete, dispatch, press } from '../../src/commands/dispatch.ts';
import { forecastCommand, forecastComponentHandler } from '../../src/commands/forecast/forecast.ts';
import { parseLine } from '../../src/commands/typed-line.ts';
import { CandlecastError } from '../../src/core/errors.ts';
import { limitProblems } from '../../src/render/limits.ts';
import type { Reply } from '../../src/render/reply.ts';
import { fakeContext, somebody } from './fakes.ts';

/** Custom ids of a reply's components in order. */
const customIds = (reply: Reply): string[] =>
  reply.components.flatMap((row) => row.components.flatMap((one) => ('custom_id' in one ? [one.custom_id] : [])));

describe('dispatch', () => {
  test('answers a typed line with embed, chart and components', async () => {
    const { context, asked } = fakeContext();
    const reply = await dispatch('/forecast symbol:BTC horizon:3d', somebody, context);
    expect(asked).toEqual([{ symbol: 'BTC', horizon: '3d' }]);
    expect(reply.embeds[0]?.title).toMatch(/^Bitcoin \(BTC\) · \$98,123/);
    expect(reply.embeds[0]?.image?.url).toBe(`attachment://${reply.files[0]?.name}`);
    expect(customIds(reply)).toEqual([
      'fc:horizon:BTC:3d',
      'fc:refresh:BTC:3d',
      'fc:why:BTC:3d',
      'fc:details:BTC:3d',
      'alert:offer:BTC:3d',
    ]);
  });

  test('forecasts one day when no horizon is named', async () => {
    const { context, asked } = fakeContext();
    await dispatch({ name: 'forecast', options: { symbol: 'ethereum' } }, somebody, context);
    expect(asked[0]?.horizon).toBe('1d');
  });

  test('checks what a surface hands over as it checks a typed line', async () => {
    const { context, asked } = fakeContext();
    const call = { name: 'forecast', options: { symbol: 'BTC', horizon: 'soon' } };
    await expect(dispatch(call, somebody, context)).rejects.toMatchObject({ code: 'CC_USAGE' });
    expect(asked).toEqual([]);
  });

  test.each([
    ['USDT', 'CC_STABLECOIN'],
    ['BTX', 'CC_UNKNOWN_SYMBOL'],
  ])('lets the error of %s pass to the surface', async (symbol, code) => {
    await expect(dispatch(`/forecast ${symbol}`, somebody, fakeContext().context)).rejects.toMatchObject({ code });
  });

  test('answers with the numbers when the chart cannot be drawn', async () => {
    const { context } = fakeContext({ chartFails: true });
    const reply = await dispatch('/forecast BTC', somebody, context);
    expect(reply.files).toEqual([]);
    expect(JSON.stringify(reply.embeds)).toContain('The chart could not be drawn');
  });

  test('answers with the forecast when what is said cannot be looked up, says so and logs the cause', async () => {
    const { context, warned } = fakeContext();
    const down = new CandlecastError('CC_DATABASE', 'The database does not answer.');
    const sentiment = { ...context.services.sentiment, glance: () => Promise.reject(down) };
    const asked = { ...context, services: { ...context.services, sentiment } };
    const text = JSON.stringify((await press('fc:details:BTC:1d', [], somebody, asked)).embeds);
    expect(text).toContain('What is said about the coin could not be looked up this time.');
    expect(warned.map(({ facts }) => facts)).toEqual([{ symbol: 'BTC', code: 'CC_DATABASE', err: down }]);
  });

  test('answers /help in the caller’s language where there is one, listing every command', async () => {
    const { context } = fakeContext();
    const german = await dispatch('/help', { ...somebody, locale: 'de' }, context);
    const text = JSON.stringify(german.embeds);
    for (const name of ['/forecast', '/status', '/help']) expect(text).toContain(name);
    expect(text).toContain('Ob alles funktioniert');
    expect(JSON.stringify((await dispatch('/help', somebody, context)).embeds)).toContain('Whether everything works');
  });

  test('keeps Discord’s limits in every reply', async () => {
    const { context } = fakeContext();
    for (const line of ['/forecast BTC', '/status', '/help']) {
      expect(limitProblems(await dispatch(line, somebody, context))).toEqual([]);
    }
  });
});

describe('press', () => {
  test('changes the horizon from the custom id alone, as after a restart', async () => {
    const { context, asked } = fakeContext();
    const reply = await press('fc:horizon:ETH:1d', ['7d'], somebody, context);
    expect(asked).toEqual([{ symbol: 'ETH', horizon: '7d' }]);
    expect(customIds(reply)).toEqual([
      'fc:horizon:ETH:7d',
      'fc:refresh:ETH:7d',
      'fc:why:ETH:7d',
      'fc:details:ETH:7d',
      'alert:offer:ETH:7d',
    ]);
  });

  test('refreshes by looking for newer candles', async () => {
    const { context, asked } = fakeContext();
    await press('fc:refresh:SOL:4h', [], somebody, context);
    expect(asked).toEqual([{ symbol: 'SOL', horizon: '4h', refresh: true }]);
  });

  test('Why? adds what moved the forecast and offers to take it away again', async () => {
    const { context, asked } = fakeContext();
    const why = await press('fc:why:ETH:1d', [], somebody, context);
    expect(why.embeds.map((embed) => embed.title)).toEqual([
      expect.stringContaining('Ethereum (ETH)'),
      'Why this forecast',
    ]);
    expect(customIds(why)).toEqual([
      'fc:horizon:ETH:1d',
      'fc:refresh:ETH:1d',
      'fc:hide:ETH:1d',
      'fc:details:ETH:1d',
      'alert:offer:ETH:1d',
    ]);
    const hidden = await press('fc:hide:ETH:1d', [], somebody, context);
    expect(hidden.embeds).toHaveLength(1);
    expect(customIds(hidden)).toContain('fc:why:ETH:1d');
    expect(asked).toEqual([
      { symbol: 'ETH', horizon: '1d' },
      { symbol: 'ETH', horizon: '1d' },
    ]);
  });

  test('Details adds what the card leaves out, after a restart too, and takes it away again', async () => {
    const { context } = fakeContext();
    const shown = await press('fc:details:ETH:1d', [], somebody, context);
    expect(shown.embeds[1]?.title).toBe('Details, 1 day ahead');
    expect(shown.embeds[1]?.fields?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Median', 'P(up)', 'Ranges at the target', 'Model', 'Track record']),
    );
    expect(customIds(shown)).toContain('fc:hide:ETH:1d');
    expect((await press('fc:hide:ETH:1d', [], somebody, context)).embeds).toHaveLength(1);
  });

  test('the card is in the language of the person who asks', async () => {
    const { context } = fakeContext();
    const german = await dispatch('/forecast ETH', { ...somebody, locale: 'de' }, context);
    expect(german.embeds[0]?.description).toMatch(/^Wahrscheinlich \(8 von 10\) bis <t:\d+:f>/);
    expect(german.embeds[0]?.title).toContain('98.123');
    const english = await dispatch('/forecast ETH', { ...somebody, locale: 'ja' }, context);
    expect(english.embeds[0]?.description).toMatch(/^Likely/);
  });

  test('Post daily here is offered to managers alone, and shows them the preview of a subscription', async () => {
    const { context } = fakeContext();
    const member = { ...somebody, guildId: '1', channelId: '5', mayManageServer: false };
    expect(customIds(await dispatch('/forecast ETH', member, context))).not.toContain('fc:post:ETH:1d');
    const manager = { ...member, mayManageServer: true };
    expect(customIds(await dispatch('/forecast ETH', manager, context))).toContain('fc:post:ETH:1d');
    expect(forecastComponentHandler.isPrivate?.('post:ETH:1d')).toBe(true);
    expect(forecastComponentHandler.isPrivate?.('details:ETH:1d')).toBe(false);
    await expect(press('fc:post:ETH:1d', [], member, context)).rejects.toMatchObject({ code: 'CC_NOT_ALLOWED' });
  });

  test('the option why answers the same where nothing can be pressed', async () => {
    const { context } = fakeContext();
    const reply = await dispatch('/forecast ETH why:true', somebody, context);
    expect(reply.embeds[1]?.description).toMatch(/than usual/);
  });

  test('a forecast that cannot be explained is shown all the same, with the reason', async () => {
    const { context } = fakeContext({ explanationFails: true });
    const { embeds } = await press('fc:why:ETH:1d', [], somebody, context);
    expect(embeds[0]?.title).toContain('Ethereum (ETH)');
    expect(embeds[1]?.description).toMatch(/cannot be said this time.*Refresh the forecast/);
  });

  test('why a forecast cannot be explained is logged where it is a fault, and not where it is to be expected', async () => {
    const { context, warned } = fakeContext({ explanationFails: true });
    await press('fc:why:ETH:1d', [], somebody, context);
    expect(warned).toEqual([]);
    const bug = new Error('undefined is not a function');
    const explanation = { explain: () => Promise.reject(bug) };
    const { embeds } = await press('fc:why:ETH:1d', [], somebody, {
      ...context,
      services: { ...context.services, explanation },
    });
    expect(JSON.stringify(embeds)).not.toContain(bug.message);
    expect(warned).toMatchObject([
      { message: 'a forecast could not be explained', facts: { symbol: 'ETH', err: { cause: bug } } },
    ]);
  });

  test.each(['', 'fc', 'zz:refresh:BTC:1d', 'fc:sell:BTC:1d', `fc:refresh:${'B'.repeat(200)}:1d`])(
    'refuses the forged id %j',
    async (id) => {
      await expect(press(id, [], somebody, fakeContext().context)).rejects.toMatchObject({ code: 'CC_USAGE' });
    },
  );

  test('refuses a forged horizon', async () => {
    await expect(press('fc:horizon:BTC:1d', ['9y'], somebody, fakeContext().context)).rejects.toMatchObject({
      code: 'CC_UNKNOWN_HORIZON',
    });
  });
});

describe('complete', () => {
  test('suggests coins by symbol and name, 25 at most', () => {
    const { context } = fakeContext();
    expect(complete('forecast', { name: 'symbol', value: 'BT' }, somebody, context)).toEqual([
      { name: 'BTC (Bitcoin)', value: 'BTC' },
    ]);
    expect(complete('forecast', { name: 'symbol', value: '' }, somebody, context)).toHaveLength(25);
  });

  test('suggests nothing where the command offers nothing', () => {
    const { context } = fakeContext();
    expect(complete('forecast', { name: 'horizon', value: '1' }, somebody, context)).toEqual([]);
    expect(complete('status', { name: 'x', value: '1' }, somebody, context)).toEqual([]);
  });
});

test('a forecast is private when asked to be', () => {
  expect([forecastCommand.isPrivate?.({ private: true }), forecastCommand.isPrivate?.({})]).toEqual([true, false]);
});

test.each([
  ['/forecast symbol BTC horizon 3d', { symbol: 'BTC', horizon: '3d' }],
  ['/forecast BTC horizon 3d', { symbol: 'BTC', horizon: '3d' }],
  ['/forecast "symbol"', { symbol: 'symbol' }],
  ['/forecast horizon', { symbol: 'horizon' }],
])('%s names its options without colons, or leaves a lone word where it stands', (line, options) => {
  expect(parseLine(line, [forecastCommand]).options).toEqual(options);
});

test('only the caller sees that a coin was mistyped', () => {
  const { context } = fakeContext();
  const alone = (symbol: string) => answersCallerAlone(forecastCommand, { symbol }, context);
  expect([alone('BTTC'), alone('BTC'), alone('bitcoin')]).toEqual([true, false, false]);
});
