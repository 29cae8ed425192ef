import { describe, expect, it } from 'vitest';
import { complete, dispatch } from '../../../src/commands/dispatch.ts';
import { watchCommand } from '../../../src/commands/watch/watch.ts';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { WATCH_LIMIT } from '../../../src/core/watch.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { fakeContext, somebody } from '../fakes.ts';

const run = (line: string, context: ReturnType<typeof fakeContext>['context'], caller = somebody) =>
  dispatch(line, caller, context);
const text = (reply: Awaited<ReturnType<typeof run>>) => reply.embeds[0]!.description!;

describe('/watch', () => {
  it('is for the caller alone, and says how to begin', async () => {
    const { context } = fakeContext();
    expect(watchCommand.isPrivate?.({})).toBe(true);
    expect(text(await run('/watch show', context))).toContain('/watch add');
  });

  it('keeps a list of each person, and shows it as one table with the same in words', async () => {
    const { context } = fakeContext();
    expect(text(await run('/watch add symbols:"BTC, ETH"', context))).toContain('Added: BTC and ETH.');
    expect(text(await run('/watch add symbols:"eth SOL"', context))).toMatch(/Added: SOL\.\nETH: on your list already/);
    const shown = await run('/watch show', context);
    expect(text(shown)).toMatch(/^Where your coins are likely to be at <t:\d+:f> \(8 in 10\)\.\n/);
    expect(shown.files).toHaveLength(1);
    const lines = shown.files[0]!.description.split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^BTC \$98,123, [+−±].*%; \$.* to \$.*; more restless than usual$/);
    expect(text(await run('/watch show', context, { ...somebody, userId: '77' }))).toContain('empty');
    expect(text(await run('/watch remove symbols:BTC,DOGE', context))).toContain('Removed: BTC.');
    expect(text(await run('/watch remove symbols:BTC', context))).toContain('BTC: not on your list.');
  });

  it('says everything in words where the picture cannot be drawn', async () => {
    const { context } = fakeContext({ chartFails: true });
    await run('/watch add symbols:BTC', context);
    const shown = await run('/watch show', context);
    expect(shown.files).toEqual([]);
    expect(text(shown)).toMatch(/BTC \$98,123.*\n.*could not be drawn/);
  });

  it('names a coin that fails, with the others', async () => {
    const { context } = fakeContext();
    await run('/watch add symbols:BTC,ETH', context);
    const { glances } = context.services;
    const failing = {
      glances: async (symbols: readonly string[]) => glances.glances([symbols[0]!, 'NOCOIN']),
    };
    const shown = await run('/watch show', { ...context, services: { ...context.services, glances: failing } });
    expect(text(shown)).toContain('⚠️ NOCOIN: There is no coin');
    expect(shown.files[0]!.description).toContain('NOCOIN: no forecast now');
  });

  it.each(LANGUAGES)(
    'of the most coins stays within Discord’s limits in %s, with or without a picture',
    async (locale) => {
      for (const chartFails of [false, true]) {
        const { context } = fakeContext({ chartFails });
        const symbols = KNOWN_ASSETS.slice(0, WATCH_LIMIT).map(({ symbol }) => symbol);
        const caller = { ...somebody, locale };
        await context.services.watch.add(caller.userId, symbols);
        const shown = await run('/watch show', context, caller);
        expect(limitProblems(shown)).toEqual([]);
        const said = `${shown.files[0]?.description ?? ''}\n${text(shown)}`;
        for (const symbol of symbols) expect(said).toContain(`${symbol} `);
        await expect(
          context.services.watch.add(caller.userId, [KNOWN_ASSETS[WATCH_LIMIT]!.symbol]),
        ).rejects.toMatchObject({ code: 'CC_WATCH_LIMIT' });
      }
    },
  );

  it('suggests the caller’s own coins first', async () => {
    const { context } = fakeContext();
    await run('/watch add symbols:SOL', context);
    const choices = complete('watch', { name: 'symbols', value: '' }, somebody, context);
    expect(choices[0]).toEqual({ name: 'SOL', value: 'SOL' });
    expect(new Set(choices.map(({ value }) => value)).size).toBe(choices.length);
  });
});
