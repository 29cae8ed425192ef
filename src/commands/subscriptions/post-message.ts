import { LRUCache } from 'lru-cache';
import { askedTogether } from '../../core/concurrency.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { HorizonName } from '../../core/horizon.ts';
import type { LiveCause } from '../../core/ledger.ts';
import type { PaperTripPayload } from '../../core/paper.ts';
import { parseReason } from '../../core/reason.ts';
import type { RecordHead } from '../../core/record.ts';
import type { AlertPayload, DuePost, Subscription } from '../../core/subscription.ts';
import { DAY_MS, MINUTE_MS, steadyClock } from '../../core/time.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { alertReply, noticeReply } from '../../render/alerts/alert-post.ts';
import { embedLength, LIMITS } from '../../render/limits.ts';
import { paperLine, paperTripReply } from '../../render/paper/paper-embed.ts';
import { weeklyBoard } from '../../render/predict/predict-embed.ts';
import { reasonText } from '../../render/reason-text.ts';
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
/** Locales that reports are made in; Discord has about thirty. */
const MAX_LOCALES = 40;
/** Characters of an embed that are left for the footer of a post. */
const FOOTER_ROOM = 200;

/** Makes the reply of the accuracy report in a language, as /accuracy does. */
export type AccuracyReply = (translator: Translator) => Promise<Reply>;

/** A coin of a post, or the reason why there is none. */
interface MadeCoin {
  readonly coin: DailyCoin;
  readonly error: CandlecastError | null;
}

type CoinMaker = (symbol: string, horizon: HorizonName, timeZone: string, locale: string) => Promise<MadeCoin>;

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
  const { preferences, serverSettings } = context.services;
  // The head that is read after the posts of this moment were made stands for all of them.
  const headTogether = askedTogether(async (keys: readonly 'head'[]) => {
    const head = await context.services.witness.head();
    return new Map(keys.map((key) => [key, head]));
  });
  const headNow = async () => (await headTogether('head')) ?? null;
  const clock = { ttlResolution: 0, perf: { now: steady } };
  const coins = new LRUCache<string, Promise<MadeCoin>>({ ...clock, max: MAX_COINS, ttl: COIN_MS });
  const reports = new LRUCache<string, Promise<Reply>>({ ...clock, max: MAX_LOCALES, ttl: REPORT_MS });
  const papers = new LRUCache<string, Promise<string | null>>({ ...clock, max: MAX_SERVERS, ttl: PAPER_MS });

  const sharedCoin: CoinMaker = (symbol, horizon, timeZone, locale) => {
    const start = steady();
    const key = `${symbol} ${horizon} ${timeZone} ${locale}`;
    const known = coins.get(key);
    if (known) return known;
    const made = makeCoin(symbol, horizon, { timeZone, locale }, context, 'posted');
    coins.set(key, made);
    void made.then(({ error, coin }) => {
      const incomplete = error !== null || coin.chartPng === null || coin.lastCall === 'unknown';
      if (incomplete && coins.peek(key) === made) coins.set(key, made, { ttl: INCOMPLETE_MS, start });
    });
    return made;
  };

  const sharedReport = (translator: Translator): Promise<Reply> => {
    const { locale } = translator;
    const known = reports.get(locale);
    if (known) return known;
    const made = accuracyReply(translator);
    reports.set(locale, made);
    made.catch((failure: unknown) => {
      reports.delete(locale);
      const error = asCandlecastError(failure);
      // What is unexpected is logged with each post that it holds up.
      if (error.code !== 'CC_INTERNAL') {
        const facts = { code: error.code, err: error };
        context.logger.warn(facts, 'the accuracy report of weekly posts could not be made');
      }
    });
    return made;
  };

  const sharedPaper = (guildId: string, translator: Translator): Promise<string | null> => {
    const key = `${guildId} ${translator.locale}`;
    const known = papers.get(key);
    if (known) return known;
    const line = paperOf(guildId, context, translator);
    papers.set(key, line);
    return line;
  };

  /** In the language of the person, where they have chosen one, else in that of their server. */
  async function noticeText(payload: string, { createdBy, guildId, locale }: Subscription): Promise<string> {
    const [{ language }, server] = await Promise.all([preferences.of(createdBy), serverSettings.of(guildId)]);
    const notice = parseReason(payload);
    // An earlier version has queued its text as it is.
    return typeof notice === 'string'
      ? notice
      : reasonText(notice, translatorFor(language ?? server.language ?? locale));
  }

  return async (post, subscription) => {
    if (post.kind === 'notice') return noticeReply(await noticeText(post.payload ?? '', subscription));
    const settings = await serverSettings.of(subscription.guildId);
    const locale = settings.language ?? subscription.locale;
    const translator = translatorFor(locale);
    if (post.kind === 'alert') {
      const payload = JSON.parse(post.payload ?? '') as AlertPayload;
      return mentioning(settings.alertRoleId, alertReply(payload, post.id, await headNow(), translator));
    }
    if (post.kind === 'paper') {
      const payload = JSON.parse(post.payload ?? '') as PaperTripPayload;
      return paperTripReply(payload, post.id, await headNow(), translator);
    }
    const test = post.kind === 'test';
    // A test post shows a change made a moment ago.
    const paper = await (test
      ? paperOf(subscription.guildId, context, translator)
      : sharedPaper(subscription.guildId, translator));
    if (post.kind === 'weekly' || (test && subscription.report === 'weekly')) {
      const report = await sharedReport(translator);
      const board = settings.weeklyCalls ? await boardOf(subscription.guildId, report, context, translator) : null;
      const embeds = board === null ? report.embeds : [...report.embeds, board];
      return signed({ ...report, embeds }, post, paper, await headNow(), translator);
    }
    const facts = { postId: post.id, missed: post.missed, test, paper, style: settings.postStyle };
    return dailyReply({ ...subscription, locale }, facts, sharedCoin, headNow);
  };
}

