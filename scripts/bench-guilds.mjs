/**
 * Measures what servers cost in memory: makes the Discord client of the built program hear GUILD_CREATE of N servers with C channels,
 * three overwrites each, 31 roles and 20 emojis, and prints the memory a server, without the program's own.
 * Usage: npm run build && node --expose-gc scripts/bench-guilds.mjs [--guilds 5000] [--channels 50]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient } from '../dist/discord/connection.js';
import { keepGuildFacts } from '../dist/discord/guild-facts.js';

const { values } = parseArgs({
  options: { guilds: { type: 'string', default: '5000' }, channels: { type: 'string', default: '50' } },
});
const guilds = Number(values.guilds);
const EPOCH_ID = 1_100_000_000_000_000_000n;
let made = 0n;
const newId = () => String(EPOCH_ID + (made++ << 22n));

const client = createClient({}, Date.now);
keepGuildFacts(client);
client.ws.status = 0;
const shard = { id: 0, status: 0, checkReady() {}, onReadyPacket() {} };
const hear = (t, d) => {
  // As it comes from the network, without strings that packets share.
  const packet = JSON.parse(JSON.stringify({ t, d }));
  client.emit('raw', packet, 0);
  client.ws.handlePacket(packet, shard);
};
const self = { id: newId(), username: 'bot', discriminator: '0', bot: true };
hear('READY', { user: self, application: { id: self.id, flags: 0 }, guilds: [] });
globalThis.gc();
const before = process.memoryUsage();

for (let i = 0; i < guilds; i++) hear('GUILD_CREATE', guild(i));
for (let i = 0; i < 4; i++) {
  globalThis.gc();
  await sleep(100);
}
const after = process.memoryUsage();
const each = (name) => ((after[name] - before[name]) / 1_000 / guilds).toFixed(1);
const { size } = client.guilds.cache;
const megabytes = Math.round(after.rss / 1e6);
process.stdout.write(
  `${size} servers of ${values.channels} channels: ${megabytes} MB resident; each ${each('rss')} kB ` +
    `(heap ${each('heapUsed')}, bytes ${each('arrayBuffers')})\n`,
);

function guild(number) {
  const id = newId();
  const roles = Array.from({ length: 31 }, (_, i) => ({
    ...{ id: i === 0 ? id : newId(), name: `role number ${i}`, permissions: '1071698660929', position: i, color: i },
    ...{ hoist: false, managed: false, mentionable: true, flags: 0 },
  }));
  const overwrite = (role, allow, deny) => ({ id: roles[role % roles.length].id, type: 0, allow, deny });
  const channels = Array.from({ length: Number(values.channels) }, (_, i) => ({
    ...{ id: newId(), type: i % 5 === 4 ? 2 : 0, name: `channel-name-${i}`, position: i, parent_id: null, nsfw: false },
    ...{ topic: `the topic of channel ${i}`, rate_limit_per_user: 0, last_message_id: newId(), flags: 0 },
    permission_overwrites: [overwrite(0, '0', '1024'), overwrite(1 + i, '1024', '0'), overwrite(8 + i, '3072', '0')],
  }));
  const emojis = Array.from({ length: 20 }, (_, i) => ({ id: newId(), name: `emoji${i}`, roles: [], animated: false }));
  const members = [{ user: self, roles: [roles[1].id], joined_at: '2024-01-01T00:00:00Z', flags: 0 }];
  return {
    ...{ id, name: `Server number ${number}`, owner_id: newId(), system_channel_id: channels[0]?.id ?? null },
    ...{ roles, channels, threads: [], members, emojis, stickers: [], features: ['COMMUNITY'], member_count: 100 },
    ...{ icon: 'a'.repeat(32), preferred_locale: 'en-US', unavailable: false, joined_at: '2024-01-01T00:00:00Z' },
  };
}
