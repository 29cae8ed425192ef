import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import type { HorizonName } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { AlertOptions, AlertPayload } from '../../core/subscription.ts';
import { CLOCK_TOLERANCE_MS, DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import type { AlertStateEntry, AlertStateRepository } from '../../storage/alert-state-repository.ts';
import type { LeaseRepository } from '../../storage/lease-repository.ts';
import type { NewPost } from '../../storage/post-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { postId } from '../subscriptions/post-plan.ts';

/** The band of one forecast, prices in US dollars. */
interface WatchedBand {
  readonly originMs: number;
  readonly targetMs: number;
  /** Edges of the 95 % band at the target. */
  readonly low: number;
  readonly high: number;
}

/** The state of the alerts about one coin of a subscription, kept between checks. */
export interface AlertState {
  /** The alert settings; when they change, the state starts anew. */
  readonly basis: string;
  /** Kept until its target: every check brings a new forecast, whose band starts at the price and so is hardly ever left. */
  readonly watched: WatchedBand;
  readonly side: 'inside' | 'above' | 'below';
  /** Which way the odds lean beyond the threshold; null before the first check. */
  readonly lean: 'none' | 'up' | 'down' | null;
  /** UTC day, in days since the epoch, and how many alerts it has had. */
  readonly day: number;
  readonly sent: number;
}

/** The newest forecast and price of a coin at one moment. */
export interface AlertObservation {
  readonly nowMs: number;
  readonly basis: string;
  /** The price now and its moment; null where there is none that is fresh. */
  readonly price: { readonly value: number; readonly atMs: number } | null;
  /** Of the newest forecast. */
  readonly pUp: number;
  readonly band: WatchedBand;
}

/** An event that causes an alert. */
type AlertEvent =
  | { readonly kind: 'band'; readonly side: 'above' | 'below'; readonly band: WatchedBand }
  | { readonly kind: 'flip'; readonly lean: 'up' | 'down' };

/** The price has to come back inside by this share of the band before leaving it counts again. */
const BAND_HYSTERESIS = 0.1;
/** The odds have to fall this far below the threshold before crossing it counts again. */
const FLIP_HYSTERESIS = 0.03;
/** Without a price, a band is watched for so long after its target: the price of the target may be late. */
const LATE_MS = 2 * HOUR_MS;

/**
 * One step of the alerts about one coin: the next state, and the events to report. The first check reports nothing, and no step more than
 * `allowed` events; the state moves on all the same, so that nothing is reported late.
 */
export function stepAlerts(
  before: AlertState | null,
  observation: AlertObservation,
  options: AlertOptions,
  allowed: number,
): { readonly state: AlertState; readonly events: readonly AlertEvent[] } {
  const day = Math.floor(observation.nowMs / DAY_MS);
  const events: AlertEvent[] = [];
  // A band from a time to come was watched by a clock that was ahead.
  const isOurs =
    before?.basis === observation.basis && before.watched.originMs <= observation.nowMs + CLOCK_TOLERANCE_MS;
  const known = isOurs ? before : null;

  const watched = known?.watched ?? observation.band;
  const { price } = observation;
  let side = known?.side ?? 'inside';
  if (options.bandBreak && price && price.atMs >= watched.originMs && price.atMs <= watched.targetMs) {
    const after = sideOf(side, price.value, watched.low, watched.high);
    if (known && after !== side && after !== 'inside') events.push({ kind: 'band', side: after, band: watched });
    side = after;
  }
  const over = (price?.atMs ?? observation.nowMs - LATE_MS) >= watched.targetMs;
  const next = over && observation.band.originMs > watched.originMs ? observation.band : watched;
  if (next !== watched) side = 'inside';

  const leanBefore = known?.lean ?? null;
  const lean = options.flipAt === null ? null : leanOf(leanBefore ?? 'none', observation.pUp, options.flipAt);
  if (lean !== null && leanBefore !== null && lean !== leanBefore && lean !== 'none')
    events.push({ kind: 'flip', lean });

  const reported = events.slice(0, Math.max(0, allowed));
  const sentBefore = before?.day === day ? before.sent : 0;
  const state = { basis: observation.basis, watched: next, side, lean, day, sent: sentBefore + reported.length };
  return { state, events: reported };
}

function sideOf(before: AlertState['side'], price: number, low: number, high: number): AlertState['side'] {
  if (price > high) return 'above';
  if (price < low) return 'below';
  const margin = (high - low) * BAND_HYSTERESIS;
  if (before === 'above' && price > high - margin) return 'above';
  if (before === 'below' && price < low + margin) return 'below';
  return 'inside';
}

function leanOf(before: 'none' | 'up' | 'down', pUp: number, threshold: number): 'none' | 'up' | 'down' {
  if (pUp >= threshold) {
    // With a threshold of one half both directions may hold; the hysteresis then decides.
    if (before === 'down' && 1 - pUp > threshold - FLIP_HYSTERESIS) return 'down';
    return 'up';
  }
  if (1 - pUp >= threshold) {
    if (before === 'up' && pUp > threshold - FLIP_HYSTERESIS) return 'up';
    return 'down';
  }
  if (before === 'up' && pUp > threshold - FLIP_HYSTERESIS) return 'up';
  if (before === 'down' && 1 - pUp > threshold - FLIP_HYSTERESIS) return 'down';
  return 'none';
}

/** The result of one check. */
export interface AlertSummary {
  readonly subscriptions: number;
  /** Posts queued. */
  readonly alerts: number;
}

/** Checks for the events that subscribers asked to be alerted to between their posts. */
export interface AlertService {
  /** Queues alerts for what happened since the last check; throws `CC_DATABASE`. */
  checkAlerts(nowMs: number): Promise<AlertSummary>;
}

/** What the service is made of. */
export interface AlertServiceOptions {
  readonly subscriptions: SubscriptionRepository;
  readonly alertStates: AlertStateRepository;
  readonly leases: LeaseRepository;
  /** The forecast from now, with the price now; asked once for each coin and horizon, and not recorded. */
  readonly forecast: (symbol: string, horizon: HorizonName, signal: AbortSignal) => Promise<ForecastReport>;
  /** Records a forecast that is watched from now on, or whose odds are told. Never throws. */
  readonly record: (report: ForecastReport) => Promise<unknown>;
  /** Different for every process. */
  readonly owner: string;
  readonly logger: Logger;
}

/** Alerts of one subscription on one UTC day; further events are dropped. */
export const MAX_ALERTS_PER_DAY = 6;
/** Coins looked at at the same time, and how long in all: the posts of the same minute wait for them. */
const OBSERVED_AT_ONCE = 8;
const OBSERVING_MS = 30_000;
/** A price older than this is not used. */
const STALE_PRICE_MS = 2 * 60 * MINUTE_MS;
const LEASE_MS = 5 * MINUTE_MS;
const LEASE = 'alerts';

/** Subscriptions checked before the event loop runs again: the database and the gateway's heartbeat share this thread. */
const AT_ONCE = 100;

const keptState = z.object({
  basis: z.string(),
  watched: z.object({ originMs: z.number(), targetMs: z.number(), low: z.number(), high: z.number() }),
  side: z.enum(['inside', 'above', 'below']),
  lean: z.enum(['none', 'up', 'down']).nullable(),
  day: z.number(),
  sent: z.number(),
}) satisfies z.ZodType<AlertState>;

/** Builds the service. */
export function createAlertService(options: AlertServiceOptions): AlertService {
  const { subscriptions, alertStates, leases, owner, logger } = options;

  async function observe(symbol: string, horizon: HorizonName, nowMs: number, signal: AbortSignal) {
    try {
      const report = await options.forecast(symbol, horizon, signal);
      // Nobody is alerted to a price that may be wrong; the state waits as it is.
      if (report.unconfirmed) return null;
      const { atMs } = report.price;
      return { report, price: nowMs - atMs < STALE_PRICE_MS ? { value: report.lastPrice, atMs } : null };
    } catch (error) {
      const { code, message } = asCandlecastError(error);
      logger.warn({ symbol, horizon, code, problem: message }, 'alerts of a coin could not be checked');
      return null;
    }
  }

  /** A state that this version cannot read counts as absent, so the present situation causes no alert. */
  function readState(text: string | null, facts: object): AlertState | null {
    if (text === null) return null;
    try {
      const state = keptState.parse(JSON.parse(text));
      // Subscriptions of earlier versions told one day from 24 hours.
      return { ...state, basis: state.basis.replace(/^24h /, '1d ') };
    } catch (err) {
      logger.warn({ ...facts, err }, 'an alert state cannot be read, so its alerts begin anew');
      return null;
    }
  }

  return {
    async checkAlerts(nowMs) {
      // Most bots have none, and need no lease.
      if ((await subscriptions.withAlerts()).length === 0) return { subscriptions: 0, alerts: 0 };
      if (!(await leases.acquire(LEASE, owner, nowMs, nowMs + LEASE_MS))) return { subscriptions: 0, alerts: 0 };
      try {
        const wanting = await subscriptions.withAlerts();
        const known = new Map((await alertStates.all()).map((entry) => [keyOf(entry), entry.state]));
        const watched = new Map(
          wanting.flatMap(({ symbols, horizon }) =>
            symbols.map((symbol) => [`${symbol} ${horizon}`, { symbol, horizon }] as const),
          ),
        );
        const signal = AbortSignal.timeout(OBSERVING_MS);
        const observed = new Map(
          await mapLimited([...watched], OBSERVED_AT_ONCE, async ([key, { symbol, horizon }]) => {
            // What is not reached keeps its state until the next check.
            return [key, signal.aborted ? null : await observe(symbol, horizon, nowMs, signal)] as const;
          }),
        );
        const entries: AlertStateEntry[] = [];
        const posts: NewPost[] = [];
        for (const [place, { id, channelId, symbols, horizon, alerts }] of wanting.entries()) {
          if (place % AT_ONCE === AT_ONCE - 1) await nextTurn();
          const today = Math.floor(nowMs / DAY_MS);
          const basis = `${horizon} ${alerts.bandBreak} ${alerts.flipAt}`;
          const texts = symbols.map((symbol) => known.get(keyOf({ subscriptionId: id, symbol })) ?? null);
          const states = texts.map((text, i) => readState(text, { subscriptionId: id, symbol: symbols[i] }));
          let allowed = states.reduce(
            (left, state) => left - (state?.day === today ? state.sent : 0),
            MAX_ALERTS_PER_DAY,
          );
          const events: AlertPayload['events'][number][] = [];
          for (const [i, symbol] of symbols.entries()) {
            const observation = observed.get(`${symbol} ${horizon}`);
            if (!observation) continue;
            const { asset, originMs, targetMs, pUp, quantiles, simulated } = observation.report;
            // What was watched of a coin is no measure of what it has become.
            const what = asset.symbol === symbol ? basis : `${basis} ${asset.symbol}`;
            const band = { originMs, targetMs, low: quantiles[0]!, high: quantiles.at(-1)! };
            const input = { nowMs, basis: what, price: observation.price, pUp, band };
            const step = stepAlerts(states[i] ?? null, input, alerts, allowed);
            allowed -= step.events.length;
            const state = JSON.stringify(step.state);
            // Unchanged states, the usual case, are not written.
            if (state !== texts[i]) entries.push({ subscriptionId: id, symbol, state });
            if (step.state.watched === band || step.events.some(({ kind }) => kind === 'flip')) {
              await options.record(observation.report);
            }
            const { value: price = null, atMs: priceAtMs = null } = observation.price ?? {};
            const facts = { symbol: asset.symbol, pUp, simulated, price, priceAtMs };
            for (const event of step.events) {
              const { low, high, targetMs: forMs } = event.kind === 'band' ? event.band : band;
              const edges = { low, high, targetMs: forMs };
              if (event.kind === 'flip') events.push({ ...facts, ...edges, ...event });
              else events.push({ ...facts, ...edges, kind: 'band', side: event.side });
            }
          }
          if (events.length === 0) continue;
          const payload = JSON.stringify({ horizon, flipAt: alerts.flipAt, events } satisfies AlertPayload);
          const identity = { subscriptionId: id, kind: 'alert', channelId, dueMs: nowMs } as const;
          posts.push({ ...identity, id: postId(id, 'alert', nowMs), payload, missed: 0 });
        }
        // In one transaction, so that a crash neither loses an alert nor sends it twice.
        if (entries.length > 0) await alertStates.save(entries, posts);
        return { subscriptions: wanting.length, alerts: posts.length };
      } finally {
        await leases.release(LEASE, owner);
      }
    },
  };
}

function keyOf({ subscriptionId, symbol }: { readonly subscriptionId: string; readonly symbol: string }): string {
  return `${subscriptionId} ${symbol}`;
}
