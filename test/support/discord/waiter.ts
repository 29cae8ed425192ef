/** A queue of things that happened, which can be awaited one after the other whether they happened yet or not. */
export class Waiter<T> {
  readonly #happened: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  /** How many happened that nobody has taken yet. */
  get pending(): number {
    return this.#happened.length;
  }

  push(value: T): void {
    const first = this.#waiting.shift();
    if (first) first(value);
    else this.#happened.push(value);
  }

  /** The oldest that has not been taken, now or when it happens. */
  next(): Promise<T> {
    const first = this.#happened.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
