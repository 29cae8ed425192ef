import type { HorizonChoice } from './horizon.ts';
import type { OddsDirection } from './odds.ts';

/** What a person is alerted to. Prices in US dollars. */
export type AlertRule =
  | { readonly kind: 'price'; readonly side: OddsDirection; readonly level: number }
  /** The range of the forecast made when the alert was set; once its time is over, that of the next forecast. */
  | { readonly kind: 'range'; readonly coverage: 50 | 80 | 95; readonly horizon: HorizonChoice }
  /** `rises`: told once the odds are at `chance` or more; else at `chance` or less. */
  | {
      readonly kind: 'odds';
      readonly direction: OddsDirection;
      readonly level: number;
      readonly byMs: number;
      readonly chance: number;
      readonly rises: boolean;
    }
  | { readonly kind: 'restless' };

/** What is remembered of an alert between checks. */
export interface AlertWatch {
  /** Whether the rule's moment may come: after an alert was set on the far side, the value has to come back first. */
  readonly armed: boolean;
  readonly band: {
    readonly low: number;
    readonly high: number;
    readonly originMs: number;
    readonly targetMs: number;
  } | null;
}

/** An alert as it is kept. Told once, then over. */
export interface PersonalAlert {
  readonly id: string;
  readonly userId: string;
  /** Where it was set; null outside of servers. */
  readonly guildId: string | null;
  readonly madeChannelId: string | null;
  /** The channel that is told; null: the person, in private. */
  readonly channelId: string | null;
  readonly symbol: string;
  readonly rule: AlertRule;
  readonly watch: AlertWatch;
  readonly state: 'active' | 'fired' | 'expired';
  readonly locale: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly endedMs: number | null;
  /** Its message did not arrive, or nobody can tell whether it did. */
  readonly undelivered: boolean;
}

/** What happened, as it is told. */
export interface AlertEvent {
  readonly symbol: string;
  readonly rule: AlertRule;
  readonly price: number;
  readonly priceAtMs: number;
  /** The range that was left. */
  readonly band: AlertWatch['band'];
  /** The odds now, or how many times as restless as usual the coin is; null of other rules. */
  readonly value: number | null;
  readonly simulated: boolean;
  readonly locale: string;
}

/** Why the place where an alert was set is told of it: its message was refused, or a crash left open whether it was sent. */
export const UNREACHED_OUTCOMES = ['refused', 'uncertain'] as const;
export type UnreachedOutcome = (typeof UNREACHED_OUTCOMES)[number];

/** Alerts that one person may have, and that the channels of one server may have together. */
export const ALERT_CAPS = { person: 20, server: 50 } as const;
/** How many days an alert waits where nothing is said, and at most. */
export const ALERT_DAYS = { usual: 30, most: 90 } as const;
