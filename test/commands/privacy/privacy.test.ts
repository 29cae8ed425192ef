import { describe, expect, it } from 'vitest';
import { dispatch } from '../../../src/commands/dispatch.ts';
import { privacyCommand, privacyComponentHandler } from '../../../src/commands/privacy/privacy.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { createPrivacyService } from '../../../src/services/privacy/privacy.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { sampleAlert } from '../../support/personal-alerts.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';
import { fakeContext, somebody } from '../fakes.ts';

const manager = { ...somebody, mayManageServer: true };
const guildId = somebody.guildId!;

/** A context with one subscription of the person in their server, and one of somebody else elsewhere. */
async function world() {
  const { context } = fakeContext();
  const storage = await openStorage('sqlite::memory:', { now: context.now });
  await storage.subscriptions.insert(sampleSubscription({ id: 's1', guildId, createdBy: somebody.userId }), 9);
  await storage.subscriptions.insert(sampleSubscription({ id: 's2', guildId: '99', createdBy: '98' }), 9);
  const { now, logger } = context;
  const privacy = createPrivacyService({ repository: storage.privacy, clockIsRight: () => true, now, logger });
  return { storage, context: { ...context, services: { ...context.services, privacy } } };
}

const ids = ({ components }: Reply) =>
  components.flatMap((row) => row.components).map((one) => ('custom_id' in one ? one.custom_id : ''));
const press = (id: string) => ({ rest: id.slice(id.indexOf(':') + 1), values: [] });

