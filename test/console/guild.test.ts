import { expect, it } from 'vitest';
import { createChannelFeed, DIRECT_CHANNEL_ID } from '../../src/console/guild.ts';
import { plainReply } from '../../src/render/subscriptions/subscription-embed.ts';

const never = new AbortController().signal;

it('keeps what was posted by channel, once for each nonce, with ids that ascend over all channels', async () => {
  const feed = createChannelFeed(() => 7);
  const first = await feed.send('forecasts', plainReply('one'), 'n1', never);
  expect(await feed.send('forecasts', plainReply('one'), 'n1', never)).toEqual(first);
  await feed.send('general', plainReply('two'), 'n2', never);
  await feed.send('forecasts', plainReply('three'), 'n3', never);
  const ids = (channelId: string) => feed.messages(channelId).map(({ id }) => id);
  expect([ids('forecasts'), ids('general')]).toEqual([['1', '3'], ['2']]);
  expect(feed.messages('forecasts').map(({ reply }) => reply.content)).toEqual(['one', 'three']);
  expect(feed.messages('forecasts', '1').map(({ atMs, id }) => [atMs, id])).toEqual([[7, '3']]);
  expect(await feed.find('forecasts', 'n3', 0, never)).toEqual({ kind: 'found', messageId: '3' });
  expect(await feed.find('forecasts', 'n4', 0, never)).toEqual({ kind: 'absent' });
});

it('has the two channels of the console and a place for private words', async () => {
  const feed = createChannelFeed(() => 0);
  expect(await feed.send('elsewhere', plainReply('x'), 'n', never)).toMatchObject({ kind: 'gone' });
  await feed.notify({ userId: 'console', guildId: 'console' }, plainReply('psst'), 'n', never);
  expect(feed.messages(DIRECT_CHANNEL_ID)).toHaveLength(1);
});
