import { lastFinalOpenMs } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import { HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { PaperTripPayload } from '../../core/paper.ts';
import type { AlertPayload, DuePost, Subscription } from '../../core/subscription.ts';
import { MINUTE_MS } from '../../core/time.ts';
import { alertReply, noticeReply } from '../../render/alerts/alert-post.ts';
import { PAPER_UNKNOWN, paperLine, paperTripReply } from '../../render/paper/paper-embed.ts';
import type { Reply } from '../../render/reply.ts';
import {
  type DailyCoin,
  type DailyPost,
  dailyPostReply,
  footer,
  missedLine,
} from '../../render/subscriptions/daily-post.ts';
import type { CommandContext } from '../command.ts';
import { chartOrNull, valueOrUnknown } from '../optional-parts.ts';

const THEME = 'dark';
/** What was made for one channel serves all others for this long; what failed is tried again sooner. */
const SHARED_MS = 5 * MINUTE_MS;
const FAILED_MS = 20_000;
/** A portfolio may be started or stopped at any time; the posts of one server go out within moments of each other. */
const PAPER_MS = 30_000;

/** What makes the reply of the accuracy report; the command /accuracy's own. */
export type AccuracyReply = () => Promise<Reply>;

/** A coin of a post, or the reason why there is none. */
interface MadeCoin {
  readonly coin: DailyCoin;
  readonly error: CandlecastError | null;
}

type CoinMaker = (symbol: string, horizon: HorizonName) => Promise<MadeCoin>;

/**
 * Builds what makes the messages of posts. Forecast, chart and last call of a coin are made once for all
 * channels that show it, and the line about a paper portfolio once for all of its server. The
 * maker throws where no coin has a forecast, to be tried again later.
 */
export function createPostMaker(
  context: CommandContext,
  accuracyReply: AccuracyReply,
): (post: DuePost, subscription: Subscription) => Promise<Reply> {
  const shared = new Map<string, { readonly made: Promise<MadeCoin>; untilMs: number }>();
  const papers = new Map<string, { readonly line: Promise<string | null>; readonly untilMs: number }>();
  let report: { readonly made: Promise<Reply>; readonly untilMs: number } | null = null;

  const sharedCoin: CoinMaker = (symbol, horizon) => {
    const nowMs = context.now();
    // The newest candle is part of the name: a new one makes a new forecast.
    const key = `${symbol} ${horizon} ${lastFinalOpenMs(nowMs, HORIZONS[horizon].interval)}`;
    const known = shared.get(key);
    if (known && nowMs < known.untilMs) return known.made;
    for (const [old, entry] of shared) if (nowMs >= entry.untilMs) shared.delete(old);
    const made = makeCoin(symbol, horizon, context);
    const entry = { made, untilMs: nowMs + SHARED_MS };
    shared.set(key, entry);
    void made.then(({ error, coin }) => {
      if (error || !coin.chartPng || coin.lastCall === 'unknown') entry.untilMs = nowMs + FAILED_MS;
    });
    return made;
  };
  const sharedReport = (): Promise<Reply> => {
    const nowMs = context.now();
    if (!report || nowMs >= report.untilMs) {
      report = { made: accuracyReply(), untilMs: nowMs + SHARED_MS };
      report.made.catch((failure: unknown) => {
        report = null;
        const error = asCandlecastError(failure);
        // What is unexpected is logged with each post that it holds up.
        if (error.code !== 'CC_INTERNAL') {
          context.logger.warn(
            { code: error.code, err: error },
            'the accuracy report of weekly posts could not be made',
          );
        }
      });
    }
    return report.made;
  };

  const sharedPaper = (guildId: string): Promise<string | null> => {
    const nowMs = context.now();
    const known = papers.get(guildId);
    if (known && nowMs < known.untilMs) return known.line;
    for (const [old, { untilMs }] of papers) if (nowMs >= untilMs) papers.delete(old);
    const line = paperOf(guildId, context);
    papers.set(guildId, { line, untilMs: nowMs + PAPER_MS });
    return line;
  };

  return async (post, subscription) => {
    if (post.kind === 'notice') return noticeReply(post.payload ?? '');
    if (post.kind === 'alert') return alertReply(JSON.parse(post.payload ?? '') as AlertPayload, post.id);
    if (post.kind === 'paper') return paperTripReply(JSON.parse(post.payload ?? '') as PaperTripPayload, post.id);
    const test = post.kind === 'test';
    // Whoever asks for a test looks for what has just been changed.
    const paper = await (test ? paperOf(subscription.guildId, context) : sharedPaper(subscription.guildId));
    if (post.kind === 'weekly' || (test && subscription.report === 'weekly')) {
      return signed(await sharedReport(), post, paper);
    }
    return dailyReply(subscription, { postId: post.id, missed: post.missed, test, paper }, sharedCoin);
  };
}

/** Makes the daily post of a subscription that does not exist yet; throws where no coin has a forecast. */
export async function previewDailyPost(
  draft: Pick<Subscription, 'symbols' | 'horizon' | 'guildId'>,
  context: CommandContext,
): Promise<Reply> {
  const make: CoinMaker = (symbol, horizon) => makeCoin(symbol, horizon, context);
  const paper = await paperOf(draft.guildId, context);
  return dailyReply(draft, { postId: null, missed: 0, test: false, paper }, make);
}

/** The line about the paper portfolio that runs in a server, or that it could not be looked up; null where none runs. */
async function paperOf(guildId: string, context: CommandContext): Promise<string | null> {
  const asked = context.services.paper.report(guildId).catch((failure: unknown) => {
    if (asCandlecastError(failure).code === 'CC_PAPER_NONE') return null;
    throw failure;
  });
  const report = await valueOrUnknown(asked, context, { guildId }, 'a post goes out without its paper portfolio');
  if (report === 'unknown') return PAPER_UNKNOWN;
  return report?.portfolio.stoppedMs === null ? paperLine(report) : null;
}

async function dailyReply(
  { symbols, horizon }: Pick<Subscription, 'symbols' | 'horizon'>,
  post: Pick<DailyPost, 'postId' | 'missed' | 'test' | 'paper'>,
  make: CoinMaker,
): Promise<Reply> {
  const made: MadeCoin[] = [];
  // One after the other: the posts of many channels are made at once already, and the first fills the memory for the others.
  for (const symbol of symbols) made.push(await make(symbol, horizon));
  const errors = made.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  if (first && errors.length === symbols.length) {
    throw new CandlecastError(first.code, first.message, { cause: first, retryable: true });
  }
  return dailyPostReply({ coins: made.map(({ coin }) => coin), horizon, ...post });
}

async function makeCoin(symbol: string, horizon: HorizonName, context: CommandContext): Promise<MadeCoin> {
  const { forecast, accuracy } = context.services;
  try {
    const report = await forecast.forecast({ symbol, horizon });
    const chartPng = await chartOrNull(context.charts.fanChart(report, THEME));
    const asked = accuracy.last(symbol, horizon);
    const lastCall = await valueOrUnknown(asked, context, { symbol, horizon }, 'a post goes out without its last call');
    return { coin: { symbol, report, problem: null, chartPng, lastCall }, error: null };
  } catch (failure) {
    const error = asCandlecastError(failure);
    context.logger.warn({ symbol, horizon, code: error.code, err: error }, 'a coin of a post has no forecast');
    return { coin: { symbol, report: null, problem: error.message, chartPng: null, lastCall: null }, error };
  }
}

/** An accuracy report as a post: without controls, with the post's id at the end. */
function signed(reply: Reply, post: DuePost, paper: string | null): Reply {
  const words = [
    post.kind === 'test' ? '**Test post.**' : '',
    '**Weekly accuracy report**',
    missedLine(post.missed),
    reply.content ?? '',
    paper ?? '',
  ];
  return {
    content: words.filter((line) => line !== '').join('\n'),
    embeds: reply.embeds.map((embed, i) =>
      i === reply.embeds.length - 1 ? { ...embed, footer: { text: footer(post.id) } } : embed,
    ),
    files: reply.files,
    components: [],
  };
}
