import { type APIEmbed, type APIEmbedField, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { cutText } from '../../core/cut-text.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { ForecastNote, ForecastReport, TrackRecord } from '../../core/forecast.ts';
import { CHOICES, chosenHorizon, HORIZON_NAMES, HORIZONS, type HorizonName } from '../../core/horizon.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import type { SentimentGlance, SentimentPart } from '../../core/sentiment.ts';
import {
  escapeMarkdown,
  formatChange,
  formatCount,
  formatPercent,
  formatProbability,
  formatUtc,
  NBSP,
  priceFormatter,
  timestamp,
} from '../format.ts';
import { fitEmbed, packLines } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';
import { sentimentText } from '../sentiment/sentiment-embed.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

const LEAD_CODES: readonly ForecastNote['code'][] = [
  'renamed',
  'simulated',
  'unconfirmed-price',
  'climatology',
  'announcement',
  'no-edge',
];

/**
 * The warnings at the top of the embed: a ticker that changed, simulated prices, an unconfirmed price, no model, an announcement, no measurable edge. `used` are
 * the notes they came from.
 */
function leadNotes(report: ForecastReport): { texts: string[]; used: readonly ForecastNote[] } {
  const used = report.notes.filter((note) => LEAD_CODES.includes(note.code));
  const texts = used.map((note) => escapeMarkdown(note.text));
  if (report.simulated && !used.some((note) => note.code === 'simulated')) {
    texts.unshift('Simulated market: these prices are made up.');
  }
  if (used.some((note) => note.code === 'no-edge' || note.code === 'climatology')) return { texts, used };
  if (report.record === null) {
    texts.push('Not scored at this horizon yet: nothing is known about how well these ranges hold.');
  } else if (!report.record.edge) {
    texts.push(
      `No measurable edge: at this horizon the model has not beaten ${escapeMarkdown(report.record.baseline)}${
        report.record.baseline === 'climatology' ? ', which only repeats how the coin moved before' : ''
      }.`,
    );
  }
  return { texts, used };
}

/** The forecast in two sentences: what is known about direction, then the range and by when. */
function summary(report: ForecastReport, price: (value: number) => string): string {
  const band = BANDS[1];
  const [low, high] = [report.quantiles[band.lower]!, report.quantiles[band.upper]!];
  const range = `80${NBSP}% range by ${timestamp(report.targetMs, 'f')}: **${price(low)} to ${price(high)}**.`;
  const direction =
    Math.abs(report.pUp - 0.5) < 0.05
      ? 'Up or down is close to a coin toss.'
      : `Chance of a rise: ${formatProbability(report.pUp)}.`;
  return `${direction} ${range}`;
}

/** The price that the forecast starts from, its moment and its source; says where it is only a close. */
function priceField({ price, lastPrice }: ForecastReport, format: (value: number) => string): APIEmbedField {
  const source = escapeMarkdown(price.source);
  return price.kind === 'trade'
    ? { name: 'Price now', value: `${format(lastPrice)}\n${timestamp(price.atMs, 't')}, ${source}` }
    : { name: 'Last price', value: `${format(lastPrice)}\n${timestamp(price.atMs, 'f')}, ${source}` };
}

/** How the model has scored at this horizon, with n and dates; says whether that was live or on past data. */
export function recordText(record: TrackRecord | null): string {
  if (record === null) return 'Not scored yet at this horizon.';
  const kind = record.kind === 'card' ? 'Evaluation on past data, not live' : 'Live forecasts';
  const side = (value: number): string => (value < 0 ? 'higher' : 'lower');
  const size = (value: number): string => formatPercent(Math.abs(value));
  const { skillPct: skill, skillLowPct: low, skillHighPct: high } = record;
  const difference = `error ${size(skill)} ${side(skill)} than ${escapeMarkdown(record.baseline)}`;
  const lowSide = side(low) === side(high) ? '' : ` ${side(low)}`;
  const interval = `(95${NBSP}% interval ${size(low)}${lowSide} to ${size(high)} ${side(high)})`;
  return [
    `${kind}: ${difference}${record.edge ? '' : ', **no measurable edge**'} ${interval}.`,
    `The 80${NBSP}% range held ${formatPercent(record.coverage80 * 100)} of outcomes. n = ${formatCount(record.n)}, ${formatCount(record.coins)} coin${record.coins === 1 ? '' : 's'}, ${timestamp(record.fromMs, 'D')} to ${timestamp(record.toMs, 'D')}.`,
  ].join('\n');
}

function volatilityText({ expected, usual }: ForecastReport['volatility']): string {
  const ratio = expected / usual;
  const against = Number.isFinite(ratio) && usual > 0 ? `, ${ratio.toFixed(1)} × usual` : '';
  return `${formatPercent(expected * 100)}${against}`;
}

/** The notes that are not at the top, then the sources that failed when no note names them. */
function noteLines(report: ForecastReport, used: readonly ForecastNote[]): string[] {
  const lines = report.notes
    .filter((note) => !used.includes(note))
    .map((note) => `${note.severity === 'warning' ? '⚠️' : '•'} ${escapeMarkdown(note.text)}`);
  if (report.notes.some((note) => note.code === 'source-down')) return lines;
  const failures = report.data.failures.map(
    (failure) => `• No prices from ${escapeMarkdown(failure.source)}: ${escapeMarkdown(failure.reason)}`,
  );
  return [...lines, ...failures];
}

/**
 * Builds the embed of one forecast, within Discord's limits. `hasChart` says whether `forecast.png` goes with it; `sentiment` is
 * `unknown` when it could not be looked up, and null when the field is left out.
 */
function forecastEmbed(
  report: ForecastReport,
  hasChart: boolean,
  sentiment: SentimentGlance | 'unknown' | null = null,
): APIEmbed {
  const price = priceFormatter(report.lastPrice);
  const median = report.quantiles[MEDIAN_INDEX]!;
  const lead = leadNotes(report);
  const notes = noteLines(report, lead.used);
  if (!hasChart) notes.push('⚠️ The chart could not be drawn this time; the numbers are complete.');
  if (sentiment === 'unknown') notes.push('⚠️ What is said about the coin could not be looked up this time.');
  const bands = BANDS.map((band) => {
    const [low, high] = [report.quantiles[band.lower]!, report.quantiles[band.upper]!];
    const change = `${formatChange(report.lastPrice, low)} to ${formatChange(report.lastPrice, high)}`;
    return `**${band.coverage * 100}${NBSP}%** ${price(low)} to ${price(high)} (${change})`;
  });
  const { asset, model } = report;
  const name =
    asset.name === asset.symbol ? asset.symbol : `${escapeMarkdown(cutText(asset.name, 80))} (${asset.symbol})`;
  const fields: APIEmbedField[] = [
    { ...priceField(report, price), inline: true },
    {
      name: 'Median',
      value: `${price(median)} (${formatChange(report.lastPrice, median)})\n${timestamp(report.targetMs, 'R')}`,
      inline: true,
    },
    { name: 'P(up)', value: formatProbability(report.pUp), inline: true },
    { name: 'Ranges at the target', value: bands.join('\n') },
    { name: 'Expected volatility', value: volatilityText(report.volatility), inline: true },
    {
      name: 'Model',
      value:
        model.family === 'climatology'
          ? `climatology\nno model; the coin’s own past to ${timestamp(model.dataUntilMs, 'D')}`
          : `${escapeMarkdown(model.version)}\ntrained ${timestamp(model.trainedAtMs, 'R')}, data until ${timestamp(model.dataUntilMs, 'D')}`,
      inline: true,
    },
    {
      name: 'Candles from',
      value: `${escapeMarkdown(report.data.source)}, fetched ${timestamp(report.data.fetchedAtMs, 'R')}`,
      inline: true,
    },
    { name: 'Track record', value: recordText(report.record) },
    ...(sentiment === null || sentiment === 'unknown'
      ? []
      : [{ name: 'Sentiment', value: sentimentText({ ...sentiment, ...partOf(report) }) }]),
    ...packLines(notes).map((value, i) => ({ name: i === 0 ? 'Notes' : 'Notes, continued', value })),
  ];
  return fitEmbed({
    title: `${report.simulated ? 'SIMULATED: ' : ''}${name}, ${report.horizon.label} ahead`,
    description: [...lead.texts, summary(report, price)].join('\n'),
    color: report.simulated ? COLOUR.simulated : COLOUR.normal,
    fields,
    ...(hasChart ? { image: { url: 'attachment://forecast.png' } } : {}),
    footer: { text: 'Not investment advice' },
  });
}

/** The share of sentiment in the forecast; null for a model without sentiment inputs. */
function partOf({ sentiment }: ForecastReport): SentimentPart {
  return sentiment ?? { share: null, worth: null };
}

/** Alternative text of the chart, for people who cannot see it. */
function chartDescription(report: ForecastReport): string {
  const price = priceFormatter(report.lastPrice);
  const band = BANDS[1];
  return `${report.simulated ? 'SIMULATED. ' : ''}Fan chart of ${report.asset.symbol} from ${formatUtc(report.originMs)} to ${formatUtc(report.targetMs)}: price at the start ${price(report.lastPrice)}, median ${price(report.quantiles[MEDIAN_INDEX]!)}, 80 % range ${price(report.quantiles[band.lower]!)} to ${price(report.quantiles[band.upper]!)}.`;
}

/** Builds the whole reply of `/forecast`: embed, chart (null when it could not be drawn), horizon select and Refresh button. */
export function forecastReply(
  report: ForecastReport,
  chartPng: Uint8Array | null,
  sentiment: SentimentGlance | 'unknown' | null = null,
): Reply {
  const files: ReplyFile[] =
    chartPng === null
      ? []
      : [
          {
            name: 'forecast.png',
            contentType: 'image/png',
            data: chartPng,
            description: chartDescription(report),
          },
        ];
  return {
    embeds: [forecastEmbed(report, chartPng !== null, sentiment)],
    files,
    components: forecastComponents(report.asset.symbol, report.horizon.name),
  };
}

/** What the custom ids of a forecast's components start with. */
export const FORECAST_PREFIX = 'fc';

const ACTIONS = ['horizon', 'refresh', 'why', 'hide'] as const;

/** The state held by a custom id of a forecast: what was pressed, and on which forecast. */
interface ForecastPress {
  readonly action: (typeof ACTIONS)[number];
  readonly symbol: string;
  readonly horizon: HorizonName;
}

/** Writes the state into a custom id, such as `fc:refresh:BTC:1d`. */
export function forecastCustomId({ action, symbol, horizon }: ForecastPress): string {
  return `${FORECAST_PREFIX}:${action}:${symbol}:${horizon}`;
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseForecastPress(rest: string): ForecastPress {
  const [actionName, symbol = '', horizonName, ...more] = rest.split(':');
  const horizon = HORIZON_NAMES.find((name) => name === horizonName);
  const action = ACTIONS.find((name) => name === actionName);
  if (!action || !horizon || !SYMBOL_PATTERN.test(symbol) || more.length > 0) {
    throw new CandlecastError('CC_USAGE', 'This control belongs to another version of the bot.', {
      remedy: 'Use /forecast for a new one.',
    });
  }
  return { action, symbol, horizon };
}

/** Builds the horizon select, the shown horizon chosen, and the buttons: Refresh, and Why? or Hide why. */
export function forecastComponents(symbol: string, horizon: HorizonName, whyShown = false): Reply['components'] {
  return [
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.StringSelect,
          custom_id: forecastCustomId({ action: 'horizon', symbol, horizon }),
          placeholder: 'Horizon',
          options: CHOICES.map((name) => ({
            label: `${HORIZONS[name].label} ahead`,
            value: name,
            default: name === chosenHorizon(horizon),
          })),
        },
      ],
    },
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.Button,
          style: ButtonStyle.Secondary,
          custom_id: forecastCustomId({ action: 'refresh', symbol, horizon }),
          label: 'Refresh',
        },
        {
          type: ComponentType.Button,
          style: ButtonStyle.Secondary,
          custom_id: forecastCustomId({ action: whyShown ? 'hide' : 'why', symbol, horizon }),
          label: whyShown ? 'Hide why' : 'Why?',
        },
      ],
    },
  ];
}
