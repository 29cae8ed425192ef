import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Makes a function that asks for one thing at a time and puts the questions of one turn of the event loop together: `ask` gets each key once, after
 * the calls it answers, and gives what it has found. The function resolves to undefined for what was not found, and rejects with what `ask` rejects with.
 */
export function askedTogether<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let waiting: { readonly keys: Set<Key>; readonly found: Promise<ReadonlyMap<Key, Value>> } | null = null;
  return async (key) => {
    if (!waiting) {
      const keys = new Set<Key>();
      const found = nextTurn().then(() => {
        waiting = null;
        return ask([...keys]);
      });
      waiting = { keys, found };
    }
    waiting.keys.add(key);
    return (await waiting.found).get(key);
  };
}
