import { LRUCache } from 'lru-cache';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { HorizonName } from '../../core/horizon.ts';
import type { LiveCause } from '../../core/ledger.ts';
import type { PaperTripPayload } from '../../core/paper.ts';
import type { RecordHead } from '../../core/record.ts';
import type { AlertPayload, DuePost, Subscription } from '../../core/subscription.ts';
import { MINUTE_MS, steadyClock } from '../../core/time.ts';
import { translatorFor } from '../../language/translator.ts';
import { alertReply, noticeReply } from '../../render/alerts/alert-post.ts';
import { paperLine, paperTripReply } from '../../render/paper/paper-embed.ts';
import type { Reply } from '../../render/reply.ts';
import {
  type DailyCoin,
  type DailyPost,
  dailyPostReply,
  footer,
  missedLine,
} from '../../render/subscriptions/daily-post.ts';
import { type CommandContext, chartOrNull, valueOrUnknown } from '../command.ts';

/** Accuracy reports made for one channel are reused for the others for this long. */
const REPORT_MS = 5 * MINUTE_MS;
/** A forecast counts from the moment of its post, so a coin made for one channel is reused for the others no longer than this; an incomplete one for less. */
const COIN_MS = 20_000;
const INCOMPLETE_MS = 10_000;
/** A portfolio may be started or stopped at any time; the posts of one server go out within moments of each other. */
const PAPER_MS = 30_000;
/** Coins kept: about 40 MB with their charts. */
const MAX_COINS = 500;
const MAX_SERVERS = 10_000;

/** The language of posts. */
const POSTS = translatorFor('en-US');

/** Makes the reply of the accuracy report, as /accuracy does. */
export type AccuracyReply = () => Promise<Reply>;

/** A coin of a post, or the reason why there is none. */
interface MadeCoin {
  readonly coin: DailyCoin;
  readonly error: CandlecastError | null;
}

type CoinMaker = (symbol: string, horizon: HorizonName, timeZone: string) => Promise<MadeCoin>;

/**
 * Builds the function that makes the message of a post. Forecast, chart and last call of a coin are made once for all channels
 * of its zone that show it within moments, and the line about a paper portfolio once for all channels of its server. The function throws a retryable error
 * when no coin has a forecast.
 */
export function createPostMaker(
  context: CommandContext,
  accuracyReply: AccuracyReply,
): (post: DuePost, subscription: Subscription) => Promise<Reply> {
  const steady = steadyClock(context.now);
  const { witness } = context.services;
  const clock = { ttlResolution: 0, perf: { now: steady } };
  const coins = new LRUCache<string, Promise<MadeCoin>>({ ...clock, max: MAX_COINS, ttl: COIN_MS });
  const reports = new LRUCache<'weekly', Promise<Reply>>({ ...clock, max: 1, ttl: REPORT_MS });
  const papers = new LRUCache<string, Promise<string | null>>({ ...clock, max: MAX_SERVERS, ttl: PAPER_MS });

  const sharedCoin: CoinMaker = (symbol, horizon, timeZone) => {
    const start = steady();
    const key = `${symbol} ${horizon} ${timeZone}`;
    const known = coins.get(key);
    if (known) return known;
    const made = makeCoin(symbol, horizon, timeZone, context, 'posted');
    coins.set(key, made);
    void made.then(({ error, coin }) => {
      const incomplete = error !== null || coin.chartPng === null || coin.lastCall === 'unknown';
      if (incomplete && coins.peek(key) === made) coins.set(key, made, { ttl: INCOMPLETE_MS, start });
    });
    return made;
  };

  const sharedReport = (): Promise<Reply> => {
    const known = reports.get('weekly');
    if (known) return known;
    const made = accuracyReply();
    reports.set('weekly', made);
    made.catch((failure: unknown) => {
      reports.delete('weekly');
      const error = asCandlecastError(failure);
      // What is unexpected is logged with each post that it holds up.
      if (error.code !== 'CC_INTERNAL') {
        const facts = { code: error.code, err: error };
        context.logger.warn(facts, 'the accuracy report of weekly posts could not be made');
      }
    });
    return made;
  };

  const sharedPaper = (guildId: string): Promise<string | null> => {
    const known = papers.get(guildId);
    if (known) return known;
    const line = paperOf(guildId, context);
    papers.set(guildId, line);
    return line;
  };

  return async (post, subscription) => {
    if (post.kind === 'notice') return noticeReply(post.payload ?? '');
    if (post.kind === 'alert')
      return alertReply(JSON.parse(post.payload ?? '') as AlertPayload, post.id, await witness.head());
    if (post.kind === 'paper') {
      const payload = JSON.parse(post.payload ?? '') as PaperTripPayload;
      return paperTripReply(payload, post.id, await witness.head(), POSTS);
    }
    const test = post.kind === 'test';
    // A test post shows a change made a moment ago.
    const paper = await (test ? paperOf(subscription.guildId, context) : sharedPaper(subscription.guildId));
    if (post.kind === 'weekly' || (test && subscription.report === 'weekly')) {
      return signed(await sharedReport(), post, paper, await witness.head());
    }
    return dailyReply(subscription, { postId: post.id, missed: post.missed, test, paper }, sharedCoin, witness.head);
  };
}