/** Makes the daily post of a subscription that does not exist yet; throws where no coin has a forecast. */
export async function previewDailyPost(
  draft: Pick<Subscription, 'symbols' | 'horizon' | 'timeZone' | 'guildId' | 'locale'>,
  context: CommandContext,
): Promise<Reply> {
  const make: CoinMaker = (symbol, horizon, timeZone, locale) =>
    makeCoin(symbol, horizon, { timeZone, locale }, context, 'asked');
  const { language, postStyle: style } = await context.services.serverSettings.of(draft.guildId);
  const locale = language ?? draft.locale;
  const paper = await paperOf(draft.guildId, context, translatorFor(locale));
  const facts = { postId: null, missed: 0, test: false, paper, style };
  return dailyReply({ ...draft, locale }, facts, make, async () => null);
}

/** The reply with a mention of the role that a server wants told of alerts. */
function mentioning(roleId: string | null, reply: Reply): Reply {
  return roleId === null ? reply : { ...reply, content: `<@&${roleId}>`, mentionedRoleId: roleId };
}

/** The line about the paper portfolio that runs in a server, or that it could not be looked up; null where none runs. */
async function paperOf(guildId: string, context: CommandContext, translator: Translator): Promise<string | null> {
  const asked = context.services.paper.report(guildId).catch((failure: unknown) => {
    if (asCandlecastError(failure).code === 'CC_PAPER_NONE') return null;
    throw failure;
  });
  const report = await valueOrUnknown(asked, context, { guildId }, 'a post goes out without its paper portfolio');
  if (report === 'unknown') return translator.t('paper.unknown');
  return report?.portfolio.stoppedMs === null ? paperLine(report, translator) : null;
}

/** How the calls of a server's members did in the month of a week ago, so that the last report of a month comes after its end; null where there is none. */
async function boardOf(guildId: string, report: Reply, context: CommandContext, { locale }: Translator) {
  const month = new Date(context.now() - 7 * DAY_MS).toISOString().slice(0, 7);
  const asked = context.services.predict.leaderboard(guildId, month);
  const board = await valueOrUnknown(asked, context, { guildId }, 'a report goes out without the calls of members');
  if (board === null || board === 'unknown') return null;
  const used = report.embeds.reduce((sum, embed) => sum + embedLength(embed), 0);
  return weeklyBoard(board, locale, LIMITS.embedTotal - used - FOOTER_ROOM);
}

async function dailyReply(
  { symbols, horizon, timeZone, locale }: Pick<Subscription, 'symbols' | 'horizon' | 'timeZone' | 'locale'>,
  post: Pick<DailyPost, 'postId' | 'missed' | 'test' | 'paper' | 'style'>,
  make: CoinMaker,
  headNow: () => Promise<RecordHead | null>,
): Promise<Reply> {
  const made: MadeCoin[] = [];
  // One after the other: the posts of many channels are made at once already, and the first fills the cache for the others.
  const translator = translatorFor(locale);
  for (const symbol of symbols) made.push(await make(symbol, horizon, timeZone, translator.locale));
  const errors = made.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  if (first && errors.length === symbols.length) {
    throw new CandlecastError(first.code, first.message, { cause: first, retryable: true });
  }
  // The forecasts of all coins are recorded by now, so the head stands for them too.
  const head = await headNow();
  return dailyPostReply({ coins: made.map(({ coin }) => coin), horizon, timeZone, head, ...post }, translator);
}

async function makeCoin(
  symbol: string,
  horizon: HorizonName,
  { timeZone, locale }: { readonly timeZone: string; readonly locale: string },
  context: CommandContext,
  shownAs: LiveCause,
): Promise<MadeCoin> {
  const { forecast, accuracy } = context.services;
  try {
    // A subscription goes on with what its coin has become, and the note says what that was.
    const report = await forecast.forecast({ symbol, horizon, follow: true, shownAs });
    const chartPng = await chartOrNull(context.charts.fanChart(report, 'dark', timeZone, locale));
    const asked = accuracy.last(report.asset.symbol, horizon, { ...report.price, value: report.lastPrice });
    const lastCall = await valueOrUnknown(asked, context, { symbol, horizon }, 'a post goes out without its last call');
    return { coin: { symbol, report, problem: null, chartPng, lastCall }, error: null };
  } catch (failure) {
    const error = asCandlecastError(failure);
    context.logger.warn({ symbol, horizon, code: error.code, err: error }, 'a coin of a post has no forecast');
    return { coin: { symbol, report: null, problem: error, chartPng: null, lastCall: null }, error };
  }
}

/** An accuracy report as a post: without controls, with the head of the record and the post's id at the end. */
function signed(
  reply: Reply,
  post: DuePost,
  paper: string | null,
  head: RecordHead | null,
  translator: Translator,
): Reply {
  const { t } = translator;
  const lines = [
    post.kind === 'test' ? t('post.test') : '',
    t('post.weekly'),
    missedLine(post.missed, translator),
    reply.content ?? '',
    paper ?? '',
  ];
  return {
    content: lines.filter((line) => line !== '').join('\n'),
    embeds: reply.embeds.map((embed, i) =>
      i === reply.embeds.length - 1 ? { ...embed, footer: { text: footer(post.id, head, translator) } } : embed,
    ),
    files: reply.files,
    components: [],
  };
}
