import { describe, expect, it } from 'vitest';
import { createProgressChannel } from '../../src/commands/progress.ts';
import type { Reply } from '../../src/render/reply.ts';
import { ManualSleep } from '../discord/manual-sleep.ts';

const reply = (content: string): Reply => ({ content, embeds: [], files: [], components: [] });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function channel(send?: (reply: Reply) => Promise<unknown>) {
  const shown: (string | undefined)[] = [];
  const errors: unknown[] = [];
  const manual = new ManualSleep();
  const clock = { nowMs: 0 };
  const made = createProgressChannel({
    send: send ?? (async ({ content }) => shown.push(content)),
    now: () => clock.nowMs,
    sleep: manual.sleep,
    everyMs: 2_500,
    onError: (error) => errors.push(error),
  });
  return { ...made, shown, errors, manual, clock };
}

describe('progress on its way to a surface', () => {
  it('shows the first at once, and of those that come meanwhile only the newest', async () => {
    const { show, shown, manual, clock } = channel();
    show(reply('1'));
    await settled();
    for (const content of ['2', '3', '4']) show(reply(content));
    await settled();
    expect(shown).toEqual(['1']);
    expect(manual.pending).toEqual([2_500]);
    clock.nowMs = 2_500;
    await manual.elapse(2_500);
    await settled();
    expect(shown).toEqual(['1', '4']);
  });

  it('shows nothing more once the answer is there, and waits for what is on its way', async () => {
    const sent: string[] = [];
    let arrive = () => {};
    const { show, end, manual } = channel(async ({ content }) => {
      await new Promise<void>((resolve) => {
        arrive = resolve;
      });
      sent.push(content ?? '');
    });
    show(reply('1'));
    show(reply('2'));
    await settled();
    const ended = end().then(() => sent.push('the answer'));
    show(reply('3'));
    await settled();
    expect(sent).toEqual([]);
    arrive();
    await ended;
    expect(sent).toEqual(['1', 'the answer']);
    expect(manual.pending).toEqual([]);
  });

  it('ends while it waits to show the next', async () => {
    const { show, end, shown, manual } = channel();
    show(reply('1'));
    await settled();
    show(reply('2'));
    await settled();
    await end();
    expect(shown).toEqual(['1']);
    expect(manual.pending).toEqual([]);
  });

  it('goes on when one cannot be shown', async () => {
    const sent: string[] = [];
    const { show, end, errors, clock } = channel(async ({ content }) => {
      sent.push(content ?? '');
      if (content === '1') throw new Error('Discord is busy');
    });
    show(reply('1'));
    await settled();
    clock.nowMs = 10_000;
    show(reply('2'));
    await settled();
    await end();
    expect(sent).toEqual(['1', '2']);
    expect(errors).toEqual([new Error('Discord is busy')]);
  });
});
