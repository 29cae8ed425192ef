import { describe, expect, it } from 'vitest';
import { dispatch } from '../../../src/commands/dispatch.ts';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import type { OutlookChange } from '../../../src/core/outlook.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { outlookReply } from '../../../src/render/outlook/outlook-embed.ts';
import { fakeContext, somebody } from '../fakes.ts';

describe('/outlook', () => {
  it('says first which coin may move most, and that there is nothing to compare with yet', async () => {
    const { context } = fakeContext();
    const reply = await dispatch('/outlook', somebody, context);
    const lines = reply.embeds[0]!.description!.split('\n');
    expect(lines[0]).toMatch(/^Until <t:\d+:f>, BTC may move most against its usual: more restless than usual\.$/);
    expect(lines[1]).toBe('There is no forecast of yesterday to compare with yet.');
    expect(reply.files[0]!.description).toMatch(/\nETH \$/);
  });

  it('names what has changed, or says that nothing much has', async () => {
    const { context } = fakeContext();
    const { glances } = context.services;
    const found = await glances.glances(['BTC', 'ETH']);
    const of = (changes: readonly OutlookChange[]) =>
      outlookReply({ glances: found, changes, isSubscribed: true }, null, 'en').embeds[0]!.description!;
    const same = { width: null, rise: null };
    expect(of([{ symbol: 'BTC', ...same }])).toContain('Nothing much has changed since yesterday.');
    const said = of([
      { symbol: 'BTC', width: 'wider', rise: 'less likely' },
      { symbol: 'ETH', width: 'wider', rise: null },
    ]);
    expect(said).toContain('ranges are wider for BTC and ETH.');
    expect(said).toContain('A rise is less likely than yesterday for BTC.');
    expect(said).not.toContain('Nothing much');
  });

  it.each(LANGUAGES)('of the most coins stays within Discord’s limits in %s', async (locale) => {
    const { context } = fakeContext();
    const symbols = KNOWN_ASSETS.slice(0, 20).map(({ symbol }) => symbol);
    const glances = await context.services.glances.glances(symbols);
    const changes = symbols.map((symbol): OutlookChange => ({ symbol, width: 'wider', rise: 'likelier' }));
    for (const png of [null, Uint8Array.of(1)])
      expect(limitProblems(outlookReply({ glances, changes, isSubscribed: false }, png, locale))).toEqual([]);
  });
});
