import { describe, expect, it } from 'vitest';
import { type Asker, createFairQueue } from '../../src/core/fair-queue.ts';

const limits = { atOnce: 1, perPerson: 3, perServer: 5, total: 20, noun: 'backtests' };
const of = (userId: string, guildId: string | null): { asker: Asker } => ({ asker: { userId, guildId } });

/** A queue whose work ends when the test says so, and the order in which it began. */
function setUp(more: Partial<typeof limits> = {}) {
  const queue = createFairQueue({ ...limits, ...more });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (name: string, asking: Parameters<typeof queue.run>[0], onWait?: (before: number) => void) =>
    queue.run(
      asking,
      () => {
        begun.push(name);
        return new Promise<string>((resolve) => ends.push(() => resolve(name)));
      },
      onWait,
    );
  /** Ends one after the other until nothing is left. */
  const finish = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    for (let end = ends.shift(); end; end = ends.shift()) {
      end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { queue, begun, ask, finish, endOne: () => ends.shift()?.() };
}

describe('the fair queue', () => {
  it('gives turns to servers, within them to persons, and to each person in order', async () => {
    const { begun, ask, finish } = setUp();
    const all = [
      ask('first', of('zoe', 'g0')),
      ask('ann 1', of('ann', 'g1')),
      ask('ann 2', of('ann', 'g1')),
      ask('ann 3', of('ann', 'g1')),
      ask('ben 1', of('ben', 'g1')),
      ask('cy 1', of('cy', 'g2')),
      ask('dee 1', of('dee', null)),
      ask('eve 1', of('eve', null)),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    await finish();
    await Promise.all(all);
    expect(begun).toEqual(['first', 'ann 1', 'cy 1', 'dee 1', 'eve 1', 'ben 1', 'ann 2', 'ann 3']);
  });

  it('runs as many at once as it may', async () => {
    const { begun, ask, finish } = setUp({ atOnce: 2 });
    const all = ['a', 'b', 'c'].map((name) => ask(name, of(name, 'g1')));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(['a', 'b']);
    await finish();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  });

  it('limits a person, a server and all, and takes the next when one is done', async () => {
    const { ask, finish } = setUp({ total: 7 });
    const all = [1, 2, 3].map((n) => ask(`ann ${n}`, of('ann', 'g1')));
    await expect(ask('ann 4', of('ann', 'g2'))).rejects.toMatchObject({ code: 'CC_BUSY', retryable: true });
    all.push(ask('ben', of('ben', 'g1')), ask('cy', of('cy', 'g1')));
    await expect(ask('dee', of('dee', 'g1'))).rejects.toThrow('of this server');
    all.push(ask('eve', of('eve', 'g2')), ask('job', {}));
    await expect(ask('fay', of('fay', 'g3'))).rejects.toMatchObject({ code: 'CC_BUSY' });
    await expect(ask('another job', {})).rejects.toMatchObject({ code: 'CC_BUSY' });
    await finish();
    await Promise.all(all);
    const later = ask('ann 4', of('ann', 'g1'));
    await finish();
    expect(await later).toBe('ann 4');
  });

  it('says how many run before, each time that changes', async () => {
    const { ask, finish, endOne } = setUp();
    const told: number[] = [];
    const all = [ask('a', of('a', 'g1')), ask('b', of('b', 'g1')), ask('c', of('c', 'g1'), (n) => told.push(n))];
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([2]);
    endOne();
    await all[0];
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([2, 1]);
    await finish();
    await Promise.all(all);
    expect(told).toEqual([2, 1]);
  });

  it('forgets who gives up while waiting, and goes on when work fails', async () => {
    const { queue, begun, ask, finish } = setUp();
    const stop = new AbortController();
    const failing = queue.run(of('a', 'g1'), () => Promise.reject(new Error('broken')));
    const given = ask('b', { ...of('b', 'g1'), signal: stop.signal });
    const last = ask('c', of('c', 'g1'));
    stop.abort(new Error('no longer wanted'));
    await expect(failing).rejects.toThrow('broken');
    await expect(given).rejects.toThrow('no longer wanted');
    await new Promise((resolve) => setImmediate(resolve));
    await finish();
    await last;
    expect(begun).toEqual(['c']);
    await expect(ask('d', { ...of('d', 'g1'), signal: stop.signal })).rejects.toThrow('no longer wanted');
  });
});
