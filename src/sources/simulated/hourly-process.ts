import { HOURS_PER_YEAR, STEPS_PER_HOUR } from './grid.ts';
import { StreamRandom, streamId } from './stream-random.ts';
import { StochasticVolatility, WEEK_PATTERN } from './volatility.ts';

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

const CHUNK_HOURS = 4_096;
/** Degrees of freedom of the tails; even, so that a chi-square is a product of uniforms. */
const TAIL_DEGREES = 8;
const TAIL_VARIANCE = TAIL_DEGREES / (TAIL_DEGREES - 2);

/**
 * A log level that moves every hour from the epoch on. Its hourly returns are stochastic volatility × the week's pattern ×
 * Student's t with 8 degrees of freedom, plus rare jumps. Every sign is an independent fair coin, so the median of
 * tomorrow's level is today's: nothing in the past tells the direction.
 *
 * Hours are made in order and kept; the random numbers of each hour come from its own address, so the level of an hour
 * depends on the seed and the name alone. The path inside an hour is made when asked for, as a bridge between the two
 * levels, which is the same distribution as walking there step by step.
 */
export class HourlyProcess {
  readonly #seed: number;
  readonly #shape: ProcessShape;
  readonly #hourStream: number;
  readonly #pathStream: number;
  readonly #random = new StreamRandom();
  readonly #volatility: StochasticVolatility;
  readonly #jumps = new Map<number, { readonly step: number; readonly size: number }>();
  #levels = new Float64Array(0);
  #scales = new Float32Array(0);
  #volatilities = new Float32Array(0);

  constructor(seed: number, shape: ProcessShape) {
    this.#seed = seed;
    this.#shape = shape;
    this.#hourStream = streamId(`hour:${shape.name}`);
    this.#pathStream = streamId(`path:${shape.name}`);
    this.#volatility = new StochasticVolatility(this.#random.seek(seed, this.#hourStream, -1));
  }

  /** Log level at the end of the hour; 0 at the epoch and before. */
  level(hour: number): number {
    if (hour < 0) return 0;
    this.#extendTo(hour);
    return this.#levels[hour]!;
  }

  /** Standard deviation of the hour's log return as it could be known before the hour's shock. */
  volatility(hour: number): number {
    if (hour < 0) return 0;
    this.#extendTo(hour);
    return this.#volatilities[hour]!;
  }

  /** Writes the log level at the end of each step of the hour into `out` (length STEPS_PER_HOUR). */
  path(hour: number, out: Float64Array): void {
    this.#extendTo(hour);
    const start = this.level(hour - 1);
    const end = this.#levels[hour]!;
    const deviation = this.#scales[hour]! / Math.sqrt(STEPS_PER_HOUR);
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

  #extendTo(hour: number): void {
    const from = this.#levels.length;
    if (hour < from) return;
    const until = (Math.floor(hour / CHUNK_HOURS) + 1) * CHUNK_HOURS;
    this.#levels = grown(this.#levels, new Float64Array(until));
    this.#scales = grown(this.#scales, new Float32Array(until));
    this.#volatilities = grown(this.#volatilities, new Float32Array(until));
    for (let h = from; h < until; h++) this.#makeHour(h);
  }

  #makeHour(hour: number): void {
    const { annualVolatility, jumpsPerYear, jumpDays, reversion } = this.#shape;
    const random = this.#random.seek(this.#seed, this.#hourStream, hour);
    const ordinary = annualVolatility / Math.sqrt(HOURS_PER_YEAR);
    const volatility = ordinary * this.#volatility.next(random) * WEEK_PATTERN[hour % 168]!;
    const chiSquare = -2 * Math.log(random.uniform() * random.uniform() * random.uniform() * random.uniform());
    const scale = volatility * Math.sqrt(TAIL_DEGREES / chiSquare / TAIL_VARIANCE);
    let change = scale * random.normal();
    if (random.uniform() < jumpsPerYear / HOURS_PER_YEAR) {
      const size = ordinary * Math.sqrt(24) * jumpDays * random.normal();
      this.#jumps.set(hour, { size, step: Math.floor(random.uniform() * STEPS_PER_HOUR) });
      this.#volatility.disturb();
      change += size;
    }
    const before = hour > 0 ? this.#levels[hour - 1]! : 0;
    this.#levels[hour] = (1 - reversion) * before + change;
    this.#scales[hour] = scale;
    this.#volatilities[hour] = volatility;
  }
}

function grown<T extends Float64Array | Float32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
