import type { HorizonAccuracy } from '../../core/accuracy.ts';
import type { TrackRecord } from '../../core/forecast.ts';
import type { HorizonRecord } from '../../ml/model/card.ts';

const BASELINE = "climatology (the coin's own past returns)";
/** A live record takes the place of the card's evaluation from here on: enough blocks for an interval that means something. */
const FEWEST_FORECASTS = 100;
const FEWEST_BLOCKS = 6;

/** What a model's card says of a horizon; null where it was not evaluated. */
export function cardRecord(record: HorizonRecord | undefined): TrackRecord | null {
  if (!record || record.n === 0) return null;
  return {
    kind: 'card',
    baseline: BASELINE,
    skillPct: record.overClimatology.value,
    skillLowPct: record.overClimatology.low,
    skillHighPct: record.overClimatology.high,
    coverage80: record.model.coverage[1]!,
    n: record.n,
    coins: record.coins,
    fromMs: record.fromMs,
    toMs: record.toMs,
    edge: record.overClimatology.low > 0,
  };
}

/** What the ledger says of a horizon; null while the record is too short to take the card's place. */
export function liveRecord(live: HorizonAccuracy): TrackRecord | null {
  const { n, coins, blocks, fromMs, toMs, scores } = live;
  if (n < FEWEST_FORECASTS || blocks < FEWEST_BLOCKS || fromMs === null || toMs === null) return null;
  if (!scores?.skillPct) return null;
  const { value, low, high } = scores.skillPct;
  if (low === null || high === null) return null;
  return {
    kind: 'live',
    baseline: BASELINE,
    skillPct: value,
    skillLowPct: low,
    skillHighPct: high,
    coverage80: scores.coverage[1]!.value,
    n,
    coins,
    fromMs,
    toMs,
    edge: low > 0,
  };
}
