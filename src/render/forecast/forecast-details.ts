import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import type { ForecastReport, TrackRecord } from '../../core/forecast.ts';
import { horizonMs } from '../../core/horizon.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import type { SentimentGlance, SentimentLine } from '../../core/sentiment.ts';
import { NBSP } from '../../language/formats.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { embedLength, fitEmbed, LIMITS, packLines } from '../limits.ts';
import { rateText } from '../price/price-embed.ts';
import type { Reply } from '../reply.ts';
import { signedScore, type Tone, tone } from '../sentiment/sentiment-embed.ts';
import { forecastComponents } from './forecast-components.ts';
import { currencyOfReport } from './forecast-currency.ts';
import type { ForecastReader } from './forecast-embed.ts';

const COLOUR = 0x5563c8;

/** Adds everything known about a forecast to its reply; `sentiment` is `unknown` when it could not be looked up. */
export function withDetails(
  reply: Reply,
  report: ForecastReport,
  sentiment: SentimentGlance | 'unknown' | null,
  reader: ForecastReader,
): Reply {
  const { translator, mayPost = false } = reader;
  const rest = LIMITS.embedTotal - reply.embeds.reduce((sum, embed) => sum + embedLength(embed), 0);
  return {
    ...reply,
    embeds: [...reply.embeds, fitEmbed(detailsEmbed(report, sentiment, reader), rest)],
    components: forecastComponents(report.asset.symbol, report.horizon.name, {
      translator,
      mayPost,
      shown: 'details',
      currency: report.shownIn?.wanted,
    }),
  };
}

function detailsEmbed(
  report: ForecastReport,
  sentiment: SentimentGlance | 'unknown' | null,
  { translator, isOwner = false }: ForecastReader,
): APIEmbed {
  const { t, formats } = translator;
  const price = formats.prices(report.lastPrice, currencyOfReport(report));
  const median = report.quantiles[MEDIAN_INDEX]!;
  const change = (value: number) => formats.change(report.lastPrice, value);
  const notes = [...rateLines(report, translator), ...noteLines(report, translator, isOwner)];
  if (sentiment === 'unknown') notes.push(`⚠️ ${t('details.sentimentUnread')}`);
  const bands = BANDS.map((band) => {
    const [low, high] = [report.quantiles[band.lower]!, report.quantiles[band.upper]!];
    const share = `${band.coverage * 100}${NBSP}%`;
    return t('details.range', {
      share,
      low: price(low),
      high: price(high),
      lowChange: change(low),
      highChange: change(high),
    });
  });
  const fields: APIEmbedField[] = [
    { ...priceField(report, price, t), inline: true },
    {
      name: t('details.median'),
      value: t('details.medianValue', {
        price: price(median),
        change: change(median),
        time: timestamp(report.targetMs, 'R'),
      }),
      inline: true,
    },
    { name: t('details.pUp'), value: formats.probability(report.pUp), inline: true },
    { name: t('details.ranges'), value: bands.join('\n') },
    { name: t('details.volatility'), value: volatilityText(report.volatility, translator), inline: true },
    { name: t('details.model'), value: modelText(report.model, t), inline: true },
    {
      name: t('details.candles'),
      value: t('details.candlesValue', {
        source: escapeMarkdown(report.data.source),
        time: timestamp(report.data.fetchedAtMs, 'R'),
      }),
      inline: true,
    },
    { name: t('details.record'), value: recordText(report.record, translator) },
    ...(sentiment === null || sentiment === 'unknown'
      ? []
      : [
          {
            name: t('details.sentiment'),
            value: sentimentText({ ...sentiment, ...(report.sentiment ?? { share: null, worth: null }) }, translator),
          },
        ]),
    ...packLines(notes).map((value, i) => ({ name: t(i === 0 ? 'details.notes' : 'details.notesMore'), value })),
  ];
  return {
    title: t('details.title', { duration: formats.duration(horizonMs(report.horizon)) }),
    color: COLOUR,
    fields,
  };
}

/** The price that the forecast starts from, its moment and its source; says where it is only a close. */
function priceField(
  { price, lastPrice }: ForecastReport,
  format: (value: number) => string,
  t: Translator['t'],
): APIEmbedField {
  const source = escapeMarkdown(price.source);
  const isTrade = price.kind === 'trade';
  return {
    name: t(isTrade ? 'details.priceNow' : 'details.lastPrice'),
    value: t('details.priceFrom', {
      price: format(lastPrice),
      time: timestamp(price.atMs, isTrade ? 't' : 'f'),
      source,
    }),
  };
}

function modelText(model: ForecastReport['model'], t: Translator['t']): string {
  const until = timestamp(model.dataUntilMs, 'D');
  if (model.family === 'climatology') return t('details.noModel', { until });
  return t('details.modelValue', {
    version: escapeMarkdown(model.version),
    trained: timestamp(model.trainedAtMs, 'R'),
    until,
  });
}

