import type { APIEmbed } from 'discord-api-types/v10';
import type { CandlecastError } from '../../core/errors.ts';
import type {
  AdjustmentCause,
  Attribution,
  ForecastExplanation,
  ForecastReport,
  InputGroup,
} from '../../core/forecast.ts';
import { HORIZONS } from '../../core/horizon.ts';
import { escapeMarkdown, NBSP } from '../format.ts';
import { embedLength, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { forecastComponents } from './forecast-embed.ts';

/** Names of the groups in tables, 15 characters at most so that a row fits a phone. */
const LABELS: Readonly<Record<InputGroup, string>> = {
  volatility: 'Own volatility',
  trend: 'Recent trend',
  bitcoin: 'Bitcoin',
  volume: 'Volume',
  calendar: 'Calendar',
  history: 'History, other',
  onchain: 'Cap, on-chain',
  sentiment: 'Sentiment',
};
/** The row of what was changed after the model. */
const ADJUSTMENT_LABELS: Readonly<Record<AdjustmentCause, string>> = {
  margin: 'Safety margin',
  hours: 'Hourly model',
  move: 'Since the close',
};
const LABEL_WIDTH = 15;
const MAX_BAR_LENGTH = 10;
/** Adjustments below this are rounding errors. */
const ROUNDING = 1e-9;
const COLOUR = 0x5563c8;

type GroupNames = Readonly<Record<InputGroup, string>>;

/** The groups as a reader calls them, inside a sentence. */
const IN_SENTENCE: GroupNames = {
  volatility: "this coin's recent volatility",
  trend: 'its recent trend',
  bitcoin: 'Bitcoin',
  volume: 'volume',
  calendar: 'the time of the week',
  history: 'how much history there is',
  onchain: 'market cap and on-chain activity',
  sentiment: 'news and mood',
};

/** What was changed after the model, inside a sentence. */
const ADJUSTMENT_IN_SENTENCE: Readonly<Record<AdjustmentCause, string>> = {
  margin: 'a safety margin for unusual markets',
  hours: 'the hourly model, with which it is averaged',
  move: 'the move since the last close',
};

/** Largest log ratio to the usual width that is called as usual. */
const USUAL_WIDTH = 0.03;
/** Smallest contributions to log width and log median that a sentence names. */
const MIN_WIDTH_CONTRIBUTION = 0.02;
const MIN_MEDIAN_CONTRIBUTION = 0.001;

const change = (share: number, decimals = 0) =>
  `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(decimals)}${NBSP}%`;

/** What one part of the model contributes to a quantity. */
interface Contribution {
  readonly name: string;
  readonly value: number;
}

interface Row {
  readonly label: string;
  readonly width: number;
  readonly median: number;
  readonly pUp: number;
}

/** Adds the explanation of a forecast to its reply, or why there is none, within Discord's limit for all embeds together. */
export function withWhy(reply: Reply, report: ForecastReport, why: ForecastExplanation | CandlecastError): Reply {
  const embed = 'width' in why ? whyEmbed(why) : failedEmbed(why);
  const rest = LIMITS.embedTotal - embedLength(embed);
  return {
    ...reply,
    embeds: [...reply.embeds.map((one) => fitEmbed(one, rest)), embed],
    components: forecastComponents(report.asset.symbol, report.horizon.name, true),
  };
}

function failedEmbed(error: CandlecastError): APIEmbed {
  const text = `It cannot be said this time. ${error.message} ${error.remedy}`;
  return fitEmbed({ title: 'Why this forecast', description: escapeMarkdown(text), color: COLOUR });
}

/** Builds the embed: two sentences, then the parts of the width as bars and those of median and P(up) as a table. */
export function whyEmbed(explanation: ForecastExplanation): APIEmbed {
  const rows = tableRows(explanation);
  const { width, median, pUp } = explanation;
  const total: Row = {
    label: 'Together',
    width: width.shown - width.usual,
    median: median.shown - median.usual,
    pUp: pUp.shown - pUp.usual,
  };
  const longest = Math.max(...rows.map((row) => Math.abs(row.width)), 1e-3);
  const bars = [...rows, total].map((row) => {
    const share = Math.min(Math.abs(row.width) / longest, 1);
    const bar = (row.width < 0 ? '░' : '█').repeat(row === total ? 0 : Math.round(MAX_BAR_LENGTH * share));
    return `${row.label.padEnd(LABEL_WIDTH)}${percent(Math.expm1(row.width), 0).padStart(7)} ${bar}`.trimEnd();
  });
  const head = `${'Input'.padEnd(LABEL_WIDTH)}${'median'.padStart(8)}${'P(up)'.padStart(8)}`;
  const table = [...rows, total].map(
    (row) =>
      row.label.padEnd(LABEL_WIDTH) +
      percent(Math.expm1(row.median), 2).padStart(8) +
      percent(row.pUp, 1).replace(' %', '').padStart(8),
  );
  const block = (lines: readonly string[]) => `\`\`\`\n${lines.join('\n')}\n\`\`\``;
  return fitEmbed({
    title: `${explanation.simulated ? 'SIMULATED: ' : ''}Why this forecast`,
    description: whySentences(explanation).join('\n'),
    color: COLOUR,
    fields: [
      { name: 'Width against usual (█ wider, ░ narrower)', value: block(bars) },
      { name: 'Median, and P(up) in points, against usual', value: block([head, ...table]) },
    ],
    footer: {
      text: 'Exact Shapley values: widths multiply, the rest adds up, to the difference from climatology. They say what moved the model, not the market.',
    },
  });
}

/** One row for each contribution: the groups of inputs, largest on the width first, then reference, calibration and adjustment. */
function tableRows({ width, median, pUp, adjustmentCause }: ForecastExplanation): Row[] {
  const groups = width.groups.map(({ group, value }, i) => ({
    label: LABELS[group],
    width: value,
    median: median.groups[i]!.value,
    pUp: pUp.groups[i]!.value,
  }));
  groups.sort((a, b) => Math.abs(b.width) - Math.abs(a.width));
  const part = (label: string, of: (attribution: Attribution) => number): Row => ({
    label,
    width: of(width),
    median: of(median),
    pUp: of(pUp),
  });
  const adjustment = part(ADJUSTMENT_LABELS[adjustmentCause], (one) => one.adjustment);
  const adjusted = [adjustment.width, adjustment.median, adjustment.pUp].some((value) => Math.abs(value) > ROUNDING);
  return [
    ...groups,
    part('Starting point', (one) => one.reference),
    part('Calibration', (one) => one.calibration),
    ...(adjusted ? [adjustment] : []),
  ];
}

/** A share as a percentage with its sign, in plain characters that keep columns straight. */
function percent(share: number, decimals: number): string {
  const digits = Math.abs(100 * share).toFixed(decimals);
  const sign = Number(digits) === 0 ? '±' : share < 0 ? '−' : '+';
  return `${sign}${digits} %`;
}

/** The attribution in sentences: which of two models is explained, the width, then the direction. */
export function whySentences({ width, median, horizon, adjustmentCause }: ForecastExplanation): string[] {
  const names =
    HORIZONS[horizon].interval === '1h' ? { ...IN_SENTENCE, calendar: 'the time of day and of the week' } : IN_SENTENCE;
  const both =
    'One day is the average of two models, one of days and one of hours: this explains the one of days, and **Hourly model** is what the other changes.';
  return [
    ...(adjustmentCause === 'hours' ? [both] : []),
    widthSentence(width, names, ADJUSTMENT_IN_SENTENCE[adjustmentCause]),
    directionSentence(median, names),
  ];
}

/** Every contribution, the largest first: the groups of inputs, then the parts that are none. */
function contributions(
  { groups, reference, calibration, adjustment }: Attribution,
  names: GroupNames,
  adjusted: string,
): Contribution[] {
  return [
    ...groups.map(({ group, value }) => ({ name: names[group], value })),
    { name: 'how the model reads neutral inputs', value: reference },
    { name: 'calibration', value: calibration },
    { name: adjusted, value: adjustment },
  ].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

function named(list: readonly Contribution[]): string {
  return list.map(({ name, value }) => `${name} (${change(Math.expm1(value))})`).join(' and ');
}

function widthSentence(width: Attribution, names: GroupNames, adjusted: string): string {
  const total = width.shown - width.usual;
  const all = contributions(width, names, adjusted).filter(({ value }) => Math.abs(value) >= MIN_WIDTH_CONTRIBUTION);
  if (Math.abs(total) < USUAL_WIDTH) {
    const [most] = all;
    return most === undefined
      ? 'About as wide as usual; nothing in particular moves it.'
      : `About as wide as usual; the strongest pull is ${named([most])}, and the others make up for it.`;
  }
  const along = all.filter(({ value }) => value > 0 === total > 0);
  const against = all.filter(({ value }) => value > 0 !== total > 0);
  const because = along.length === 0 ? ', from many small pulls' : `, mainly because of ${named(along.slice(0, 2))}`;
  const despite = against.length === 0 ? '' : `, despite ${named(against.slice(0, 1))}`;
  return `${total > 0 ? 'Wider' : 'Narrower'} than usual (${change(Math.expm1(total))})${because}${despite}.`;
}

/** Names inputs only: where the model starts without them says nothing new about direction. */
function directionSentence(median: Attribution, names: GroupNames): string {
  const most = median.groups
    .map(({ group, value }) => ({ name: names[group], value }))
    .filter(({ value }) => Math.abs(value) >= MIN_MEDIAN_CONTRIBUTION)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  if (most.length === 0) return `Direction: nothing moves the median by more than 0.1${NBSP}%.`;
  const list = most.slice(0, 2).map(({ name, value }) => `${name} (${change(Math.expm1(value), 1)})`);
  return `Direction: the median is moved by ${list.join(' and ')}.`;
}
