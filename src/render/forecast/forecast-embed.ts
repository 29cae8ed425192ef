import type { APIEmbed } from 'discord-api-types/v10';
import { closeTimeMs } from '../../core/candle.ts';
import { cutText } from '../../core/cut-text.ts';
import type { ForecastNote, ForecastReport } from '../../core/forecast.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { formatZoned } from '../chart/time-axis.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';
import { forecastComponents } from './forecast-components.ts';
import { currencyOfReport } from './forecast-currency.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** For whom a forecast is written. */
export interface ForecastReader {
  readonly translator: Translator;
  /** An owner of the bot, who also reads what can be done about a caveat. */
  readonly isOwner?: boolean;
  /** Whether the reader may have forecasts posted in the channel every day. */
  readonly mayPost?: boolean;
}

/** Chances of a rise this far from one half are called a coin toss, and those beyond the second a clear lean. */
const COIN_TOSS = 0.05;
const CLEAR_LEAN = 0.15;

/** Upper bounds of the expected volatility against the usual one, and what it is called up to there. */
const RESTLESSNESS = [
  [0.7, 'card.muchCalmer'],
  [0.9, 'card.calmer'],
  [1.1, 'card.asUsual'],
  [1.5, 'card.wilder'],
  [Number.POSITIVE_INFINITY, 'card.muchWilder'],
] as const satisfies readonly (readonly [number, MessageKey])[];

/** How restless a coin is expected to be against its usual; null where the usual is not known. */
export function restlessnessKey({ expected, usual }: ForecastReport['volatility']): MessageKey | null {
  const ratio = expected / usual;
  if (!(usual > 0) || !Number.isFinite(ratio)) return null;
  return RESTLESSNESS.find(([most]) => ratio <= most)![1];
}

/** The price a day before that of the report: the close nearest to it, an hour away at most; null where there is none. */
export function priceDayBefore({ price, history, historyInterval }: ForecastReport): number | null {
  const wantedMs = price.atMs - DAY_MS;
  const distance = (candle: (typeof history)[number]) => Math.abs(closeTimeMs(candle, historyInterval) - wantedMs);
  const nearest = history.reduce<(typeof history)[number] | null>(
    (best, candle) => (best === null || distance(candle) < distance(best) ? candle : best),
    null,
  );
  return nearest !== null && distance(nearest) <= HOUR_MS ? nearest.close : null;
}

/** Name, price and change of the last day; cut to Discord's limit by the embed. */
export function forecastTitle(report: ForecastReport, { t, formats }: Translator): string {
  const { asset, lastPrice } = report;
  const name =
    asset.name === asset.symbol ? asset.symbol : `${escapeMarkdown(cutText(asset.name, 60))} (${asset.symbol})`;
  const price = formats.price(lastPrice, currencyOfReport(report));
  const before = priceDayBefore(report);
  const title =
    before === null
      ? t('card.title', { name, price })
      : t('card.titleChange', { name, price, change: formats.change(before, lastPrice) });
  return report.simulated ? t('reply.simulatedTitle', { title }) : title;
}

/** Where the price is likely to be, and by when. */
export function likelyLine(report: ForecastReport, { t, formats }: Translator): string {
  const { quantiles, lastPrice, targetMs } = report;
  const price = formats.prices(lastPrice, currencyOfReport(report));
  const band = BANDS[1];
  const [low, high] = [price(quantiles[band.lower]!), price(quantiles[band.upper]!)];
  return t('card.likely', { time: timestamp(targetMs, 'f'), low, high });
}

/** What is known about direction, and how restless the coin is expected to be. */
export function directionLine({ pUp, volatility }: ForecastReport, { t, formats }: Translator): string {
  const lean = pUp - 0.5;
  const probability = formats.probability(lean < -COIN_TOSS ? 1 - pUp : pUp);
  const key: MessageKey =
    Math.abs(lean) < COIN_TOSS
      ? 'card.coinToss'
      : lean > 0
        ? lean < CLEAR_LEAN
          ? 'card.riseLikelier'
          : 'card.riseLikely'
        : lean > -CLEAR_LEAN
          ? 'card.fallLikelier'
          : 'card.fallLikely';
  const restless = restlessnessKey(volatility);
  return [t(key, { probability }), ...(restless ? [t(restless)] : [])].join(' ');
}

/** How often such ranges have held, and whether that is worth anything. */
export function heldLine({ record }: ForecastReport, { t, formats }: Translator): string {
  if (record === null) return t('card.notScored');
  const share = formats.probability(record.coverage80);
  const duration = formats.duration(Math.max(record.toMs - record.fromMs, DAY_MS));
  const held = record.kind === 'live' ? t('card.heldLive', { share, duration }) : t('card.heldPast', { share });
  return record.edge ? held : `${held} ${t('card.noEdge')}`;
}

