import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import type { Interval } from '../../core/candle.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import type { Interval95 } from '../../core/evaluation.ts';
import { horizonName } from '../../core/horizon.ts';
import type {
  DriftStatus,
  FamilyComparison,
  FamilyResult,
  FamilyScores,
  ModelFacts,
  ServedModel,
} from '../../core/model-info.ts';
import { type Formats, MINUS, NBSP } from '../../language/formats.ts';
import type { Translator } from '../../language/translator.ts';
import { detailsRow, oldControlError, sectionName, type View } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed, LIMITS, packLines } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { driftLine } from './drift-line.ts';

const COLOUR = 0x5563c8;

/** What the custom ids of /model start with. */
export const MODEL_PREFIX = 'model';

/** What /model shows: the models that serve, or the kinds of network side by side. */
export type ModelTopic = 'served' | 'compare';

const kindOf = (interval: Interval) => (interval === '1h' ? 'hourly' : 'daily');
const share = (fraction: number, formats: Formats) => formats.percent(100 * fraction);
const signed = (value: number, formats: Formats) => `${value < 0 ? MINUS : '+'}${formats.number(Math.abs(value), 1)}`;

/** A skill with its interval, and that it is no edge where the interval holds zero. */
function skillText({ value, low, high }: Interval95, { t, formats }: Translator): string {
  const skill = t('reply.interval', {
    value: `${signed(value, formats)}${NBSP}%`,
    low: signed(low, formats),
    high: signed(high, formats),
  });
  return low > 0 ? skill : t('model.skillNoEdge', { skill });
}

function section(name: string, lines: readonly string[], translator: Translator): APIEmbedField[] {
  return packLines(lines).map((value, i) => ({ name: sectionName(name, i, translator), value }));
}

const buttonOf = (topic: ModelTopic, view: View, translator: Translator) =>
  detailsRow((to) => `${MODEL_PREFIX}:${to}:${topic}`, view, translator);

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseModelPress(rest: string): { readonly view: View; readonly topic: ModelTopic } {
  const [view, topic, ...more] = rest.split(':');
  if ((view === 'brief' || view === 'details') && (topic === 'served' || topic === 'compare') && more.length === 0) {
    return { view, topic };
  }
  throw oldControlError('/model');
}

function learntText({ fitUntilMs, stopUntilMs, stopFromMs }: ModelFacts, { t }: Translator): string {
  const fit = timestamp(fitUntilMs, 'D');
  if (fitUntilMs < stopUntilMs) return t('model.learntStopped', { fit, stop: timestamp(stopUntilMs, 'D') });
  return stopFromMs === null
    ? t('model.learnt', { fit })
    : t('model.learntAfter', { fit, stop: timestamp(stopFromMs, 'D') });
}

/** One share where all are the same, else each. */
function sharesText(shares: readonly number[], formats: Formats): string {
  const all = new Set(shares).size === 1 ? shares.slice(0, 1) : shares;
  return all.map((one) => share(one, formats)).join(' / ');
}

function factLines(interval: Interval, facts: ModelFacts, translator: Translator): string[] {
  const { t, formats } = translator;
  const { evaluation, treeShares } = facts;
  const lines = [
    t('model.facts', {
      version: escapeMarkdown(facts.version),
      members: facts.members,
      family: escapeMarkdown(facts.family),
      parameters: formats.count(facts.parameters),
      trained: timestamp(facts.trainedAtMs, 'D'),
    }),
    t('model.windows', {
      windows: formats.count(facts.windows),
      coins: formats.count(facts.coins),
      from: timestamp(facts.fromMs, 'D'),
    }),
    learntText(facts, translator),
    ...(treeShares?.some((one) => one > 0) ? [t('model.trees', { share: sharesText(treeShares, formats) })] : []),
    t('model.calibration', {
      kept: sharesText(facts.medianShares, formats),
      climatology: facts.climatologyWeights.map((one) => share(one, formats)).join(' / '),
    }),
  ];
  if (!evaluation) return [...lines, t('model.notEvaluated')];
  lines.push(
    t('model.evaluation', { from: timestamp(evaluation.fromMs, 'D'), to: timestamp(evaluation.toMs, 'D') }),
    ...evaluation.horizons.map(({ steps, n, coins, skillPct, coverage }) =>
      t('model.horizonLine', {
        name: horizonName(interval, steps),
        skill: skillText(skillPct, translator),
        coverage: coverage.map((one) => share(one, formats)).join(' / '),
        n: formats.count(n),
        coins: formats.count(coins),
      }),
    ),
  );
  return lines;
}