describe('/privacy', () => {
  it('shows to the caller alone what is kept about them and the server', async () => {
    const { context } = await world();
    expect(privacyCommand.isPrivate?.({})).toBe(true);
    const reply = await dispatch('/privacy show', somebody, context, COMMANDS);
    const text = reply.embeds[0]!.description!.replaceAll('\u00a0', ' ');
    expect(text).toContain('**About you:** your id as the one who made 1 subscription;');
    expect(text).toContain('**About this server:** 1 subscription, with');
    const alone = await dispatch('/privacy show', { ...somebody, guildId: null, userId: '5' }, context, COMMANDS);
    expect(alone.embeds[0]!.description).toContain('**About you:** nothing.');
    expect(alone.embeds[0]!.description).not.toContain('this server:');
  });

  it('exports the rows of the caller, and those of the server to whoever manages it', async () => {
    const { context } = await world();
    const mine = await dispatch('/privacy export', somebody, context, COMMANDS);
    expect(JSON.parse(Buffer.from(mine.files[0]!.data).toString())).toMatchObject({ subscriptions: [{ id: 's1' }] });
    await expect(dispatch('/privacy export whose:server', somebody, context, COMMANDS)).rejects.toMatchObject({
      code: 'CC_NOT_ALLOWED',
    });
    const whole = await dispatch('/privacy export whose:server', manager, context, COMMANDS);
    expect(JSON.parse(Buffer.from(whole.files[0]!.data).toString())).toMatchObject({ server: guildId });
  });

  it('deletes what the caller has confirmed, and of a server only by somebody who manages it', async () => {
    const { context, storage } = await world();
    const [mine, keep] = ids(await dispatch('/privacy delete', somebody, context, COMMANDS));
    const other = { ...manager, userId: '7' };
    await expect(privacyComponentHandler.execute(press(mine!), other, context)).rejects.toMatchObject({
      code: 'CC_NOT_ALLOWED',
    });
    await privacyComponentHandler.execute(press(keep!), somebody, context);
    expect(await storage.subscriptions.byId('s1')).toMatchObject({ createdBy: somebody.userId });
    await privacyComponentHandler.execute(press(mine!), somebody, context);
    expect(await storage.subscriptions.byId('s1')).toMatchObject({ createdBy: '' });

    await expect(dispatch('/privacy delete whose:server', somebody, context, COMMANDS)).rejects.toMatchObject({
      code: 'CC_NOT_ALLOWED',
    });
    const [server] = ids(await dispatch('/privacy delete whose:server', manager, context, COMMANDS));
    await expect(privacyComponentHandler.execute(press(server!), somebody, context)).rejects.toMatchObject({
      code: 'CC_NOT_ALLOWED',
    });
    await expect(
      privacyComponentHandler.execute(press(server!), { ...manager, guildId: '99' }, context),
    ).rejects.toMatchObject({ code: 'CC_NOT_ALLOWED' });
    await privacyComponentHandler.execute(press(server!), manager, context);
    expect(await storage.subscriptions.byId('s1')).toBeNull();
    expect(await storage.subscriptions.byId('s2')).not.toBeNull();
    const nothing = await dispatch('/privacy delete whose:server', manager, context, COMMANDS);
    expect(nothing.embeds[0]!.title).toBe('Nothing to delete');
    expect(nothing.components).toEqual([]);
  });

  it('counts, exports and deletes the alerts of somebody of whom nothing else is kept', async () => {
    const { context } = fakeContext();
    const storage = await openStorage('sqlite::memory:', { now: context.now });
    const { now, logger } = context;
    const privacy = createPrivacyService({ repository: storage.privacy, clockIsRight: () => true, now, logger });
    const world = { ...context, services: { ...context.services, privacy } };
    for (const [id, userId] of [
      ['MINE0001', somebody.userId],
      ['MINE0002', somebody.userId],
      ['THEIRS01', '98'],
    ] as const) {
      await storage.personalAlerts.insert(sampleAlert({ id, userId, guildId }));
    }
    await storage.posts.queue([
      { id: 'p', subscriptionId: 'MINE0001', kind: 'personal', channelId: '', dueMs: 1, payload: '{}', missed: 0 },
    ]);
    const text = ({ embeds }: Reply) => embeds[0]!.description!.replaceAll('\u00a0', ' ');
    const shown = text(await dispatch('/privacy show', somebody, world, COMMANDS));
    expect(shown).toContain('2 alerts of /alert.');
    expect(shown).toContain('**About this server:** 3 alerts, with');
    for (const locale of ['de', 'es-ES', 'fr', 'pt-BR']) {
      const said = await dispatch('/privacy show', { ...somebody, locale }, world, COMMANDS);
      expect(text(said)).toMatch(/2 (Alarme|alertas|alertes) (von|de) \/alert\./);
    }
    const mine = await dispatch('/privacy export', somebody, world, COMMANDS);
    expect(JSON.parse(Buffer.from(mine.files[0]!.data).toString())['personal_alerts']).toHaveLength(2);

    const asked = await dispatch('/privacy delete', somebody, world, COMMANDS);
    expect(text(asked)).toContain('2 alerts of /alert are deleted.');
    const done = await privacyComponentHandler.execute(press(ids(asked)[0]!), somebody, world);
    expect(text(done)).toContain('2 alerts of /alert are deleted.');
    expect(await storage.personalAlerts.byId('MINE0001')).toBeNull();
    expect(await storage.posts.recent('MINE0001', 5)).toEqual([]);
    expect(await storage.personalAlerts.byId('THEIRS01')).not.toBeNull();
    expect((await dispatch('/privacy delete', somebody, world, COMMANDS)).embeds[0]!.title).toBe('Nothing to delete');
    // A server of which only an alert is kept is among those that may have removed the bot.
    expect(await storage.privacy.guilds()).toEqual([guildId]);
    await privacyComponentHandler.execute(
      press(ids(await dispatch('/privacy delete whose:server', manager, world, COMMANDS))[0]!),
      manager,
      world,
    );
    expect(await storage.personalAlerts.byId('THEIRS01')).toBeNull();
  });

  it('refuses a button that it did not make', async () => {
    const { context } = await world();
    for (const rest of ['delete', 'delete:person', 'delete:all:1', 'delete:person:1:2', '']) {
      await expect(privacyComponentHandler.execute({ rest, values: [] }, manager, context)).rejects.toMatchObject({
        code: 'CC_USAGE',
      });
    }
  });
});
