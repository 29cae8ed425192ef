import { INTERVAL_MS } from '../../src/core/candle.ts';
import { HORIZONS, type HorizonName } from '../../src/core/horizon.ts';
import type { LedgerEntry, Outcome, UnissuedForecast } from '../../src/core/ledger.ts';
import { probabilityAbove, QUANTILE_LEVELS } from '../../src/core/quantiles.ts';
import { scoreForecast } from '../../src/ml/scoring/ledger-score.ts';
import type { LedgerRepository } from '../../src/storage/ledger-repository.ts';
import { START_MS } from './candles.ts';

/** Prices at the levels around `price`, as precise as the ledger stores them, spread by about `sigma` of log return; drift moves them all. */
export function spread(price: number, sigma: number, drift = 0): number[] {
  return QUANTILE_LEVELS.map((level) =>
    Math.fround(price * Math.exp(drift + (sigma * Math.log(level / (1 - level))) / 1.702)),
  );
}

/** A forecast as a service would hand it to the ledger. */
export function unissued(
  overrides: Partial<UnissuedForecast> & { sigma?: number; drift?: number } = {},
): UnissuedForecast {
  const { sigma = 0.03, drift = 0.001, ...rest } = overrides;
  const { interval, steps } = HORIZONS[(rest.horizon ?? '1d') as HorizonName];
  const originMs = rest.originMs ?? START_MS;
  const lastPrice = rest.lastPrice ?? 100;
  const quantiles = rest.quantiles ?? spread(lastPrice, sigma, drift);
  return {
    symbol: 'BTC',
    interval,
    horizon: '1d',
    originMs,
    targetMs: originMs + steps * INTERVAL_MS[interval],
    lastPrice,
    quantiles,
    pUp: probabilityAbove(quantiles, lastPrice),
    climatology: spread(lastPrice, sigma * 1.2),
    model: '1d-2024-01-01',
    source: 'binance',
    sentimentShare: null,
    ...rest,
  };
}

/** What came of an entry when the price ended at `actualPrice`. */
export function outcomeOf(entry: LedgerEntry, actualPrice: number, revision = 0): Outcome {
  return scoreForecast(entry, { actualPrice, source: 'binance', scoredAtMs: entry.targetMs + 60_000, revision });
}

/** How many rows of each chain are valid, and the first fault. */
export async function verdictOf(ledger: Pick<LedgerRepository, 'verify'>) {
  const { heads, problem } = await ledger.verify();
  const { forecasts, marks, outcomes, models, checkpoints } = heads;
  return {
    rows: forecasts.number,
    marks: marks.number,
    outcomes: outcomes.number,
    models: models.number,
    checkpoints: checkpoints.number,
    problem,
  };
}
