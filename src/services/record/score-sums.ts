import { type LiveEstimate, P_UP_EDGES } from '../../core/accuracy.ts';
import { RECORD_BASELINES, type RecordScores, type RecordSkill } from '../../core/public-record.ts';
import { bootstrapInterval, skillPct } from '../../ml/scoring/block-bootstrap.ts';
import { MIN_BLOCKS } from '../../ml/scoring/live-scores.ts';
import type { RecordRow } from '../../storage/record-reader.ts';

/** What is summed of every series of forecasts. Of each baseline: the forecasts that it was there for, their losses, and its own. */
const NARROW = [
  'n',
  'inside80',
  'hits',
  'climatologyN',
  'climatologyOwn',
  'climatologyLoss',
  'EWMAN',
  'EWMAOwn',
  'EWMALoss',
  'random walkN',
  'random walkOwn',
  'random walkLoss',
] as const;
/** What is summed besides of a whole horizon. */
const WIDE = [
  'inside50',
  'inside95',
  'up',
  'brier',
  'absolute',
  'squared',
  'noChangeAbsolute',
  'noChangeSquared',
  'revised',
] as const;
const NAMES = [...NARROW, ...WIDE];
type SumName = (typeof NAMES)[number];
const AT = Object.fromEntries(NAMES.map((name, at) => [name, at])) as Readonly<Record<SumName, number>>;

/** Bins of the place of an outcome in its forecast distribution. */
export const PIT_BINS = 20;
const PIT_AT = NAMES.length;
const BINS_AT = PIT_AT + PIT_BINS;
const BIN_WIDTH = 3;

/** A column: one of the sums by name, a bin of the PIT, or of one bin of P(up) the forecasts, the rises, and the sum of P(up). */
type Column = SumName | { readonly pit: number } | { readonly bin: number; readonly part: 'n' | 'up' | 'pUp' };

function placeOf(column: Column): number {
  if (typeof column === 'string') return AT[column];
  if ('pit' in column) return PIT_AT + column.pit;
  return BINS_AT + column.bin * BIN_WIDTH + ['n', 'up', 'pUp'].indexOf(column.part);
}

/** Sums of scores by period of origin, from which every figure and its interval follow. */
export interface PeriodSums {
  /** Adds a scored forecast, and climatology's loss where it has one. */
  add(row: Pick<RecordRow, 'originMs' | 'pUp'>, scores: NonNullable<RecordRow['outcome']>): void;
  addBaseline(originMs: number, baseline: 'EWMA' | 'random walk', own: number, loss: number): void;
  /** First period and the one after the last; equal without any. */
  span(): { readonly from: number; readonly to: number };
  /** Sum over the periods from `from` to before `to`; over all of them without. */
  total(column: Column, from?: number, to?: number): number;
  /** A ratio of sums with its interval, resampling blocks of periods; `measure` makes the value from both sums. */
  estimate(over: Column, under: Column, measure?: Measure, from?: number, to?: number): LiveEstimate;
}

type Measure = (over: number, under: number) => number;
const ratio: Measure = (over, under) => (under > 0 ? over / under : Number.NaN);

/** Fewer forecasts have no interval. */
const MIN_FORECASTS = 30;

