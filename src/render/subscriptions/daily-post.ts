import type { APIEmbed } from 'discord-api-types/v10';
import type { PastCall } from '../../core/accuracy.ts';
import { cutText } from '../../core/cut-text.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { FOOTER_MARK, type RecordHead, recordLine } from '../../core/record.ts';
import { MINUTE_MS } from '../../core/time.ts';
import { translatorFor } from '../../language/translator.ts';
import { formatZoned } from '../chart/time-axis.ts';
import { escapeMarkdown, formatChange, formatProbability, NBSP, priceFormatter, timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d, missing: 0x82899a } as const;
/** Up to this many charts are shown at full size; more are shown as thumbnails. */
const MAX_LARGE_CHARTS = 3;

/** One coin of a daily post: its forecast, or `problem`, why there is none. */
export interface DailyCoin {
  readonly symbol: string;
  readonly report: ForecastReport | null;
  readonly problem: string | null;
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
  /** The line about the server's paper portfolio, or that it could not be looked up; absent or null where none runs. */
  readonly paper?: string | null;
}

/** Builds the message a channel gets every day: one embed a coin, ten at most, within Discord's limits. */
export function dailyPostReply(post: DailyPost): Reply {
  const coins = post.coins.slice(0, LIMITS.embeds);
  const large = coins.length <= MAX_LARGE_CHARTS;
  const share = Math.floor(LIMITS.embedTotal / Math.max(1, coins.length));
  const targetMs = sharedTargetMs(post);
  const embeds = coins.map((coin, i) =>
    fitEmbed(
      {
        ...coinEmbed(coin, large, targetMs),
        ...(i === coins.length - 1 ? { footer: { text: footer(post.postId, post.head) } } : {}),
      },
      share,
    ),
  );
  return {
    content: clip(introduction(post), LIMITS.content),
    embeds,
    files: coins.flatMap((coin) => chartFile(coin, post.timeZone)),
    components: [],
  };
}

/** The footer of a post, which says how far the record went and ends with the post's id: by it the bot finds the post again after a crash. */
export function footer(postId: string | null, head: RecordHead | null): string {
  const parts = ['Not investment advice', head === null ? null : recordLine(head), postId];
  return parts.filter((part) => part !== null).join(FOOTER_MARK);
}

/** Says how many posts were left out before this one; empty where none was. */
export function missedLine(missed: number): string {
  if (missed === 0) return '';
  const what = missed === 1 ? 'One post before this one was' : `${missed} posts before this one were`;
  return `${what} left out: I was not running, had nothing to show or could not post here.`;
}

/** The target of the first coin with a forecast; those of the others lie within moments of it, unless prices come from files. */
function sharedTargetMs({ coins }: DailyPost): number | null {
  return coins.find(({ report }) => report !== null)?.report?.targetMs ?? null;
}

