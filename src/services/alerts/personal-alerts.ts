import { setImmediate as nextTurn } from 'node:timers/promises';
import { mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { HORIZONS, type HorizonChoice, horizonMs } from '../../core/horizon.ts';
import type { Logger } from '../../core/logger.ts';
import type { LivePrice } from '../../core/market.ts';
import { horizonReaching, ODDS_SPAN_MS } from '../../core/odds.ts';
import {
  ALERT_CAPS,
  ALERT_DAYS,
  type AlertEvent,
  type AlertRule,
  type PersonalAlert,
} from '../../core/personal-alert.ts';
import { type Clock, DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import type { LivePrices } from '../../market/live-price.ts';
import type { AlertStep, PersonalAlertRepository } from '../../storage/personal-alert-repository.ts';
import { postId } from '../subscriptions/post-plan.ts';
import { type AlertFacts, firstWatch, needsForecast, stepAlert } from './alert-rules.ts';

/** Who sets an alert, where, and what it is about; a rule of odds learns here which way it has to go. */
export interface NewAlert
  extends Pick<PersonalAlert, 'userId' | 'guildId' | 'madeChannelId' | 'channelId' | 'rule' | 'locale'> {
  /** Symbol or name as typed. */
  readonly symbol: string;
  readonly days: number;
}

/** Alerts that people set for themselves or a channel. Methods throw `CC_DATABASE`. */
export interface PersonalAlertService {
  /** Sets one. Throws `CC_USAGE` at the caps and for a price that is not confirmed, and as a forecast does. */
  add(wanted: NewAlert, asking?: Asking): Promise<PersonalAlert>;
  list(of: { readonly userId: string; readonly guildId: string | null }): Promise<readonly PersonalAlert[]>;
  /** Removes one of the person, or with `guildId` one of that server's channels; null where there is none. */
  remove(id: string, by: { readonly userId: string; readonly guildId: string | null }): Promise<PersonalAlert | null>;
  /** Compares every active alert with the price and forecast now, and queues what is to be told. Throws the signal's reason. */
  check(signal: AbortSignal): Promise<{ readonly checked: number; readonly told: number; readonly left: number }>;
  prune(beforeMs: number): Promise<number>;
}

/** What the service is made of. */
export interface PersonalAlertParts {
  readonly alerts: PersonalAlertRepository;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly prices: Pick<LivePrices, 'lastTrade'>;
  /** The forecast from now, not recorded. */
  readonly forecast: (symbol: string, horizon: HorizonChoice, asking: Asking) => Promise<ForecastReport>;
  /** Records a forecast that is watched from now on, or whose odds are told. Never throws. */
  readonly record: (report: ForecastReport) => Promise<unknown>;
  /** Called when a channel of a server has another alert. */
  readonly onSaved?: (guildId: string) => void;
  readonly random: () => number;
  readonly now: Clock;
  readonly logger: Logger;
}

/** Coins looked at at the same time, how many in one check, and how long in all: the next check begins where this one ends. */
const AT_ONCE = 6;
const COINS_PER_CHECK = 300;
const CHECKING_MS = 40_000;
/** A price older than this tells nobody anything. */
const STALE_MS = 2 * HOUR_MS;
const LISTED = 50;

/** Makes the service. */
export function createPersonalAlertService(parts: PersonalAlertParts): PersonalAlertService {
  const { alerts, assets, prices, record, random, now, logger } = parts;
  let turn = 0;

  /** Whether a price is confirmed and of the last two hours. */
  const believed = (price: LivePrice): boolean => price.doubted === null && now() - price.atMs < STALE_MS;

  /** What is known of a coin; null while the forecast stands beside a price that is not believed. */
  async function factsFor(
    price: LivePrice,
    forecast: (() => Promise<ForecastReport>) | null,
  ): Promise<AlertFacts | null> {
    const report = forecast && (await forecast());
    return report?.unconfirmed ? null : { price: price.price, priceAtMs: price.atMs, forecast: report };
  }

  async function checkCoin(symbol: string, of: readonly PersonalAlert[], signal: AbortSignal): Promise<number> {
    const price = await prices.lastTrade(symbol, { signal });
    // Nobody is alerted to a price that may be wrong; every alert stays as it is.
    if (!believed(price)) return 0;
    const made = new Map<HorizonChoice, Promise<ForecastReport>>();
    const forecastAt = (horizon: HorizonChoice) => {
      const known = made.get(horizon) ?? parts.forecast(symbol, horizon, { signal });
      made.set(horizon, known);
      return known;
    };
    const nowMs = now();
    const steps: AlertStep[] = [];
    for (const { id, rule, watch: before, channelId, locale } of of) {
      const horizon = horizonOf(rule, nowMs);
      const facts = await factsFor(price, needsForecast(rule, before, nowMs) ? () => forecastAt(horizon) : null);
      if (!facts) continue;
      const { watch, met, value } = stepAlert(rule, before, facts);
      const { forecast } = facts;
      if (forecast && (met || watch.band !== before.band)) await record(forecast);
      const event: AlertEvent = {
        symbol,
        rule,
        value,
        locale,
        price: facts.price,
        priceAtMs: facts.priceAtMs,
        band: before.band,
        simulated: forecast?.simulated ?? price.source === 'simulated',
      };
      const post = met
        ? {
            id: postId(id, 'personal', nowMs),
            subscriptionId: id,
            kind: 'personal' as const,
            channelId: channelId ?? '',
            dueMs: nowMs,
            payload: JSON.stringify(event),
            missed: 0,
          }
        : null;
      if (met || watch !== before) steps.push({ id, before, watch, post });
    }
    return steps.length === 0 ? 0 : alerts.apply(steps, nowMs);
  }

  return {
    async add({ symbol: typed, rule: asked, days, ...rest }, asking = {}) {
      const { symbol } = assets.resolve(typed);
      const nowMs = now();
      if (asked.kind === 'odds') requireMoment(asked.byMs, nowMs);
      const price = await prices.lastTrade(symbol, asking);
      const horizon = horizonOf(asked, nowMs);
      const unset = { armed: false, band: null };
      const forecast = () => parts.forecast(symbol, horizon, asking);
      const facts = await factsFor(price, needsForecast(asked, unset, nowMs) ? forecast : null);
      if (!facts || price.doubted !== null) {
        throw new CandlecastError('CC_PRICE_UNCONFIRMED', `The newest price of ${symbol} is not confirmed yet.`, {
          retryable: true,
        });
      }
      const rule = asked.kind === 'odds' ? { ...asked, rises: chanceNow(asked, facts) < asked.chance } : asked;
      const watch = firstWatch(rule, facts);
      if (watch.band && facts.forecast) await record(facts.forecast);
      const endMs = nowMs + Math.min(days, ALERT_DAYS.most) * DAY_MS;
      const alert: PersonalAlert = {
        ...rest,
        id: newId(random),
        symbol,
        rule,
        watch,
        state: 'active',
        createdMs: nowMs,
        // Odds of a moment an hour away are no odds any more.
        expiresMs: rule.kind === 'odds' ? Math.min(endMs, rule.byMs - ODDS_SPAN_MS.least) : endMs,
        endedMs: null,
        undelivered: false,
      };
      const result = await alerts.insert(alert);
      if (result === 'added') {
        if (alert.guildId !== null && alert.channelId !== null) parts.onSaved?.(alert.guildId);
        return alert;
      }
      const message =
        result === 'person-full'
          ? `You have ${ALERT_CAPS.person} alerts, which is the most.`
          : `The channels of this server have ${ALERT_CAPS.server} alerts, which is the most.`;
      throw new CandlecastError('CC_USAGE', message, {
        remedy: 'Remove one with /alert list first.',
        said:
          result === 'person-full'
            ? { key: 'alert.mostYours', values: { count: ALERT_CAPS.person } }
            : { key: 'alert.mostServer', values: { count: ALERT_CAPS.server } },
        advice: { key: 'alert.mostAdvice' },
      });
    },

    list: (of) => alerts.list(of, LISTED),

    async remove(id, { userId, guildId }) {
      const alert = await alerts.byId(id);
      const isTheirs =
        alert?.userId === userId || (guildId !== null && alert?.guildId === guildId && alert.channelId !== null);
      return alert && isTheirs && (await alerts.remove(id)) ? alert : null;
    },

    async check(signal) {
      await alerts.expire(now());
      const active = await alerts.active();
      const byCoin = new Map<string, PersonalAlert[]>();
      for (const alert of active) byCoin.set(alert.symbol, [...(byCoin.get(alert.symbol) ?? []), alert]);
      const coins = [...byCoin];
      const from = coins.length === 0 ? 0 : turn % coins.length;
      const round = [...coins.slice(from), ...coins.slice(0, from)].slice(0, COINS_PER_CHECK);
      const limited = AbortSignal.any([signal, AbortSignal.timeout(CHECKING_MS)]);
      let [checked, told] = [0, 0];
      await mapLimited(round, AT_ONCE, async ([symbol, of]) => {
        if (limited.aborted) return;
        try {
          const ended = await checkCoin(symbol, of, limited);
          told += ended;
          checked++;
        } catch (error) {
          signal.throwIfAborted();
          const known = asCandlecastError(error);
          if (known.code === 'CC_DATABASE') throw known;
          logger.warn({ symbol, code: known.code, err: known }, 'the alerts of a coin could not be checked');
        }
        await nextTurn();
      });
      signal.throwIfAborted();
      turn = from + checked;
      return { checked, told, left: coins.length - checked };
    },

    prune: (beforeMs) => alerts.prune(beforeMs),
  };
}

/** The forecast that a rule is compared with. */
function horizonOf(rule: AlertRule, nowMs: number): HorizonChoice {
  if (rule.kind === 'range') return rule.horizon;
  return rule.kind === 'odds' ? horizonReaching(rule.byMs - nowMs) : '1d';
}

function chanceNow(rule: Extract<AlertRule, { kind: 'odds' }>, facts: AlertFacts): number {
  return stepAlert(rule, { armed: false, band: null }, facts).value ?? 0;
}

function requireMoment(byMs: number, nowMs: number): void {
  const { least } = ODDS_SPAN_MS;
  if (byMs - nowMs > 2 * least && byMs - nowMs <= horizonMs(HORIZONS['7d'])) return;
  throw new CandlecastError('CC_USAGE', 'The odds of an alert are of a moment between 2 hours and 7 days ahead.', {
    remedy: 'Give such a moment with by, such as 3d.',
    said: { key: 'alert.momentBounds' },
    advice: { key: 'alert.momentAdvice' },
  });
}

/** Letters and digits that are not mistaken for each other; with the post's time it fits into Discord's nonce. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

function newId(random: () => number): string {
  return Array.from({ length: 8 }, () => LETTERS[Math.floor(random() * LETTERS.length)]!).join('');
}
