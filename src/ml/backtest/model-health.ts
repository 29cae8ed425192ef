import type { BreakerName } from '../../core/backtest.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import { horizonReturn } from '../data/targets.ts';
import { createDriftMonitor, expectationOf } from '../drift/monitor.ts';
import { emptyPeriod, type ScoredPeriod, withForecast } from '../drift/scored-period.ts';
import type { HorizonRecord } from '../model/card.ts';
import { skillInterval } from '../scoring/block-bootstrap.ts';
import { BLOCK_PERIODS } from '../scoring/evaluation-scores.ts';
import type { BacktestSpan, CoinTrack } from './coin-track.ts';

const LEVELS = QUANTILE_LEVELS.length;
/** The skill is that of so many days before the decision. */
const TRAILING_MS = 180 * DAY_MS;
/** With fewer blocks of scored forecasts, or fewer coins, the record on the model's card counts where it has one. */
const MIN_BLOCKS = 8;
const MIN_COINS = 8;
const RESAMPLES = 400;

/** All coins' forecasts of each moment scored together, in the order of their origins. */
export function scoreTracks(tracks: readonly CoinTrack[], span: BacktestSpan): ScoredPeriod[] {
  const step = INTERVAL_MS[span.interval];
  const rows = tracks[0]?.rows ?? 0;
  const periods: ScoredPeriod[] = [];
  for (let row = 0; row < rows; row++) {
    let period = emptyPeriod(span.fromMs + row * step, span.steps);
    for (const track of tracks) {
      const outcome = horizonReturn(track.close, row, span.steps);
      const from = row * LEVELS;
      if (Number.isNaN(outcome) || Number.isNaN(track.quantiles[from]!) || Number.isNaN(track.climatology[from]!))
        continue;
      const [model, climatology] = [track.quantiles, track.climatology].map((values) =>
        values.subarray(from, from + LEVELS),
      );
      period = withForecast(period, { outcome, model: model!, climatology: climatology! });
    }
    if (period.n > 0) periods.push(period);
  }
  return periods;
}

/**
 * What was known of the model's health at every origin of the span, from forecasts whose outcome was known by then: an alarm of the
 * drift tests, or no significant skill over climatology in the trailing 180 days. Until that record is long enough
 * the card's stands in, if it was made before; without one the edge counts as not measured. Looked at once a day.
 */
export function modelHealth(
  tracks: readonly CoinTrack[],
  span: BacktestSpan,
  record: HorizonRecord | undefined,
): readonly (BreakerName | null)[] {
  const step = INTERVAL_MS[span.interval];
  const horizonMs = span.steps * step;
  const periods = scoreTracks(tracks, span);
  const monitor = createDriftMonitor(span.interval, [expectationOf(span.steps, record)]);
  const rows = tracks[0]?.rows ?? 0;
  const everyRows = Math.round(DAY_MS / step);
  const health: (BreakerName | null)[] = [];
  let known = 0;
  let first = 0;
  for (let row = 0; row < rows; row++) {
    const nowMs = span.fromMs + row * step;
    while (known < periods.length && periods[known]!.originMs + horizonMs <= nowMs) monitor.add(periods[known++]!);
    if (row % everyRows !== 0) {
      health.push(health[row - 1]!);
      continue;
    }
    while (first < known && periods[first]!.originMs + horizonMs <= nowMs - TRAILING_MS) first++;
    if (monitor.read().state === 'alarm') health.push('drift-alarm');
    else health.push(hasEdge(periods.slice(first, known), span, record, nowMs) ? null : 'no-edge');
  }
  return health;
}

function hasEdge(
  recent: readonly ScoredPeriod[],
  { interval }: BacktestSpan,
  record: HorizonRecord | undefined,
  nowMs: number,
): boolean {
  const card = record && record.n > 0 && record.toMs <= nowMs ? record.overClimatology : null;
  const coins = Math.max(0, ...recent.map(({ n }) => n));
  const block = BLOCK_PERIODS[interval];
  const long = recent.length >= MIN_BLOCKS * block;
  if (card && !(long && coins >= MIN_COINS)) return card.low > 0;
  if (!long) return false;
  const model = recent.map(({ modelLoss }) => modelLoss);
  const climatology = recent.map(({ climatologyLoss }) => climatologyLoss);
  return skillInterval(model, climatology, block, RESAMPLES).low > 0;
}
