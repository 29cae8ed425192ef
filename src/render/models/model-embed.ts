import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import type { Interval } from '../../core/candle.ts';
import type { Interval95 } from '../../core/evaluation.ts';
import { horizonName } from '../../core/horizon.ts';
import {
  type DriftSign,
  type DriftStatus,
  type FamilyComparison,
  type FamilyResult,
  type FamilyScores,
  learningSpanText,
  type ModelFacts,
  type ServedModel,
  treeShareText,
} from '../../core/model-info.ts';
import { escapeMarkdown, formatCount, formatPercent, formatSignedPercent, MINUS, NBSP, timestamp } from '../format.ts';
import { fitEmbed, LIMITS, packLines } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = 0x5563c8;
const CANDLES: Readonly<Record<Interval, string>> = { '1d': 'Daily', '1h': 'Hourly' };

const signed = (value: number) => `${value < 0 ? MINUS : '+'}${Math.abs(value).toFixed(1)}`;
const skill = ({ value, low, high }: Interval95) =>
  `${signed(value)}${NBSP}% (${signed(low)} to ${signed(high)})${low > 0 ? '' : ', no measurable edge'}`;
const error = (logReturn: number) => `${(100 * logReturn).toFixed(2)}${NBSP}%`;
const share = (fraction: number) => formatPercent(100 * fraction);

const reply = (embed: APIEmbed): Reply => ({ embeds: [fitEmbed(embed)], files: [], components: [] });

function section(name: string, lines: readonly string[]): APIEmbedField[] {
  return packLines(lines).map((value, i) => ({ name: i === 0 ? name : `${name}, continued`, value }));
}

function factLines(interval: Interval, facts: ModelFacts): string[] {
  const { evaluation } = facts;
  const climatology = facts.climatologyWeights.map(share).join(' / ');
  const kept =
    [...new Set(facts.medianShares)].length === 1
      ? share(facts.medianShares[0]!)
      : facts.medianShares.map(share).join(' / ');
  const trees = treeShareText(facts.treeShares, share);
  const lines = [
    `**${escapeMarkdown(facts.version)}**, ${facts.members} ${escapeMarkdown(facts.family)} nets of ${formatCount(facts.parameters)} parameters, trained ${timestamp(facts.trainedAtMs, 'D')}`,
    `${formatCount(facts.windows)} windows of ${formatCount(facts.coins)} coins since ${timestamp(facts.fromMs, 'D')}; ${learningSpanText(facts, (ms) => timestamp(ms, 'D'))}`,
    ...(trees === null ? [] : [trees]),
    `Calibration: ${kept} of the median kept, ${climatology} climatology in the ranges`,
  ];
  if (!evaluation) return [...lines, 'It has not been evaluated.'];
  lines.push(
    `Skill over climatology of the same recipe fitted earlier, on ${timestamp(evaluation.fromMs, 'D')} to ${timestamp(evaluation.toMs, 'D')}, which it had not seen:`,
    ...evaluation.horizons.map(({ steps, n, coins, skillPct, coverage }) => {
      const inside = coverage.map(share).join(' / ');
      return `**${horizonName(interval, steps)}** ${skill(skillPct)}; ${inside} inside the 50 / 80 / 95${NBSP}% ranges; n${NBSP}=${NBSP}${formatCount(n)}, ${formatCount(coins)} coins`;
    }),
  );
  return lines;
}

/** Builds the reply of `/model`: the models' cards, and their drift since. */
export function modelReply(served: readonly ServedModel[], drifts: readonly DriftStatus[] = []): Reply {
  const fields = served.flatMap(({ interval, problem, model }) =>
    section(`${CANDLES[interval]} candles`, [
      ...(problem === null ? [] : [`${model ? '🟠' : '🔴'} ${escapeMarkdown(problem)}`]),
      ...(model ? factLines(interval, model) : []),
    ]),
  );
  return reply({
    title: 'Models',
    description:
      'What makes the forecasts, from what it learnt, and how the same recipe did on a later period. `/model compare:true` puts the kinds of net side by side.',
    color: COLOUR,
    fields: [...fields, ...section('Since then', drifts.map(driftLine))],
  });
}

function scoreLine(family: string, scores: FamilyScores): string {
  const { median, randomWalk, direction } = scores;
  const errors = `MAE ${error(median.mae)} (no change ${error(randomWalk.mae)}), RMSE ${error(median.rmse)} (${error(randomWalk.rmse)}), MSE ${median.mse.toExponential(2)} (${randomWalk.mse.toExponential(2)})`;
  const hits = `direction ${share(direction.value)} (${share(direction.low)} to ${share(direction.high)}; base rate ${share(direction.baseRate)})`;
  return `**${escapeMarkdown(family)}** skill ${skill(scores.skillPct)}; ${errors}; ${hits}`;
}

