import { describe, expect, it } from 'vitest';
import { dispatch, findComponent, press } from '../../src/commands/dispatch.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { LANGUAGES } from '../../src/language/languages.ts';
import { translatorFor } from '../../src/language/translator.ts';
import { limitProblems } from '../../src/render/limits.ts';
import { fakeContext as contextOfPage } from '../support/console/fake-context.ts';
import { somebody } from './fakes.ts';

/** Lines of every command that shows anything of the market. */
const LINES = [
  '/forecast BTC',
  '/odds BTC above 100000',
  '/watch add BTC',
  '/watch show',
  '/outlook',
  '/price BTC',
  '/price BTC ETH',
  '/chart BTC',
  '/predict list',
  '/predict leaderboard',
  '/alert BTC above 105k',
  '/alert list',
  '/accuracy',
  '/accuracy BTC',
  '/verify 12',
  '/sentiment BTC',
  '/backtest BTC',
  '/paper start BTC',
  '/paper status',
  '/model',
  '/model compare:true',
  '/subscribe #forecasts BTC 09:00',
  '/subscriptions list',
  '/status',
];

describe('a reply of the simulated market', () => {
  it('is tried of every command but those about people and the bot itself', () => {
    const tried = new Set(LINES.map((line) => line.slice(1).split(' ')[0]));
    const shown = COMMANDS.filter((command) => !('isAboutPeople' in command)).map(({ definition }) => definition.name);
    expect([...tried].sort()).toEqual([...shown].sort());
  });

  it.each(LANGUAGES)('says so first in %s, as what its buttons lead to does', async (locale) => {
    const caller = {
      ...somebody,
      mayManageServer: true,
      locale,
      channel: (id: string) =>
        ({ id, name: id, kind: 'text', missing: [], callerMissing: [], callerReads: true }) as const,
    };
    const badge = translatorFor(locale).t('reply.simulatedBadge');
    const context = contextOfPage();
    for (const line of LINES) {
      const reply = await dispatch(line, caller, context);
      expect(reply.embeds[0]?.title?.startsWith(badge), `${line}: ${reply.embeds[0]?.title}`).toBe(true);
      expect(limitProblems(reply), line).toEqual([]);
      const buttons = reply.components.flatMap((row) =>
        row.components.flatMap((one) => ('custom_id' in one && 'label' in one ? [one.custom_id] : [])),
      );
      for (const id of buttons) {
        if (findComponent(id).handler.isAboutPeople || /^(sub|fc:post)/.test(id)) continue;
        const pressed = await press(id, [], caller, context);
        expect(pressed.embeds[0]?.title?.startsWith(badge), id).toBe(true);
      }
    }
    const real = { ...context, simulated: () => false };
    expect((await dispatch('/alert list', caller, real)).embeds[0]!.title).not.toContain(badge);
    expect((await dispatch('/me show', caller, context)).embeds[0]!.title).not.toContain(badge);
  });
});
