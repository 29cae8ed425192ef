import type { Sleep } from '../../src/core/time.ts';

interface Sleeper {
  readonly ms: number;
  wake(): void;
}

/** A sleep that lasts until the test ends it, so that no test waits for real. */
export class ManualSleep {
  readonly #sleepers = new Set<Sleeper>();
  readonly #watchers = new Set<() => void>();

  readonly sleep: Sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      const cut = () => this.#sleepers.delete(sleeper) && reject(signal?.reason);
      const sleeper: Sleeper = {
        ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', cut);
          resolve();
        },
      };
      signal?.addEventListener('abort', cut, { once: true });
      this.#sleepers.add(sleeper);
      for (const watcher of this.#watchers) watcher();
    });

  /** Durations of all sleeps that have not ended. */
  get pending(): readonly number[] {
    return [...this.#sleepers].map(({ ms }) => ms);
  }

  /** Ends every sleep of that duration, as soon as there is one. */
  async elapse(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        const due = [...this.#sleepers].filter((sleeper) => sleeper.ms === ms);
        if (due.length === 0) return;
        this.#watchers.delete(wake);
        for (const sleeper of due) sleeper.wake();
        resolve();
      };
      this.#watchers.add(wake);
      wake();
    });
  }
}