const costLine = ({ family, parameters, seconds, cpuSeconds, windowVisits }: FamilyResult) =>
  `**${escapeMarkdown(family)}** ${formatCount(parameters)} parameters, ${formatCount(windowVisits)} windows in ${formatCount(seconds)}${NBSP}s (${formatCount(cpuSeconds)}${NBSP}s of processor time)`;

function comparisonEmbed(comparison: FamilyComparison): APIEmbed {
  const { interval, families, seeds } = comparison;
  const horizons = families[0]?.horizons ?? [];
  const first = horizons[0];
  const scored = first
    ? `scored on ${timestamp(first.fromMs, 'D')} to ${timestamp(Math.max(...horizons.map(({ toMs }) => toMs)), 'D')}`
    : 'not scored';
  return {
    title: `Families of networks, ${CANDLES[interval].toLowerCase()} candles`,
    description: `${seeds.length} ${seeds.length === 1 ? 'net' : 'nets'} of each, same seeds, same ${formatCount(comparison.windows)} windows of ${formatCount(comparison.coins)} coins up to ${timestamp(comparison.fitUntilMs, 'D')}, stopped on candles up to ${timestamp(comparison.stopUntilMs, 'D')}, ${scored}. Made ${timestamp(comparison.madeAtMs, 'D')}. Differences smaller than the intervals say nothing about which is better.`,
    color: COLOUR,
    fields: [
      ...horizons.flatMap(({ steps, n }) =>
        section(
          `${horizonName(interval, steps)}, n = ${formatCount(n)}`,
          families.flatMap(({ family, horizons: own }) => {
            const scores = own.find((each) => each.steps === steps);
            return scores ? [scoreLine(family, scores)] : [];
          }),
        ),
      ),
      ...section('Size and training time', families.map(costLine)),
    ],
    footer: { text: `Engine ${comparison.engine}, threads: ${comparison.threads}` },
  };
}

/** Builds the reply of `/model compare:true`: an embed per comparison, within one message's limit together. */
export function comparisonReply(comparisons: readonly FamilyComparison[]): Reply {
  if (comparisons.length === 0) {
    return reply({
      title: 'Families of networks',
      description: 'No comparison is there. `npm run train -- --compare --candles DIR` makes one.',
      color: COLOUR,
    });
  }
  const each = Math.floor(LIMITS.embedTotal / comparisons.length);
  return {
    embeds: comparisons.map((comparison) => fitEmbed(comparisonEmbed(comparison), each)),
    files: [],
    components: [],
  };
}

const DRIFT_STATE = {
  checking: '⚪ being checked',
  unknown: '⚪ no outcome yet after the candles it learnt from',
  ok: '🟢 ok',
  watch: '🟠 watch',
  alarm: '🔴 alarm',
} as const satisfies Record<DriftStatus['state'], string>;

const DRIFT_SIGN = {
  'bands-too-narrow': 'bands too narrow',
  'bands-too-wide': 'bands too wide',
  'loss-too-high': 'error above climatology’s',
} as const satisfies Record<DriftSign, string>;

/** The drift of one interval's model since its training: state, findings with their dates, and the figures with n. */
export function driftLine(drift: DriftStatus): string {
  const name = drift.interval === '1h' ? 'Hourly' : 'Daily';
  const parts = [`**${name}** ${DRIFT_STATE[drift.state]}`];
  for (const { steps, sign, sinceMs } of drift.findings) {
    const horizon = drift.horizons.find((one) => one.steps === steps)?.name ?? `${steps} candles`;
    parts.push(`${horizon} ${DRIFT_SIGN[sign]} since about ${timestamp(sinceMs, 'D')}`);
  }
  const scored = drift.horizons.filter(({ n }) => n > 0);
  if (scored.length === 0 || drift.fromMs === null || drift.toMs === null) return parts.join(', ');
  const coins = `${formatCount(drift.coins)} coin${drift.coins === 1 ? '' : 's'}`;
  const lines = scored.map(({ name: horizon, n, coverage80, expectedCoverage80, skillPct }) => {
    const expected = expectedCoverage80 === null ? '' : ` (card ${formatPercent(100 * expectedCoverage80)})`;
    return `${horizon}: 80${NBSP}% range held ${formatPercent(100 * coverage80)}${expected}, skill ${formatSignedPercent(skillPct)}, n = ${formatCount(n)}`;
  });
  return [
    `${parts.join(', ')}; ${coins}, ${timestamp(drift.fromMs, 'D')} to ${timestamp(drift.toMs, 'D')}`,
    ...lines,
  ].join('\n');
}
