import type { RATE_SOURCES } from '../core/sources.ts';
import { createExchangeRates, type ExchangeRateService } from '../services/currency/exchange-rates.ts';
import { createRateSource, type RateSource } from '../sources/currency/rate-source.ts';
import type { AppData } from './data.ts';

/** Builds the exchange rates from the configured sources, of a simulated market from its own; `sources` says how many there are. */
export function buildExchangeRates(data: AppData): ExchangeRateService & { readonly sources: number } {
  const { config, sleep, random, logger, metrics, clock } = data.options;
  const now = clock.check.checked;
  const provider = { now, sleep, random, ...(metrics ? { metrics } : {}) };
  const urls: Readonly<Record<(typeof RATE_SOURCES)[number], string>> = {
    ecb: config.ECB_URL,
    frankfurter: config.FRANKFURTER_URL,
    'er-api': config.ER_API_URL,
  };
  const { simulation } = data.market;
  const sources: readonly RateSource[] = simulation
    ? [createRateSource('frankfurter', { ...provider, baseUrl: simulation.url, rateLimits: [] }, 'simulated')]
    : config.RATE_SOURCES.map((name) => createRateSource(name, { ...provider, baseUrl: urls[name] }));
  const repository = data.storage.exchangeRates;
  return { ...createExchangeRates({ sources, repository, now, logger }), sources: sources.length };
}
