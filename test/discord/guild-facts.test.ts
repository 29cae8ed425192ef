import { ChannelType, Client, Events, type GuildBasedChannel, GuildMember, PermissionFlagsBits } from 'discord.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClient } from '../../src/discord/connection.ts';
import { type GuildFacts, keepGuildFacts } from '../../src/discord/guild-facts.ts';

const SELF = '1100000000000000001';
const GUILD = '1100000000000000002';
const OWNER = '1100000000000000003';
const PERSON = '1100000000000000004';
const roleId = (i: number) => `12000000000000000${String(i).padStart(2, '0')}`;
const channelId = (i: number) => `13000000000000000${String(i).padStart(2, '0')}`;
const threadId = (i: number) => `14000000000000000${String(i).padStart(2, '0')}`;

interface Packet {
  t: string | null;
  d: unknown;
}
/** The part of discord.js that an event from the gateway goes through. */
interface Manager {
  status: number;
  handlePacket(packet: Packet, shard: object): void;
}
const SHARD = { id: 0, status: 0, checkReady: () => undefined, onReadyPacket: () => undefined };

function connect(client: Client) {
  const manager = client.ws as unknown as Manager;
  manager.status = 0;
  const send = (t: string, d: unknown) => {
    const packet = { t, d: structuredClone(d) };
    client.emit(Events.Raw, packet, 0);
    manager.handlePacket(packet, SHARD);
  };
  send('READY', { user: { id: SELF, username: 'bot', discriminator: '0' }, application: { id: SELF }, guilds: [] });
  return send;
}

/** A client that keeps facts, and one of discord.js as it is, which hear the same. */
function connectBoth(guild: object): {
  facts: GuildFacts;
  plain: Client;
  kept: Client;
  send: (t: string, d: unknown) => void;
} {
  const kept = createClient({}, () => 0);
  const facts = keepGuildFacts(kept);
  const plain = new Client({ intents: [] });
  const [toKept, toPlain] = [connect(kept), connect(plain)];
  const send = (t: string, d: unknown) => {
    toKept(t, d);
    toPlain(t, d);
  };
  send('GUILD_CREATE', guild);
  return { facts, plain, kept, send };
}

const FLAGS = [
  PermissionFlagsBits.ViewChannel,
  PermissionFlagsBits.SendMessages,
  PermissionFlagsBits.EmbedLinks,
  PermissionFlagsBits.ReadMessageHistory,
  PermissionFlagsBits.Connect,
  PermissionFlagsBits.Administrator,
];
const bits = fc.subarray(FLAGS.slice(0, -1)).map((flags) => String(flags.reduce((all, flag) => all | flag, 0n)));
const roles = fc
  .array(fc.record({ permissions: bits, isAdmin: fc.nat(12).map((n) => n === 0) }), { minLength: 1, maxLength: 5 })
  .map((given) =>
    given.map(({ permissions, isAdmin }, i) => ({
      id: i === 0 ? GUILD : roleId(i),
      name: `role ${i}`,
      position: i,
      permissions: isAdmin && i > 0 ? String(PermissionFlagsBits.Administrator) : permissions,
    })),
  );
