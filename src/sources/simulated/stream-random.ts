/** FNV-1a, 32 bits: names a stream of random numbers by words. */
export function streamId(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Random numbers addressed by (seed, stream, index): seeking to the same address always gives the same numbers, whatever
 * was drawn before. That is what makes the simulated market independent of when and in which order it is asked.
 * Chris Doty-Humphrey's sfc32 (PractRand), 128 bits of state, run in for 12 rounds after seeding.
 */
export class StreamRandom {
  // Typed arrays, because a number in a field may be boxed at every write.
  readonly #state = new Int32Array(4);
  readonly #spare = Float64Array.of(Number.NaN);

  /** Goes to the first number of that address. */
  seek(seed: number, stream: number, index: number): this {
    const state = this.#state;
    state[0] = seed;
    state[1] = stream;
    state[2] = index;
    state[3] = 1;
    this.#spare[0] = Number.NaN;
    for (let i = 0; i < 12; i++) this.#next();
    return this;
  }

  /** Uniform in (0, 1), both ends excluded. */
  uniform(): number {
    return ((this.#next() >>> 0) + 0.5) / 4_294_967_296;
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    const spare = this.#spare[0]!;
    if (!Number.isNaN(spare)) {
      this.#spare[0] = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare[0] = y * factor;
      return x * factor;
    }
  }

  /** One of the items, each as likely. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.uniform() * items.length)]!;
  }

  #next(): number {
    const state = this.#state;
    const [b, c, counter] = [state[1]!, state[2]!, state[3]!];
    const mixed = (state[0]! + b + counter) | 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + mixed;
    return mixed;
  }
}
