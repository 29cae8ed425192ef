import type { HorizonName } from './horizon.ts';
import type { Reason } from './reason.ts';
import { HOUR_MS } from './time.ts';

/** What a subscription posts: predictions every day, the accuracy report once a week, or both. */
export const REPORT_KINDS = ['daily', 'weekly', 'both'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/** Messages between the daily ones, where wanted. */
export interface AlertOptions {
  /** When the price leaves the 95 % band before the horizon. */
  readonly bandBreak: boolean;
  /** When P(up) crosses this probability (or 1 − it), 0.5 … 0.95; null: off. */
  readonly flipAt: number | null;
}

/** `failing`: posts are refused for now; tried again by itself, stopped after 48 hours. `retired`: the channel is gone. */
export type SubscriptionState = 'active' | 'paused' | 'failing' | 'stopped' | 'retired';

/** A channel that gets predictions at its own local time. */
export interface Subscription {
  readonly id: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly createdBy: string;
  readonly symbols: readonly string[];
  readonly horizon: HorizonName;
  readonly report: ReportKind;
  /** Wall-clock time `HH:MM` in `timeZone` (IANA). */
  readonly localTime: string;
  readonly timeZone: string;
  readonly alerts: AlertOptions;
  /** BCP 47 of the server when it was made, in whose language its posts are; of those made before, that of who made it. */
  readonly locale: string;
  readonly state: SubscriptionState;
  /** When the state last changed, and why. */
  readonly stateSinceMs: number;
  readonly stateReason: Reason | null;
  readonly createdAtMs: number;
  /** When the next post is due, UTC ms. */
  readonly nextDueMs: number;
}

/** What a channel gets already of what somebody wants to be posted there. */
export interface Repetition {
  readonly channelId: string;
  /** The coins that both have. */
  readonly symbols: readonly string[];
  readonly localTime: string;
}

/** The running subscriptions with daily posts that send one of the coins to the same channel. */
export function repetitionsOf(
  { channelId, symbols }: { readonly channelId: string | null; readonly symbols: readonly string[] },
  subscriptions: readonly Subscription[],
): readonly Repetition[] {
  return subscriptions
    .filter((one) => one.channelId === channelId && one.report !== 'weekly')
    .filter(({ state }) => state === 'active' || state === 'failing')
    .map((one) => ({
      channelId: one.channelId,
      symbols: one.symbols.filter((symbol) => symbols.includes(symbol)),
      localTime: one.localTime,
    }))
    .filter((one) => one.symbols.length > 0);
}

/**
 * The kind of a post. `crosspost`: a message in an announcement channel that its followers do not have yet; its payload is the message's id.
 * `owner`: a message to an owner of the bot, which belongs to no subscription and no channel. `personal`: an alert that somebody set, whose id stands in
 * place of a subscription's; without a channel it goes to the person. `unreached`: tells where it was set that it did not arrive, or may not have.
 */
export type PostKind =
  | 'daily'
  | 'weekly'
  | 'alert'
  | 'paper'
  | 'test'
  | 'notice'
  | 'crosspost'
  | 'owner'
  | 'personal'
  | 'unreached';

/** The longest that a post waits for its next attempt. */
export const MAX_POST_WAIT_MS = 2 * HOUR_MS;

/** One post that is due, claimed by one process for a while. Its id is also Discord's nonce (25 characters at most). */
export interface DuePost {
  readonly id: string;
  readonly subscriptionId: string;
  readonly kind: PostKind;
  readonly channelId: string;
  readonly dueMs: number;
  readonly attempts: number;
  /** Payload of an alert, a notice or a tripped breaker; null for the others, which are made when they are sent. */
  readonly payload: string | null;
  /** Posts skipped before this one because the program did not run or could not post; this one mentions them. */
  readonly missed: number;
  /** Start of a send with unknown outcome: the message may have been delivered. Null otherwise. */
  readonly sendingSinceMs: number | null;
}

/** The payload of an alert's post, as JSON. Prices in US dollars. */
export interface AlertPayload {
  readonly horizon: HorizonName;
  readonly flipAt: number | null;
  readonly events: readonly ({
    readonly symbol: string;
    /** The price at the check, and its moment; null where only the odds were checked. Payloads of earlier versions have no moment. */
    readonly price: number | null;
    readonly priceAtMs?: number | null;
    readonly pUp: number;
    /** Edges of the 95 % band at the target. */
    readonly low: number;
    readonly high: number;
    readonly targetMs: number;
    readonly simulated: boolean;
  } & (
    | { readonly kind: 'band'; readonly side: 'above' | 'below' }
    | { readonly kind: 'flip'; readonly lean: 'up' | 'down' }
  ))[];
}
