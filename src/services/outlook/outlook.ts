import { mapLimited } from '../../core/concurrency.ts';
import type { Asking } from '../../core/fair-queue.ts';
import { changeBetween, type Outlook, type OutlookChange } from '../../core/outlook.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { LedgerRepository } from '../../storage/ledger-repository.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import type { GlanceService } from '../watch/glances.ts';

/** Coins in one outlook. */
export const OUTLOOK_LIMIT = 20;

/** Says which coins of a server are likely to move, and what has changed since yesterday. */
export interface OutlookService {
  /** Of the coins that the server has subscribed to, else of those that are tracked. Throws `CC_DATABASE` and the signal's reason. */
  outlook(guildId: string | null, asking?: Asking): Promise<Outlook>;
}

/** What the service is built from. */
export interface OutlookParts {
  readonly glances: GlanceService;
  readonly subscriptions: Pick<SubscriptionRepository, 'byGuild'>;
  readonly ledger: Pick<LedgerRepository, 'newestFrom'>;
  /** Tracked coins. */
  readonly symbols: readonly string[];
  readonly now: Clock;
}

/** Coins whose forecasts are looked up at once. */
const AT_ONCE = 4;
/** The newest scheduled forecast may be this old, and that of yesterday lie this far from a day before it. */
const WITHIN_MS = 3 * HOUR_MS;

/** Makes the service. */
export function createOutlookService({ glances, subscriptions, ledger, symbols, now }: OutlookParts): OutlookService {
  /** Compares the scheduled forecasts of 24 hours, which one model makes at every hour: only those are alike from day to day. */
  async function changeOf(symbol: string): Promise<OutlookChange | null> {
    const nowMs = now();
    const newest = await ledger.newestFrom(symbol, '24h', nowMs, nowMs);
    if (!newest || nowMs - newest.originMs > WITHIN_MS) return null;
    const wantedMs = newest.originMs - DAY_MS;
    const before = await ledger.newestFrom(symbol, '24h', wantedMs, nowMs);
    if (!before || wantedMs - before.originMs > WITHIN_MS) return null;
    return changeBetween(before, newest);
  }

  return {
    async outlook(guildId, asking) {
      const made = guildId === null ? [] : await subscriptions.byGuild(guildId);
      const subscribed = [...new Set(made.flatMap((one) => one.symbols))];
      const wanted = (subscribed.length > 0 ? subscribed : symbols).slice(0, OUTLOOK_LIMIT);
      const [found, changes] = await Promise.all([
        glances.glances(wanted, asking),
        mapLimited(wanted, AT_ONCE, changeOf),
      ]);
      const ratio = (glance: (typeof found)[number]) => glance.line?.ratio ?? -1;
      return {
        glances: [...found].sort((a, b) => ratio(b) - ratio(a)),
        changes: changes.filter((change) => change !== null),
        isSubscribed: subscribed.length > 0,
      };
    },
  };
}
