import { describe, expect, it } from 'vitest';
import { dispatch, press } from '../../src/commands/dispatch.ts';
import { LANGUAGES } from '../../src/language/languages.ts';
import { limitProblems } from '../../src/render/limits.ts';
import type { Reply } from '../../src/render/reply.ts';
import { fakeContext, somebody } from './fakes.ts';

const LINES = [
  '/accuracy',
  '/accuracy symbol:BTC horizon:7d days:1826 details:true',
  '/accuracy symbol:BTC export:True',
  '/status',
  '/chart BTC',
  '/sentiment BTC',
  '/sentiment BTC details:true',
  '/backtest BTC',
  '/backtest BTC details:true',
  '/model',
  '/model details:true',
  '/model compare:true',
  '/model compare:true details:true',
  '/help',
  '/privacy show',
  '/privacy delete',
  '/subscriptions list',
];
const READERS = {
  member: somebody,
  manager: { ...somebody, mayManageServer: true },
  owner: { ...somebody, mayManageServer: true, isOwner: true },
};

/** The custom ids of the buttons under a reply. */
const buttonsOf = ({ components }: Reply): string[] =>
  components.flatMap((row) =>
    row.components.flatMap((one) => ('custom_id' in one && 'label' in one ? [one.custom_id] : [])),
  );

describe.each(LANGUAGES)('every reply in %s', (locale) => {
  it.each(Object.entries(READERS))(
    'keeps the limits for a %s, and so does what its buttons lead to',
    async (name, reader) => {
      const { context } = fakeContext();
      const caller = { ...reader, locale };
      for (const line of LINES) {
        if (line.startsWith('/subscriptions') && !caller.mayManageServer) continue;
        const reply = await dispatch(line, caller, context);
        expect(limitProblems(reply), line).toEqual([]);
        for (const customId of buttonsOf(reply)) {
          const pressed = await press(customId, [], caller, context);
          expect(limitProblems(pressed), customId).toEqual([]);
        }
        // An operator's advice is for the bot's owners.
        if (name !== 'owner') expect(JSON.stringify(reply.embeds), line).not.toMatch(/npm run|\.env|timedatectl/);
      }
    },
  );
});
