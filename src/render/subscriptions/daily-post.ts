import type { APIEmbed } from 'discord-api-types/v10';
import type { PastCall } from '../../core/accuracy.ts';
import type { CandlecastError } from '../../core/errors.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { HORIZONS, type HorizonName, horizonMs } from '../../core/horizon.ts';
import { BANDS } from '../../core/quantiles.ts';
import { FOOTER_MARK, type RecordHead, recordLine } from '../../core/record.ts';
import type { PostStyle } from '../../core/settings.ts';
import type { Translator } from '../../language/translator.ts';
import { errorSentence } from '../error-embed.ts';
import {
  caveatLine,
  directionLine,
  fanChartText,
  forecastTitle,
  heldLine,
  likelyLine,
} from '../forecast/forecast-embed.ts';
import { timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d, missing: 0x82899a } as const;
/** Up to this many charts are shown at full size; more are shown as thumbnails. */
const MAX_LARGE_CHARTS = 3;

/** One coin of a daily post: its forecast, or `problem`, why there is none. */
export interface DailyCoin {
  readonly symbol: string;
  readonly report: ForecastReport | null;
  readonly problem: CandlecastError | null;
  /** Null where it could not be drawn. */
  readonly chartPng: Uint8Array | null;
  /** The newest forecast that came due, where the ledger has one; `unknown` where it could not be looked up. */
  readonly lastCall: PastCall | 'unknown' | null;
}

/** What a daily post is made of. */
export interface DailyPost {
  readonly coins: readonly DailyCoin[];
  readonly horizon: HorizonName;
  /** IANA name of the subscription's zone, for times outside of Discord's own timestamps. */
  readonly timeZone: string;
  /** Written at the end of the message, by which the bot finds it again after a crash; null in a preview. */
  readonly postId: string | null;
  /** The head of the record, with the forecasts of this post in it; null in a preview, and where there is none. */
  readonly head: RecordHead | null;
  readonly missed: number;
  readonly test: boolean;
  /** What the server has set; `full` where it is left out. */
  readonly style?: PostStyle;
  /** The line about the server's paper portfolio, or that it could not be looked up; absent or null where none runs. */
  readonly paper?: string | null;
}

/** Builds the message a channel gets every day: one embed a coin, ten at most, within Discord's limits. */
export function dailyPostReply(post: DailyPost, translator: Translator): Reply {
  if (post.style === 'compact') return compactReply(post, translator);
  const coins = post.coins.slice(0, LIMITS.embeds);
  const large = coins.length <= MAX_LARGE_CHARTS;
  const share = Math.floor(LIMITS.embedTotal / Math.max(1, coins.length));
  const embeds = coins.map((coin, i) =>
    fitEmbed(
      {
        ...coinEmbed(coin, large, translator),
        ...(i === coins.length - 1 ? { footer: { text: footer(post.postId, post.head, translator) } } : {}),
      },
      share,
    ),
  );
  return {
    content: clip(introduction(post, translator), LIMITS.content),
    embeds,
    files: coins.flatMap((coin) => chartFile(coin, post.timeZone, translator)),
    components: [],
  };
}

/** The same with a line a coin, in one embed and without charts. */
function compactReply(post: DailyPost, translator: Translator): Reply {
  const { t } = translator;
  const fields = post.coins.slice(0, LIMITS.fields).map(({ symbol, report, problem }) => ({
    name: report ? forecastTitle(report, translator) : symbol,
    value: report
      ? [likelyLine(report, translator), caveatLine({ ...report, simulated: false }, translator, true)]
          .filter((text) => text !== '')
          .join('\n')
      : t('post.noForecast', { reason: problemText(problem, translator) }),
  }));
  const simulated = post.coins.some(({ report }) => report?.simulated);
  return {
    content: clip(introduction(post, translator), LIMITS.content),
    embeds: [
      fitEmbed({
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        fields,
        footer: { text: footer(post.postId, post.head, translator) },
      }),
    ],
    files: [],
    components: [],
  };
}

