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
import { MINUS, NBSP } from '../../language/formats.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { embedLength, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { forecastComponents } from './forecast-components.ts';
import type { ForecastReader } from './forecast-embed.ts';

/** Names of the groups in tables, 15 characters at most so that a row fits a phone. */
const ROWS: Readonly<Record<InputGroup, MessageKey>> = {
  volatility: 'why.rowVolatility',
  trend: 'why.rowTrend',
  bitcoin: 'why.rowBitcoin',
  volume: 'why.rowVolume',
  calendar: 'why.rowCalendar',
  history: 'why.rowHistory',
  onchain: 'why.rowOnchain',
  sentiment: 'why.rowSentiment',
};
/** The row of what was changed after the model. */
const ADJUSTMENT_ROWS: Readonly<Record<AdjustmentCause, MessageKey>> = {
  margin: 'why.rowMargin',
  hours: 'why.rowHours',
  move: 'why.rowMove',
};
const LABEL_WIDTH = 15;
const MAX_BAR_LENGTH = 10;
/** Adjustments below this are rounding errors. */
const ROUNDING = 1e-9;
const COLOUR = 0x5563c8;

type GroupNames = Readonly<Record<InputGroup, MessageKey>>;

/** The groups as a reader calls them, inside a sentence. */
const IN_SENTENCE: GroupNames = {
  volatility: 'why.volatility',
  trend: 'why.trend',
  bitcoin: 'why.bitcoin',
  volume: 'why.volume',
  calendar: 'why.calendarDays',
  history: 'why.history',
  onchain: 'why.onchain',
  sentiment: 'why.sentiment',
};

/** What was changed after the model, inside a sentence. */
const ADJUSTMENT_IN_SENTENCE: Readonly<Record<AdjustmentCause, MessageKey>> = {
  margin: 'why.margin',
  hours: 'why.hours',
  move: 'why.move',
};

/** Largest log ratio to the usual width that is called as usual. */
const USUAL_WIDTH = 0.03;
/** Smallest contributions to log width and log median that a sentence names. */
const MIN_WIDTH_CONTRIBUTION = 0.02;
const MIN_MEDIAN_CONTRIBUTION = 0.001;

/** A share as a whole or tenth of a per cent with its sign. */
const change = (share: number, { formats }: Translator, decimals = 0) =>
  `${share < 0 ? MINUS : '+'}${formats.number(Math.abs(100 * share), decimals)}${NBSP}%`;

/** What one part of the model contributes to a quantity. */
interface Contribution {
  readonly name: MessageKey;
  readonly value: number;
}

interface Row {
  readonly label: string;
  readonly width: number;
  readonly median: number;
  readonly pUp: number;
}

/** Adds the explanation of a forecast to its reply, or why there is none, within Discord's limit for all embeds together. */
export function withWhy(
  reply: Reply,
  report: ForecastReport,
  why: ForecastExplanation | CandlecastError,
  { translator, mayPost = false }: ForecastReader,
): Reply {
  const embed = 'width' in why ? whyEmbed(why, translator) : failedEmbed(report, translator);
  const rest = LIMITS.embedTotal - embedLength(embed);
  return {
    ...reply,
    embeds: [...reply.embeds.map((one) => fitEmbed(one, rest)), embed],
    components: forecastComponents(report.asset.symbol, report.horizon.name, {
      translator,
      mayPost,
      shown: 'why',
      currency: report.shownIn?.wanted,
    }),
  };
}

function failedEmbed({ model }: ForecastReport, { t }: Translator): APIEmbed {
  const reason = t(model.family === 'climatology' ? 'why.noModel' : 'why.again');
  return { title: t('why.title'), description: t('why.failed', { reason }), color: COLOUR };
}

/** Builds the embed: sentences, then the parts of the width as bars and those of median and P(up) as a table. */
export function whyEmbed(explanation: ForecastExplanation, translator: Translator): APIEmbed {
  const { t } = translator;
  const rows = tableRows(explanation, t);
  const { width, median, pUp } = explanation;
  const total: Row = {
    label: t('why.together'),
    width: width.shown - width.usual,
    median: median.shown - median.usual,
    pUp: pUp.shown - pUp.usual,
  };
  const longest = Math.max(...rows.map((row) => Math.abs(row.width)), 1e-3);
  const bars = [...rows, total].map((row) => {
    const share = Math.min(Math.abs(row.width) / longest, 1);
    const bar = (row.width < 0 ? '░' : '█').repeat(row === total ? 0 : Math.round(MAX_BAR_LENGTH * share));
    return `${row.label.padEnd(LABEL_WIDTH)}${percent(Math.expm1(row.width), 0, translator).padStart(7)} ${bar}`.trimEnd();
  });
  const head = `${''.padEnd(LABEL_WIDTH)}${t('why.columnMiddle').padStart(8)}${t('why.columnRise').padStart(8)}`;
  const table = [...rows, total].map(
    (row) =>
      row.label.padEnd(LABEL_WIDTH) +
      percent(Math.expm1(row.median), 2, translator).padStart(8) +
      percent(row.pUp, 1, translator).replace(' %', '').padStart(8),
  );
  const block = (lines: readonly string[]) => `\`\`\`\n${lines.join('\n')}\n\`\`\``;
  return fitEmbed({
    title: explanation.simulated ? t('reply.simulatedTitle', { title: t('why.title') }) : t('why.title'),
    description: whySentences(explanation, translator).join('\n'),
    color: COLOUR,
    fields: [
      { name: t('why.widthField'), value: block(bars) },
      { name: t('why.middleField'), value: block([head, ...table]) },
    ],
    footer: { text: t('why.footer') },
  });
}

