import { cutText } from '../../core/cut-text.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { horizonMs } from '../../core/horizon.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { AVERAGE_PERIODS, type CandleHistory, type CandleSlot, timeframeMs } from '../../core/timeframe.ts';
import type { Translator } from '../../language/translator.ts';
import { formatZoned } from '../chart/time-axis.ts';

/** For whom candles are drawn and told. */
export interface CandleReader {
  readonly translator: Translator;
  /** IANA name, for times of day in the picture. */
  readonly timeZone: string;
}

/** A forecast beside candles. */
export interface CandleFan {
  readonly originMs: number;
  readonly targetMs: number;
  readonly points: ForecastReport['fan'];
  /** Such as `Next 7 days`. */
  readonly caption: string;
  /** Prices at the target that are written beside it, the median first. */
  readonly labels: readonly { readonly price: number; readonly text: string }[];
}

/** What the picture of /chart shows; every word is finished. */
export interface CandleChartInput {
  readonly title: string;
  readonly subtitle: string;
  readonly slots: readonly CandleSlot[];
  readonly stepMs: number;
  /** Time and price of the newest price. */
  readonly atMs: number;
  readonly price: number;
  /** ISO 4217 code of the currency of all prices. */
  readonly currency: string;
  readonly priceText: string;
  /** Names of the averages. */
  readonly averages: readonly string[];
  readonly volume: string;
  /** What a place without a candle is called. */
  readonly noData: string;
  readonly fan: CandleFan | null;
  readonly timeZone: string;
  readonly locale: string;
  /** The badge's word; null for a real market. */
  readonly simulated: string | null;
}

/** Candles drawn where the forecast takes room beside them. */
const SLOTS_WITH_FAN = 72;

/** The slots that are drawn: beside a forecast the newest ones. */
export function drawnSlots({ slots }: CandleHistory, withFan: boolean): readonly CandleSlot[] {
  return withFan ? slots.slice(-SLOTS_WITH_FAN) : slots;
}

/** What the picture of a coin's candles shows, with a forecast beside them where there is one. */
export function candleChartInput(
  history: CandleHistory,
  report: ForecastReport | null,
  { translator, timeZone }: CandleReader,
): CandleChartInput {
  const { t, formats, locale } = translator;
  const { asset, atMs, price, currency, simulated } = history.price;
  // The bundled font lacks other scripts.
  const hasName = /^[\u0020-\u024f]+$/.test(asset.name) && asset.name !== asset.symbol;
  const coin = hasName ? `${cutText(asset.name, 20).trim()} (${asset.symbol})` : asset.symbol;
  const write = formats.prices(price, currency);
  const labels = report
    ? [MEDIAN_INDEX, BANDS[1].lower, BANDS[1].upper].map((index) => ({
        price: report.quantiles[index]!,
        text: write(report.quantiles[index]!),
      }))
    : [];
  return {
    title: t('candles.title', { name: coin, length: t(`candles.${history.timeframe}`) }),
    subtitle: t('candles.priceAt', { price: write(price), time: formatZoned(atMs, timeZone, locale) }),
    slots: drawnSlots(history, report !== null),
    stepMs: timeframeMs(history.timeframe),
    atMs,
    price,
    currency,
    priceText: write(price),
    averages: AVERAGE_PERIODS.map((count) => t('candles.average', { count })),
    volume: t('candles.volume', { symbol: asset.symbol }),
    noData: t('fan.noData'),
    fan: report && {
      originMs: report.originMs,
      targetMs: report.targetMs,
      points: report.fan,
      caption: t('candles.next', { duration: formats.duration(horizonMs(report.horizon)) }),
      labels,
    },
    timeZone,
    locale,
    simulated: simulated ? t('reply.simulatedBadge') : null,
  };
}