/** How one model did at its first horizon, and what is wrong with it, a plain sentence a line. */
function servedSentences(
  { interval, problem, model }: ServedModel,
  drift: DriftStatus | undefined,
  { t, formats }: Translator,
): string[] {
  const kind = kindOf(interval);
  if (model === null) return [t('model.missing', { kind })];
  const first = model.evaluation?.horizons[0];
  const ahead = first ? formats.duration(first.steps * INTERVAL_MS[interval]) : '';
  const size = first ? formats.percent(Math.abs(first.skillPct.value)) : '';
  const said = !first
    ? t('model.notMeasured', { kind })
    : first.skillPct.low > 0
      ? t('model.better', { kind, ahead, size })
      : first.skillPct.high < 0
        ? t('model.worse', { kind, ahead, size })
        : t('model.asGood', { kind, ahead });
  return [
    said,
    ...(problem === null ? [] : [t('model.replaced', { kind })]),
    ...(drift?.state === 'alarm' ? [t('model.drifted', { kind })] : []),
  ];
}

/** Builds the reply of `/model`: how the models did in a sentence each, or in details their cards and their drift since; their problems in words for owners. */
export function modelReply(
  served: readonly ServedModel[],
  drifts: readonly DriftStatus[],
  translator: Translator,
  view: View,
  isOwner: boolean,
): Reply {
  const { t } = translator;
  const sentences = served.flatMap((one) =>
    servedSentences(
      one,
      drifts.find(({ interval }) => interval === one.interval),
      translator,
    ),
  );
  const fields = served.flatMap(({ interval, problem, model }) =>
    section(
      t(interval === '1h' ? 'model.hourlyField' : 'model.dailyField'),
      [
        ...(problem === null || !isOwner ? [] : [`${model ? '🟠' : '🔴'} ${escapeMarkdown(problem)}`]),
        ...(model ? factLines(interval, model, translator) : []),
      ],
      translator,
    ),
  );
  const since = drifts.map((drift) => driftLine(drift, translator));
  return {
    embeds: [
      fitEmbed({
        title: t('model.title'),
        description: [...sentences, ...(view === 'details' ? [t('model.about')] : [])].join('\n'),
        color: COLOUR,
        ...(view === 'details' ? { fields: [...fields, ...section(t('model.sinceField'), since, translator)] } : {}),
      }),
    ],
    files: [],
    components: buttonOf('served', view, translator),
  };
}

function scoreLine(family: string, scores: FamilyScores, translator: Translator): string {
  const { t, formats } = translator;
  const { median, randomWalk, direction } = scores;
  const error = (logReturn: number) => `${formats.number(100 * logReturn, 2)}${NBSP}%`;
  return t('model.scoreLine', {
    family: escapeMarkdown(family),
    skill: skillText(scores.skillPct, translator),
    mae: error(median.mae),
    mae0: error(randomWalk.mae),
    rmse: error(median.rmse),
    rmse0: error(randomWalk.rmse),
    mse: median.mse.toExponential(2),
    mse0: randomWalk.mse.toExponential(2),
    direction: t('reply.interval', {
      value: share(direction.value, formats),
      low: share(direction.low, formats),
      high: share(direction.high, formats),
    }),
    base: share(direction.baseRate, formats),
  });
}

