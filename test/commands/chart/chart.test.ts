import { describe, expect, it } from 'vitest';
import { chartCommand } from '../../../src/commands/chart/chart.ts';
import type { CommandContext } from '../../../src/commands/command.ts';
import { dispatch, press } from '../../../src/commands/dispatch.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { TIMEFRAMES } from '../../../src/core/timeframe.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import type { CandleChartInput } from '../../../src/render/candles/candle-chart-input.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { ORIGIN_MS } from '../../render/forecast/believable-report.ts';
import { steadyCandles } from '../../support/prices.ts';
import { type FakeContext, fakeContext, somebody } from '../fakes.ts';

const text = (reply: Reply) => reply.embeds[0]!.description!.replaceAll('\u00a0', ' ');
const buttons = ({ components }: Reply) =>
  components.flatMap((row) => row.components).map((one) => ('custom_id' in one ? one.custom_id : ''));
const run = (line: string, context = fakeContext().context) => dispatch(line, somebody, context, COMMANDS);
const withServices = ({ context }: FakeContext, services: Partial<CommandContext['services']>): CommandContext => ({
  ...context,
  services: { ...context.services, ...services },
});

describe('/chart', () => {
  it('says first what the coin costs and how that has changed, with a picture that is described', async () => {
    const reply = await run('/chart BTC');
    expect(text(reply).split('\n')[0]).toMatch(/^\*\*\$60,000\*\*, 2\.\d % more than 24 hours ago\.$/);
    expect(text(reply)).toMatch(/In the 120 days shown: \+\d+\.\d %, between \$\d/);
    expect(reply.embeds[0]!.title).toMatch(/Bitcoin \(BTC\) · candles of 1 day/);
    expect(reply.files).toMatchObject([
      { name: 'candles.png', description: expect.stringContaining('120 candles of 1 day') },
    ]);
  });

  it('holds coin, timeframe and forecast in its buttons', async () => {
    const { context, asked } = fakeContext();
    const reply = await run('/chart BTC 4h', context);
    expect(buttons(reply)).toEqual([
      ...TIMEFRAMES.map((timeframe) => `ch:BTC:${timeframe}:past`),
      'ch:BTC:4h:fan',
      'fc:refresh:BTC:3d',
    ]);
    expect(asked).toEqual([]);
    const withFan = await press('ch:BTC:1d:fan', [], somebody, context);
    expect(asked).toEqual([{ symbol: 'BTC', horizon: '7d' }]);
    expect(text(withFan)).toContain('Likely (8 in 10)');
    expect(buttons(withFan)).toEqual([
      ...TIMEFRAMES.map((timeframe) => `ch:BTC:${timeframe}:fan`),
      'ch:BTC:1d:past',
      'fc:refresh:BTC:7d',
    ]);
    for (const id of ['ch:BTC:2h:fan', 'ch:BTC:1d', 'ch:BTC:1d:fan:x', 'ch:b c:1d:fan', 'ch:BTC:1d:x'])
      await expect(press(id, [], somebody, context), id).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('draws what was asked for', async () => {
    const fake = fakeContext();
    const drawn: CandleChartInput[] = [];
    const context: CommandContext = {
      ...fake.context,
      charts: {
        ...fake.context.charts,
        candleChart: async (input) => {
          drawn.push(input);
          return Uint8Array.of(0x89);
        },
      },
    };
    await run('/chart BTC 1w', context);
    await press('ch:BTC:1w:fan', [], somebody, context);
    expect(drawn.map(({ slots, fan }) => [slots.length, fan !== null])).toEqual([
      [120, false],
      [72, true],
    ]);
    expect(drawn[0]!.slots.every(({ averages }) => averages.every((value) => value !== null))).toBe(true);
    const [first] = drawn;
    expect(first!.slots.at(-1)!.openTimeMs + first!.stepMs).toBeLessThanOrEqual(ORIGIN_MS);
  });

  it('takes the coin from the person’s settings, and says where there is none', async () => {
    const { context } = fakeContext();
    await expect(run('/chart', context)).rejects.toMatchObject({ code: 'CC_USAGE' });
    await run('/me set symbol:ETH', context);
    expect((await run('/chart', context)).embeds[0]!.title).toContain('ETH');
  });

  it('shows prices in the currency that was named, or in that of /me, at the dated rate, and keeps it in its buttons', async () => {
    const { context } = fakeContext();
    for (const line of ['/chart BTC currency:EUR', '/chart BTC/EUR', '/chart BTC EUR', '/chart BTC 1d euro']) {
      const reply = await run(line, context);
      expect(text(reply), line).toMatch(/^\*\*€55,200\*\*, 2\.\d % more than 24 hours ago\./);
      expect(text(reply), line).toMatch(
        /1 USD = 0\.92\d* EUR \(reference rate of \d+ \w+ 20\d\d\)\n-# Every candle is/,
      );
      expect(`${text(reply)} ${reply.files[0]!.description}`, line).not.toContain('$');
      expect(buttons(reply), line).toContain('fc:refresh:BTC:7d:EUR');
      const withFan = await press('ch:BTC:1d:fan:EUR', [], somebody, context);
      expect(buttons(reply)).toContain('ch:BTC:1d:fan:EUR');
      expect(`${text(withFan)} ${withFan.files[0]!.description}`).not.toContain('$');
      expect(text(withFan)).toMatch(/Likely \(8 in 10\).*€/);
    }
    await run('/me set currency:EUR', context);
    expect(text(await run('/chart BTC 1d', context))).toContain('€55,200');
    expect(text(await run('/chart BTC currency:USD', context))).toContain('$60,000');
    await expect(press('ch:BTC:1d:fan:XXX', [], somebody, context)).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('refuses a currency without a rate where it was named, and else says that prices are in dollars', async () => {
    const { context } = fakeContext();
    await expect(run('/chart BTC currency:TRY', context)).rejects.toMatchObject({ code: 'CC_RATE_MISSING' });
    await expect(run('/chart BTC currency:moon', context)).rejects.toMatchObject({ code: 'CC_UNKNOWN_CURRENCY' });
    await run('/me set currency:TRY', context);
    const reply = await run('/chart BTC', context);
    expect(text(reply)).toContain('⚠️ No exchange rate for TRY is known at present, so prices are in US dollars.');
    expect(text(reply)).toContain('$60,000');
    expect(buttons(reply)).toContain('ch:BTC:1w:past:TRY');
  });

  it('names a timeframe that there is not, and an unknown coin', async () => {
    for (const line of ['/chart BTC timeframe:2h', '/chart BTC 2h', '/chart symbol:"BTC 2h"'])
      await expect(run(line), line).rejects.toMatchObject({
        code: 'CC_USAGE',
        message: expect.stringMatching(/timeframe.*"2h"/),
        remedy: expect.stringContaining('1h|4h|1d|1w'),
      });
    await expect(run('/chart nosuch')).rejects.toMatchObject({ code: 'CC_UNKNOWN_SYMBOL' });
  });

  it('says where candles are too few for a chart or an average', async () => {
    const fake = fakeContext();
    const { resolve } = fake.context.services.assets;
    const few = (most: number) => withServices(fake, { candles: steadyCandles(resolve, ORIGIN_MS, most) });
    await expect(run('/chart BTC 1d', few(1))).rejects.toMatchObject({
      code: 'CC_HISTORY_TOO_SHORT',
      said: { key: 'candles.tooFew', values: { count: 1, timeframe: '1d' } },
    });
    expect(text(await run('/chart BTC 1d', few(30)))).toContain('30 candles are known, too few for an average of 50.');
    expect(text(await run('/chart BTC 1d', few(10)))).toContain('10 candles are known, too few for an average of 20.');
    expect(text(await run('/chart BTC 1d', few(60)))).not.toContain('too few');
  });

  it('goes out without a forecast or a picture that cannot be made, and says so', async () => {
    const failing = withServices(fakeContext(), {
      forecast: {
        forecast: async () => {
          throw new CandlecastError('CC_MODEL_MISSING', 'There is no model.');
        },
      },
    });
    const reply = await press('ch:BTC:1d:fan', [], somebody, failing);
    expect(text(reply)).toContain('There is no forecast to draw at the moment');
    expect(reply.files).toHaveLength(1);
    expect(buttons(reply)).toContain('ch:BTC:1d:past');
    const bare = await run('/chart BTC', fakeContext({ chartFails: true }).context);
    expect(bare.files).toEqual([]);
    expect(text(bare)).toContain('could not be drawn');
  });

  it.each(LANGUAGES)('fits into Discord’s limits in %s', async (locale) => {
    const { context } = fakeContext();
    const caller = { ...somebody, locale };
    for (const timeframe of TIMEFRAMES) {
      expect(limitProblems(await dispatch(`/chart BTC ${timeframe}`, caller, context, COMMANDS))).toEqual([]);
      expect(limitProblems(await press(`ch:BTC:${timeframe}:fan`, [], caller, context))).toEqual([]);
      expect(limitProblems(await press(`ch:BTC:${timeframe}:fan:EUR`, [], caller, context))).toEqual([]);
    }
  });

  it('suggests coins and currencies', () => {
    const { context } = fakeContext();
    const found = chartCommand.autocomplete!({ name: 'symbol', value: 'bt' }, context, somebody);
    expect(found.map(({ value }) => value)).toContain('BTC');
    const currencies = chartCommand.autocomplete!({ name: 'currency', value: 'eur' }, context, somebody);
    expect(currencies.map(({ value }) => value)).toContain('EUR');
  });
});
