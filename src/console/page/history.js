/** The lines that were sent, to be brought back one by one. */
export class History {
  /** @type {string[]} */
  #lines = [];
  /** Index of the line on show; the number of lines while none is. */
  #at = 0;

  /** True while one of the lines is on show. */
  get browsing() {
    return this.#at < this.#lines.length;
  }

  /** @param {string} line */
  add(line) {
    if (this.#lines.at(-1) !== line) this.#lines.push(line);
    this.#at = this.#lines.length;
  }

  /**
   * Goes to an older (-1) or newer (1) line; empty beyond the newest, undefined where there is nothing further.
   * @param {number} step
   */
  go(step) {
    const next = Math.min(Math.max(this.#at + step, 0), this.#lines.length);
    if (next === this.#at) return undefined;
    this.#at = next;
    return this.#lines[next] ?? '';
  }

  /** Forgets which line is on show, because it was changed. */
  leave() {
    this.#at = this.#lines.length;
  }
}