/** Makes the daily post of a subscription that does not exist yet; throws where no coin has a forecast. */
export async function previewDailyPost(
  draft: Pick<Subscription, 'symbols' | 'horizon' | 'timeZone' | 'guildId'>,
  context: CommandContext,
): Promise<Reply> {
  const make: CoinMaker = (symbol, horizon, timeZone) => makeCoin(symbol, horizon, timeZone, context, 'asked');
  const paper = await paperOf(draft.guildId, context);
  return dailyReply(draft, { postId: null, missed: 0, test: false, paper }, make, async () => null);
}

/** The line about the paper portfolio that runs in a server, or that it could not be looked up; null where none runs. */
async function paperOf(guildId: string, context: CommandContext): Promise<string | null> {
  const asked = context.services.paper.report(guildId).catch((failure: unknown) => {
    if (asCandlecastError(failure).code === 'CC_PAPER_NONE') return null;
    throw failure;
  });
  const report = await valueOrUnknown(asked, context, { guildId }, 'a post goes out without its paper portfolio');
  if (report === 'unknown') return POSTS.t('paper.unknown');
  return report?.portfolio.stoppedMs === null ? paperLine(report, POSTS) : null;
}

async function dailyReply(
  { symbols, horizon, timeZone }: Pick<Subscription, 'symbols' | 'horizon' | 'timeZone'>,
  post: Pick<DailyPost, 'postId' | 'missed' | 'test' | 'paper'>,
  make: CoinMaker,
  headNow: () => Promise<RecordHead | null>,
): Promise<Reply> {
  const made: MadeCoin[] = [];
  // One after the other: the posts of many channels are made at once already, and the first fills the cache for the others.
  for (const symbol of symbols) made.push(await make(symbol, horizon, timeZone));
  const errors = made.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  if (first && errors.length === symbols.length) {
    throw new CandlecastError(first.code, first.message, { cause: first, retryable: true });
  }
  // The forecasts of all coins are recorded by now, so the head stands for them too.
  const head = await headNow();
  return dailyPostReply({ coins: made.map(({ coin }) => coin), horizon, timeZone, head, ...post });
}

async function makeCoin(
  symbol: string,
  horizon: HorizonName,
  timeZone: string,
  context: CommandContext,
  shownAs: LiveCause,
): Promise<MadeCoin> {
  const { forecast, accuracy } = context.services;
  try {
    // A subscription goes on with what its coin has become, and the note says what that was.
    const report = await forecast.forecast({ symbol, horizon, follow: true, shownAs });
    const chartPng = await chartOrNull(context.charts.fanChart(report, 'dark', timeZone));
    const asked = accuracy.last(report.asset.symbol, horizon, { ...report.price, value: report.lastPrice });
    const lastCall = await valueOrUnknown(asked, context, { symbol, horizon }, 'a post goes out without its last call');
    return { coin: { symbol, report, problem: null, chartPng, lastCall }, error: null };
  } catch (failure) {
    const error = asCandlecastError(failure);
    context.logger.warn({ symbol, horizon, code: error.code, err: error }, 'a coin of a post has no forecast');
    return { coin: { symbol, report: null, problem: error.message, chartPng: null, lastCall: null }, error };
  }
}

/** An accuracy report as a post: without controls, with the head of the record and the post's id at the end. */
function signed(reply: Reply, post: DuePost, paper: string | null, head: RecordHead | null): Reply {
  const lines = [
    post.kind === 'test' ? '**Test post.**' : '',
    '**Weekly accuracy report**',
    missedLine(post.missed),
    reply.content ?? '',
    paper ?? '',
  ];
  return {
    content: lines.filter((line) => line !== '').join('\n'),
    embeds: reply.embeds.map((embed, i) =>
      i === reply.embeds.length - 1 ? { ...embed, footer: { text: footer(post.id, head) } } : embed,
    ),
    files: reply.files,
    components: [],
  };
}
