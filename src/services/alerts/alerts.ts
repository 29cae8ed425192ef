import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import type { HorizonName } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { AlertPayload } from '../../core/subscription.ts';
import { DAY_MS, MINUTE_MS } from '../../core/time.ts';
import type { AlertStateEntry, AlertStateRepository } from '../../storage/alert-state-repository.ts';
import type { LeaseRepository } from '../../storage/lease-repository.ts';
import type { NewPost } from '../../storage/post-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { postId } from '../subscriptions/post-plan.ts';
import { type AlertState, stepAlerts } from './alert-state.ts';

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
