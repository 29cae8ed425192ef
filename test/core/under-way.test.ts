import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inScope, newScopeId, scopeFacts, whileDrawing } from '../../src/core/under-way.ts';

describe('a scope', () => {
  it('gives its id to everything that it waits for, and to nothing else', async () => {
    const seen: unknown[] = [];
    const deep = async () => {
      await nextTurn();
      await Promise.all([nextTurn(), nextTurn()]);
      seen.push(scopeFacts());
    };
    await Promise.all([inScope({ request: 'A' }, () => 0, deep), inScope({ run: 'B' }, () => 0, deep)]);
    await deep();
    expect(seen).toEqual(expect.arrayContaining([{ request: 'A' }, { run: 'B' }, {}]));
    expect(seen).toHaveLength(3);
  });

  it('counts the time in which at least one chart is drawn', async () => {
    let nowMs = 0;
    const ends: (() => void)[] = [];
    const draw = () => whileDrawing(() => new Promise<void>((resolve) => ends.push(resolve)));
    const drawnMs = await inScope(
      { request: 'A' },
      () => nowMs,
      async (scope) => {
        const first = draw();
        nowMs = 10;
        const second = draw();
        nowMs = 25;
        ends[0]!();
        await first;
        nowMs = 40;
        expect(scope.drawnMs()).toBe(40);
        ends[1]!();
        await second;
        nowMs = 1_000;
        await whileDrawing(async () => {
          nowMs = 1_005;
        });
        return scope.drawnMs();
      },
    );
    expect(drawnMs).toBe(45);
  });

  it('has an id of letters and digits that nobody misreads', () => {
    let turn = 0;
    expect(newScopeId(() => (turn++ % 32) / 32)).toBe('01234567');
    expect(newScopeId(() => 0.999999)).toMatch(/^Z{8}$/);
  });
});
