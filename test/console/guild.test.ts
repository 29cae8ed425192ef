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

it('keeps the newest messages of a channel up to a number, and up to so many bytes of charts', async () => {
  const feed = createChannelFeed(() => 0, { messages: 3, bytes: 250 });
  const post = (nonce: number, bytes: number) => {
    const file = { name: 'chart.png', contentType: 'image/png', data: new Uint8Array(bytes), description: 'A chart.' };
    return feed.send('general', { ...plainReply('x'), files: [file] }, `n${nonce}`, never);
  };
  const kept = () => feed.messages('general').map(({ id }) => id);
  for (let i = 1; i <= 4; i++) await post(i, 1);
  expect(kept()).toEqual(['2', '3', '4']);
  await post(5, 248);
  await post(6, 100);
  expect(kept()).toEqual(['6']);
  await post(7, 1_000);
  expect(kept()).toEqual(['7']);
  expect(feed.posted()).toBe(7);
});
