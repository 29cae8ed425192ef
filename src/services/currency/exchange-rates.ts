import {
  BASE_CURRENCY,
  CURRENCIES,
  DOLLAR_RATE,
  type ExchangeRate,
  MAX_RATE_AGE_DAYS,
  rateAt,
  rateDay,
  rateDayMs,
} from '../../core/currency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { RatesStatus } from '../../core/status.ts';
import { type Clock, DAY_MS, MINUTE_MS, steadyClock } from '../../core/time.ts';
import type { RateSource } from '../../sources/currency/rate-source.ts';
import type { ExchangeRateRepository } from '../../storage/exchange-rate-repository.ts';

/** What currencies are worth, by the day. */
export interface ExchangeRateService {
  /**
   * The newest rate that was known at a moment; of the dollar always 1. Asks the sources where none is stored, ten seconds at most. Throws
   * `CC_RATE_MISSING` without one that is at most a week older than the moment, and `CC_DATABASE`.
   */
  rate(currency: string, atMs: number): Promise<ExchangeRate>;
  /** Asks the sources in their order until every currency has its rate, and stores them. Returns how many came, and which sources failed. Throws `CC_DATABASE`. */
  refresh(signal?: AbortSignal): Promise<{ readonly rates: number; readonly failed: readonly string[] }>;
  /** How new the stored rates are, and how their sources do. Throws `CC_DATABASE`. */
  status(): Promise<RatesStatus>;
}

/** What the service is built from. */
export interface ExchangeRateParts {
  readonly sources: readonly RateSource[];
  readonly repository: ExchangeRateRepository;
  readonly now: Clock;
  readonly logger: Logger;
}

/** Rates are read from the database anew after this time: another process may have fetched newer ones. */
const HELD_MS = 10 * MINUTE_MS;
/** Where the sources have no rate, they are asked again after this time. */
const ASK_AGAIN_MS = 10 * MINUTE_MS;
/** Over Easter five days lie between two rates. Older ones are used for a while yet: see MAX_RATE_AGE_DAYS. */
const OVERDUE_DAYS = 5;
const KEPT_DAYS = 40;
const ASKED_WITHIN_MS = 10_000;
/** A rate that differs by more than this share from the one of the days before needs a second source that says the same. */
const MAX_JUMP = 0.2;
const SAME = 0.03;

/** Makes the service. */
export function createExchangeRates({ sources, repository, now, logger }: ExchangeRateParts): ExchangeRateService {
  const steady = steadyClock(now);
  let held: readonly ExchangeRate[] = [];
  let readAtMs = Number.NEGATIVE_INFINITY;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<unknown> | null = null;

  async function stored(): Promise<readonly ExchangeRate[]> {
    if (steady() - readAtMs < HELD_MS) return held;
    held = await repository.since(rateDay(now() - KEPT_DAYS * DAY_MS));
    readAtMs = steady();
    return held;
  }

  const refresh: ExchangeRateService['refresh'] = async (signal) => {
    readAtMs = Number.NEGATIVE_INFINITY;
    const before = new Map((await stored()).map((rate) => [rate.currency, rate]));
    const taken = new Map<string, ExchangeRate>();
    const doubted = new Map<string, ExchangeRate>();
    const failed: string[] = [];
    for (const source of sources) {
      // The dollar is no rate.
      if (taken.size >= CURRENCIES.length - 1) break;
      try {
        for (const rate of await source.fetchRates(signal)) {
          if (taken.has(rate.currency)) continue;
          if (isBelieved(rate, before.get(rate.currency), doubted.get(rate.currency))) taken.set(rate.currency, rate);
          else doubted.set(rate.currency, rate);
        }
      } catch (failure) {
        signal?.throwIfAborted();
        const { code, message } = asCandlecastError(failure);
        failed.push(source.name);
        logger.warn({ source: source.name, code, reason: message }, 'a source of exchange rates did not answer');
      }
    }
    const odd = [...doubted.keys()].filter((currency) => !taken.has(currency));
    if (odd.length > 0) logger.warn({ currencies: odd }, 'exchange rates that jumped were not believed');
    await repository.put([...taken.values()]);
    await repository.removeBefore(rateDay(now() - KEPT_DAYS * DAY_MS));
    readAtMs = Number.NEGATIVE_INFINITY;
    return { rates: taken.size, failed };
  };

  return {
    async rate(currency, atMs) {
      if (currency === BASE_CURRENCY) return DOLLAR_RATE;
      try {
        return rateAt(await stored(), currency, atMs);
      } catch (missing) {
        const isOld = now() - atMs > MAX_RATE_AGE_DAYS * DAY_MS;
        if (asCandlecastError(missing).code !== 'CC_RATE_MISSING' || isOld || sources.length === 0) throw missing;
        if (asking === null && steady() - askedAtMs < ASK_AGAIN_MS) throw missing;
        askedAtMs = steady();
        asking ??= refresh(AbortSignal.timeout(ASKED_WITHIN_MS)).finally(() => {
          asking = null;
        });
        // What the sources did not give in time is missing, as before.
        await asking.catch((failure) => logger.debug({ err: failure }, 'exchange rates could not be asked for'));
        return rateAt(await stored(), currency, atMs);
      }
    },
    refresh,
    async status() {
      const days = (await stored()).map(({ day, source }) => ({ day, source }));
      const newest = days.reduce<(typeof days)[number] | null>(
        (best, one) => (best && best.day >= one.day ? best : one),
        null,
      );
      const isOverdue = newest === null || now() - rateDayMs(newest.day) > (OVERDUE_DAYS + 1) * DAY_MS;
      return { newest, isOverdue, sources: sources.map((source) => source.health()) };
    },
  };
}

/** Whether a rate is near the one of the days before, or another source says nearly the same. */
function isBelieved(rate: ExchangeRate, before: ExchangeRate | undefined, doubted: ExchangeRate | undefined): boolean {
  const near = (other: ExchangeRate | undefined, share: number) =>
    other !== undefined && Math.abs(Math.log(rate.perUsd / other.perUsd)) <= share;
  const isOld = before !== undefined && rateDayMs(rate.day) - rateDayMs(before.day) > MAX_RATE_AGE_DAYS * DAY_MS;
  return before === undefined || isOld || near(before, MAX_JUMP) || near(doubted, SAME);
}
