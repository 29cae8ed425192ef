const COLUMNS = 6;
const HOURS_PER_BLOCK = 1_024;

/** What is kept of a closed hour; the rest of its candle follows from it. */
export interface StoredHour {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly takerVolume: number;
}

/** Closed hours of one coin in blocks of plain numbers: 48 bytes an hour, a fifth of what objects would take. */
export class HourStore {
  readonly #blocks = new Map<number, Float64Array>();

  /** The hour as it was put, or undefined. */
  get(hour: number): StoredHour | undefined {
    const block = this.#blocks.get(Math.floor(hour / HOURS_PER_BLOCK));
    const at = (hour % HOURS_PER_BLOCK) * COLUMNS;
    if (!block || Number.isNaN(block[at]!)) return undefined;
    return {
      open: block[at]!,
      high: block[at + 1]!,
      low: block[at + 2]!,
      close: block[at + 3]!,
      volume: block[at + 4]!,
      takerVolume: block[at + 5]!,
    };
  }

  /** Keeps the hour. */
  put(hour: number, stored: StoredHour): void {
    const number = Math.floor(hour / HOURS_PER_BLOCK);
    let block = this.#blocks.get(number);
    if (!block) {
      block = new Float64Array(HOURS_PER_BLOCK * COLUMNS).fill(Number.NaN);
      this.#blocks.set(number, block);
    }
    const at = (hour % HOURS_PER_BLOCK) * COLUMNS;
    block[at] = stored.open;
    block[at + 1] = stored.high;
    block[at + 2] = stored.low;
    block[at + 3] = stored.close;
    block[at + 4] = stored.volume;
    block[at + 5] = stored.takerVolume;
  }
}
