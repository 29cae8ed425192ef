import type { APIEmbed } from 'discord-api-types/v10';
import type { CandlecastError } from '../../core/errors.ts';
import type { Attribution, ForecastExplanation, InputGroup } from '../../core/explanation.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { embedLength, fitEmbed, LIMITS } from '../limits.ts';
import { escapeMarkdown } from '../markdown.ts';
import type { Reply } from '../reply.ts';
import { forecastComponents } from './forecast-components.ts';
import { whySentences } from './why-sentences.ts';

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
const LABEL_WIDTH = 15;
const LONGEST_BAR = 10;
/** Below this a margin is rounding. */
const NOTHING = 1e-9;
const COLOUR = 0x5563c8;

interface Row {
  readonly label: string;
  readonly width: number;
  readonly median: number;
  readonly pUp: number;
}

/** Adds what moved a forecast to its reply, or why that cannot be said, within Discord's limit for all embeds together. */
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
    const bar = (row.width < 0 ? '░' : '█').repeat(row === total ? 0 : Math.round(LONGEST_BAR * share));
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

/** One row a part: the groups, largest pull on the width first, then where the model starts from and what was done after it. */
function tableRows({ width, median, pUp }: ForecastExplanation): Row[] {
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
  const adjustment = part('Safety margin', (one) => one.adjustment);
  const adjusted = [adjustment.width, adjustment.median, adjustment.pUp].some((value) => Math.abs(value) > NOTHING);
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
