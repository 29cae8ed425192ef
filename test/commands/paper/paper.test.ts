import { describe, expect, it } from 'vitest';
import { dispatch } from '../../../src/commands/dispatch.ts';
import { paperCommand } from '../../../src/commands/paper/paper.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import { createPostMaker } from '../../../src/commands/subscriptions/post-message.ts';
import type { DuePost } from '../../../src/core/subscription.ts';
import type { PaperStart } from '../../../src/services/paper/paper.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';
import { fakeContext, somebody } from '../fakes.ts';

const manager = { ...somebody, mayManageServer: true };
const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');

/** What is begun, as the service hears it. */
function recorded() {
  const made = fakeContext();
  const begun: PaperStart[] = [];
  const { paper } = made.context.services;
  const services = {
    ...made.context.services,
    paper: {
      ...paper,
      start: (wish: PaperStart) => {
        begun.push(wish);
        return paper.start(wish);
      },
    },
  };
  return { ...made, context: { ...made.context, services }, begun };
}

describe('/paper', () => {
  it('leaves the usual coins to what is tracked, and begins long when a rise is likely, on daily forecasts, unless told otherwise', async () => {
    const { context, begun } = recorded();
    await dispatch('/paper start', manager, context, COMMANDS);
    await dispatch('/paper stop', manager, context, COMMANDS);
    const line = '/paper start symbols:"SOL; Dogecoin , ada" rule:vol-target horizon:4h capital:500';
    await dispatch(line, manager, context, COMMANDS);
    const who = { guildId: '2', userId: '1' };
    expect(begun).toEqual([
      { ...who, rule: 'pup-threshold', horizon: '1d' },
      { ...who, symbols: ['SOL', 'Dogecoin', 'ada'], rule: 'vol-target', horizon: '4h', capital: 500 },
    ]);
  });

  it('is begun and ended only by those who may manage the server, and shown to everybody', async () => {
    const { context, begun } = recorded();
    for (const line of ['/paper start', '/paper stop']) {
      await expect(dispatch(line, somebody, context, COMMANDS)).rejects.toMatchObject({
        code: 'CC_NOT_ALLOWED',
        message: 'Changes to paper portfolios need the permission Manage Server.',
      });
    }
    expect(begun).toEqual([]);
    await dispatch('/paper start', manager, context, COMMANDS);
    const reply = await dispatch('/paper status', somebody, context, COMMANDS);
    expect(plain(reply.embeds[0]!.description)).toContain('After 12 days this paper portfolio stands at $10,120');
    expect(reply.files.map(({ name }) => name)).toEqual(['paper.png']);
    await expect(dispatch('/paper stop', somebody, context, COMMANDS)).rejects.toMatchObject({
      code: 'CC_NOT_ALLOWED',
    });
  });

  it('is of a server: nobody has one in direct messages', async () => {
    const { context } = fakeContext();
    const alone = { ...manager, guildId: null };
    for (const line of ['/paper status', '/paper start']) {
      await expect(dispatch(line, alone, context, COMMANDS)).rejects.toMatchObject({ code: 'CC_NOT_ALLOWED' });
    }
    expect(paperCommand.definition.contexts).toEqual([0]);
    expect(paperCommand.definition.default_member_permissions).toBeUndefined();
  });

  it('answers without its chart when that cannot be drawn', async () => {
    const { context } = fakeContext({ chartFails: true });
    const reply = await dispatch('/paper start', manager, context, COMMANDS);
    expect(reply.files).toEqual([]);
    expect(reply.embeds[0]!.description).toContain('could not be drawn');
  });

  it('completes rules with what they do, and coins one after the other', () => {
    const { context } = fakeContext();
    const rules = paperCommand.autocomplete!({ name: 'rule', value: 'LIKELY' }, context, somebody);
    expect(rules.length).toBeGreaterThan(0);
    for (const { name } of rules) expect(name).toMatch(/rise/);
    const [first] = paperCommand.autocomplete!({ name: 'symbols', value: 'BTC, E' }, context, somebody);
    expect(first!.value).toMatch(/^BTC, E/);
  });
});

describe('posts of a server with a paper portfolio', () => {
  const post = (changes: Partial<DuePost>): DuePost => ({
    id: 'sub00001-x1',
    subscriptionId: 'sub00001',
    kind: 'daily',
    channelId: '1',
    dueMs: 0,
    attempts: 0,
    payload: null,
    missed: 0,
    sendingSinceMs: null,
    ...changes,
  });
  const accuracy = async () => ({ embeds: [{ title: 'Accuracy' }], files: [], components: [] });
  const here = sampleSubscription({ guildId: '2' });

  it('say in one line how it stands, every day and every week, while it runs', async () => {
    const { context } = fakeContext();
    // Each asks anew: what a portfolio says is kept for a moment.
    const make = (...what: Parameters<ReturnType<typeof createPostMaker>>) =>
      createPostMaker(context, accuracy)(...what);
    expect((await make(post({}), here)).content).not.toContain('Paper portfolio');
    await dispatch('/paper start', manager, context, COMMANDS);
    for (const kind of ['daily', 'weekly', 'test'] as const) {
      const { content } = await make(post({ kind }), here);
      expect(plain(content)?.split('\n').at(-1)).toMatch(
        /^-# Paper portfolio \(BTC, ETH; imagined orders\): After 12 days/,
      );
    }
    expect((await make(post({}), sampleSubscription({ guildId: '9' }))).content).not.toContain('Paper portfolio');
    await dispatch('/paper stop', manager, context, COMMANDS);
    expect((await make(post({ kind: 'weekly' }), here)).content).not.toContain('Paper portfolio');
  });

  it('tell of a breaker that tripped', async () => {
    const make = createPostMaker(fakeContext().context, accuracy);
    const payload = { atMs: 0, trips: [{ symbol: 'BTC', breaker: 'stale-data', untilMs: null }], simulated: false };
    const reply = await make(post({ kind: 'paper', payload: JSON.stringify(payload) }), here);
    expect(reply.embeds[0]!.description).toMatch(
      /^\*\*BTC\*\* is kept out of the market while that lasts: there is no fresh/,
    );
  });
});
