import type { DriftSign, DriftStatus } from '../../core/model-info.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { timestamp } from '../format.ts';

const DRIFT_STATE = {
  checking: 'model.driftChecking',
  unknown: 'model.driftUnknown',
  ok: 'model.driftOk',
  watch: 'model.driftWatch',
  alarm: 'model.driftAlarm',
} as const satisfies Record<DriftStatus['state'], MessageKey>;

const DRIFT_SIGN = {
  'bands-too-narrow': 'model.driftNarrow',
  'bands-too-wide': 'model.driftWide',
  'loss-too-high': 'model.driftLoss',
} as const satisfies Record<DriftSign, MessageKey>;

/** The drift of one interval's model since its training: state, findings with their dates, and the figures with n. */
export function driftLine(drift: DriftStatus, { t, formats }: Translator): string {
  const name = t(drift.interval === '1h' ? 'status.hourly' : 'status.daily');
  const findings = drift.findings.map(({ steps, sign, sinceMs }) => {
    const horizon = drift.horizons.find((one) => one.steps === steps)?.name ?? `${steps} × ${drift.interval}`;
    return t(DRIFT_SIGN[sign], { horizon, since: timestamp(sinceMs, 'D') });
  });
  const head = [`**${name}** ${t(DRIFT_STATE[drift.state])}`, ...findings].join(', ');
  const scored = drift.horizons.filter(({ n }) => n > 0);
  if (scored.length === 0 || drift.fromMs === null || drift.toMs === null) return head;
  const dates = { from: timestamp(drift.fromMs, 'D'), to: timestamp(drift.toMs, 'D') };
  const lines = scored.map(({ name: horizon, n, coverage80, expectedCoverage80, skillPct }) =>
    t('model.driftHorizon', {
      horizon,
      coverage: formats.percent(100 * coverage80),
      card: expectedCoverage80 === null ? 'none' : formats.percent(100 * expectedCoverage80),
      skill: formats.signedPercent(skillPct),
      n: formats.count(n),
    }),
  );
  return [`${head}; ${t('model.driftSpan', { coins: drift.coins, ...dates })}`, ...lines].join('\n');
}
