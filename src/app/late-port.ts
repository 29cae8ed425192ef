import type { SendPort } from '../services/subscriptions/publishing-port.ts';

/** A port whose other side is joined later: Discord is connected after everything else is built. */
export interface LatePort<Message> extends SendPort<Message> {
  join(port: SendPort<Message>): void;
}

const NOT_YET = { kind: 'busy', reason: 'nothing is connected yet', retryAfterMs: 10_000, maybeSent: false } as const;

/** Makes a port that is busy until it is joined. */
export function createLatePort<Message>(): LatePort<Message> {
  let joined: SendPort<Message> | null = null;
  return {
    join(port) {
      joined = port;
    },
    send: async (...post) => (joined ? joined.send(...post) : NOT_YET),
    find: async (...search) => (joined ? joined.find(...search) : { kind: 'busy', retryAfterMs: 10_000 }),
    notify: async (...notice) => (joined ? joined.notify(...notice) : NOT_YET),
  };
}
