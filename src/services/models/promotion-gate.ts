import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { Interval95 } from '../../core/evaluation.ts';
import type { PromotionVerdict } from '../../core/promotion.ts';
import { DAY_MS, utcDay } from '../../core/time.ts';
import type { ModelComparison } from '../../ml/evaluate/compare-models.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';

/** The newest candles that training leaves for the gate, so that a new model is measured on what it has not seen. */
export const GATE_MS: Readonly<Record<Interval, number>> = { '1d': 180 * DAY_MS, '1h': 60 * DAY_MS };
/** More origins than these would only take longer. */
const MAX_RANGE_MS: Readonly<Record<Interval, number>> = { '1d': 365 * DAY_MS, '1h': 90 * DAY_MS };
/** The bootstrap needs at least this many blocks. */
const MIN_BLOCKS = 8;
/** Largest p-value that counts as a win. */
const SIGNIFICANCE = 0.05;

/** Origins of a comparison, both ends included, on the interval's grid. */
export interface GateSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The newest origins that neither model was fitted on and the new one has not seen at all; empty (`fromMs` not before `toMs`) where there
 * are none. Those that decided when the *serving* model stopped may be among them; `judge` says so.
 */
export function comparisonSpan(
  candidate: Pick<ModelCard, 'interval' | 'data'>,
  serving: Pick<ModelCard, 'data'> | null,
  newestMs: number,
): GateSpan {
  const step = INTERVAL_MS[candidate.interval];
  const seenMs = Math.max(
    candidate.data.stopUntilMs,
    serving?.data.fitUntilMs ?? 0,
    newestMs - MAX_RANGE_MS[candidate.interval],
  );
  return { fromMs: Math.ceil(seenMs / step) * step, toMs: Math.floor(newestMs / step) * step };
}

/** What a verdict rests on. */
export interface GateFacts {
  readonly card: Pick<ModelCard, 'version' | 'interval' | 'data'>;
  readonly serving: Pick<ModelCard, 'version' | 'data'> | null;
  readonly span: GateSpan;
  /** Null when there was nothing to compare on. */
  readonly comparison: ModelComparison | null;
  readonly atMs: number;
}

const signed = (value: number) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`;
const range = ({ value, low, high }: Interval95) =>
  `${signed(value)} % (95 % interval ${signed(low)} to ${signed(high)})`;

/** Decides whether a new model may serve: it must beat both the serving one and climatology, and lose nowhere. */
export function judge({ card, serving, span, comparison, atMs }: GateFacts): PromotionVerdict {
  const remarks: string[] = [];
  if (serving && comparison && serving.data.stopUntilMs > span.fromMs) {
    remarks.push(
      `Candles up to ${utcDay(serving.data.stopUntilMs)} decided when the serving model stopped learning, and lie in the span. That favours the serving model, so the test is stricter than it looks.`,
    );
  }
  if (!serving) remarks.push('No model served, so there was only climatology to beat.');
  const periods = comparison?.periods ?? 0;
  const reason = refusal(card, serving, comparison);
  const { overServing = null, overClimatology = null, horizons = [] } = comparison ?? {};
  return {
    outcome: reason === null ? 'promoted' : 'kept',
    reason:
      reason ??
      `It beats ${overServing ? `the serving model by ${range(overServing.skillPct)} and ` : ''}climatology by ${range(overClimatology!.skillPct)}.`,
    atMs,
    against: serving?.version ?? null,
    fromMs: comparison ? span.fromMs : null,
    toMs: comparison ? span.toMs : null,
    n: comparison?.n ?? 0,
    coins: comparison?.coins ?? 0,
    periods,
    overServing,
    overClimatology,
    horizons,
    remarks,
  };
}

/** Why it may not serve, or null. */
function refusal(
  card: GateFacts['card'],
  serving: GateFacts['serving'],
  comparison: ModelComparison | null,
): string | null {
  const need = MIN_BLOCKS * BLOCK_PERIODS[card.interval];
  const unit = card.interval === '1d' ? 'days' : 'hours';
  const have = comparison?.periods ?? 0;
  if (!comparison || have < need) {
    return `There are ${have} ${unit} of candles that neither model was fitted on and the new one has not seen; ${need} are needed to tell.`;
  }
  const { overServing, overClimatology, horizons } = comparison;
  if (serving && !overServing) return 'The serving model made no forecast that could be compared.';
  for (const [other, result] of [
    ['the serving model', overServing],
    ['climatology', overClimatology],
  ] as const) {
    if (!result) continue;
    const won = result.skillPct.value > 0 && result.pValue < SIGNIFICANCE;
    if (!won) {
      const p = `p = ${result.pValue.toFixed(3)}`;
      return `It does not beat ${other} beyond chance: ${range(result.skillPct)}, ${p}.`;
    }
  }
  if (!overClimatology) return 'There was no climatology to compare with.';
  const worse = horizons.find((one) => one.overServing && one.overServing.skillPct.high < 0);
  if (worse)
    return `It is worse than the serving model ${worse.steps} candles ahead: ${range(worse.overServing!.skillPct)}.`;
  return null;
}
