import type { DriftSign, DriftStatus } from '../../core/drift.ts';
import { formatCount, formatPercent, timestamp } from '../format.ts';

const NBSP = '\u00a0';

const STATE = {
  checking: '⚪ being checked',
  unknown: '⚪ no outcome yet after the candles it learnt from',
  ok: '🟢 ok',
  watch: '🟠 watch',
  alarm: '🔴 alarm',
} as const satisfies Record<DriftStatus['state'], string>;

const SIGN = {
  'bands-too-narrow': 'bands too narrow',
  'bands-too-wide': 'bands too wide',
  'loss-too-high': 'error above climatology’s',
} as const satisfies Record<DriftSign, string>;

const signed = (percent: number) => `${percent > 0 ? '+' : ''}${formatPercent(percent)}`;

/** How one interval's model has done on later candles: state, what was found since when, and the numbers with n and dates. */
export function driftLine(drift: DriftStatus): string {
  const name = drift.interval === '1h' ? 'Hourly' : 'Daily';
  const parts = [`**${name}** ${STATE[drift.state]}`];
  for (const { steps, sign, sinceMs } of drift.findings) {
    const horizon = drift.horizons.find((one) => one.steps === steps)?.name ?? `${steps} candles`;
    parts.push(`${horizon} ${SIGN[sign]} since about ${timestamp(sinceMs, 'D')}`);
  }
  const scored = drift.horizons.filter(({ n }) => n > 0);
  if (scored.length === 0 || drift.fromMs === null || drift.toMs === null) return parts.join(', ');
  const coins = `${formatCount(drift.coins)} coin${drift.coins === 1 ? '' : 's'}`;
  const lines = scored.map(({ name: horizon, n, coverage80, expectedCoverage80, skillPct }) => {
    const expected = expectedCoverage80 === null ? '' : ` (card ${formatPercent(100 * expectedCoverage80)})`;
    return `${horizon}: 80${NBSP}% range held ${formatPercent(100 * coverage80)}${expected}, skill ${signed(skillPct)}, n = ${formatCount(n)}`;
  });
  return [
    `${parts.join(', ')}; ${coins}, ${timestamp(drift.fromMs, 'D')} to ${timestamp(drift.toMs, 'D')}`,
    ...lines,
  ].join('\n');
}