/** One row for each contribution: the groups of inputs, largest on the width first, then reference, calibration and adjustment. */
function tableRows({ width, median, pUp, adjustmentCause }: ForecastExplanation, t: Translator['t']): Row[] {
  const groups = width.groups.map(({ group, value }, i) => ({
    label: t(ROWS[group]),
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
  const adjustment = part(t(ADJUSTMENT_ROWS[adjustmentCause]), (one) => one.adjustment);
  const adjusted = [adjustment.width, adjustment.median, adjustment.pUp].some((value) => Math.abs(value) > ROUNDING);
  return [
    ...groups,
    part(t('why.rowStart'), (one) => one.reference),
    part(t('why.rowCalibration'), (one) => one.calibration),
    ...(adjusted ? [adjustment] : []),
  ];
}

/** A share as a percentage with its sign, in plain characters that keep columns straight. */
function percent(share: number, decimals: number, { formats }: Translator): string {
  const size = Math.abs(100 * share);
  const sign = Number(size.toFixed(decimals)) === 0 ? '±' : share < 0 ? MINUS : '+';
  return `${sign}${formats.number(size, decimals)} %`;
}

/** The attribution in sentences: which of two models is explained, the width, its reasons, then the direction. */
export function whySentences(
  { width, median, horizon, adjustmentCause }: ForecastExplanation,
  translator: Translator,
): string[] {
  const { t } = translator;
  const names: GroupNames =
    HORIZONS[horizon].interval === '1h' ? { ...IN_SENTENCE, calendar: 'why.calendarHours' } : IN_SENTENCE;
  return [
    ...(adjustmentCause === 'hours' ? [t('why.twoModels', { hourly: t('why.rowHours') })] : []),
    widthSentences(width, names, ADJUSTMENT_IN_SENTENCE[adjustmentCause], translator).join(' '),
    directionSentence(median, names, translator),
  ];
}

/** Every contribution, the largest first: the groups of inputs, then the parts that are none. */
function contributions(
  { groups, reference, calibration, adjustment }: Attribution,
  names: GroupNames,
  adjusted: MessageKey,
): Contribution[] {
  const parts: Contribution[] = [
    ...groups.map(({ group, value }) => ({ name: names[group], value })),
    { name: 'why.start', value: reference },
    { name: 'why.calibration', value: calibration },
    { name: adjusted, value: adjustment },
  ];
  return parts.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

function named(list: readonly Contribution[], translator: Translator, decimals = 0): string {
  const { t, formats } = translator;
  return formats.list(
    list.map(({ name, value }) =>
      t('why.reason', { name: t(name), change: change(Math.expm1(value), translator, decimals) }),
    ),
  );
}

function widthSentences(
  width: Attribution,
  names: GroupNames,
  adjusted: MessageKey,
  translator: Translator,
): readonly string[] {
  const { t } = translator;
  const total = width.shown - width.usual;
  const all = contributions(width, names, adjusted).filter(({ value }) => Math.abs(value) >= MIN_WIDTH_CONTRIBUTION);
  if (Math.abs(total) < USUAL_WIDTH) {
    const [most] = all;
    return [t('why.asUsual'), most ? t('why.balanced', { reasons: named([most], translator) }) : t('why.nothing')];
  }
  const along = all.filter(({ value }) => value > 0 === total > 0).slice(0, 2);
  const against = all.filter(({ value }) => value > 0 !== total > 0).slice(0, 1);
  return [
    t(total > 0 ? 'why.wider' : 'why.narrower', { change: change(Math.expm1(total), translator) }),
    along.length === 0 ? t('why.manySmall') : t('why.because', { reasons: named(along, translator) }),
    ...(against.length === 0 ? [] : [t('why.despite', { reasons: named(against, translator) })]),
  ];
}

/** Names inputs only: where the model starts without them says nothing new about direction. */
function directionSentence(median: Attribution, names: GroupNames, translator: Translator): string {
  const { t } = translator;
  const most = median.groups
    .map(({ group, value }) => ({ name: names[group], value }))
    .filter(({ value }) => Math.abs(value) >= MIN_MEDIAN_CONTRIBUTION)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  if (most.length === 0) return t('why.noDirection');
  return t('why.direction', { reasons: named(most.slice(0, 2), translator, 1) });
}
