import { P_UP_EDGES } from '../../core/accuracy.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { CoinRecord, HorizonTrack, RecordPoint, ReliabilityBin } from '../../core/public-record.ts';
import { DAY_MS } from '../../core/time.ts';
import { skillPct } from '../../ml/scoring/block-bootstrap.ts';
import type { RecordRow } from '../../storage/record-reader.ts';
import type { ScheduleTally } from './schedule-tally.ts';
import { createPeriodSums, type PeriodSums, PIT_BINS, scoresOf, skillsOf } from './score-sums.ts';

/** Days that a block of the bootstrap holds: what lies nearer together than that is not independent. */
export const BLOCK_DAYS = { '1h': 7, '1d': 14 } as const;
const WEEK_MS = 7 * DAY_MS;
/** Calls of each kind. */
const CALLS = 5;
/** A forecast without a score counts as waiting for so long after its target: the candle that it is scored by has to come. */
const SCORED_WITHIN_MS = 2 * 3_600_000;

/** A call that may be among the best or worst. */
export interface CallPlace {
  readonly sequence: number;
  /** Pinball loss divided by the coin's usual absolute move. */
  readonly loss: number;
  readonly logReturn: number;
  readonly band: 50 | 80 | 95 | null;
}

/** The scheduled forecasts of one horizon, added up as they are read. */
export interface HorizonTally {
  /** Every forecast, scored or not. */
  add(row: RecordRow): void;
  addBaseline(symbol: string, originMs: number, baseline: 'EWMA' | 'random walk', own: number, loss: number): void;
  /** The best and the worst calls, the most extreme first. */
  calls(): Readonly<Record<'best' | 'worst', readonly CallPlace[]>>;
  /** Everything but the calls; yields between coins through `pause`. */
  finish(
    schedule: ScheduleTally,
    window: TimeWindow,
    pause: () => Promise<void>,
  ): Promise<Omit<HorizonTrack, 'best' | 'worst'>>;
}

/** How figures over time are made. */
export interface TimeWindow {
  readonly windowDays: number;
  readonly stepDays: number;
}

/** Makes the empty tally of a horizon; what is due is judged by `nowMs`. */
export function createHorizonTally(horizon: HorizonName, nowMs: number): HorizonTally {
  const blockDays = BLOCK_DAYS[HORIZONS[horizon].interval];
  const sums = createPeriodSums(DAY_MS, blockDays, true);
  const coins = new Map<string, PeriodSums>();
  const calls: Record<'best' | 'worst', CallPlace[]> = { best: [], worst: [] };
  let [issued, waiting, unscored] = [0, 0, 0];
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  const coinSums = (symbol: string) => getOrMake(coins, symbol, () => createPeriodSums(WEEK_MS, blockDays / 7, false));

  function keep(which: 'best' | 'worst', call: CallPlace): void {
    const kept = calls[which];
    const sign = which === 'best' ? 1 : -1;
    const last = kept[CALLS - 1];
    if (last && sign * (call.loss - last.loss) >= 0) return;
    kept.push(call);
    kept.sort((a, b) => sign * (a.loss - b.loss) || a.sequence - b.sequence);
    kept.length = Math.min(kept.length, CALLS);
  }

  return {
    add(row) {
      const { symbol, originMs, targetMs, outcome, sequence } = row;
      issued++;
      fromMs = Math.min(fromMs, originMs);
      toMs = Math.max(toMs, originMs);
      if (!outcome) {
        if (targetMs > nowMs - SCORED_WITHIN_MS) waiting++;
        else unscored++;
        return;
      }
      sums.add(row, outcome);
      coinSums(symbol).add(row, outcome);
      if (outcome.naiveScale === null) return;
      const { logReturn, band } = outcome;
      const call = { sequence, loss: outcome.pinball / outcome.naiveScale, logReturn, band };
      keep('best', call);
      keep('worst', call);
    },

    addBaseline(symbol, originMs, baseline, own, loss) {
      sums.addBaseline(originMs, baseline, own, loss);
      coinSums(symbol).addBaseline(originMs, baseline, own, loss);
    },

    calls: () => calls,

    async finish(schedule, window, pause) {
      const table: CoinRecord[] = [];
      for (const [symbol, own] of coins) {
        table.push(coinRecord(symbol, own, schedule.missing(horizon, symbol)));
        await pause();
      }
      table.sort((a, b) => b.n - a.n || a.symbol.localeCompare(b.symbol));
      const points = await pointsOf(sums, window, pause);
      const n = sums.total('n');
      const up = sums.total('up') / n;
      return {
        ...scoresOf(sums),
        horizon,
        fromMs,
        toMs,
        issued,
        waiting,
        unscored,
        missing: schedule.missing(horizon),
        revised: sums.total('revised'),
        direction: n === 0 ? null : { ...sums.estimate('hits', 'n'), baseRate: Math.max(up, 1 - up) },
        brier: n === 0 ? null : { score: sums.total('brier') / n, baseRate: up * (1 - up) },
        error: n === 0 ? null : { rmse: Math.sqrt(sums.total('squared') / n), mae: sums.total('absolute') / n },
        noChange:
          n === 0
            ? null
            : { rmse: Math.sqrt(sums.total('noChangeSquared') / n), mae: sums.total('noChangeAbsolute') / n },
        points,
        reliability: reliabilityOf(sums),
        pit:
          n === 0
            ? []
            : Array.from({ length: PIT_BINS }, (_, pit) => ({
                n: sums.total({ pit }),
                share: sums.estimate({ pit }, 'n'),
              })),
        days: schedule.days(horizon),
        coins: table,
      };
    },
  };
}

function coinRecord(symbol: string, sums: PeriodSums, missing: number): CoinRecord {
  const n = sums.total('n');
  return {
    symbol,
    n,
    missing,
    inside80: sums.estimate('inside80', 'n'),
    direction: sums.total('hits') / n,
    skills: skillsOf(sums),
  };
}

function reliabilityOf(sums: PeriodSums): ReliabilityBin[] {
  return P_UP_EDGES.flatMap((low, bin) => {
    const n = sums.total({ bin, part: 'n' });
    if (n === 0) return [];
    return {
      low,
      high: P_UP_EDGES[bin + 1] ?? 1,
      n,
      pUp: sums.total({ bin, part: 'pUp' }) / n,
      rises: sums.estimate({ bin, part: 'up' }, { bin, part: 'n' }),
    };
  });
}

/** Scores of the days up to each point. A point whose own step of days has no forecasts is left out, so that a hole is a gap. */
async function pointsOf(sums: PeriodSums, window: TimeWindow, pause: () => Promise<void>): Promise<RecordPoint[]> {
  const { from, to } = sums.span();
  const points: RecordPoint[] = [];
  const { windowDays, stepDays } = window;
  // Counted back from the end, so that the newest point holds the newest forecasts.
  const ends: number[] = [];
  for (let end = to; end > from; end -= stepDays) ends.unshift(end);
  for (const end of ends) {
    if (sums.total('n', end - stepDays, end) === 0) continue;
    points.push({ toMs: end * DAY_MS, ...scoresOf(sums, Math.max(from, end - windowDays), end) });
    await pause();
  }
  return points;
}

/** Skill over climatology of the sums. */
export function climatologySkill(sums: PeriodSums) {
  const n = sums.total('climatologyN');
  const skill = n === 0 ? null : sums.estimate('climatologyOwn', 'climatologyLoss', skillPct);
  return { baseline: 'climatology' as const, n, skillPct: skill };
}
