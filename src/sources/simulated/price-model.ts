import { setImmediate } from 'node:timers/promises';
import { CoinSeries, commonFactor } from './coin-series.ts';
import { SIMULATED_COINS } from './coins.ts';
import { blockOf, type HourlyProcess } from './hourly-process.ts';

/** Every price of the simulated market, past and to come, for one seed. Knows no clock: who asks says what is over. */
export class PriceModel {
  readonly seed: number;
  readonly factor: HourlyProcess;
  readonly #series = new Map<string, CoinSeries>();
  readonly #all: readonly CoinSeries[];
  #warmed: number | null = null;

  constructor(seed: number) {
    this.seed = seed;
    this.factor = commonFactor(seed);
    this.#all = SIMULATED_COINS.map((coin) => new CoinSeries(seed, coin, this.factor));
    for (const series of this.#all) this.#series.set(series.coin.symbol, series);
  }

  /** The coin's prices by its ticker in capitals, or undefined where it is not traded. */
  series(symbol: string): CoinSeries | undefined {
    return this.#series.get(symbol);
  }

  /** All coins, in the order of the table. */
  all(): readonly CoinSeries[] {
    return this.#all;
  }

  /** Makes what all coins need for their prices around an hour, with a breath for the event loop after each coin. */
  async warm(hour: number): Promise<void> {
    const block = blockOf(hour);
    if (block === this.#warmed) return;
    for (const series of this.#all) {
      series.logPrice(hour);
      await setImmediate();
    }
    this.#warmed = block;
  }
}
