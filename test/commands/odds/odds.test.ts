import { describe, expect, it } from 'vitest';
import { dispatch, press } from '../../../src/commands/dispatch.ts';
import { oddsCommand } from '../../../src/commands/odds/odds.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { believableOddsRecord } from '../../support/odds.ts';
import { fakeContext, somebody } from '../fakes.ts';

const LOCALES = ['en-GB', 'de', 'es-ES', 'fr', 'pt-BR'];

describe('/odds', () => {
  it('answers the words of a person and the options alike', async () => {
    const { context } = fakeContext();
    const lines = ['/odds BTC above 100000 2d', '/odds symbol:BTC above:100000 by:2d'];
    const replies = await Promise.all(lines.map((line) => dispatch(line, somebody, context)));
    const [first] = replies;
    expect(first!.embeds[0]!.description).toMatch(
      /^Chance that BTC is above \$100,000 on <t:\d+:f>: \*\*\d+.%\*\*\.\nChance that it touches/,
    );
    for (const reply of replies) expect(reply).toEqual(first);
  });

  it('asks for the shortest forecast that reaches so far, a day where no moment is named', async () => {
    const { context, asked } = fakeContext();
    for (const by of ['by:1h', 'by:8h', '', 'by:5d'])
      await dispatch(`/odds symbol:BTC above:100000 ${by}`, somebody, context);
    expect(asked.map(({ horizon }) => horizon)).toEqual(['1h', '1d', '1d', '7d']);
  });

  it.each([
    ['/odds BTC', 'needs a price'],
    ['/odds symbol:BTC above:1 below:2', 'one price'],
    ['/odds BTC above 0', 'above 0'],
    ['/odds BTC above abc', 'must be a number'],
    ['/odds BTC above 1 8d', 'more than 7 days'],
    ['/odds BTC above 1 10m', 'less than an hour'],
    ['/odds BTC above 1 someday', 'not a moment'],
  ])('refuses %s', async (line, words) => {
    const { context, asked } = fakeContext();
    await expect(dispatch(line, somebody, context)).rejects.toMatchObject({ code: 'CC_USAGE' });
    await expect(dispatch(line, somebody, context)).rejects.toThrow(words);
    expect(asked).toEqual([]);
  });

  it.each(LOCALES)('stays within Discord’s limits with its details in %s, and hides them again', async (locale) => {
    const { context } = fakeContext();
    const caller = { ...somebody, locale };
    const reply = await dispatch('/odds symbol:BTC below:90000 by:3d', caller, context);
    const id = (one: typeof reply) => {
      const [button] = one.components[0]!.components;
      return button && 'custom_id' in button ? button.custom_id : '';
    };
    const details = await press(id(reply), [], caller, context);
    const brief = await press(id(details), [], caller, context);
    expect(details.embeds[0]!.fields).toHaveLength(4);
    expect(brief.embeds[0]!.fields ?? []).toHaveLength(0);
    for (const one of [reply, details, brief]) expect(limitProblems(one)).toEqual([]);
  });

  it('says in its details how such odds have held live, or that they were tried on past prices', async () => {
    const { context } = fakeContext();
    const reply = await dispatch('/odds symbol:BTC above:100000 by:3d', somebody, context);
    const [button] = reply.components[0]!.components;
    const id = (button as { custom_id: string }).custom_id;
    const held = async (with_: typeof context) => (await press(id, [], somebody, with_)).embeds[0]!.fields![2]!.value;
    expect(await held(context)).toMatch(
      /^Live, over all coins in the last 60 days: when I said \d+.%, it happened \d+.% of the time \([\d,]+ odds\)\. Of touching: said/,
    );
    const { odds } = context.services;
    const short = {
      odds: async (...asked: Parameters<typeof odds.odds>) => ({
        ...(await odds.odds(...asked)),
        record: believableOddsRecord(20),
      }),
    };
    expect(await held({ ...context, services: { ...context.services, odds: short } })).toMatch(
      /^Tried on prices of 2022/,
    );
  });

  it('takes the level in the currency that is named or chosen, at the day’s rate, which Details names, and keeps it in its button', async () => {
    const { context } = fakeContext();
    const perUsd = (await context.services.price.rate('EUR', context.now())).perUsd;
    const dollars = await dispatch('/odds symbol:BTC above:100000 by:3d', somebody, context);
    const level = 100_000 * perUsd;
    const named = await dispatch(`/odds symbol:BTC/EUR above:${level} by:3d`, somebody, context);
    await dispatch('/me set currency:EUR', somebody, context);
    const chosen = await dispatch(`/odds symbol:BTC above:${level} by:3d`, somebody, context);
    expect(chosen).toEqual(named);
    const chances = (reply: typeof named) => reply.embeds[0]!.description!.match(/\*\*[^*]+\*\*/g);
    expect(chances(named)).toEqual(chances(dollars));
    expect(named.embeds[0]!.description).toMatch(/above €[\d,.]+ on/);
    const [button] = named.components[0]!.components;
    const details = await press((button as { custom_id: string }).custom_id, [], somebody, context);
    expect(chances(details)).toEqual(chances(named));
    expect(details.embeds[0]!.fields!.at(-1)!.value).toMatch(/1 USD = [\d.]+ EUR/);
    // A button of an earlier version names no currency: dollars.
    const old = await press(
      'odds:brief:BTC:above:100000:' + Math.round((context.now() + 3 * 86_400_000) / 1_000),
      [],
      somebody,
      context,
    );
    expect(old.embeds[0]!.description).toContain('above $100,000 on');
  });

  it('says that the picture is missing where it cannot be drawn', async () => {
    const { context } = fakeContext({ chartFails: true });
    const reply = await dispatch('/odds BTC above 99000', somebody, context);
    expect(reply.files).toEqual([]);
    expect(reply.embeds[0]!.description).toContain('picture could not be drawn');
  });

  it('suggests moments, and takes what can be read', () => {
    const { context } = fakeContext();
    const suggest = (value: string) =>
      oddsCommand.autocomplete!({ name: 'by', value }, context, somebody).map((choice) => choice.value);
    expect(suggest('')).toContain('2d');
    expect(suggest('30h')).toEqual(['30h']);
    expect(suggest('nonsense')).toEqual([]);
  });
});
