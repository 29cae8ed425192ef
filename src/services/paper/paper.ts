import type { BreakerName } from '../../core/backtest.ts';
import { INTERVAL_MS, type Interval, lastFinalOpenMs } from '../../core/candle.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import { HORIZONS, type HorizonName, parseHorizon } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import {
  MAX_CAPITAL,
  MIN_CAPITAL,
  type PaperPortfolio,
  type PaperReport,
  type PaperTripPayload,
} from '../../core/paper.ts';
import type { Clock } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import { DEFAULT_CAPITAL, newAccount } from '../../ml/backtest/account.ts';
import { ruleNamed } from '../../ml/backtest/rules.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type { LedgerRepository } from '../../storage/ledger-repository.ts';
import type { NewPaperEvent } from '../../storage/paper-events.ts';
import type { MarkedPortfolio, PaperRepository } from '../../storage/paper-repository.ts';
import type { PostRepository } from '../../storage/post-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { postId } from '../subscriptions/post-plan.ts';
import { paperReport } from './paper-report.ts';
import {
  firstOpenMs,
  issuedByMs,
  stepCoin,
  toAccount,
  toPart,
  totalOf,
  tradedAs,
  usualDollars,
  VOLUME_CANDLES,
} from './paper-step.ts';

/** The settings of a new paper portfolio. */
export interface PaperStart {
  readonly guildId: string;
  readonly userId: string;
  /** Tickers or names of tracked coins; default Bitcoin and Ether, or where neither is tracked the first two that are. */
  readonly symbols?: readonly string[];
  readonly rule: string;
  readonly horizon: string;
  /** Dollars; default 10,000. */
  readonly capital?: number;
}

/** Paper portfolios, one a server. */
export interface PaperService {
  /** Throws `CC_PAPER_RUNNING`, `CC_UNKNOWN_RULE`, `CC_UNKNOWN_SYMBOL`, `CC_USAGE`. */
  start(request: PaperStart): Promise<PaperReport>;
  /** The running portfolio, else the last one; throws `CC_PAPER_NONE`. */
  report(guildId: string): Promise<PaperReport>;
  /** Ends the running portfolio and reports on it; throws `CC_PAPER_NONE`. */
  stop(guildId: string): Promise<PaperReport>;
  /** Steps every portfolio through the candles that have closed; safe to call at any time, by several processes. */
  step(signal: AbortSignal): Promise<{ readonly steps: number }>;
}

/** A candle counts as missing once any coin of the portfolio has one that opened this many later. */
const MISSING_AFTER_CANDLES = 2;
const MAX_SYMBOLS = 10;
/** Closes of one portfolio in one call, so that a long downtime does not delay the other jobs. */
const MAX_STEPS = 500;

/** Queues posts about breakers that tripped at a close. Throws `CC_DATABASE`; a second call for the same close changes nothing. */
export type AnnounceTrips = (
  portfolio: PaperPortfolio,
  trips: PaperTripPayload['trips'],
  atMs: number,
) => Promise<void>;