/** The footer of a post, which says how far the record went and ends with the post's id: by it the bot finds the post again after a crash. */
export function footer(postId: string | null, head: RecordHead | null, { t }: Pick<Translator, 't'>): string {
  const parts = [t('common.notAdvice'), head === null ? null : recordLine(head), postId];
  return parts.filter((part) => part !== null).join(FOOTER_MARK);
}

/** Says how many posts were left out before this one; empty where none was. */
export function missedLine(missed: number, { t }: Pick<Translator, 't'>): string {
  return missed === 0 ? '' : t('post.missed', { count: missed });
}

function introduction(post: DailyPost, { t, formats }: Translator): string {
  const { coins, missed, test, paper } = post;
  const reports = coins.flatMap((coin) => coin.report ?? []);
  const duration = formats.duration(horizonMs(HORIZONS[post.horizon]));
  const [first] = reports;
  const title = first
    ? t('post.title', { duration, time: timestamp(first.targetMs, 'f') })
    : t('post.titleAlone', { duration });
  const without = reports.filter((report) => report.record === null || !report.record.edge);
  const names = formats.list(without.map(({ asset }) => asset.symbol));
  const lines = [
    test ? `${t('post.test')} ${title}` : title,
    missedLine(missed, { t }),
    reports.some((report) => report.simulated) ? t('card.madeUp') : '',
    without.length === 0 ? '' : `-# ${t('post.noEdgeFor', { coins: names })}`,
    paper ?? '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function coinEmbed(coin: DailyCoin, large: boolean, translator: Translator): APIEmbed {
  const { report, symbol } = coin;
  const { t } = translator;
  if (!report) {
    return {
      title: symbol,
      description: t('post.noForecast', { reason: problemText(coin.problem, translator) }),
      color: COLOUR.missing,
    };
  }
  const { record } = report;
  const lines = [
    likelyLine(report, translator),
    directionLine(report, translator),
    // That there is no edge stands above all coins.
    heldLine(record ? { ...report, record: { ...record, edge: true } } : report, translator),
    ...(coin.lastCall ? [lastCallLine(coin.lastCall, translator)] : []),
    // So does that prices are made up.
    caveatLine({ ...report, simulated: false }, translator, coin.chartPng !== null),
  ];
  const picture = { url: `attachment://${fileName(symbol)}` };
  return {
    title: forecastTitle(report, translator),
    description: lines.filter((line) => line !== '').join('\n'),
    color: report.simulated ? COLOUR.simulated : COLOUR.normal,
    ...(coin.chartPng ? (large ? { image: picture } : { thumbnail: picture }) : {}),
  };
}

/** Why a coin has no forecast: in words of every language where the error has some, in general where it has none. */
function problemText(problem: CandlecastError | null, translator: Translator): string {
  return problem === null ? translator.t('common.unknown') : errorSentence(problem, translator.locale);
}

/** The newest forecast that came due, with its outcome. */
function lastCallLine(call: PastCall | 'unknown', { t, formats }: Translator): string {
  if (call === 'unknown') return `⚠️ ${t('post.lastUnknown')}`;
  const price = formats.prices(call.lastPrice);
  const band = BANDS[1];
  const [low, high] = [call.quantiles[band.lower]!, call.quantiles[band.upper]!];
  const values = {
    time: timestamp(call.targetMs, 'f'),
    low: price(low),
    high: price(high),
    price: price(call.actualPrice),
    isFinal: call.isScored ? 'yes' : 'no',
  };
  if (call.actualPrice >= low && call.actualPrice <= high) return t('post.lastHeld', values);
  return t('post.lastMissed', { ...values, side: call.actualPrice > high ? 'above' : 'below' });
}

function chartFile({ symbol, report, chartPng }: DailyCoin, timeZone: string, translator: Translator): ReplyFile[] {
  if (!chartPng || !report) return [];
  const description = fanChartText(report, translator, timeZone);
  return [{ name: fileName(symbol), contentType: 'image/png', data: chartPng, description }];
}

function fileName(symbol: string): string {
  return `${symbol.toLowerCase()}.png`;
}
