import { describe, expect, it } from 'vitest';
import { describeError } from '../../src/core/errors.ts';
import { createRedactor } from '../../src/discord/error-funnel.ts';
import { TOKEN } from '../discord/bot.ts';

const redact = createRedactor(TOKEN);

describe('what a log may hold about an error', () => {
  it('leaves out the bot token and the tokens of interactions, in messages, stacks, URLs and causes', () => {
    const secret = 'aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTA';
    const cause = new Error(`POST /interactions/123/${secret}/callback`);
    const error = Object.assign(new Error(`Authorization: Bot ${TOKEN}`, { cause }), {
      url: `https://discord.com/api/v10/webhooks/1/${secret}/messages/@original`,
      status: 500,
      requestBody: { files: ['a file'], json: { content: 'private words' } },
    });
    const logged = JSON.stringify(describeError(error, redact));
    expect(logged).not.toContain(TOKEN);
    expect(logged).not.toContain(secret);
    expect(logged).not.toContain('private words');
    expect(logged).toContain('/webhooks/1/[token]/messages/@original');
    expect(logged).toContain('"status":500');
  });

  it('copes with causes that go round in circles and with things that are no errors', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(JSON.stringify(describeError(circle, redact)).match(/"round"/g)).toHaveLength(5);
    expect(describeError('thrown text', redact)).toEqual({ message: 'thrown text' });
    expect(describeError(undefined, redact)).toEqual({ message: 'undefined' });
  });
});
