/** A process that publishes, for tests that kill it; see killed-process.mjs. */
import { createPublishing, now, publishUntilDone, step, storage, watched } from './killed-process.mjs';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const publishing = createPublishing({
  subscriptions: watched('subscriptions', storage.subscriptions),
  makeMessage: async (post) => {
    step('making');
    return {
      content: `Post for ${post.subscriptionId}`,
      embeds: [{ title: 'A post', image: { url: 'attachment://a.png' }, footer: { text: `Not advice · ${post.id}` } }],
      files: [{ name: 'a.png', contentType: 'image/png', data: new Uint8Array(PNG), description: 'A pixel' }],
      components: [],
    };
  },
});

await publishUntilDone(async (signal) => {
  await publishing.plan(now());
  await publishing.publishDue(signal);
  return (await storage.posts.open()) === 0;
});
