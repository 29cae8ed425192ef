import type { Message } from '../language/message.ts';
import { CandlecastError } from './errors.ts';

/** Who asks, and where; null outside of servers. */
export interface Asker {
  readonly userId: string;
  readonly guildId: string | null;
}

/** On whose behalf something is done, and how long it is wanted. */
export interface Asking {
  /** Absent for scheduled work. */
  readonly asker?: Asker | undefined;
  /** Aborted once nobody waits for the result any more. */
  readonly signal?: AbortSignal | undefined;
  /** True for work that nobody waits for: sources are asked only while others leave room. */
  readonly background?: boolean | undefined;
}

/** How many run and wait. */
export interface FairQueueLimits {
  /** Run at the same time. */
  readonly atOnce: number;
  /** Of one person, of one server and of all, running and waiting. */
  readonly perPerson: number;
  readonly perServer: number;
  readonly total: number;
  /** What is waited for, in the plural, for error messages. */
  readonly noun: string;
}

/** Lets work wait for its turn so that neither a person nor a server can keep the others waiting. */
export interface FairQueue {
  /**
   * Runs the work when it is its turn. Rejects with `CC_BUSY` at a limit, and with the reason of the signal when it is aborted while
   * waiting. `onWait` is called with how many run before it, when it has to wait and each time that number has changed.
   */
  run<T>(asking: Asking, work: () => Promise<T>, onWait?: (before: number) => void): Promise<T>;
}

interface Waiting {
  readonly person: string;
  readonly start: () => void;
  readonly onWait: ((before: number) => void) | undefined;
  told: number;
}

/** The key of work that nobody asked for. */
const SCHEDULED = '';

/** Makes a queue that gives turns to servers, within a server to persons, and to what one person asks for in order. */
export function createFairQueue(limits: FairQueueLimits): FairQueue {
  // Maps keep the order of insertion: who had a turn is inserted again behind the others.
  const servers = new Map<string, Map<string, Waiting[]>>();
  const persons = new Map<string, number>();
  const perServer = new Map<string, number>();
  let total = 0;
  let running = 0;

  function refuse(person: string, server: string): void {
    const { noun } = limits;
    const busy = (message: string, remedy: string, said: Message) =>
      new CandlecastError('CC_BUSY', message, { retryable: true, remedy, said });
    if (person !== SCHEDULED) {
      const wait = 'Ask again when they are done.';
      if ((persons.get(person) ?? 0) >= limits.perPerson)
        throw busy(`I am still working on your ${noun}.`, wait, { key: 'errors.busyWithYours' });
      if ((perServer.get(server) ?? 0) >= limits.perServer)
        throw busy(`Many ${noun} of this server are waiting already.`, wait, { key: 'errors.busyServer' });
    }
    if (total >= limits.total)
      throw busy(`Many ${noun} are waiting already.`, 'Ask again in a few minutes.', { key: 'errors.busyWithAll' });
  }

  function count(person: string, server: string, by: 1 | -1): void {
    total += by;
    add(persons, person, by);
    add(perServer, server, by);
  }

  /** The one whose turn is next, taken out of the queue. */
  function next(): Waiting | undefined {
    const [found] = servers;
    if (!found) return undefined;
    const [server, people] = found;
    const [person, list] = people.entries().next().value!;
    const one = list.shift()!;
    people.delete(person);
    if (list.length > 0) people.set(person, list);
    servers.delete(server);
    if (people.size > 0) servers.set(server, people);
    return one;
  }

  function startNext(): void {
    while (running < limits.atOnce) {
      const one = next();
      if (!one) return;
      running++;
      one.start();
    }
    tell();
  }

  /** Those that wait in the order of their turns. */
  function inOrder(): Waiting[] {
    const order: Waiting[] = [];
    const left = [...servers.values()].map((people) => [...people.values()].map((list) => [...list]));
    while (left.length > 0) {
      const people = left.shift()!;
      const list = people.shift()!;
      order.push(list.shift()!);
      if (list.length > 0) people.push(list);
      if (people.length > 0) left.push(people);
    }
    return order;
  }

  function tell(): void {
    for (const [index, one] of inOrder().entries()) {
      const before = running + index;
      if (one.told === before) continue;
      one.told = before;
      one.onWait?.(before);
    }
  }

  function leave(server: string, one: Waiting): void {
    const people = servers.get(server);
    const list = people?.get(one.person);
    const place = list?.indexOf(one) ?? -1;
    if (!people || !list || place < 0) return;
    list.splice(place, 1);
    if (list.length === 0) people.delete(one.person);
    if (people.size === 0) servers.delete(server);
    tell();
  }

  return {
    async run(asking, work, onWait) {
      const { asker, signal } = asking;
      const person = asker?.userId ?? SCHEDULED;
      // Direct messages belong to no server: each person is one there.
      const server = asker ? (asker.guildId ?? `of ${person}`) : SCHEDULED;
      signal?.throwIfAborted();
      refuse(person, server);
      count(person, server, 1);
      let abort: (() => void) | undefined;
      try {
        await new Promise<void>((resolve, reject) => {
          const one: Waiting = { person, start: resolve, onWait, told: -1 };
          const people = servers.get(server) ?? new Map<string, Waiting[]>();
          const list = people.get(person) ?? [];
          list.push(one);
          people.set(person, list);
          servers.set(server, people);
          abort = () => {
            leave(server, one);
            reject(signal?.reason);
          };
          signal?.addEventListener('abort', abort, { once: true });
          startNext();
        });
      } catch (error) {
        count(person, server, -1);
        throw error;
      } finally {
        if (abort) signal?.removeEventListener('abort', abort);
      }
      try {
        return await work();
      } finally {
        running--;
        count(person, server, -1);
        startNext();
      }
    },
  };
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}
