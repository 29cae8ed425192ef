import type { StreamRandom } from './stream-random.ts';

/** Log volatility is a sum of these: how long a disturbance takes to halve, and how far it strays. */
const SCALES = [
  { halfLifeHours: 6, deviation: 0.25 },
  { halfLifeHours: 72, deviation: 0.36 },
  { halfLifeHours: 960, deviation: 0.4 },
].map(({ halfLifeHours, deviation }) => {
  const persistence = 0.5 ** (1 / halfLifeHours);
  return { persistence, deviation, innovation: deviation * Math.sqrt(1 - persistence ** 2) };
});

// With log volatility x ~ N(−v, v) the mean of exp(2x) is 1, so the average variance is the one asked for.
const LOG_MEAN = -SCALES.reduce((sum, scale) => sum + scale.deviation ** 2, 0);

/**
 * Stochastic volatility on three time scales, each a first-order autoregression of log volatility in hourly steps
 * (the superposition of Barndorff-Nielsen & Shephard 2001, discretised): calm and restless hours, days and months.
 */
export class StochasticVolatility {
  readonly #state: Float64Array;

  /** Starts in the stationary distribution. */
  constructor(random: StreamRandom) {
    this.#state = Float64Array.from(SCALES, (scale) => scale.deviation * random.normal());
  }

  /** Goes one hour on and returns the factor on ordinary volatility for that hour; its mean square is 1. */
  next(random: StreamRandom): number {
    let log = LOG_MEAN;
    for (let i = 0; i < SCALES.length; i++) {
      const scale = SCALES[i]!;
      const value = scale.persistence * this.#state[i]! + scale.innovation * random.normal();
      this.#state[i] = value;
      log += value;
    }
    return Math.exp(log);
  }

  /** Unrest after a jump: the next hours and days are livelier. */
  disturb(): void {
    this.#state[0]! += 0.5;
    this.#state[1]! += 0.3;
  }
}

/** The week's pattern of volatility by UTC hour from Friday 00:00 on (the epoch's weekday): 168 factors of mean square 1. */
export const WEEK_PATTERN: Float64Array = (() => {
  const pattern = Float64Array.from({ length: 168 }, (_, i) => {
    const hour = i % 24;
    const day = Math.floor(i / 24);
    const weekend = day === 1 || day === 2;
    // Livelier while Europe and America trade, quietest in the small hours.
    return (weekend ? 0.72 : 1) * (1 + 0.32 * Math.cos((2 * Math.PI * (hour - 15)) / 24));
  });
  const meanSquare = pattern.reduce((sum, value) => sum + value * value, 0) / pattern.length;
  return pattern.map((value) => value / Math.sqrt(meanSquare));
})();