const overwrites = fc.array(
  fc.record({
    id: fc.oneof(fc.constantFrom(GUILD, SELF, PERSON), fc.nat(4).map(roleId)),
    allow: bits,
    deny: bits,
  }),
  { maxLength: 4 },
);
const unique = <T extends { readonly id: string }>(all: readonly T[]) => [
  ...new Map(all.map((one) => [one.id, one])).values(),
];
const channels = fc
  .array(fc.record({ type: fc.constantFrom(0, 2, 5, 13, 15), name: fc.string(), overwrites }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((given) =>
    given.map(({ type, name, overwrites: list }, i) => ({
      id: channelId(i),
      guild_id: GUILD,
      type,
      name,
      position: i,
      permission_overwrites: unique(list).map((one) => ({ ...one, type: [SELF, PERSON].includes(one.id) ? 1 : 0 })),
    })),
  );
const held = fc.uniqueArray(fc.integer({ min: 1, max: 4 }).map(roleId), { maxLength: 4 });
const server = fc.record({
  roles,
  channels,
  selfRoles: held,
  personRoles: held,
  owner: fc.constantFrom(OWNER, SELF, PERSON),
});

const thread = (i: number, parent: string) => ({
  id: threadId(i),
  guild_id: GUILD,
  parent_id: parent,
  type: ChannelType.PublicThread,
  name: 'a thread',
  thread_metadata: { archived: false, locked: false, auto_archive_duration: 60 },
});

function guildOf(given: {
  roles: readonly object[];
  channels: readonly { id: string; type: number }[];
  selfRoles: readonly string[];
  owner: string;
}) {
  return {
    id: GUILD,
    name: 'a server',
    owner_id: given.owner,
    system_channel_id: given.channels[0]!.id,
    roles: given.roles,
    channels: given.channels,
    // discord.js expects none in voice channels.
    threads: given.channels.flatMap(({ id, type }, i) => ([0, 5, 15].includes(type) ? [thread(i, id)] : [])),
    members: [{ user: { id: SELF, username: 'bot', discriminator: '0' }, roles: given.selfRoles }],
    emojis: [{ id: roleId(50), name: 'smile' }],
    features: ['COMMUNITY'],
  };
}

function expectTheSame(facts: GuildFacts, plain: Client, personRoles: readonly string[]): void {
  const guild = plain.guilds.cache.get(GUILD)!;
  const person = Reflect.construct(GuildMember, [
    plain,
    { user: { id: PERSON, username: 'person', discriminator: '0' }, roles: personRoles },
    guild,
  ]) as GuildMember;
  expect(facts.systemChannel(GUILD)).toBe(guild.systemChannelId);
  for (const channel of plain.channels.cache.values() as Iterable<GuildBasedChannel>) {
    // discord.js keeps threads of a channel that is gone.
    if (channel.isThread() && !plain.channels.cache.has(channel.parentId!)) continue;
    const known = facts.channel(channel.id);
    expect(known).toMatchObject({ name: channel.name, type: channel.type, guildId: GUILD });
    const flagsOf = (all: bigint | null | undefined) => FLAGS.map((flag) => all != null && (all & flag) !== 0n);
    const self = channel.permissionsFor(SELF);
    expect(flagsOf(facts.permissions(channel.id)), 'the bot').toEqual(flagsOf(self?.bitfield));
    const given = facts.permissions(channel.id, { userId: PERSON, roleIds: personRoles });
    expect(flagsOf(given), 'a member').toEqual(flagsOf(channel.permissionsFor(person).bitfield));
  }
}

describe('what is kept of servers', () => {
  it('gives the permissions that discord.js works out of whole objects, after changes too', () => {
    fc.assert(
      fc.property(server, server, (first, second) => {
        const { facts, plain, send } = connectBoth(guildOf(first));
        expectTheSame(facts, plain, first.personRoles);
        const known = new Set(first.roles.map(({ id }) => id));
        for (const role of second.roles.slice(1))
          send(known.has(role.id) ? 'GUILD_ROLE_UPDATE' : 'GUILD_ROLE_CREATE', { guild_id: GUILD, role });
        for (const channel of second.channels) send('CHANNEL_UPDATE', channel);
        send('GUILD_MEMBER_UPDATE', {
          guild_id: GUILD,
          user: { id: SELF, username: 'bot', discriminator: '0' },
          roles: second.selfRoles,
        });
        send('CHANNEL_DELETE', first.channels.at(-1));
        expect(facts.channel(first.channels.at(-1)!.id)).toBeNull();
        expect(facts.channel(threadId(first.channels.length - 1))).toBeNull();
        // discord.js knows no channel of an update that it has not seen made.
        for (const { id } of second.channels)
          if (!plain.channels.cache.has(id)) send('CHANNEL_DELETE', { id, guild_id: GUILD });
        expectTheSame(facts, plain, second.personRoles);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves discord.js nothing but the server itself', () => {
    const [given] = fc.sample(server, { numRuns: 1, seed: 1 });
    const { kept, facts, send } = connectBoth(guildOf(given!));
    const guild = kept.guilds.cache.get(GUILD)!;
    expect([
      kept.channels.cache.size,
      guild.roles.cache.size,
      guild.emojis.cache.size,
      guild.members.cache.size,
    ]).toEqual([0, 1, 0, 0]);
    send('THREAD_CREATE', {
      id: threadId(60),
      guild_id: GUILD,
      parent_id: channelId(0),
      type: ChannelType.PublicThread,
      name: 'new',
    });
    expect(facts.channel(threadId(60))).toMatchObject({ parentId: channelId(0), name: 'new' });
    expect(kept.channels.cache.size).toBe(0);
    send('GUILD_DELETE', { id: GUILD });
    expect([facts.channel(channelId(0)), facts.systemChannel(GUILD), kept.guilds.cache.size]).toEqual([null, null, 0]);
  });

  it('knows nothing of what it cannot read, and goes on', () => {
    const { facts, send } = connectBoth({ id: GUILD, owner_id: 'nobody', roles: [], channels: [] });
    expect(facts.permissions(channelId(0))).toBeNull();
    const [given] = fc.sample(server, { numRuns: 1, seed: 2 });
    const guild = guildOf(given!);
    send('GUILD_CREATE', {
      ...guild,
      channels: [...guild.channels, { id: '99999999999999999999', type: 0 }, null, { id: 7 }],
    });
    expect(facts.channel(channelId(0))).not.toBeNull();
    expect(facts.channel('99999999999999999999')).toBeNull();
  });
});
