import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { horizonName } from '../../core/horizon.ts';
import { DRIFT_SIGNS, type DriftFinding, type DriftSign, type HorizonDrift } from '../../core/model-info.ts';
import { BANDS } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import type { HorizonRecord } from '../model/card.ts';
import type { ScoredPeriod } from './scored-period.ts';

/** The chance of a false alarm within a year, at most, over all tests of one model together. */
export const FALSE_ALARMS_PER_YEAR = 0.05;
/** The same for the state `watch`, which raises no alarm. */
export const FALSE_WATCHES_PER_YEAR = 0.5;
/** Deviation of the 80 % band's coverage that is tolerated before it counts as drift; the same as for a coin in an evaluation. */
const COVERAGE_TOLERANCE = 0.03;

/** What is expected of one horizon. */
export interface HorizonExpectation {
  readonly steps: number;
  /** Of the 80 % band, from the card; null where it has no record, then the nominal coverage counts. */
  readonly coverage80: number | null;
  /** Lower end of the skill over climatology, in per cent: that of the card's interval, or 0 without one. */
  readonly skillLowPct: number;
}

/** The expectation of one horizon by the record in a model's card. */
export function expectationOf(steps: number, record: HorizonRecord | undefined): HorizonExpectation {
  if (!record || record.n === 0) return { steps, coverage80: null, skillLowPct: 0 };
  return { steps, coverage80: record.model.coverage[1]!, skillLowPct: record.overClimatology.low };
}

/** The state of a monitor. */
export interface MonitorReading {
  readonly state: 'unknown' | 'ok' | 'watch' | 'alarm';
  readonly horizons: readonly HorizonDrift[];
  /** Of the state shown: alarms, or what is to be watched. */
  readonly findings: readonly DriftFinding[];
}

/** Tests one model's scored forecasts for drift. */
export interface DriftMonitor {
  /** Takes the scores of one moment and horizon; ascending by origin within a horizon. */
  add(period: ScoredPeriod): void;
  read(): MonitorReading;
}

interface SignTest {
  readonly sign: DriftSign;
  readonly detector: ChangeDetector;
  evidence: number;
  measure(period: ScoredPeriod): number;
}

interface HorizonState {
  readonly expectation: HorizonExpectation;
  readonly tests: readonly SignTest[];
  readonly sums: { n: number; periods: number; inside80: number; modelLoss: number; climatologyLoss: number };
  testedMs: number;
}

/**
 * Makes a monitor. Every test takes all coins of a moment as one observation, and at a horizon of h candles only the moments that are h
 * candles apart, so that each outcome is known before the next forecast is made: then dependence between coins and overlap in time do not
 * change the false-alarm rate. The tests of a model share that rate equally.
 */
export function createDriftMonitor(interval: Interval, expectations: readonly HorizonExpectation[]): DriftMonitor {
  const stepMs = INTERVAL_MS[interval];
  const year = (365 * DAY_MS) / stepMs;
  const tests = expectations.length * DRIFT_SIGNS.length;
  const threshold = (perYear: number) => (tests * year) / perYear;
  const alarmAt = threshold(FALSE_ALARMS_PER_YEAR);
  const watchAt = threshold(FALSE_WATCHES_PER_YEAR);
  const states = new Map(
    expectations.map((expectation): [number, HorizonState] => [
      expectation.steps,
      {
        expectation,
        tests: signTests(expectation),
        sums: { n: 0, periods: 0, inside80: 0, modelLoss: 0, climatologyLoss: 0 },
        testedMs: Number.NEGATIVE_INFINITY,
      },
    ]),
  );

  return {
    add(period) {
      const state = states.get(period.steps);
      if (!state || period.n === 0) return;
      const { sums } = state;
      sums.n += period.n;
      sums.periods++;
      sums.inside80 += period.inside80;
      sums.modelLoss += period.modelLoss;
      sums.climatologyLoss += period.climatologyLoss;
      if (period.originMs < state.testedMs + period.steps * stepMs) return;
      state.testedMs = period.originMs;
      for (const test of state.tests) test.evidence = test.detector.add(test.measure(period), period.originMs);
    },
    read() {
      const findings = (atLeast: number): DriftFinding[] =>
        [...states.values()].flatMap(({ expectation: { steps }, tests: all }) =>
          all
            .filter(({ evidence }) => evidence >= atLeast)
            .map(({ sign, detector }) => ({ steps, sign, sinceMs: detector.sinceMs })),
        );
      const [alarms, watches] = [findings(alarmAt), findings(watchAt)];
      const horizons = [...states.values()].map((state) => horizonDrift(interval, state));
      const found = alarms.length > 0 ? alarms : watches;
      if (horizons.every(({ n }) => n === 0)) return { state: 'unknown', horizons, findings: [] };
      const state = alarms.length > 0 ? 'alarm' : watches.length > 0 ? 'watch' : 'ok';
      return { state, horizons, findings: found };
    },
  };
}

