// Functions for worker-pool.test.ts, which starts this file in workers.
import { threadId } from 'node:worker_threads';

export const task = (setup) => {
  if (setup.broken) throw new Error('This setup is broken.');
  let calls = 0;
  let held = [];
  return {
    echo: (request) => ({ request, setup, calls: ++calls, thread: threadId }),
    count: (to, { report }) => {
      for (let i = 1; i <= to; i++) report(i);
      return to;
    },
    /** Makes as many objects, and keeps them where it is to. */
    fill: ({ objects, keep }) => {
      const made = Array.from({ length: objects }, (_, i) => ({ i }));
      held = keep ? made : [];
      return held.length;
    },
    fail: (details) => {
      throw Object.assign(new Error(details.message), details);
    },
    exit: (code) => process.exit(code),
    forever: (_, { report }) => {
      report('started');
      return new Promise(() => {});
    },
    untilCancelled: async (_, { cancel, report }) => {
      report('started');
      while (Atomics.load(cancel, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
      return 'cancelled in time';
    },
    environment: () => ({ ...process.env }),
    unclonable: () => () => {},
  };
};
