import { LRUCache } from 'lru-cache';
import { cutText } from '../../core/cut-text.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import { parseHorizon } from '../../core/horizon.ts';
import { nextOccurrence, parseLocalTime } from '../../core/local-time.ts';
import type { Logger } from '../../core/logger.ts';
import { REPORT_KINDS, type ReportKind, type Subscription } from '../../core/subscription.ts';
import { type Clock, MINUTE_MS } from '../../core/time.ts';
import { DEFAULT_TIME_ZONE, parseTimeZone } from '../../core/time-zones.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { SubscriptionRepository } from '../../storage/subscription-repository.ts';
import { firstDueMs } from './post-plan.ts';

/** Limits that keep one server from crowding out others. */
export const SUBSCRIPTION_LIMITS = { perGuild: 20, symbols: 10 } as const;

/** The settings of a subscription as typed. */
export interface SubscriptionInput {
  readonly channelId: string;
  /** Tickers or names, separated by commas, or by spaces where all are tickers. */
  readonly symbols: string;
  readonly localTime: string;
  readonly timeZone: string;
  readonly horizon: string;
  readonly report: string;
  readonly bandBreak: boolean;
  /** Per cent, 50 to 95; null: off. */
  readonly flipAtPct: number | null;
}

/** Who asks, in which server. */
export interface SubscriptionOrigin {
  readonly guildId: string;
  readonly userId: string;
  readonly locale: string;
}

/** Stores subscriptions of servers; a subscription of another server counts as unknown in every method. */
export interface SubscriptionService {
  /** Checks the settings and keeps them for a quarter of an hour; throws `CC_USAGE`, `CC_UNKNOWN_SYMBOL`, `CC_SUBSCRIPTION_LIMIT` … */
  draft(input: SubscriptionInput, origin: SubscriptionOrigin): Promise<Subscription>;
  /**
   * Saves a draft of that person, once, after `check` has accepted it; throws `CC_SUBSCRIPTION_UNKNOWN` when it is gone,
   * `CC_SUBSCRIPTION_LIMIT`, and what `check` throws, which leaves the draft.
   */
  confirm(draftId: string, origin: SubscriptionOrigin, check: (draft: Subscription) => void): Promise<Subscription>;
  /** Forgets a draft of that person; throws `CC_SUBSCRIPTION_UNKNOWN` where it is somebody else's. */
  discard(draftId: string, origin: SubscriptionOrigin): Promise<void>;
  list(guildId: string): Promise<readonly Subscription[]>;
  /** Throws `CC_SUBSCRIPTION_UNKNOWN`. */
  find(guildId: string, id: string): Promise<Subscription>;
  /**
   * Changes the settings that are given, and checks only those; in another channel, a subscription that was refused is active again. Throws
   * as `draft` and `find` do.
   */
  edit(guildId: string, id: string, input: Partial<SubscriptionInput>): Promise<Subscription>;
  pause(guildId: string, id: string): Promise<Subscription>;
  resume(guildId: string, id: string): Promise<Subscription>;
  remove(guildId: string, id: string): Promise<Subscription>;
  /** The subscriptions of a server as last read, at once; where none are remembered, they are read in the background for the next call. */
  recall(guildId: string): readonly Subscription[];
  /** The next moments at which a subscription posts, ascending. */
  upcoming(subscription: Subscription, count: number): readonly number[];
}

/** Store of drafts; a Keyv satisfies it. */
export interface DraftStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttlMs?: number): Promise<unknown>;
  /** Resolves to whether the draft existed. */
  delete(key: string): Promise<boolean>;
}

