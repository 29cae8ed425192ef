import type { ForecastReport } from '../../core/forecast.ts';
import { BANDS } from '../../core/quantiles.ts';
import { AVERAGE_PERIODS, type CandleHistory, type CandleSlot } from '../../core/timeframe.ts';
import type { Translator } from '../../language/translator.ts';
import { formatZoned } from '../chart/time-axis.ts';
import { titleOf } from '../details.ts';
import { currencyOfReport } from '../forecast/forecast-currency.ts';
import { caveatLine, likelyLine } from '../forecast/forecast-embed.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { clip, fitEmbed } from '../limits.ts';
import { rateText } from '../price/price-embed.ts';
import type { Reply } from '../reply.ts';
import { type CandleReader, drawnSlots } from './candle-chart-input.ts';
import { candleComponents } from './candle-components.ts';

const COLOURS = { up: 0x3fc7ae, down: 0xf08a3c, none: 0x5b8def } as const;
const FILE_NAME = 'candles.png';

/** What a reply of /chart is made of. */
export interface CandleParts {
  readonly history: CandleHistory;
  /** ISO 4217 code of the currency that was wanted; prices are in dollars where it has no rate. */
  readonly wanted: string;
  /** The forecast beside the candles; null where none is wanted, `unknown` where it could not be made. */
  readonly forecast: ForecastReport | 'unknown' | null;
  /** Null where the picture could not be drawn. */
  readonly chart: Uint8Array | null;
}

/** The reply of /chart: price and change in a sentence, what the candles span, the likely range where it is drawn, and the picture. */
export function candlesReply({ history, wanted, forecast, chart }: CandleParts, reader: CandleReader): Reply {
  const { translator } = reader;
  const { t } = translator;
  const { price, timeframe } = history;
  const { asset, simulated, rate } = price;
  const report = forecast === 'unknown' ? null : forecast;
  const lines = [
    priceSentence(history, translator),
    spanSentence(history, drawnSlots(history, report !== null), translator),
    ...(report ? [likelyLine(report, translator), caveatLine(report, translator)] : []),
    ...(forecast === 'unknown' ? [t('candles.noForecast')] : []),
    ...AVERAGE_PERIODS.filter((period) => history.known < period)
      .slice(0, 1)
      .map((count) => t('candles.noAverage', { known: history.known, count })),
    ...(price.unconfirmed ? [t('price.unconfirmed', { symbol: asset.symbol })] : []),
    ...(chart === null ? [t('reply.chartMissing')] : []),
    ...(price.currency === wanted ? [] : [`⚠️ ${t('card.noRate', { currency: wanted })}`]),
    ...(rate ? [`-# ${rateText(rate, translator)}`, `-# ${t('candles.oneRate')}`] : []),
    `-# ${t('candles.closed', { time: timestamp(history.untilMs, 'f') })}`,
  ];
  const name = asset.name === asset.symbol ? asset.symbol : `${asset.name} (${asset.symbol})`;
  const title = t('candles.title', { name: escapeMarkdown(clip(name, 100)), length: t(`candles.${timeframe}`) });
  const { dayAgo } = price;
  return {
    embeds: [
      fitEmbed({
        title: titleOf(title, simulated, translator),
        description: lines.filter((one) => one !== '').join('\n'),
        color: COLOURS[dayAgo === null || dayAgo === price.price ? 'none' : price.price > dayAgo ? 'up' : 'down'],
        ...(chart ? { image: { url: `attachment://${FILE_NAME}` } } : {}),
        ...(report ? { footer: { text: t('common.notAdvice') } } : {}),
      }),
    ],
    files: chart
      ? [
          {
            name: FILE_NAME,
            contentType: 'image/png',
            data: chart,
            description: clip(candlesText(history, report, reader), 1_000),
          },
        ]
      : [],
    components: candleComponents(
      { symbol: asset.symbol, timeframe, withFan: forecast !== null, currency: wanted },
      translator,
    ),
  };
}

/** What the coin costs, and how that compares with the day before. */
function priceSentence({ price: { price, currency, dayAgo } }: CandleHistory, { t, formats }: Translator): string {
  const written = formats.price(price, currency);
  if (dayAgo === null) return t('candles.priceAlone', { price: written });
  const percent = formats.percent(Math.abs(price / dayAgo - 1) * 100);
  if (Math.abs(price / dayAgo - 1) < 0.0005) return t('candles.same', { price: written });
  return t(price > dayAgo ? 'candles.higher' : 'candles.lower', { price: written, percent });
}

/** Lowest and highest price of what is drawn, and the change over it. */
function rangeOf({ price }: CandleHistory, slots: readonly CandleSlot[]) {
  const candles = slots.flatMap(({ candle }) => candle ?? []);
  return {
    open: candles[0]!.open,
    count: candles.length,
    spanMs: price.atMs - slots[0]!.openTimeMs,
    low: Math.min(price.price, ...candles.map(({ low }) => low)),
    high: Math.max(price.price, ...candles.map(({ high }) => high)),
  };
}

function spanSentence(history: CandleHistory, slots: readonly CandleSlot[], { t, formats }: Translator): string {
  const { price, currency } = history.price;
  const { open, spanMs, low, high } = rangeOf(history, slots);
  const write = formats.prices(price, currency);
  return t('candles.span', {
    duration: formats.duration(spanMs),
    change: formats.change(open, price),
    low: write(low),
    high: write(high),
  });
}

/** Alternative text of the picture, for people who cannot see it. */
function candlesText(
  history: CandleHistory,
  report: ForecastReport | null,
  { translator, timeZone }: CandleReader,
): string {
  const { t, formats, locale } = translator;
  const slots = drawnSlots(history, report !== null);
  const { asset, price, currency, atMs, simulated } = history.price;
  const { open, count, low, high } = rangeOf(history, slots);
  const write = formats.prices(price, currency);
  const text = t('candles.alt', {
    symbol: asset.symbol,
    count,
    length: t(`candles.${history.timeframe}`),
    from: formatZoned(slots[0]!.openTimeMs, timeZone, locale),
    to: formatZoned(atMs, timeZone, locale),
    open: write(open),
    price: write(price),
    low: write(low),
    high: write(high),
  });
  const fan = report ? ` ${likelyText(report, { translator, timeZone })}` : '';
  return titleOf(`${text}${fan}`, simulated, translator);
}

function likelyText(report: ForecastReport, { translator, timeZone }: CandleReader): string {
  const { t, formats, locale } = translator;
  const write = formats.prices(report.lastPrice, currencyOfReport(report));
  const { lower, upper } = BANDS[1];
  return t('candles.altFan', {
    time: formatZoned(report.targetMs, timeZone, locale),
    low: write(report.quantiles[lower]!),
    high: write(report.quantiles[upper]!),
  });
}
