import { describe, expect, it } from 'vitest';
import { dispatch, press } from '../../../src/commands/dispatch.ts';
import { meCommand } from '../../../src/commands/me/me.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import { CURRENCIES } from '../../../src/core/currency.ts';
import { CHOICES } from '../../../src/core/horizon.ts';
import { NO_PREFERENCES } from '../../../src/core/settings.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { settingsReply } from '../../../src/render/me/me-embed.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { fakeContext, somebody } from '../fakes.ts';

const text = (reply: Reply) => reply.embeds[0]!.description!;

describe('/me', () => {
  it('is for the caller alone, and says what to do where nothing is chosen', async () => {
    const { context } = fakeContext();
    expect(meCommand.isPrivate?.({})).toBe(true);
    const reply = await dispatch('/me show', somebody, context, COMMANDS);
    expect(text(reply).split('\n')[0]).toContain('You have chosen nothing yet');
    expect(reply.components).toHaveLength(3);
  });

  it('sets what is named, shows it again, and applies it to the commands of that person alone', async () => {
    const { context, asked } = fakeContext();
    const set = await dispatch(
      '/me set symbol:eth horizon:3d currency:euro timezone:berlin',
      somebody,
      context,
      COMMANDS,
    );
    for (const value of ['ETH', '3 days', 'EUR', 'Europe/Berlin']) expect(text(set)).toContain(value);
    expect(text(await dispatch('/me show', somebody, context, COMMANDS))).toContain('**Currency:** EUR');
    await dispatch('/forecast', somebody, context, COMMANDS);
    await dispatch('/forecast symbol:BTC horizon:4h', somebody, context, COMMANDS);
    expect(asked).toMatchObject([
      { symbol: 'ETH', horizon: '3d' },
      { symbol: 'BTC', horizon: '4h' },
    ]);
    const other = { ...somebody, userId: '9' };
    await expect(dispatch('/forecast', other, context, COMMANDS)).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('speaks a chosen language at once and from then on, in the region of the person’s Discord where it is the same', async () => {
    const { context } = fakeContext();
    expect(text(await dispatch('/me set language:de', somebody, context, COMMANDS))).toContain('Gespeichert');
    const seen: string[] = [];
    const echo = {
      ...meCommand,
      execute: async (...[, caller]: Parameters<typeof meCommand.execute>) => {
        seen.push(caller.locale);
        return { embeds: [], files: [], components: [] };
      },
    };
    await dispatch('/me show', somebody, context, [echo]);
    await dispatch('/me show', { ...somebody, locale: 'de-AT' }, context, [echo]);
    expect(seen).toEqual(['de', 'de-AT']);
    await press('me:language', ['none'], somebody, context);
    await dispatch('/me show', somebody, context, [echo]);
    expect(seen.at(-1)).toBe('en-GB');
  });

  it('is changed by the menus and deleted by the button', async () => {
    const { context } = fakeContext();
    expect(text(await press('me:currency', ['BRL'], somebody, context))).toContain('**Currency:** BRL');
    expect(text(await press('me:horizon', ['7d'], somebody, context))).toContain('**How far ahead:** 7 days');
    expect(text(await press('me:currency', ['none'], somebody, context))).toContain('**Currency:** not chosen');
    expect(text(await press('me:reset', [], somebody, context))).toContain('deleted');
    expect(await context.services.preferences.of(somebody.userId)).toEqual(NO_PREFERENCES);
    await expect(press('me:other', [], somebody, context)).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('suggests currencies by name and in the caller’s language', () => {
    const { context } = fakeContext();
    const suggest = (value: string, locale = 'en-GB') =>
      meCommand.autocomplete!({ name: 'currency', value }, context, { ...somebody, locale }).map(({ value }) => value);
    expect(suggest('')).toHaveLength(25);
    expect(suggest('yen')).toEqual(['JPY']);
    expect(suggest('pfund', 'de')).toContain('GBP');
  });

  it.each(LANGUAGES)('fits into Discord’s limits in %s whatever is chosen', (language) => {
    const { length } = CURRENCIES;
    const replies = [
      settingsReply(NO_PREFERENCES, 'shown', language),
      ...CURRENCIES.map((currency, i) =>
        settingsReply(
          {
            symbol: 'LONGTICKER12345',
            horizon: CHOICES[i % 5]!,
            currency,
            timeZone: 'America/Argentina/Buenos_Aires',
            language,
          },
          i < length / 2 ? 'changed' : 'shown',
          language,
        ),
      ),
    ];
    expect(replies.flatMap(limitProblems)).toEqual([]);
    for (const { components } of replies)
      for (const row of components)
        for (const one of row.components)
          if ('options' in one) expect(one.options.filter((option) => option.default).length).toBeLessThanOrEqual(1);
  });
});