/** What a card says about a caveat (null: the note itself), the gravest first. Information and the failures of sources stand in the details alone. */
const CARD_CAVEATS: readonly (readonly [ForecastNote['code'], MessageKey | null])[] = [
  ['unconfirmed-price', 'card.unconfirmed'],
  ['renamed', null],
  ['not-recorded', 'card.notRecorded'],
  ['climatology', 'card.climatology'],
  ['doubtful-history', 'card.doubtful'],
  ['stale-candles', 'card.stale'],
  ['no-live-price', 'card.noLivePrice'],
  ['shock', 'card.shock'],
  ['out-of-range', 'card.outOfRange'],
  ['gaps', 'card.incomplete'],
  ['bad-candles', 'card.incomplete'],
  ['missing-input', 'card.incomplete'],
  ['fallback-model', 'card.incomplete'],
];
const MAX_CAVEATS = 2;

/** The gravest caveats in a sentence each, an announcement ahead last; empty where there is none. */
export function caveatLine(report: ForecastReport, { t, message }: Translator, hasChart = true): string {
  const { notes } = report;
  const caveats = CARD_CAVEATS.flatMap(([code, key]) => {
    const note = notes.find((one) => one.code === code);
    if (!note) return [];
    if (note.severity === 'warning')
      return [message({ ...note.message, ...(key === null ? {} : { key }) }, escapeMarkdown)];
    // Candles from files are no fault; they only end there.
    return code === 'stale-candles' ? [message({ ...note.message, key: 'card.fromFiles' }, escapeMarkdown)] : [];
  });
  const said = [...new Set(caveats)].slice(0, MAX_CAVEATS);
  const { shownIn } = report;
  const inDollars = shownIn?.rate === null ? [t('card.noRate', { currency: shownIn.wanted })] : [];
  const warnings = [
    ...(report.simulated ? [t('card.madeUp')] : []),
    ...inDollars,
    ...said,
    ...(hasChart ? [] : [t('card.noChart')]),
  ];
  const announcement = notes.find(({ code }) => code === 'announcement');
  const sentences = [...warnings, ...(announcement ? [message(announcement.message, escapeMarkdown)] : [])];
  if (sentences.length === 0) return '';
  return `${warnings.length > 0 ? '⚠️' : '📅'} ${sentences.join(' ')}`;
}

/** The card of a forecast: title and four lines at most, then the chart. */
export function forecastCard(report: ForecastReport, hasChart: boolean, translator: Translator): APIEmbed {
  const lines = [
    likelyLine(report, translator),
    directionLine(report, translator),
    heldLine(report, translator),
    caveatLine(report, translator, hasChart),
  ];
  return fitEmbed({
    title: forecastTitle(report, translator),
    description: lines.filter((line) => line !== '').join('\n'),
    color: report.simulated ? COLOUR.simulated : COLOUR.normal,
    ...(hasChart ? { image: { url: 'attachment://forecast.png' } } : {}),
    footer: { text: translator.t('common.notAdvice') },
  });
}

/** Alternative text of the chart, for people who cannot see it; times by the clock of a zone (IANA name). */
export function fanChartText(report: ForecastReport, { t, formats, locale }: Translator, timeZone = 'UTC'): string {
  const price = formats.prices(report.lastPrice, currencyOfReport(report));
  const band = BANDS[1];
  const title = t('card.chartText', {
    symbol: report.asset.symbol,
    from: formatZoned(report.originMs, timeZone, locale),
    to: formatZoned(report.targetMs, timeZone, locale),
    price: price(report.lastPrice),
    median: price(report.quantiles[MEDIAN_INDEX]!),
    low: price(report.quantiles[band.lower]!),
    high: price(report.quantiles[band.upper]!),
  });
  return report.simulated ? t('reply.simulatedTitle', { title }) : title;
}

/** Builds the reply of `/forecast`: the card, the chart (null when it could not be drawn), the horizon select and the buttons. */
export function forecastReply(
  report: ForecastReport,
  chartPng: Uint8Array | null,
  { translator, mayPost = false }: ForecastReader,
): Reply {
  const { symbol } = report.asset;
  const description = fanChartText(report, translator);
  const files: ReplyFile[] =
    chartPng === null ? [] : [{ name: 'forecast.png', contentType: 'image/png', data: chartPng, description }];
  return {
    embeds: [forecastCard(report, chartPng !== null, translator)],
    files,
    components: forecastComponents(symbol, report.horizon.name, {
      translator,
      mayPost,
      currency: report.shownIn?.wanted,
    }),
  };
}