function signTests({ steps, coverage80, skillLowPct }: HorizonExpectation): SignTest[] {
  // Both the card's coverage and the nominal one are allowed, and everything between them.
  const expected = coverage80 ?? BANDS[1].coverage;
  const least = Math.min(expected, BANDS[1].coverage) - COVERAGE_TOLERANCE;
  const most = Math.max(expected, BANDS[1].coverage) + COVERAGE_TOLERANCE;
  // A mean skill above zero may come from a few days, and on the others the model is no better than climatology. So the limit tested is
  // no skill, or less where the card's interval reaches below zero.
  const skill = Math.min(skillLowPct / 100, 0);
  const test = (
    sign: DriftSign,
    limit: number,
    lowest: number,
    measure: (period: ScoredPeriod) => number,
  ): SignTest => ({ sign, measure, evidence: 0, detector: new ChangeDetector({ limit, lowest, unit: steps }) });
  return [
    test('bands-too-narrow', 1 - least, 0, ({ n, inside80 }) => 1 - inside80 / n),
    test('bands-too-wide', most, 0, ({ n, inside80 }) => inside80 / n),
    test('loss-too-high', 0, -1, (period) => relativeExcess(period, skill)),
  ];
}

/**
 * The model's loss above climatology's plus the skill asked for, as a share of the most it could be: in [−1, 1], and of mean 0 or less
 * while the model is as good as that (after Henzi & Ziegel 2022). The share's denominator is known before the outcome.
 */
function relativeExcess(period: ScoredPeriod, skill: number): number {
  const { modelLoss, climatologyLoss, expectedLoss, largestDifference } = period;
  const most = largestDifference + Math.abs(skill) * expectedLoss;
  return most > 0 ? (modelLoss - climatologyLoss + skill * expectedLoss) / most : 0;
}

function horizonDrift(interval: Interval, { expectation, sums }: HorizonState): HorizonDrift {
  const { n, periods, inside80, modelLoss, climatologyLoss } = sums;
  return {
    steps: expectation.steps,
    name: horizonName(interval, expectation.steps),
    n,
    periods,
    coverage80: n > 0 ? inside80 / n : 0,
    expectedCoverage80: expectation.coverage80,
    skillPct: climatologyLoss > 0 ? 100 * (1 - modelLoss / climatologyLoss) : 0,
    expectedSkillLowPct: expectation.skillLowPct,
  };
}

/**
 * Detects that a bounded number's conditional mean is above a limit from some moment on. Each update bets against "the mean of
 * the next value, given all before, is at most the limit": the Shiryaev–Roberts e-detector (Shin, Ramdas & Rinaldo 2024), averaged
 * over several stakes. As long as that holds, its evidence less the time spent is a supermartingale whatever the distribution, so
 * it reaches `c` within T units of time with probability T ÷ c at most.
 */
export class ChangeDetector {
  readonly #stakes: readonly number[];
  readonly #limit: number;
  readonly #unit: number;
  readonly #roberts: Float64Array;
  readonly #cusum: Float64Array;
  readonly #start: Float64Array;

  /**
   * Values lie in [`lowest`, 1]; `limit` is above `lowest`. `unit` is the time between two updates, in whatever unit thresholds are.
   */
  constructor({ limit, lowest, unit }: { readonly limit: number; readonly lowest: number; readonly unit: number }) {
    // The largest stake that cannot lose everything, and fractions of it for smaller changes.
    this.#stakes = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7].map((share) => share / (limit - lowest));
    this.#limit = limit;
    this.#unit = unit;
    this.#roberts = new Float64Array(this.#stakes.length);
    this.#cusum = new Float64Array(this.#stakes.length).fill(1);
    this.#start = new Float64Array(this.#stakes.length).fill(Number.NaN);
  }

  /** Adds the next value, made at `atMs`; returns the evidence. */
  add(value: number, atMs: number): number {
    let evidence = 0;
    this.#stakes.forEach((stake, i) => {
      const factor = 1 + stake * (value - this.#limit);
      this.#roberts[i] = factor * (this.#roberts[i]! + this.#unit);
      evidence += this.#roberts[i]! / this.#stakes.length;
      if (this.#cusum[i]! <= 1) {
        this.#cusum[i] = 1;
        this.#start[i] = atMs;
      }
      this.#cusum[i]! *= factor;
    });
    return evidence;
  }

  /** Start of the period with the most evidence for a change: its maximum-likelihood estimate, in the stake that gained most. */
  get sinceMs(): number {
    let best = 0;
    this.#cusum.forEach((value, i) => {
      if (value > this.#cusum[best]!) best = i;
    });
    return this.#start[best]!;
  }
}
