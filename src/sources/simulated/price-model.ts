import { setImmediate } from 'node:timers/promises';
import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import { FACTOR_VOLATILITY, SIMULATED_COINS, type SimulatedCoin, totalVolatility } from './coins.ts';
import { EPOCH_MS, HOURS_PER_YEAR, hourOf, hourStartMs, STEP_MS, STEPS_PER_HOUR } from './grid.ts';
import { blockOf, HourlyProcess } from './hourly-process.ts';
import {
  HourStore,
  joined,
  type Precision,
  rounded,
  type SimulatedCandle,
  type StoredHour,
} from './simulated-candle.ts';
import { StreamRandom, streamId } from './stream-random.ts';

/** The prices and volumes of one simulated coin: a function of the seed and the symbol, whatever was asked before. */
export class CoinSeries {
  readonly coin: SimulatedCoin;
  readonly precision: Precision;
  readonly #seed: number;
  readonly #factor: HourlyProcess;
  readonly #own: HourlyProcess;
  readonly #random = new StreamRandom();
  readonly #activityStream: number;
  readonly #ordinaryStep: number;
  readonly #factorPath = new Float64Array(STEPS_PER_HOUR);
  readonly #ownPath = new Float64Array(STEPS_PER_HOUR);
  /** Log prices at the end of each step of the hour walked last. */
  readonly #logPath = new Float64Array(STEPS_PER_HOUR);
  readonly #kept = new HourStore();
  readonly #anchorLog: number;

