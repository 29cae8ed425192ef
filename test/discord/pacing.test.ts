import { describe, expect, it } from 'vitest';
import { createPacing } from '../../src/discord/admission.ts';

/** A pacing of four a turn whose turns the test takes, and what has begun. */
function setUp() {
  const turns: (() => void)[] = [];
  const pacing = createPacing(4, (run) => turns.push(run));
  const begun: string[] = [];
  const enter = (kind: 'acknowledge' | 'answer', name: string) => void pacing[kind]().then(() => begun.push(name));
  /** Takes one turn and returns what has begun since the last. */
  const turn = async (): Promise<string[]> => {
    turns.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
    return begun.splice(0);
  };
  return { enter, turn };
}

describe('pacing', () => {
  it('lets a few begin at once, and takes the others in turns, acknowledgements first', async () => {
    const { enter, turn } = setUp();
    for (let i = 0; i < 3; i++) enter('answer', `answer ${i}`);
    for (let i = 0; i < 7; i++) enter('acknowledge', `ack ${i}`);
    for (let i = 3; i < 6; i++) enter('answer', `answer ${i}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await turn()).toEqual([
      'answer 0',
      'answer 1',
      'answer 2',
      'ack 0',
      'ack 1',
      'ack 2',
      'ack 3',
      'ack 4',
      'answer 3',
    ]);
    expect(await turn()).toEqual(['ack 5', 'ack 6', 'answer 4', 'answer 5']);
    expect(await turn()).toEqual([]);
    enter('acknowledge', 'later');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await turn()).toEqual(['later']);
  });

  it('never starves answers while acknowledgements keep coming', async () => {
    const { enter, turn } = setUp();
    for (let i = 0; i < 40; i++) enter('acknowledge', 'ack');
    enter('answer', 'answer');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await turn()).toContain('answer');
  });
});
