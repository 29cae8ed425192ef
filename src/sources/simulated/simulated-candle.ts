import type { Candle } from '../../core/candle.ts';

/** A candle with what Binance tells besides: all volumes in base units except the quote volume, in dollars. */
export interface SimulatedCandle extends Candle {
  readonly quoteVolume: number;
  readonly trades: number;
  readonly takerVolume: number;
}

/** How many decimals a coin's numbers are given with. */
export interface Precision {
  readonly price: number;
  readonly volume: number;
}

// A power is slower than everything else in a rounding, and every candle rounds seven numbers.
const POWERS = Array.from({ length: 16 }, (_, decimals) => 10 ** decimals);

/** Rounds to that many decimals, at most 15. */
export function rounded(value: number, decimals: number): number {
  const factor = POWERS[decimals]!;
  return Math.round(value * factor) / factor;
}

/** Joins candles that follow one another into the one that covers them all; they must not be empty. */
export function joined(parts: readonly SimulatedCandle[], openTimeMs: number, precision: Precision): SimulatedCandle {
  const first = parts[0]!;
  let { high, low } = first;
  let volume = 0;
  let quoteVolume = 0;
  let trades = 0;
  let takerVolume = 0;
  for (const part of parts) {
    if (part.high > high) high = part.high;
    if (part.low < low) low = part.low;
    volume += part.volume;
    quoteVolume += part.quoteVolume;
    trades += part.trades;
    takerVolume += part.takerVolume;
  }
  return {
    openTimeMs,
    open: first.open,
    high,
    low,
    close: parts[parts.length - 1]!.close,
    // Rounded again, because a sum of rounded numbers carries binary dust.
    volume: rounded(volume, precision.volume),
    quoteVolume: rounded(quoteVolume, 2),
    trades,
    takerVolume: rounded(takerVolume, precision.volume),
  };
}

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
