import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type Job, JobBoard } from '../../../src/ml/engine/job-board.ts';
import { BOARD_BYTES } from '../../../src/ml/engine/memory-layout.ts';
import { Team } from '../../../src/ml/engine/team.ts';

const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const boardUrl = JSON.stringify(new URL('../../../dist/ml/engine/job-board.js', import.meta.url).href);
const newBoard = () => new JobBoard(new SharedArrayBuffer(BOARD_BYTES), 0);
const job: Job = {
  mode: 'train',
  shards: 3,
  windows: 70,
  firstShard: 16,
  step: 9,
  dropout: true,
  scale: 0.25,
  auxiliaryScale: 0.5,
};

const teams: Team[] = [];
afterEach(async () => {
  for (const team of teams.splice(0)) await team.close();
});

function startTeam(board: JobBoard, code: string, threads = 1): Team {
  const team = new Team(board, script(code), new Array(threads).fill(board.memory));
  teams.push(team);
  return team;
}

/** Resolves when `check` throws; worker events arrive between turns of the event loop. */
async function failureOf(team: Team): Promise<unknown> {
  for (;;) {
    try {
      team.check(1);
    } catch (error) {
      // Until the event arrives, all that can be said is that it has not started.
      if (!String(error).includes('not started')) return error;
    }
    await new Promise(setImmediate);
  }
}

describe('the team of threads', () => {
  it('reports a thread that threw, with its error as the cause', async () => {
    const error = await failureOf(startTeam(newBoard(), "throw new RangeError('no memory left')"));
    expect(error).toMatchObject({ code: 'CC_WORKER_DIED', cause: { message: 'no memory left' } });
    expect(String(error)).toContain('no memory left');
  });

  it('reports a thread that ended without a word', async () => {
    const error = await failureOf(startTeam(newBoard(), 'process.exit(3)'));
    expect(error).toMatchObject({ code: 'CC_WORKER_DIED', cause: { message: 'The thread ended with code 3.' } });
  });

  it('reports why it ended when the warden, left with nobody, has ended too', async () => {
    const board = newBoard();
    const team = startTeam(board, 'process.exit(3)');
    // The helper's end is on the board before the warden's; only then is it asked for.
    while (board.failure() === null) await setTimeout(1);
    await setTimeout(200);
    expect(() => team.check(1)).toThrow(/The thread ended with code 3\./);
  });

  it('gives up on a shard that is never finished', () => {
    const board = newBoard();
    const team = startTeam(board, '');
    board.publish(job);
    expect(board.claim()).not.toBeNull();
    expect(() => team.await(job.shards, 20)).toThrow(expect.objectContaining({ code: 'CC_WORKER_DIED' }));
  });

  it('throws what a thread reported while its shard was awaited', () => {
    const board = newBoard();
    const team = startTeam(board, '');
    board.publish(job);
    board.fail('the kernel trapped');
    expect(() => team.await(job.shards)).toThrow(/the kernel trapped/);
  });

  it.each([
    ['throws', "throw new RangeError('index out of bounds')", 'index out of bounds'],
    ['is killed outright', 'process.exit(7)', 'The thread ended with code 7.'],
    [
      'runs out of memory',
      'const kept = []; for (;;) kept.push(new Array(1e5).fill(kept.length))',
      'Worker terminated due to reaching memory limit',
    ],
  ])('says at once why a thread is gone that %s with a shard in its hands', (_, end, words) => {
    const board = newBoard();
    // Small, so that running out of memory is quick.
    const code = `
      import { workerData } from 'node:worker_threads';
      const { JobBoard } = await import(${boardUrl});
      const board = new JobBoard(workerData, 0);
      board.join();
      board.awaitRound();
      board.claim();
      ${end};`;
    const team = new Team(board, script(code), [board.memory], { maxOldGenerationSizeMb: 24 });
    teams.push(team);
    team.check();
    // The calling thread claims nothing and blocks from here on; no event can reach it.
    board.publish(job);
    const startedMs = performance.now();
    expect(() => team.await(job.shards)).toThrow(
      expect.objectContaining({
        code: 'CC_WORKER_DIED',
        message: expect.stringContaining(words),
        cause: expect.objectContaining({ message: expect.stringContaining(words) }),
      }),
    );
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });

  it('says at the next round that a thread went while it had nothing to do', async () => {
    const board = newBoard();
    const team = startTeam(board, 'process.exit(3)');
    await expect(failureOf(team)).resolves.toMatchObject({ code: 'CC_WORKER_DIED' });
    board.publish(job);
    for (let claimed = board.claim(); claimed; claimed = board.claim()) board.complete(claimed.shard, 0);
    expect(() => team.await(job.shards)).toThrow(/ended with code 3/);
  });

  it('says nothing when threads end because they were told to', async () => {
    const board = newBoard();
    const team = startTeam(board, 'setTimeout(() => {}, 1e6)');
    board.join();
    await team.close();
    expect(() => team.check()).not.toThrow();
  });

  it('reports a thread that does not start, without waiting for its events', () => {
    const team = startTeam(newBoard(), 'setTimeout(() => {}, 1e6)');
    expect(() => team.check(5)).toThrow(
      expect.objectContaining({ code: 'CC_WORKER_DIED', message: expect.stringContaining('not started within 5 ms') }),
    );
  });
});

describe('the job board', () => {
  it('hands out every shard once, with its job', () => {
    const board = newBoard();
    expect(board.claim()).toBeNull();
    board.publish(job);
    const claimed = [board.claim(), board.claim(), board.claim()];
    expect(claimed.map((each) => each?.shard)).toEqual([0, 1, 2]);
    expect(claimed[0]?.job).toEqual(job);
    expect(board.claim()).toBeNull();
  });

  it('sums the losses in the order of the shards, whoever finished first', () => {
    const board = newBoard();
    board.publish(job);
    board.complete(2, 1e-17);
    board.complete(0, 1);
    board.complete(1, -1);
    expect(board.awaitCompletion(3, 1000)).toBe(true);
    expect(board.loss(3)).toBe(1e-17);
  });

  it('wakes a sleeping thread for a round and for the end', async () => {
    const memory = new SharedArrayBuffer(BOARD_BYTES);
    const board = new JobBoard(memory, 0);
    const code = `
      import { parentPort, workerData } from 'node:worker_threads';
      const { JobBoard } = await import(${boardUrl});
      const board = new JobBoard(workerData, 0);
      let shards = 0;
      while (board.awaitRound()) for (let c = board.claim(); c; c = board.claim()) { shards++; board.complete(c.shard, 1); }
      parentPort.postMessage(shards);`;
    const worker = new Worker(script(code), { workerData: memory });
    const answer = once(worker, 'message');
    for (let round = 0; round < 5; round++) {
      board.publish(job);
      expect(board.awaitCompletion(3, 10_000)).toBe(true);
    }
    board.stop();
    expect(await answer).toEqual([15]);
  });
});