/** What the paper service is built from. */
export interface PaperParts {
  readonly paper: PaperRepository;
  readonly ledger: Pick<LedgerRepository, 'newestFrom'>;
  readonly candles: Pick<CandleRepository, 'range' | 'span'>;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  /** The tracked coins: only they are forecast at every close. */
  readonly symbols: readonly string[];
  /** Reasons that forbid positions in every coin of an interval at a horizon now: a drift alarm, or no measurable edge. */
  readonly health: (interval: Interval, horizon: HorizonName) => Promise<BreakerName | null>;
  /** Called with breakers that tripped, and again where that failed. */
  readonly announce: AnnounceTrips;
  readonly simulated: () => boolean;
  readonly now: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

type Health = (horizon: HorizonName) => Promise<BreakerName | null | undefined>;

/** Makes the paper service. Portfolios follow the ledger's forecasts from closes, and stored candles. */
export function createPaperService(parts: PaperParts): PaperService {
  const { paper, ledger, candles, assets, now, logger } = parts;

  /** Reasons that forbid positions now; undefined where they cannot be read. */
  async function readHealth(horizon: HorizonName): Promise<BreakerName | null | undefined> {
    try {
      return await parts.health(HORIZONS[horizon].interval, horizon);
    } catch (error) {
      const { code, message } = asCandlecastError(error);
      logger.warn({ horizon, code, problem: message }, 'the health of a model is not known');
      return undefined;
    }
  }

  /** Whether any coin has a candle from `untilMs` on: a source that is down is waited for, a gap in a source that works is not. */
  async function hasLaterCandle({ symbols, horizon }: MarkedPortfolio, untilMs: number): Promise<boolean> {
    const { interval } = HORIZONS[horizon];
    const spans = await Promise.all(symbols.map((symbol) => candles.span(tradedAs(symbol, parts.symbols), interval)));
    return spans.some((span) => span !== null && span.toMs >= untilMs);
  }

  /** Steps a portfolio to its next close; null when the candle is not stored yet or another process took the step. */
  async function stepOnce(portfolio: MarkedPortfolio, health: Health): Promise<MarkedPortfolio | null> {
    const { id, horizon, markedMs: openMs, blocked } = portfolio;
    const { interval, steps } = HORIZONS[horizon];
    const step = INTERVAL_MS[interval];
    const newestMs = lastFinalOpenMs(now(), interval);
    if (openMs > newestMs) return null;
    const rule = ruleNamed(portfolio.rule);
    const capital = portfolio.capital / portfolio.symbols.length;
    const coins = await Promise.all(
      (await paper.accounts(id)).map(async (account) => {
        const symbol = tradedAs(account.symbol, parts.symbols);
        const entry = await ledger.newestFrom(symbol, horizon, openMs, issuedByMs(openMs, interval));
        // As known at the forecast's origin, like the rest of what is decided on.
        const originMs = entry?.originMs ?? openMs;
        const before = await candles.range(symbol, interval, originMs - VOLUME_CANDLES[interval] * step, originMs - 1);
        const [candle = null] = await candles.range(symbol, interval, openMs, openMs);
        return { part: toPart(account), candle, entry, dollarVolume: usualDollars(before) };
      }),
    );
    const complete = coins.every(({ candle }) => candle !== null);
    if (!complete && !(await hasLaterCandle(portfolio, openMs + MISSING_AFTER_CANDLES * step))) return null;
    const stepped = coins.map((coin) => stepCoin({ ...coin, blocked, rule, interval, steps, capital }));
    const next = stepped.map(({ part }) => part);
    const toMs = openMs + step;
    const events: NewPaperEvent[] = stepped.flatMap((one) => one.events).sort((a, b) => a.timeMs - b.timeMs);
    events.push({ timeMs: toMs, body: { kind: 'mark', ...totalOf(next, capital) } });
    // The model's present health must not affect candles that opened earlier.
    const current = toMs > newestMs ? await health(horizon) : undefined;
    const move = { fromMs: openMs, toMs, blocked: current === undefined ? blocked : current };
    const moved = await paper.advance(id, move, next.map(toAccount), events);
    return moved ? { ...portfolio, markedMs: toMs, blocked: move.blocked } : null;
  }

  /** Queues posts about trips not announced yet; after a crash in between it does so again, under the same ids. */
  async function announce(portfolio: PaperPortfolio): Promise<void> {
    const unannounced = await paper.unannounced(portfolio.id);
    for (const atMs of new Set(unannounced.map(({ timeMs }) => timeMs))) {
      const trips = unannounced.flatMap(({ body, timeMs }) => (timeMs === atMs && body.kind === 'trip' ? [body] : []));
      await parts.announce(
        portfolio,
        trips.map(({ symbol, breaker, untilMs }) => ({ symbol, breaker, untilMs })),
        atMs,
      );
    }
    const last = unannounced.at(-1);
    if (last) await paper.markAnnounced(portfolio.id, last.number);
  }

  /** Steps one portfolio as far as the candles go; returns the number of closes. */
  async function catchUp(portfolio: MarkedPortfolio, health: Health, signal?: AbortSignal): Promise<number> {
    let at: MarkedPortfolio | null = portfolio;
    let steps = 0;
    for (; steps < MAX_STEPS; steps++) {
      signal?.throwIfAborted();
      at = await stepOnce(at, health);
      if (!at) break;
    }
    await announce(portfolio);
    return steps;
  }

  const newest = async (guildId: string): Promise<MarkedPortfolio> => {
    const found = await paper.newest(guildId);
    if (found) return found;
    throw new CandlecastError('CC_PAPER_NONE', 'This server has no paper portfolio.', {
      remedy: 'Somebody who may manage the server can begin one with /paper start.',
    });
  };
  const report = async (guildId: string) =>
    paperReport(paper, await newest(guildId), now(), parts.simulated(), parts.symbols);

  return {
    report,

    async start({ guildId, userId, symbols, rule, horizon, capital = DEFAULT_CAPITAL }) {
      const { name, interval } = parseHorizon(horizon);
      const chosen = ruleNamed(rule);
      if (!(capital >= MIN_CAPITAL && capital <= MAX_CAPITAL)) {
        const [min, max] = [MIN_CAPITAL.toLocaleString('en-US'), MAX_CAPITAL.toLocaleString('en-US')];
        throw new CandlecastError('CC_USAGE', `The capital must be between $${min} and $${max}.`, {
          said: { key: 'errors.capitalBounds', values: { low: { price: MIN_CAPITAL }, high: { price: MAX_CAPITAL } } },
        });
      }
      const coins = [...new Set((symbols ?? usualCoins(parts.symbols)).map((text) => assets.resolve(text).symbol))];
      checkCoins(coins, parts.symbols);
      const startedMs = now();
      const portfolio: PaperPortfolio = {
        id: newId(startedMs, parts.random),
        guildId,
        rule: chosen.name,
        horizon: name,
        symbols: coins,
        capital,
        startedBy: userId,
        startedMs,
        stoppedMs: null,
      };
      const state = newAccount(capital / coins.length);
      const accounts = coins.map((symbol) => toAccount({ symbol, state, holdUnits: 0, lastClose: 0, standing: [] }));
      const begin = { markedMs: firstOpenMs(startedMs, interval), blocked: (await readHealth(name)) ?? null };
      if (!(await paper.start(portfolio, begin, accounts))) {
        throw new CandlecastError('CC_PAPER_RUNNING', 'This server has a paper portfolio already.', {
          remedy: '/paper status shows it, /paper stop ends it.',
        });
      }
      return report(guildId);
    },

    async stop(guildId) {
      const running = await paper.newest(guildId);
      // Candles that have closed by now still belong to the portfolio.
      if (running?.stoppedMs === null) await catchUp(running, readHealth);
      if (!(await paper.stop(guildId, now()))) {
        throw new CandlecastError('CC_PAPER_NONE', 'No paper portfolio runs in this server.');
      }
      return report(guildId);
    },

    async step(signal) {
      let steps = 0;
      let failure: CandlecastError | null = null;
      const healths = new Map<HorizonName, ReturnType<Health>>();
      const health: Health = (horizon) => {
        const known = healths.get(horizon) ?? readHealth(horizon);
        healths.set(horizon, known);
        return known;
      };
      for (const portfolio of await paper.active()) {
        try {
          steps += await catchUp(portfolio, health, signal);
        } catch (error) {
          signal.throwIfAborted();
          // A portfolio that fails does not stop the others; the first error is thrown at the end.
          failure ??= asCandlecastError(error);
          logger.error({ portfolio: portfolio.id, err: error }, 'a paper portfolio could not be stepped');
        }
      }
      if (failure) throw failure;
      if (steps > 0) logger.debug({ steps }, 'paper portfolios were marked to market');
      return { steps };
    },
  };
}

function usualCoins(tracked: readonly string[]): readonly string[] {
  const usual = ['BTC', 'ETH'].filter((symbol) => tracked.includes(symbol));
  return usual.length > 0 ? usual : tracked.slice(0, 2);
}

/** Throws `CC_USAGE` for coins that are not forecast at every close, none, or too many. */
function checkCoins(coins: readonly string[], tracked: readonly string[]): void {
  const missing = coins.filter((symbol) => !tracked.includes(symbol));
  if (missing.length === 0 && coins.length > 0 && coins.length <= MAX_SYMBOLS) return;
  const wrong =
    missing.length > 0
      ? `${missing.slice(0, MAX_SYMBOLS).join(', ')} ${missing.length === 1 ? 'is' : 'are'} not tracked, so no forecast is issued at every close.`
      : `A paper portfolio has 1 to ${MAX_SYMBOLS} coins.`;
  throw new CandlecastError('CC_USAGE', wrong, {
    remedy: `Name coins among ${tracked.slice(0, 12).join(', ')}${tracked.length > 12 ? ' …' : ''}.`,
    said:
      missing.length > 0
        ? { key: 'errors.notTracked', values: { coins: missing.slice(0, MAX_SYMBOLS).join(', ') } }
        : { key: 'errors.paperCoins', values: { count: MAX_SYMBOLS } },
    advice: { key: 'errors.amongCoins', values: { coins: { list: tracked.slice(0, 12) } } },
  });
}

function newId(nowMs: number, random: () => number): string {
  const chance = Math.floor(random() * 36 ** 4);
  return `${nowMs.toString(36)}${chance.toString(36).padStart(4, '0')}`;
}

/** What the announcer is built from. */
export interface AnnounceParts {
  readonly subscriptions: Pick<SubscriptionRepository, 'byGuild'>;
  readonly posts: Pick<PostRepository, 'queue'>;
  readonly simulated: () => boolean;
}

/** Builds what queues one post for every channel of the server that a subscription posts to. */
export function createTripAnnouncer({ subscriptions, posts, simulated }: AnnounceParts): AnnounceTrips {
  return async ({ guildId }, trips, atMs) => {
    const wanted = (await subscriptions.byGuild(guildId)).filter(
      ({ state }) => state === 'active' || state === 'failing',
    );
    const payload = JSON.stringify({ atMs, trips, simulated: simulated() } satisfies PaperTripPayload);
    // Of several subscriptions of one channel, the oldest posts it.
    const byChannel = new Map([...wanted].reverse().map((one) => [one.channelId, one]));
    const post = { kind: 'paper', dueMs: atMs, payload, missed: 0 } as const;
    await posts.queue(
      [...byChannel.values()].map(({ id, channelId }) => ({
        ...post,
        id: postId(id, 'paper', atMs),
        subscriptionId: id,
        channelId,
      })),
    );
  };
}
