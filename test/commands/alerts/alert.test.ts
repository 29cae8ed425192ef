import { describe, expect, it } from 'vitest';
import { complete, dispatch, isPrivatePress, press } from '../../../src/commands/dispatch.ts';
import { COMPONENT_HANDLERS } from '../../../src/commands/registry.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { fakeContext, somebody } from '../fakes.ts';

const LOCALES = ['en-GB', 'de', 'es-ES', 'fr', 'pt-BR'];
const manager = {
  ...somebody,
  mayManageServer: true,
  channel: (id: string) => ({
    ...{ id, name: 'alerts', kind: 'text' as const },
    ...{ missing: [], callerMissing: [], callerReads: true },
  }),
};

const text = (reply: Reply) => {
  const [{ title, description } = {}] = reply.embeds;
  return `${title}\n${description}`.replaceAll('\u00a0', ' ');
};
/** The id of the alert in the title of a reply. */
const idIn = (reply: Reply) => /[A-Z2-9]{8}/.exec(text(reply))?.[0] ?? 'none';
const controls = (reply: Reply) => reply.components.flatMap((row) => row.components);
/** The custom id that begins so. */
const control = (reply: Reply, prefix: string) =>
  controls(reply)
    .map((one) => ('custom_id' in one ? one.custom_id : ''))
    .find((id) => id.startsWith(prefix)) ?? 'none';
const choices = (reply: Reply) =>
  controls(reply).flatMap((one) => ('options' in one ? one.options.map(({ value }) => value) : []));

describe('/alert', () => {
  it.each([
    ['symbol:BTC when:above price:100k', /BTC.*\$100,000/],
    ['symbol:BTC when:below price:95.5k days:3', /BTC.*\$95,500/],
    ['symbol:BTC when:range range:95 horizon:7d', /BTC.*95 %.*7d/],
    ['symbol:BTC when:odds-above price:100000 chance:60 by:2d', /\$100,000.*60 ?%/],
    ['symbol:BTC when:odds-below price:90000 by:3d', /\$90,000.*50 ?%/],
    ['symbol:BTC when:restless', /BTC/],
  ])('sets %s, lists it and removes it', async (options, words) => {
    const { context } = fakeContext();
    const set = await dispatch(`/alert add ${options}`, somebody, context);
    expect(text(set)).toMatch(words);
    const list = await dispatch('/alert list', somebody, context);
    expect(text(list)).toMatch(words);
    expect(choices(list)).toEqual([idIn(set)]);
    const removed = await dispatch(`/alert remove id:${idIn(set).toLowerCase()}`, somebody, context);
    expect(text(removed)).toMatch(words);
    expect(choices(await dispatch('/alert list', somebody, context))).toEqual([]);
  });

  it.each([
    ['symbol:BTC when:above', 'CC_USAGE', 'needs a price'],
    ['symbol:BTC when:below price:abc', 'CC_USAGE', 'above 0'],
    ['symbol:USDT when:restless', 'CC_STABLECOIN', 'pegged'],
    ['symbol:BTC when:odds-above price:100000 by:30d', 'CC_USAGE', '7 days'],
    ['symbol:BTC when:odds-above price:100000 by:90m', 'CC_USAGE', '2 hours'],
    ['symbol:BTC when:restless channel:1000000000000000009', 'CC_NOT_ALLOWED', 'Alerts to a channel'],
  ])('refuses %s, and keeps nothing', async (options, code, words) => {
    const { context } = fakeContext();
    const asked = dispatch(`/alert add ${options}`, somebody, context);
    await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(choices(await dispatch('/alert list', somebody, context))).toEqual([]);
  });

  it('removes nothing of anybody else', async () => {
    const { context } = fakeContext();
    const set = await dispatch('/alert add symbol:BTC when:restless', somebody, context);
    const other = { ...manager, userId: '77' };
    await expect(dispatch(`/alert remove id:${idIn(set)}`, other, context)).rejects.toThrow('no alert of that id');
    expect(choices(await dispatch('/alert list', other, context))).toEqual([]);
    await expect(press('alert:remove', [idIn(set)], other, context)).rejects.toThrow('no alert of that id');
    expect(choices(await dispatch('/alert list', somebody, context))).toEqual([idIn(set)]);
  });

  it('suggests coins and moments', () => {
    const { context } = fakeContext();
    const suggested = (name: string, value: string) =>
      complete('alert', { name, value }, somebody, context).map((choice) => choice.value);
    expect(suggested('symbol', 'BT')).toContain('BTC');
    expect(suggested('by', '')).toContain('2d');
  });
});

describe.each(LOCALES)('alerts in %s', (locale) => {
  const caller = { ...somebody, locale };

  it('stay within Discord’s limits when they are set, listed by the dozen, and removed', async () => {
    const { context } = fakeContext();
    const replies = [await dispatch('/alert list', caller, context)];
    const rules = [
      'when:above price:123456.789',
      'when:range range:80',
      'when:odds-below price:90000 by:6d',
      'when:restless',
    ];
    for (let i = 0; i < 20; i++) {
      replies.push(await dispatch(`/alert add symbol:BTC ${rules[i % rules.length]}`, caller, context));
    }
    await expect(dispatch('/alert add symbol:BTC when:restless', caller, context)).rejects.toMatchObject({
      code: 'CC_USAGE',
    });
    const list = await dispatch('/alert list', caller, context);
    expect(choices(list)).toHaveLength(20);
    for (const id of choices(list)) expect(text(list)).toContain(id);
    const removed = await press(control(list, 'alert:remove'), [choices(list)[0]!], caller, context);
    expect(choices(await dispatch('/alert list', caller, context))).toHaveLength(19);
    for (const reply of [...replies, list, removed]) expect(limitProblems(reply)).toEqual([]);
  });

  it('are offered under a forecast, by a button and a menu that answer the one who pressed alone', async () => {
    const { context } = fakeContext();
    const forecast = await dispatch('/forecast BTC', caller, context);
    const offer = control(forecast, 'alert:offer:');
    expect(offer).toBe('alert:offer:BTC:1d');
    expect(isPrivatePress(offer, COMPONENT_HANDLERS)).toBe(true);
    const menu = await press(offer, [], caller, context);
    expect(limitProblems(menu)).toEqual([]);
    expect(choices(menu)).toEqual(['range80', 'range95', 'up', 'down', 'restless']);
    const made: string[] = [];
    for (const choice of choices(menu)) {
      const set = await press(control(menu, 'alert:make:'), [choice], caller, context);
      expect(limitProblems(set)).toEqual([]);
      made.push(idIn(set));
    }
    expect(new Set(made).size).toBe(5);
    expect(choices(await dispatch('/alert list', caller, context)).toSorted()).toEqual(made.toSorted());
  });

  it('refuse a control that another version made', async () => {
    const { context } = fakeContext();
    const odd = ['alert:make:BTC:1d:0:1', 'alert:make:BTC:1d', 'alert:offer:../x:1d', 'alert:other'];
    for (const id of odd) await expect(press(id, ['up'], caller, context)).rejects.toMatchObject({ code: 'CC_USAGE' });
    await expect(press('alert:make:BTC:1d:1:2', ['sideways'], caller, context)).rejects.toMatchObject({
      code: 'CC_USAGE',
    });
  });
});