/** What the service is made of; `random` gives uniform numbers in [0, 1). */
export interface SubscriptionServiceOptions {
  readonly subscriptions: SubscriptionRepository;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly drafts: DraftStore;
  /** Called when a server has another subscription, or one posts elsewhere. */
  readonly onSaved?: (guildId: string) => void;
  readonly now: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

type SubscriptionSettings = Pick<
  Subscription,
  'channelId' | 'symbols' | 'horizon' | 'report' | 'localTime' | 'timeZone' | 'alerts'
>;

/** The defaults; the complete input of a draft replaces all of them. */
const NO_SETTINGS: SubscriptionSettings = {
  channelId: '',
  symbols: [],
  horizon: '1d',
  report: 'daily',
  localTime: '',
  timeZone: DEFAULT_TIME_ZONE,
  alerts: { bandBreak: false, flipAt: null },
};
const DRAFT_MS = 15 * MINUTE_MS;
/** Crockford's base 32 in lower case, without letters that look alike. */
const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_LENGTH = 8;
/** Servers whose subscriptions are cached for suggestions. */
const MAX_CACHED_SERVERS = 500;
const TROUBLED: ReadonlySet<Subscription['state']> = new Set(['failing', 'stopped', 'retired']);

/** Builds the service. */
export function createSubscriptionService(options: SubscriptionServiceOptions): SubscriptionService {
  const { subscriptions, assets, drafts, now, random, logger } = options;
  const remembered = new LRUCache<string, readonly Subscription[]>({ max: MAX_CACHED_SERVERS });

  const newId = () =>
    Array.from({ length: ID_LENGTH }, () => ID_ALPHABET[Math.floor(random() * ID_ALPHABET.length)]).join('');

  async function load(guildId: string): Promise<readonly Subscription[]> {
    const found = await subscriptions.byGuild(guildId);
    remembered.set(guildId, found);
    return found;
  }

  async function find(guildId: string, id: string): Promise<Subscription> {
    const found = await subscriptions.byId(id.trim().toLowerCase());
    if (found?.guildId === guildId) return found;
    // It may have been suggested: all of the server's may be gone.
    remembered.delete(guildId);
    throw new CandlecastError(
      'CC_SUBSCRIPTION_UNKNOWN',
      `This server has no subscription "${cutText(id.trim(), 20)}".`,
    );
  }

  async function save(changed: Subscription): Promise<Subscription> {
    if (!(await subscriptions.update(changed))) await find(changed.guildId, changed.id);
    await load(changed.guildId);
    options.onSaved?.(changed.guildId);
    return changed;
  }

  /** The settings that were given, parsed one by one, over those that stay as they are. */
  function withInput(settings: SubscriptionSettings, input: Partial<SubscriptionInput>): SubscriptionSettings {
    const { channelId, symbols, horizon, report, localTime, timeZone, bandBreak, flipAtPct } = input;
    return {
      channelId: channelId ?? settings.channelId,
      symbols: symbols === undefined ? settings.symbols : parseSymbols(symbols, assets),
      horizon: horizon === undefined ? settings.horizon : parseHorizon(horizon).name,
      report: report === undefined ? settings.report : parseReport(report),
      localTime: localTime === undefined ? settings.localTime : parseLocalTime(localTime),
      timeZone: timeZone === undefined ? settings.timeZone : parseTimeZone(timeZone),
      alerts: {
        bandBreak: bandBreak ?? settings.alerts.bandBreak,
        flipAt: flipAtPct === undefined ? settings.alerts.flipAt : parseFlip(flipAtPct),
      },
    };
  }

  return {
    async draft(input, { guildId, userId, locale }) {
      const settings = withInput(NO_SETTINGS, input);
      const nowMs = now();
      if ((await load(guildId)).length >= SUBSCRIPTION_LIMITS.perGuild) throw tooMany();
      const draft: Subscription = {
        ...settings,
        id: newId(),
        guildId,
        createdBy: userId,
        locale,
        state: 'active',
        stateSinceMs: nowMs,
        stateReason: null,
        createdAtMs: nowMs,
        nextDueMs: firstDueMs(settings, nowMs),
      };
      await drafts.set(draftKey(draft.id), draft, DRAFT_MS);
      return draft;
    },

    async confirm(draftId, { guildId, userId }, check) {
      const key = draftKey(draftId);
      const draft = (await drafts.get(key)) as Subscription | undefined;
      const mine = draft?.guildId === guildId && draft.createdBy === userId;
      if (mine) check(draft);
      // The press that deletes the draft saves it: a second press finds nothing.
      if (!mine || !(await drafts.delete(key))) throw noDraft();
      const nowMs = now();
      const made = { ...draft, createdAtMs: nowMs, stateSinceMs: nowMs, nextDueMs: firstDueMs(draft, nowMs) };
      if (!(await subscriptions.insert(made, SUBSCRIPTION_LIMITS.perGuild))) throw tooMany();
      await load(guildId);
      options.onSaved?.(guildId);
      return made;
    },

    async discard(draftId, { guildId, userId }) {
      const key = draftKey(draftId);
      const draft = (await drafts.get(key)) as Subscription | undefined;
      if (draft && (draft.guildId !== guildId || draft.createdBy !== userId)) throw noDraft();
      await drafts.delete(key);
    },

    list: load,
    find,
    upcoming: upcomingMs,

    async edit(guildId, id, input) {
      const before = await find(guildId, id);
      const settings = withInput(before, input);
      const moved = (['localTime', 'timeZone', 'report'] as const).some((name) => settings[name] !== before[name]);
      const nowMs = now();
      // A failure in the old channel does not apply to the new one.
      const restored = settings.channelId !== before.channelId && TROUBLED.has(before.state);
      const nextDueMs = moved || restored ? firstDueMs(settings, nowMs) : before.nextDueMs;
      const fresh = restored ? ({ state: 'active', stateSinceMs: nowMs, stateReason: null } as const) : {};
      return save({ ...before, ...settings, ...fresh, nextDueMs });
    },

    async pause(guildId, id) {
      const before = await find(guildId, id);
      if (before.state === 'paused') return before;
      return save({ ...before, state: 'paused', stateSinceMs: now(), stateReason: null });
    },

    async resume(guildId, id) {
      const before = await find(guildId, id);
      if (before.state === 'active') return before;
      const nowMs = now();
      const nextDueMs = firstDueMs(before, nowMs);
      return save({ ...before, state: 'active', stateSinceMs: nowMs, stateReason: null, nextDueMs });
    },

    async remove(guildId, id) {
      const before = await find(guildId, id);
      await subscriptions.remove(before.id);
      await load(guildId);
      return before;
    },

    recall(guildId) {
      const known = remembered.get(guildId);
      // Suggestions are optional: where they cannot be read, there are none.
      if (!known) {
        load(guildId).catch((error: unknown) => {
          logger.warn({ guildId, err: asCandlecastError(error) }, 'subscriptions could not be read for suggestions');
        });
      }
      return known ?? [];
    },
  };
}

function upcomingMs(subscription: Subscription, count: number): readonly number[] {
  const moments = [subscription.nextDueMs];
  while (moments.length < count) {
    const lastMs = moments.at(-1)!;
    moments.push(
      subscription.report === 'weekly' ? firstDueMs(subscription, lastMs) : nextOccurrence(subscription, lastMs).atMs,
    );
  }
  return moments;
}

function parseSymbols(text: string, assets: Pick<AssetDirectory, 'resolve'>): readonly string[] {
  const parts = (/[,;]/.test(text) ? text.split(/[,;]/) : text.split(/\s+/)).map((part) => part.trim());
  const typed = parts.filter((part) => part !== '');
  if (typed.length === 0) {
    throw new CandlecastError('CC_USAGE', 'No coin was named.', {
      remedy: 'Give tickers such as BTC, ETH, SOL.',
      said: { key: 'errors.noCoin' },
      advice: { key: 'errors.noCoinAdvice' },
    });
  }
  // Many more names than the limit are refused before they are resolved one by one.
  const symbols = new Set(typed.slice(0, 50).map((part) => assets.resolve(part).symbol));
  if (symbols.size > SUBSCRIPTION_LIMITS.symbols || typed.length > 50) {
    throw new CandlecastError(
      'CC_SUBSCRIPTION_LIMIT',
      `A subscription may have ${SUBSCRIPTION_LIMITS.symbols} coins at most.`,
      { remedy: 'Make a second subscription for the others.' },
    );
  }
  return [...symbols];
}

function parseReport(text: string): ReportKind {
  const found = REPORT_KINDS.find((kind) => kind === text.trim().toLowerCase());
  if (found) return found;
  throw new CandlecastError('CC_USAGE', `There is no report "${cutText(text, 20)}".`, {
    remedy: `Use ${REPORT_KINDS.join(', ')}.`,
    said: { key: 'errors.optionWrong', values: { name: 'report', typed: cutText(text, 20) } },
  });
}

function parseFlip(percent: number | null): number | null {
  if (percent === null || percent === 0) return null;
  if (percent >= 50 && percent <= 95) return percent / 100;
  throw new CandlecastError('CC_USAGE', 'The probability for flip alerts must be 50 to 95 per cent, or 0 for none.', {
    said: { key: 'errors.optionWrong', values: { name: 'flip_alert', typed: percent } },
  });
}

function noDraft(): CandlecastError {
  const message = 'This preview was used already, is too old, or belongs to somebody else.';
  return new CandlecastError('CC_SUBSCRIPTION_UNKNOWN', message, { remedy: 'Use /subscribe again.' });
}

function tooMany(): CandlecastError {
  return new CandlecastError(
    'CC_SUBSCRIPTION_LIMIT',
    `This server has ${SUBSCRIPTION_LIMITS.perGuild} subscriptions, which is the most there may be.`,
  );
}

function draftKey(id: string): string {
  return `subscription-draft:${id}`;
}