function costLine(family: FamilyResult, { t, formats }: Translator): string {
  return t('model.costLine', {
    family: escapeMarkdown(family.family),
    parameters: formats.count(family.parameters),
    visits: formats.count(family.windowVisits),
    seconds: formats.count(family.seconds),
    cpu: formats.count(family.cpuSeconds),
  });
}

/** Which kind came closest at the first horizon, and how many are within chance of it. */
function comparisonSentence({ interval, families }: FamilyComparison, { t, formats }: Translator): string[] {
  const scored = families.flatMap(({ family, horizons: [first] }) => (first ? [{ family, first }] : []));
  const [best, ...others] = [...scored].sort((a, b) => b.first.skillPct.value - a.first.skillPct.value);
  if (!best) return [];
  const within = others.filter(({ first }) => first.skillPct.high >= best.first.skillPct.low).length;
  return [
    t('model.compareBest', {
      kind: kindOf(interval),
      ahead: formats.duration(best.first.steps * INTERVAL_MS[interval]),
      count: scored.length,
      family: `**${escapeMarkdown(best.family)}**`,
      within,
    }),
  ];
}

function comparisonEmbed(comparison: FamilyComparison, translator: Translator): APIEmbed {
  const { t, formats } = translator;
  const { interval, families, seeds } = comparison;
  const horizons = families[0]?.horizons ?? [];
  const [first] = horizons;
  return {
    title: t(interval === '1h' ? 'model.compareHourly' : 'model.compareDaily'),
    description: t('model.compareAbout', {
      nets: seeds.length,
      windows: formats.count(comparison.windows),
      coins: formats.count(comparison.coins),
      fit: timestamp(comparison.fitUntilMs, 'D'),
      stop: timestamp(comparison.stopUntilMs, 'D'),
      from: first ? timestamp(first.fromMs, 'D') : 'none',
      to: first ? timestamp(Math.max(...horizons.map(({ toMs }) => toMs)), 'D') : '',
      made: timestamp(comparison.madeAtMs, 'D'),
    }),
    color: COLOUR,
    fields: [
      ...horizons.flatMap(({ steps, n }) =>
        section(
          `${horizonName(interval, steps)}, ${t('accuracy.cases', { n: formats.count(n) })}`,
          families.flatMap(({ family, horizons: own }) => {
            const scores = own.find((each) => each.steps === steps);
            return scores ? [scoreLine(family, scores, translator)] : [];
          }),
          translator,
        ),
      ),
      ...section(
        t('model.costField'),
        families.map((family) => costLine(family, translator)),
        translator,
      ),
    ],
    footer: { text: t('model.compareFooter', { engine: comparison.engine, threads: comparison.threads }) },
  };
}

/** Builds the reply of `/model compare:true`: which kind came closest, or in details an embed per comparison, within one message's limit together. */
export function comparisonReply(
  comparisons: readonly FamilyComparison[],
  translator: Translator,
  view: View,
  isOwner: boolean,
): Reply {
  const { t } = translator;
  const title = t('model.compareTitle');
  if (comparisons.length === 0) {
    const description = [t('model.compareNone'), ...(isOwner ? [t('model.compareOwner')] : [])].join('\n');
    return { embeds: [fitEmbed({ title, description, color: COLOUR })], files: [], components: [] };
  }
  const components = buttonOf('compare', view, translator);
  const sentences = comparisons.flatMap((comparison) => comparisonSentence(comparison, translator));
  if (view === 'brief' && sentences.length > 0) {
    return { embeds: [fitEmbed({ title, description: sentences.join('\n'), color: COLOUR })], files: [], components };
  }
  const each = Math.floor(LIMITS.embedTotal / comparisons.length);
  return {
    embeds: comparisons.map((comparison) => fitEmbed(comparisonEmbed(comparison, translator), each)),
    files: [],
    components,
  };
}
