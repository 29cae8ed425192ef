import {
  type CoinPrice,
  type ExchangeRate,
  type FailedPrice,
  type PriceBoard,
  rateDayMs,
} from '../../core/currency.ts';
import type { HorizonChoice } from '../../core/horizon.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { axisDate, fullDate } from '../chart/time-axis.ts';
import { titleOf, type View } from '../details.ts';
import { errorSentence, errorSuggestions } from '../error-embed.ts';
import { escapeMarkdown } from '../format.ts';
import { clip, fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';
import type { PriceChartInput } from './price-chart.ts';
import { priceComponents } from './price-components.ts';

const COLOURS = { up: 0x3fc7ae, down: 0xf08a3c, none: 0x5b8def } as const;
const FILE_NAME = 'prices.png';

/** What the reader wants to see. */
export interface PriceView {
  readonly locale: string;
  /** IANA name, for the chart. */
  readonly timeZone: string;
  /** What prices are in where nothing else was asked for. */
  readonly currency: string;
  readonly horizon: HorizonChoice;
  readonly view: View;
}

function directionOf({ price, dayAgo }: CoinPrice): 'up' | 'down' | 'none' {
  if (dayAgo === null || price === dayAgo) return 'none';
  return price > dayAgo ? 'up' : 'down';
}

const pairOf = ({ asset, currency }: CoinPrice): string =>
  /^[A-Z]{3}$/.test(currency) && currency === 'USD' ? asset.symbol : `${asset.symbol}/${currency}`;

/** `1 USD = 0.92 EUR (30 Nov 2026)`. */
export function rateText({ currency, perUsd, day }: ExchangeRate, { t, formats, locale }: Translator): string {
  const decimals = Math.max(0, 4 - Math.max(0, Math.floor(Math.log10(perUsd))));
  return t('price.rate', { rate: formats.number(perUsd, decimals), currency, day: fullDate(rateDayMs(day), locale) });
}

/** What the picture of prices shows; null without prices. */
export function priceChartInput({ prices }: PriceBoard, { locale, timeZone }: PriceView): PriceChartInput | null {
  const first = prices[0];
  if (!first || prices.every(({ points }) => points.length < 2)) return null;
  const translator = translatorFor(locale);
  const { t, formats } = translator;
  const only = prices.length === 1;
  const spanMs = first.atMs - (first.points[0]?.timeMs ?? first.atMs);
  return {
    caption: formats.duration(spanMs),
    rows: prices.map((one) => ({
      label: clip(only ? one.asset.name : pairOf(one), only ? 18 : 12),
      price: formats.price(one.price, one.currency),
      change: one.dayAgo === null ? '' : formats.change(one.dayAgo, one.price),
      direction: directionOf(one),
      points: one.points.map(({ timeMs, price }) => [timeMs, price] as const),
    })),
    simulated: first.simulated ? t('reply.simulatedBadge') : null,
    ends: [axisDate(first.atMs - spanMs, true, timeZone, locale), axisDate(first.atMs, true, timeZone, locale)],
  };
}

/** The reply of /price: a line a coin, and the picture; time, source and rate with the details. */
export function priceReply(board: PriceBoard, chart: Uint8Array | null, wanted: PriceView): Reply {
  const translator = translatorFor(wanted.locale);
  const { t } = translator;
  const { prices, failed } = board;
  const only = prices.length === 1 ? prices[0]! : null;
  const rates = new Map(prices.flatMap(({ rate }) => (rate ? [[rate.currency, rate]] : [])));
  const description = [
    ...prices.flatMap((one) => (only ? onlyLines(one, translator) : [listLine(one, translator)])),
    ...failed.map((one) => failedLine(one, translator)),
    ...prices.flatMap((one) => (one.unconfirmed ? [t('price.unconfirmed', { symbol: one.asset.symbol })] : [])),
    ...[...rates.values()].map((rate) => `-# ${rateText(rate, translator)}`),
    ...(wanted.view === 'details' ? ['', ...prices.map((one) => detailLine(one, translator))] : []),
    ...(chart === null && prices.some(({ points }) => points.length > 1) ? [t('reply.chartMissing')] : []),
  ].join('\n');
  const title = only
    ? only.asset.name === only.asset.symbol
      ? pairOf(only)
      : `${only.asset.name} (${pairOf(only)})`
    : t('price.title');
  const simulated = prices.some((one) => one.simulated);
  return {
    embeds: [
      fitEmbed({
        title: titleOf(escapeMarkdown(title), simulated, translator),
        description,
        color: COLOURS[only ? directionOf(only) : 'none'],
        ...(chart ? { image: { url: `attachment://${FILE_NAME}` } } : {}),
      }),
    ],
    files: chart
      ? [
          {
            name: FILE_NAME,
            contentType: 'image/png',
            data: chart,
            description: clip(prices.map((one) => altText(one, translator)).join('; '), 1_000),
          },
        ]
      : [],
    components:
      prices.length === 0 ? [] : priceComponents(prices, wanted.currency, wanted.view, wanted.horizon, translator),
  };
}

function changeText({ dayAgo, price }: CoinPrice, { t, formats }: Translator): string {
  return dayAgo === null ? t('price.changeUnknown') : t('price.change', { change: formats.change(dayAgo, price) });
}

function onlyLines(one: CoinPrice, translator: Translator): string[] {
  const { t, formats } = translator;
  const write = formats.prices(one.price, one.currency);
  const first = t('price.only', { price: write(one.price), change: changeText(one, translator) });
  const { range } = one;
  return range === null ? [first] : [first, t('price.range', { low: write(range.low), high: write(range.high) })];
}

function listLine(one: CoinPrice, translator: Translator): string {
  const { t, formats } = translator;
  const write = formats.prices(one.price, one.currency);
  const price = write(one.price);
  const change = changeText(one, translator);
  const { range } = one;
  const symbol = pairOf(one);
  if (range === null) return t('price.line', { symbol, price, change });
  return t('price.lineWithRange', { symbol, price, change, low: write(range.low), high: write(range.high) });
}

function failedLine({ typed, error }: FailedPrice, { t, locale }: Translator): string {
  const name = escapeMarkdown(clip(typed, 40));
  const near = error.code === 'CC_UNKNOWN_SYMBOL' ? errorSuggestions(error, locale) : null;
  return t('price.failed', { name, reason: [errorSentence(error, locale), near].filter(Boolean).join(' ') });
}

function detailLine(one: CoinPrice, { t, message }: Translator): string {
  const time = `<t:${Math.floor(one.atMs / 1_000)}:f>`;
  const key = one.kind === 'trade' ? 'price.trade' : 'price.close';
  const line = t(key, { symbol: pairOf(one), time, source: escapeMarkdown(one.source) });
  const asked = one.asset.change ? ` ${message(one.asset.change, escapeMarkdown)}` : '';
  return `${line}${one.rate ? ` ${t('price.rateSource', { source: escapeMarkdown(one.rate.source) })}` : ''}${asked}`;
}

function altText(one: CoinPrice, translator: Translator): string {
  const { t, formats } = translator;
  return t('price.alt', {
    name: one.asset.name,
    price: formats.price(one.price, one.currency),
    change: changeText(one, translator),
  });
}