/** Makes empty sums by periods of `periodMs`, resampled in blocks of `block` periods; `wide` for those of a whole horizon. */
export function createPeriodSums(periodMs: number, block: number, wide: boolean): PeriodSums {
  const width = wide ? BINS_AT + BIN_WIDTH * P_UP_EDGES.length : NARROW.length;
  let first = 0;
  let count = 0;
  let values = new Float64Array(0);

  /** Where the sums of an origin's period begin; makes room for it. */
  function slot(originMs: number): number {
    const period = Math.floor(originMs / periodMs);
    if (count === 0) first = period;
    if (period < first) {
      const grown = new Float64Array((first - period + count) * width);
      grown.set(values.subarray(0, count * width), (first - period) * width);
      count += first - period;
      first = period;
      values = grown;
    }
    count = Math.max(count, period - first + 1);
    if (count * width > values.length) {
      const grown = new Float64Array(Math.max(count, Math.ceil(count * 1.5)) * width);
      grown.set(values);
      values = grown;
    }
    return (period - first) * width;
  }

  function column(which: Column, from: number, to: number): Float64Array {
    const place = placeOf(which);
    return Float64Array.from({ length: Math.max(0, to - from) }, (_, i) => {
      const period = from + i - first;
      return period >= 0 && period < count ? values[period * width + place]! : 0;
    });
  }

  const addPair = (at: number, baseline: (typeof RECORD_BASELINES)[number], own: number, loss: number) => {
    values[at + AT[`${baseline}N`]]! += 1;
    values[at + AT[`${baseline}Own`]]! += own;
    values[at + AT[`${baseline}Loss`]]! += loss;
  };

  return {
    add({ originMs, pUp }, scores) {
      const at = slot(originMs);
      const bump = (place: number, by: number) => {
        values[at + place]! += by;
      };
      bump(AT.n, 1);
      if (scores.band !== null && scores.band <= 80) bump(AT.inside80, 1);
      if (scores.directionHit) bump(AT.hits, 1);
      if (scores.climatologyPinball !== null) addPair(at, 'climatology', scores.pinball, scores.climatologyPinball);
      if (!wide) return;
      const up = scores.logReturn > 0 ? 1 : 0;
      if (scores.band === 50) bump(AT.inside50, 1);
      if (scores.band !== null) bump(AT.inside95, 1);
      bump(AT.up, up);
      bump(AT.brier, scores.brier);
      bump(AT.absolute, scores.absoluteError);
      bump(AT.squared, scores.absoluteError ** 2);
      bump(AT.noChangeAbsolute, Math.abs(scores.logReturn));
      bump(AT.noChangeSquared, scores.logReturn ** 2);
      if (scores.revision > 0) bump(AT.revised, 1);
      bump(PIT_AT + Math.min(PIT_BINS - 1, Math.floor(scores.level * PIT_BINS)), 1);
      const bin = BINS_AT + BIN_WIDTH * P_UP_EDGES.findLastIndex((edge) => pUp >= edge);
      bump(bin, 1);
      bump(bin + 1, up);
      bump(bin + 2, pUp);
    },

    addBaseline(originMs, baseline, own, loss) {
      addPair(slot(originMs), baseline, own, loss);
    },

    span: () => ({ from: first, to: first + count }),

    total: (which, from = first, to = first + count) => column(which, from, to).reduce((sum, one) => sum + one, 0),

    estimate(over, under, measure = ratio, from = first, to = first + count) {
      const columns = [column(over, from, to), column(under, from, to)];
      const counts = column('n', from, to);
      const forecasts = counts.reduce((sum, one) => sum + one, 0);
      const filled = counts.reduce((sum, one) => sum + (one > 0 ? 1 : 0), 0);
      if (forecasts < MIN_FORECASTS || filled / block < MIN_BLOCKS) {
        const [a, b] = columns.map((one) => one.reduce((sum, each) => sum + each, 0));
        return { value: measure(a!, b!), low: null, high: null };
      }
      return bootstrapInterval(columns, (sums) => measure(sums[0]!, sums[1]!), block);
    },
  };
}

/** Coverage and skill of the sums over some periods. */
export function scoresOf(sums: PeriodSums, from?: number, to?: number): RecordScores {
  const n = sums.total('n', from, to);
  const coverage =
    n === 0
      ? []
      : (['inside50', 'inside80', 'inside95'] as const).map((inside) =>
          sums.estimate(inside, 'n', undefined, from, to),
        );
  return { n, coverage, skills: skillsOf(sums, from, to) };
}

/** Skill over each baseline. */
export function skillsOf(sums: PeriodSums, from?: number, to?: number): RecordSkill[] {
  return RECORD_BASELINES.map((baseline) => {
    const n = sums.total(`${baseline}N`, from, to);
    return {
      baseline,
      n,
      skillPct: n === 0 ? null : sums.estimate(`${baseline}Own`, `${baseline}Loss`, skillPct, from, to),
    };
  });
}
