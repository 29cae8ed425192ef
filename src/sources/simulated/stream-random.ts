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
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;
  #spare = Number.NaN;

  /** Goes to the first number of that address. */
  seek(seed: number, stream: number, index: number): this {
    this.#a = seed | 0;
    this.#b = stream | 0;
    this.#c = index | 0;
    this.#counter = 1;
    this.#spare = Number.NaN;
    for (let i = 0; i < 12; i++) this.#next();
    return this;
  }

  /** Uniform in (0, 1), both ends excluded. */
  uniform(): number {
    return ((this.#next() >>> 0) + 0.5) / 4_294_967_296;
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** One of the items, each as likely. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.uniform() * items.length)]!;
  }

  #next(): number {
    const mixed = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + mixed) | 0;
    return mixed;
  }
}