/** How the model has scored at this horizon, with n and dates; says whether that was live or on past data. */
function recordText(record: TrackRecord | null, { t, formats }: Translator): string {
  if (record === null) return t('details.recordNone');
  const { skillPct: skill, skillLowPct: low, skillHighPct: high } = record;
  const side = (value: number): string => (value < 0 ? 'higher' : 'lower');
  const size = (value: number): string => formats.percent(Math.abs(value));
  const score = t(record.edge ? 'details.score' : 'details.scoreNoEdge', {
    size: size(skill),
    side: side(skill),
    baseline: escapeMarkdown(record.baseline),
    low: size(low),
    lowSide: side(low) === side(high) ? 'same' : side(low),
    high: size(high),
    highSide: side(high),
  });
  return [
    // Where both ends lie on one side, the word for it stands at the second alone.
    t(record.kind === 'card' ? 'details.recordPast' : 'details.recordLive', { score: score.replace(/ {2,}/g, ' ') }),
    t('details.held', {
      share: formats.percent(record.coverage80 * 100),
      n: formats.count(record.n),
      coins: record.coins,
      from: timestamp(record.fromMs, 'D'),
      to: timestamp(record.toMs, 'D'),
    }),
  ].join('\n');
}

function volatilityText({ expected, usual }: ForecastReport['volatility'], { t, formats }: Translator): string {
  const ratio = expected / usual;
  const volatility = formats.percent(expected * 100);
  if (!Number.isFinite(ratio) || !(usual > 0)) return volatility;
  return t('details.againstUsual', { volatility, ratio: formats.number(ratio, 1) });
}

/** What prices were converted with, or that they were not. */
export function rateLines({ shownIn }: ForecastReport, translator: Translator): string[] {
  if (!shownIn) return [];
  const { wanted, rate } = shownIn;
  if (rate === null) return [`⚠️ ${translator.t('card.noRate', { currency: wanted })}`];
  const values = { rate: rateText(rate, translator), source: escapeMarkdown(rate.source) };
  return [`• ${translator.t('details.converted', values)}`];
}

/** Every note, with what an owner can do about it, then the sources that failed when no note names them. */
function noteLines(report: ForecastReport, { t, message }: Translator, isOwner: boolean): string[] {
  const lines = report.notes.map(({ severity, message: said, advice }) => {
    const text = message(said, escapeMarkdown);
    const mark = severity === 'warning' ? '⚠️' : '•';
    return `${mark} ${text}${isOwner && advice ? ` ${message(advice, escapeMarkdown)}` : ''}`;
  });
  if (report.notes.some((note) => note.code === 'source-down')) return lines;
  const failures = report.data.failures.map(
    ({ source, reason }) =>
      `• ${t('details.noPrices', { source: escapeMarkdown(source), reason: escapeMarkdown(reason) })}`,
  );
  return [...lines, ...failures];
}

/** What a mean score of sentiment is called. */
const TONES: Readonly<Record<Tone, MessageKey>> = {
  neutral: 'details.toneNeutral',
  mildlyPositive: 'details.toneMildlyPositive',
  mildlyNegative: 'details.toneMildlyNegative',
  stronglyPositive: 'details.toneStronglyPositive',
  stronglyNegative: 'details.toneStronglyNegative',
};

/** The score of what is said, its share in the forecast, and how much it changed the error on past data. */
export function sentimentText({ score, weekAgo, count, share, worth }: SentimentLine, translator: Translator): string {
  const { t, formats } = translator;
  const said = (): string => {
    if (score === null) return t('details.sentimentNone');
    const values = { tone: t(TONES[tone(score)]), score: signedScore(score, translator), count };
    if (weekAgo === null) return t('details.sentimentSaid', values);
    return t('details.sentimentWeek', { ...values, before: signedScore(weekAgo, translator) });
  };
  if (share === null) return `${said()} ${t('details.sentimentUnused')}`;
  return [
    said(),
    t('details.sentimentShare', { share: formats.probability(share) }),
    worthText(worth, translator),
  ].join(' ');
}

function worthText(worth: SentimentLine['worth'], { t, formats }: Translator): string {
  if (worth === null) return t('details.worthUnknown');
  const { valuePct, lowPct, highPct } = worth;
  const n = formats.count(worth.n);
  const size = Math.max(Math.abs(lowPct), Math.abs(highPct));
  if (lowPct <= 0 && highPct >= 0) {
    // Rounded up as far as percentages are shown: "at most" must hold.
    const parts = size < 0.1 ? 100 : 10;
    return t('details.worthNone', { most: formats.percent(Math.max(1, Math.ceil(size * parts - 1e-9)) / parts), n });
  }
  return t(valuePct > 0 ? 'details.worthLower' : 'details.worthHigher', {
    size: formats.percent(Math.abs(valuePct)),
    low: formats.percent(lowPct),
    high: formats.percent(highPct),
    n,
  });
}
