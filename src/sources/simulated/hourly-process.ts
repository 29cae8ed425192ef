import { ANCHOR_HOUR, HOURS_PER_YEAR, STEPS_PER_HOUR } from './grid.ts';
import { StreamRandom, streamId } from './stream-random.ts';

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
class StochasticVolatility {
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
const WEEK_PATTERN: Float64Array = (() => {
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

/** What tells one process from another. */
export interface ProcessShape {
  readonly name: string;
  /** 0.5 for 50 % a year, jumps not counted. */
  readonly annualVolatility: number;
  readonly jumpsPerYear: number;
  /** Standard deviation of a jump, in ordinary daily volatilities. */
  readonly jumpDays: number;
  /** Share of the distance to zero that is lost each hour; 0 for a random walk. */
  readonly reversion: number;
}

/** What can be read off a process hour by hour. */
export type HourlyLevels = Pick<HourlyProcess, 'level' | 'volatility'>;

const BLOCK_HOURS = 8_192;

/** Number of the block an hour lies in; block 0 begins after the anchor hour. */
export function blockOf(hour: number): number {
  return Math.floor((hour - ANCHOR_HOUR - 1) / BLOCK_HOURS);
}

interface Block {
  /** Level at the end of the hour before the first. */
  readonly base: number;
  /** Levels at the end of each hour, less the base. */
  readonly levels: Float64Array;
  /** Standard deviation of each hour's shock, tails included. */
  readonly scales: Float32Array;
  readonly volatilities: Float32Array;
}

interface Jump {
  readonly step: number;
  readonly size: number;
}

/** Degrees of freedom of the tails; even, so that a chi-square is a product of uniforms. */
const TAIL_DEGREES = 8;
const TAIL_VARIANCE = TAIL_DEGREES / (TAIL_DEGREES - 2);

/**
 * A log level that moves every hour and is 0 at the end of the anchor hour. Its hourly returns are stochastic volatility ×
 * the week's pattern × Student's t with 8 degrees of freedom, plus rare jumps. Every sign is an independent fair coin, so
 * the median of tomorrow's level is today's: nothing in the past tells the direction.
 *
 * Hours are made in blocks of eleven months, each from random numbers of its own addresses and with a volatility that starts
 * in the stationary distribution; blocks are strung together from the anchor on, forwards and backwards. So the level of an
 * hour depends on the seed and the name alone, and only the years that are asked for are made. The path inside an hour is
 * made when asked for, as a bridge between the two levels, which is the same distribution as walking there step by step.
 */
export class HourlyProcess {
  readonly #seed: number;
  readonly #shape: ProcessShape;
  readonly #blockStream: number;
  readonly #hourStream: number;
  readonly #pathStream: number;
  readonly #random = new StreamRandom();
  readonly #jumps = new Map<number, Jump>();
  readonly #blocks = new Map<number, Block>();

  constructor(seed: number, shape: ProcessShape) {
    this.#seed = seed;
    this.#shape = shape;
    this.#blockStream = streamId(`block:${shape.name}`);
    this.#hourStream = streamId(`hour:${shape.name}`);
    this.#pathStream = streamId(`path:${shape.name}`);
  }

  /** Log level at the end of the hour. */
  level(hour: number): number {
    const block = this.#block(blockOf(hour));
    return block.base + block.levels[placeOf(hour)]!;
  }

  /** Standard deviation of the hour's log return as it could be known before the hour's shock. */
  volatility(hour: number): number {
    return this.#block(blockOf(hour)).volatilities[placeOf(hour)]!;
  }

  /** Writes the log level at the end of each step of the hour into `out` (length STEPS_PER_HOUR). */
  path(hour: number, out: Float64Array): void {
    const start = this.level(hour - 1);
    const end = this.level(hour);
    const deviation = this.#block(blockOf(hour)).scales[placeOf(hour)]! / Math.sqrt(STEPS_PER_HOUR);
    const random = this.#random.seek(this.#seed, this.#pathStream, hour);
    let sum = 0;
    for (let k = 0; k < STEPS_PER_HOUR; k++) {
      const shock = deviation * random.normal();
      out[k] = shock;
      sum += shock;
    }
    const jump = this.#jumps.get(hour);
    const correction = (end - start - (jump?.size ?? 0) - sum) / STEPS_PER_HOUR;
    let at = start;
    for (let k = 0; k < STEPS_PER_HOUR; k++) {
      at += out[k]! + correction;
      if (jump?.step === k) at += jump.size;
      out[k] = at;
    }
    out[STEPS_PER_HOUR - 1] = end;
  }

  #block(number: number): Block {
    const kept = this.#blocks.get(number);
    if (kept) return kept;
    const levels = new Float64Array(BLOCK_HOURS);
    const scales = new Float32Array(BLOCK_HOURS);
    const volatilities = new Float32Array(BLOCK_HOURS);
    const first = ANCHOR_HOUR + 1 + number * BLOCK_HOURS;
    const volatility = new StochasticVolatility(this.#random.seek(this.#seed, this.#blockStream, number));
    let level = 0;
    for (let i = 0; i < BLOCK_HOURS; i++) {
      const made = this.#shock(first + i, volatility);
      level = (1 - this.#shape.reversion) * level + made.change;
      levels[i] = level;
      scales[i] = made.scale;
      volatilities[i] = made.volatility;
    }
    const block = { base: this.#baseOf(number, level), levels, scales, volatilities };
    this.#blocks.set(number, block);
    return block;
  }

  /** Joins a block that moves by `total` to its neighbour on the anchor's side; one that reverts needs no joining. */
  #baseOf(number: number, total: number): number {
    if (number === 0 || this.#shape.reversion > 0) return 0;
    if (number < 0) return (number === -1 ? 0 : this.#block(number + 1).base) - total;
    const before = this.#block(number - 1);
    return before.base + before.levels[BLOCK_HOURS - 1]!;
  }

  #shock(hour: number, stochastic: StochasticVolatility) {
    const { annualVolatility, jumpsPerYear, jumpDays } = this.#shape;
    const random = this.#random.seek(this.#seed, this.#hourStream, hour);
    const ordinary = annualVolatility / Math.sqrt(HOURS_PER_YEAR);
    const volatility = ordinary * stochastic.next(random) * WEEK_PATTERN[((hour % 168) + 168) % 168]!;
    const chiSquare = -2 * Math.log(random.uniform() * random.uniform() * random.uniform() * random.uniform());
    const scale = volatility * Math.sqrt(TAIL_DEGREES / chiSquare / TAIL_VARIANCE);
    let change = scale * random.normal();
    if (random.uniform() < jumpsPerYear / HOURS_PER_YEAR) {
      const size = ordinary * Math.sqrt(24) * jumpDays * random.normal();
      this.#jumps.set(hour, { size, step: Math.floor(random.uniform() * STEPS_PER_HOUR) });
      stochastic.disturb();
      change += size;
    }
    return { change, scale, volatility };
  }
}

function placeOf(hour: number): number {
  return hour - ANCHOR_HOUR - 1 - blockOf(hour) * BLOCK_HOURS;
}
