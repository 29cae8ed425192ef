import type { HorizonAccuracy } from '../../core/accuracy.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { HORIZONS } from '../../core/horizon.ts';
import { SCHEDULE_GRACE_MS } from '../../core/ledger.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';
import { FEWEST_BLOCKS, liveScores } from '../../ml/scoring/live-scores.ts';
import type { LedgerFilter, OutcomeRepository } from '../../storage/outcome-repository.ts';

/** Fewer forecasts say nothing, however long they took. */
const FEWEST_FORECASTS = 30;

/** The live record of one horizon between the origins of a filter. */
export async function horizonAccuracy(
  outcomes: Pick<OutcomeRepository, 'sums' | 'counts' | 'schedule'>,
  filter: LedgerFilter,
  tracked: readonly string[],
  nowMs: number,
  card: HorizonAccuracy['card'],
): Promise<HorizonAccuracy> {
  const { interval } = HORIZONS[filter.horizon];
  const sums = await outcomes.sums(filter);
  const counts = await outcomes.counts(filter, nowMs);
  const n = sums.reduce((sum, one) => sum + one.n, 0);
  const periods = new Set(sums.map(({ originMs }) => originMs)).size;
  const blocks = periods / BLOCK_PERIODS[interval];
  return {
    horizon: filter.horizon,
    n,
    coins: counts.coins,
    periods,
    blocks,
    fromMs: sums[0]?.originMs ?? null,
    toMs: sums.at(-1)?.originMs ?? null,
    enough: n >= FEWEST_FORECASTS && blocks >= FEWEST_BLOCKS,
    scores: liveScores(sums, interval),
    waiting: counts.waiting,
    unscored: counts.unscored,
    holes: await holes(outcomes, filter, tracked, nowMs),
    onDemand: counts.onDemand,
    revised: sums.reduce((sum, one) => sum + one.revised, 0),
    card,
  };
}

/**
 * Scheduled forecasts that are not there: of a tracked coin between the first there ever was and the newest that would be too late
 * by now, of a coin no longer tracked up to its last.
 */
async function holes(
  outcomes: Pick<OutcomeRepository, 'schedule'>,
  filter: LedgerFilter,
  tracked: readonly string[],
  nowMs: number,
): Promise<number> {
  const { interval } = HORIZONS[filter.horizon];
  const step = INTERVAL_MS[interval];
  const dueMs = Math.floor((Math.min(filter.toMs, nowMs - SCHEDULE_GRACE_MS[interval]) - 1) / step) * step;
  const issued = [...(await outcomes.schedule(filter))];
  const silent = (filter.symbol === null ? tracked : tracked.filter((symbol) => symbol === filter.symbol)).filter(
    (symbol) => !issued.some((row) => row.symbol === symbol),
  );
  // A coin may have been on schedule only before the days asked for; then every one of them is a hole.
  for (const symbol of silent) {
    const [before] = await outcomes.schedule({ ...filter, symbol, fromMs: 0, toMs: filter.fromMs - 1 });
    if (before) issued.push({ ...before, issued: 0 });
  }
  return issued.reduce((sum, { symbol, issued: there, firstMs, lastMs }) => {
    const fromMs = Math.max(firstMs, Math.ceil(filter.fromMs / step) * step);
    const toMs = tracked.includes(symbol) ? Math.max(dueMs, lastMs) : lastMs;
    return sum + Math.max(0, Math.floor((toMs - fromMs) / step) + 1 - there);
  }, 0);
}
