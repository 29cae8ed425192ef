import { ApplicationCommandUpdateRequestSchema } from 'discord-api-spec/zod';
import { describe, expect, it } from 'vitest';
import { adminCommand } from '../../../src/commands/admin/admin.ts';
import { complete, dispatch } from '../../../src/commands/dispatch.ts';
import { COMMANDS, OWNER_COMMANDS } from '../../../src/commands/registry.ts';
import { CandlecastError } from '../../../src/core/errors.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { fakeContext, somebody } from '../fakes.ts';

const owner = { ...somebody, isOwner: true };
const ask = (line: string, caller = owner, progress?: (reply: Reply) => void) =>
  dispatch(line, caller, fakeContext().context, OWNER_COMMANDS, progress);
const words = (reply: Reply) => JSON.stringify(reply.embeds).replaceAll('\u00a0', ' ');

describe('/admin', () => {
  it('is a definition that Discord’s own description accepts, and no command of everybody', () => {
    expect(ApplicationCommandUpdateRequestSchema.safeParse(adminCommand.definition)).toMatchObject({ success: true });
    expect(COMMANDS.map(({ definition }) => definition.name)).not.toContain('admin');
  });

  it.each(['retrain', 'rollback', 'promote version:1d-2026-11-20', 'confirm symbol:LUNC'])(
    '%s is refused to everybody but owners',
    async (what) => {
      await expect(ask(`/admin ${what}`, somebody)).rejects.toMatchObject({ code: 'CC_NOT_ALLOWED' });
    },
  );

  it('retrain shows how far it is, step by step, and then the verdict with its numbers', async () => {
    const shown: Reply[] = [];
    const reply = await ask('/admin retrain interval:1d', owner, (progress) => shown.push(progress));
    expect(shown.map(words)).toEqual([
      expect.stringContaining('Step 1 of 3, reading candles: 10 of 30 coins'),
      expect.stringMatching(/Step 2 of 3, training, 2 minutes left at most.*▰▱.* 42 %/),
      expect.stringContaining('Step 3 of 3'),
    ]);
    expect(words(reply)).toContain('The daily model stays');
    for (const part of [
      'It is not clearly better',
      '+2.4',
      '9,000 forecasts of 30 coins',
      'The newest coins are missing',
      '/admin promote',
    ])
      expect(words(reply)).toContain(part);
    expect([...shown, reply].flatMap(limitProblems)).toEqual([]);
  });

  it('rollback names what serves now, also where it is the shipped model', async () => {
    expect(words(await ask('/admin rollback 1h'))).toContain('The model that comes with Candlecast serves now.');
  });

  it('promote takes a version of either interval, and refuses one that is not kept', async () => {
    expect(words(await ask('/admin promote 1h-2026-11-19'))).toContain('Promoted for hourly candles');
    await expect(ask('/admin promote gone')).rejects.toEqual(
      new CandlecastError('CC_MODEL_MISSING', 'No model gone is kept.'),
    );
  });

  it('confirm says of hours and days what is believed now', async () => {
    const reply = await ask('/admin confirm symbol:LUNC');
    expect(words(reply)).toContain('Not every price of LUNC could be confirmed');
    expect(words(reply)).toContain('Hours: $30,600 (before $3,000.00) is believed, and so is what follows it.');
    expect(words(reply)).toContain('Days: no source gives $30,000 any more');
    expect(limitProblems(reply)).toEqual([]);
  });

  it('suggests kept versions with what is known of them, to owners', () => {
    const { context } = fakeContext();
    const suggest = (value: string, caller = owner) =>
      complete('admin', { name: 'version', value }, caller, context, OWNER_COMMANDS);
    expect(suggest('')).toEqual([
      { name: '1d-2026-11-20 (kept)', value: '1d-2026-11-20' },
      { name: '1h-2026-11-19 (serving)', value: '1h-2026-11-19' },
    ]);
    expect(suggest('1H')).toHaveLength(1);
    expect(suggest('', somebody)).toEqual([]);
  });
});