function introduction(post: DailyPost): string {
  const { coins, horizon, missed, test, paper } = post;
  const reports = coins.flatMap((coin) => coin.report ?? []);
  const targetMs = sharedTargetMs(post);
  const by = targetMs === null ? '' : ` by ${timestamp(targetMs, 'f')}`;
  const without = reports.filter((report) => report.record === null || !report.record.edge);
  const lines = [
    `${test ? '**Test post.** ' : ''}**Forecast, ${HORIZONS[horizon].label} ahead**: where prices may be${by}`,
    missedLine(missed),
    reports.some((report) => report.simulated) ? 'Simulated market: these prices are made up.' : '',
    without.length === 0
      ? ''
      : `-# No measurable edge at this horizon${without.length < reports.length ? ` for ${without.map(({ asset }) => asset.symbol).join(', ')}` : ''}: the ranges are about as good as how the coin moved before, the direction is close to a coin toss.`,
    paper ?? '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

/** `targetMs` is said above all coins; one whose own differs says it. */
function coinEmbed(coin: DailyCoin, large: boolean, targetMs: number | null): APIEmbed {
  const { report, symbol } = coin;
  if (!report) {
    return {
      title: symbol,
      description: `No forecast this time: ${escapeMarkdown(coin.problem ?? 'the reason is not known')}`,
      color: COLOUR.missing,
    };
  }
  const price = priceFormatter(report.lastPrice);
  const band = BANDS[1];
  const [low, high] = [report.quantiles[band.lower]!, report.quantiles[band.upper]!];
  const [lowest, highest] = [report.quantiles[0]!, report.quantiles.at(-1)!];
  const median = report.quantiles[MEDIAN_INDEX]!;
  // A coin that has changed is named as what it is now.
  const { name, symbol: ticker } = report.asset;
  const warnings = report.notes.filter((note) => note.severity === 'warning' && note.code !== 'simulated');
  const differs = targetMs === null || Math.abs(report.targetMs - targetMs) >= MINUTE_MS;
  const lines = [
    priceLine(report, price(report.lastPrice)),
    `80${NBSP}% range${differs ? ` by ${timestamp(report.targetMs, 'f')}` : ''} **${price(low)} to ${price(high)}** (${formatChange(report.lastPrice, low)} to ${formatChange(report.lastPrice, high)})`,
    `95${NBSP}% range ${price(lowest)} to ${price(highest)}`,
    `Median ${price(median)} (${formatChange(report.lastPrice, median)}), chance of a rise ${formatProbability(report.pUp)}`,
    ...(coin.lastCall ? [lastCallLine(coin.lastCall)] : []),
    ...warnings.slice(0, 2).map((note) => `⚠️ ${clip(translatorFor('en').message(note.message, escapeMarkdown), 200)}`),
    ...(coin.chartPng ? [] : ['⚠️ The chart could not be drawn this time.']),
  ];
  const picture = { url: `attachment://${fileName(symbol)}` };
  return {
    title: `${report.simulated ? 'SIMULATED: ' : ''}${name === ticker ? ticker : `${escapeMarkdown(cutText(name, 80))} (${ticker})`} · ${price(report.lastPrice)}`,
    description: lines.join('\n'),
    color: report.simulated ? COLOUR.simulated : COLOUR.normal,
    ...(coin.chartPng ? (large ? { image: picture } : { thumbnail: picture }) : {}),
  };
}

/** The price that the forecast starts from, its moment and its source; says where it is only a close. */
function priceLine({ price }: ForecastReport, words: string): string {
  const source = escapeMarkdown(price.source);
  return price.kind === 'trade'
    ? `Price ${words} at ${timestamp(price.atMs, 't')} (${source})`
    : `Price ${words}, the newest close, ${timestamp(price.atMs, 'f')} (${source})`;
}

/** The newest forecast that came due, with its outcome. */
function lastCallLine(call: PastCall | 'unknown'): string {
  if (call === 'unknown') return '⚠️ The last call could not be looked up this time.';
  const price = priceFormatter(call.lastPrice);
  const band = BANDS[1];
  const [low, high] = [call.quantiles[band.lower]!, call.quantiles[band.upper]!];
  const held = call.actualPrice >= low && call.actualPrice <= high;
  const outside = call.actualPrice > high ? 'above' : 'below';
  const how = held ? 'inside ✅' : `${outside} it${call.band === 95 ? `, inside 95${NBSP}%` : ''} ❌`;
  const is = call.isScored ? 'it was' : 'it is';
  return `Last call, for ${timestamp(call.targetMs, 'f')}: ${price(low)} to ${price(high)}; ${is} ${price(call.actualPrice)}, ${how}`;
}

function chartFile({ symbol, report, chartPng }: DailyCoin, timeZone: string): ReplyFile[] {
  if (!chartPng || !report) return [];
  const price = priceFormatter(report.lastPrice);
  const band = BANDS[1];
  const range = `${price(report.quantiles[band.lower]!)} to ${price(report.quantiles[band.upper]!)}`;
  return [
    {
      name: fileName(symbol),
      contentType: 'image/png',
      data: chartPng,
      description: `${report.simulated ? 'SIMULATED. ' : ''}Fan chart of ${report.asset.symbol} from ${formatZoned(report.originMs, timeZone)} to ${formatZoned(report.targetMs, timeZone)}: price at the start ${price(report.lastPrice)}, 80 % range ${range}.`,
    },
  ];
}

function fileName(symbol: string): string {
  return `${symbol.toLowerCase()}.png`;
}
