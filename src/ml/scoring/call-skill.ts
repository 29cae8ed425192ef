import { type CallSkill, RANKED_FROM } from '../../core/calls.ts';
import { studentTQuantile } from '../baselines/distributions.ts';

/** Losses of one call and of what it is compared with; lower is better. */
export interface CallLoss {
  readonly originMs: number;
  readonly targetMs: number;
  readonly loss: number;
  readonly baseline: number;
}

/**
 * Skill in per cent, 100 · (1 − Σ loss ÷ Σ baseline), with its 95 % interval; null with too few calls or spans. Calls whose times overlap share what
 * happens, so those of one span (as long as the longest horizon) count as one draw: a ratio's variance over clusters, linearised, with Student's t.
 */
export function callSkill(losses: readonly CallLoss[]): CallSkill | null {
  if (losses.length < RANKED_FROM.calls) return null;
  const spanMs = Math.max(...losses.map(({ originMs, targetMs }) => targetMs - originMs));
  const baseline = losses.reduce((sum, one) => sum + one.baseline, 0);
  if (!(baseline > 0)) return null;
  const skill = 1 - losses.reduce((sum, one) => sum + one.loss, 0) / baseline;
  const spans = new Map<number, number>();
  for (const one of losses) {
    const span = Math.floor(one.originMs / spanMs);
    spans.set(span, (spans.get(span) ?? 0) + one.baseline - one.loss - skill * one.baseline);
  }
  const count = spans.size;
  if (count < RANKED_FROM.spans) return null;
  const squares = [...spans.values()].reduce((sum, value) => sum + value * value, 0);
  const error = Math.sqrt((count / (count - 1)) * squares) / baseline;
  const half = studentTQuantile(0.975, count - 1) * error;
  return { value: 100 * skill, low: 100 * (skill - half), high: 100 * (skill + half) };
}