  constructor(seed: number, coin: SimulatedCoin, factor: HourlyProcess) {
    this.coin = coin;
    this.#seed = seed;
    this.#factor = factor;
    this.#own = new HourlyProcess(seed, {
      name: coin.symbol,
      annualVolatility: coin.ownVolatility,
      jumpsPerYear: coin.pegged ? 0 : 8,
      jumpDays: 2.5,
      reversion: coin.pegged ? 0.08 : 0,
    });
    this.#activityStream = streamId(`activity:${coin.symbol}`);
    this.#anchorLog = Math.log(coin.anchorPrice);
    this.#ordinaryStep = totalVolatility(coin) / Math.sqrt(HOURS_PER_YEAR * STEPS_PER_HOUR);
    const magnitude = Math.floor(Math.log10(coin.anchorPrice));
    this.precision = { price: Math.max(2, 6 - magnitude), volume: magnitude >= 0 ? 5 : 0 };
  }

  /** Natural logarithm of the price in dollars at the end of the hour. */
  logPrice(hour: number): number {
    return this.#anchorLog + this.coin.beta * this.#factor.level(hour) + this.#own.level(hour);
  }

  /** Standard deviation of the hour's log return as it could be known before the hour. */
  volatility(hour: number): number {
    return Math.hypot(this.coin.beta * this.#factor.volatility(hour), this.#own.volatility(hour));
  }

  /**
   * Minutes by open time, both ends included, ascending, as seen at `nowMs`: the newest closes there. Between two steps the logarithm of the
   * price goes in a straight line, so minutes lie inside their hour's range and close with it. None begins at or after `nowMs` or before the epoch.
   */
  minutes(fromMs: number, toMs: number, nowMs: number): SimulatedCandle[] {
    const first = Math.max(EPOCH_MS, Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS);
    const last = Math.min(toMs, nowMs - 1);
    const found: SimulatedCandle[] = [];
    for (let openTimeMs = first, walked = -1; openTimeMs <= last; openTimeMs += MINUTE_MS) {
      const hour = hourOf(openTimeMs);
      if (hour !== walked) this.#walkPath(hour);
      walked = hour;
      found.push(this.#minute(hour, openTimeMs, Math.min(openTimeMs + MINUTE_MS, nowMs)));
    }
    return found;
  }

  /** The minute from `openTimeMs` to `endMs`, of the hour walked last. */
  #minute(hour: number, openTimeMs: number, endMs: number): SimulatedCandle {
    const { precision } = this;
    const start = this.logPrice(hour - 1);
    const logPriceAt = (timeMs: number) => {
      const steps = (timeMs - hourStartMs(hour)) / STEP_MS;
      const whole = Math.floor(steps);
      const before = whole === 0 ? start : this.#logPath[whole - 1]!;
      return whole === steps ? before : before + (steps - whole) * (this.#logPath[whole]! - before);
    };
    const open = rounded(Math.exp(logPriceAt(openTimeMs)), precision.price);
    const close = rounded(Math.exp(logPriceAt(endMs)), precision.price);
    // The hour's trading, spread evenly; at least the smallest amount, for the price is that of a trade.
    const share = (this.hour(hour, STEPS_PER_HOUR).volume * (endMs - openTimeMs)) / HOUR_MS;
    const volume = Math.max(rounded(share, precision.volume), 10 ** -precision.volume);
    const quoteVolume = rounded((volume * (open + close)) / 2, 2);
    const trades = Math.max(1, Math.round(quoteVolume / 1_500));
    const [high, low] = [Math.max(open, close), Math.min(open, close)];
    return {
      openTimeMs,
      open,
      high,
      low,
      close,
      volume,
      quoteVolume,
      trades,
      takerVolume: rounded(volume / 2, precision.volume),
    };
  }

  /** Price in dollars at a moment, in steps of five minutes; before the epoch that of the epoch. */
  priceAt(timeMs: number): number {
    const hour = hourOf(timeMs);
    if (hour < 0) return rounded(Math.exp(this.logPrice(-1)), this.precision.price);
    return this.hour(hour, Math.floor((timeMs - hourStartMs(hour)) / STEP_MS)).close;
  }

  /**
   * Candles with open times from `fromMs` to `toMs`, both included, ascending, as seen at `nowMs`: the last may be the one
   * still open, which holds only the steps that are over. None begins after `nowMs` or before the epoch.
   */
  candles(interval: Interval, fromMs: number, toMs: number, nowMs: number): SimulatedCandle[] {
    const lengthMs = INTERVAL_MS[interval];
    const first = Math.max(EPOCH_MS, Math.ceil(fromMs / lengthMs) * lengthMs);
    const last = Math.min(toMs, nowMs);
    const found: SimulatedCandle[] = [];
    for (let openTimeMs = first; openTimeMs <= last; openTimeMs += lengthMs) {
      const from = hourOf(openTimeMs);
      const until = Math.min(from + lengthMs / HOUR_MS - 1, hourOf(nowMs));
      const hours: SimulatedCandle[] = [];
      for (let h = from; h <= until; h++) hours.push(this.hour(h, Math.floor((nowMs - hourStartMs(h)) / STEP_MS)));
      found.push(interval === '1h' ? hours[0]! : joined(hours, openTimeMs, this.precision));
    }
    return found;
  }

  /** Dollars traded in the 24 hours up to `nowMs`. */
  dayVolumeUsd(nowMs: number): number {
    const hours = this.candles('1h', nowMs - 24 * HOUR_MS, nowMs, nowMs);
    return hours.reduce((sum, candle) => sum + candle.quoteVolume, 0);
  }

  /** The candle of an hour after the first `steps` of its twelve (more than twelve counts as all); closed ones are kept. */
  hour(hour: number, steps: number): SimulatedCandle {
    if (steps < STEPS_PER_HOUR) return this.#candle(hour, this.#walk(hour, steps));
    const kept = this.#kept.get(hour);
    if (kept) return this.#candle(hour, kept);
    const walked = this.#walk(hour, STEPS_PER_HOUR);
    this.#kept.put(hour, walked);
    return this.#candle(hour, walked);
  }

  #candle(hour: number, walked: StoredHour): SimulatedCandle {
    const { open, high, low, close, volume, takerVolume } = walked;
    const quoteVolume = rounded((volume * (open + high + low + close)) / 4, 2);
    const trades = Math.round(quoteVolume / 1_500);
    return { openTimeMs: hourStartMs(hour), open, high, low, close, volume, quoteVolume, trades, takerVolume };
  }

  #walkPath(hour: number): void {
    this.#factor.path(hour, this.#factorPath);
    this.#own.path(hour, this.#ownPath);
    for (let k = 0; k < STEPS_PER_HOUR; k++) {
      this.#logPath[k] = this.#anchorLog + this.coin.beta * this.#factorPath[k]! + this.#ownPath[k]!;
    }
  }

  #walk(hour: number, steps: number): StoredHour {
    const { coin, precision } = this;
    this.#walkPath(hour);
    const start = this.logPrice(hour - 1);
    const random = this.#random.seek(this.#seed, this.#activityStream, hour);
    const busyness = Math.exp(0.25 * random.normal() - 0.03);
    let at = start;
    let highest = start;
    let lowest = start;
    let activity = 0;
    for (let k = 0; k < steps; k++) {
      const next = this.#logPath[k]!;
      // More is traded when the price moves; a jump does not multiply it without bound.
      activity += 0.35 + 0.8 * Math.min(12, Math.abs(next - at) / this.#ordinaryStep);
      at = next;
      if (at > highest) highest = at;
      if (at < lowest) lowest = at;
    }
    const open = rounded(Math.exp(start), precision.price);
    const high = rounded(Math.exp(highest), precision.price);
    const low = rounded(Math.exp(lowest), precision.price);
    const close = rounded(Math.exp(at), precision.price);
    const ordinaryUsd = (coin.anchorPrice * coin.supply * coin.turnover) / (24 * STEPS_PER_HOUR);
    const volume = rounded((ordinaryUsd * activity * busyness) / open, precision.volume);
    const tilt = Math.max(-0.2, Math.min(0.2, (3 * (close - open)) / open));
    const takerShare = Math.max(0.1, Math.min(0.9, 0.5 + tilt + 0.04 * random.normal()));
    return { open, high, low, close, volume, takerVolume: rounded(volume * takerShare, precision.volume) };
  }
}

/** The common factor in the returns of all coins. */
function commonFactor(seed: number): HourlyProcess {
  return new HourlyProcess(seed, {
    name: 'common-factor',
    annualVolatility: FACTOR_VOLATILITY,
    jumpsPerYear: 10,
    jumpDays: 2,
    reversion: 0,
  });
}

/** Every price of the simulated market for one seed, past and future. It has no clock: callers pass the present moment. */
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

  /** Computes the blocks that the prices around an hour need, and yields to the event loop after each coin. */
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
