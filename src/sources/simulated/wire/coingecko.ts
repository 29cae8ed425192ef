import { setImmediate } from 'node:timers/promises';
import { DAY_MS, HOUR_MS } from '../../../core/time.ts';
import { EPOCH_MS, hourOf, STEP_MS } from '../grid.ts';
import type { CoinSeries } from '../price-model.ts';
import { type Endpoint, json, type Simulation, type WireAnswer, type WireRequest, wholeNumber } from './endpoint.ts';

/** How far back the public plan answers. */
const MAX_DAYS = 365;

/** CoinGecko as the public plan answers: the list of coins with ranks, and one coin's prices, market caps and volumes. */
export function coingeckoEndpoints({ model, now }: Simulation): readonly Endpoint[] {
  async function markets({ query }: WireRequest): Promise<WireAnswer> {
    if (!query.get('vs_currency')) return json({ error: 'Missing parameter vs_currency' }, 422);
    if (query.get('vs_currency') !== 'usd') return json({ error: 'invalid vs_currency' }, 400);
    const perPage = wholeNumber(query.get('per_page'), 100, 1, 250);
    const page = wholeNumber(query.get('page'), 1, 1, 1_000_000);
    if (perPage === null || page === null) return json({ error: 'invalid page' }, 400);
    const nowMs = now();
    await model.warm(hourOf(nowMs));
    const rows = [];
    for (const series of model.all()) {
      rows.push(marketRow(series, nowMs));
      await setImmediate();
    }
    rows.sort((a, b) => b.market_cap - a.market_cap);
    const ids = query.get('ids')?.split(',');
    const ranked = rows.map((row, i) => ({ ...row, market_cap_rank: i + 1 }));
    const chosen = ids ? ranked.filter((row) => ids.includes(row.id)) : ranked;
    return json(chosen.slice((page - 1) * perPage, page * perPage));
  }

  function chart({ query, parts }: WireRequest): WireAnswer {
    const series = model.all().find(({ coin }) => coin.id === parts[0]);
    if (!series) return json({ error: 'coin not found' }, 404);
    if (query.get('vs_currency') !== 'usd') return json({ error: 'invalid vs_currency' }, 400);
    const days = query.get('days');
    const asked = days === 'max' ? Number.POSITIVE_INFINITY : wholeNumber(days, -1, 0, 1_000_000);
    if (asked === null || asked <= 0) return json({ error: 'Missing parameter days' }, 422);
    if (asked > MAX_DAYS) {
      const error_message = `Your request exceeds the allowed time range of ${MAX_DAYS} days.`;
      return json({ error: { status: { error_code: 10_012, error_message } } }, 401);
    }
    return json(chartOf(series, asked, query.get('interval') === 'daily', now()));
  }

  return [
    { provider: 'coingecko', method: 'GET', path: /^\/api\/v3\/coins\/markets$/, answer: markets },
    {
      provider: 'coingecko',
      method: 'GET',
      path: /^\/api\/v3\/coins\/([a-z0-9-]{1,60})\/market_chart$/,
      answer: chart,
    },
  ];
}

function marketRow(series: CoinSeries, nowMs: number) {
  const { coin } = series;
  const price = series.priceAt(nowMs);
  const dayBefore = series.priceAt(nowMs - DAY_MS);
  const day = series.candles('1h', nowMs - DAY_MS, nowMs, nowMs);
  return {
    id: coin.id,
    symbol: coin.symbol.toLowerCase(),
    name: coin.name,
    image: '',
    current_price: price,
    market_cap: Math.round(price * coin.supply),
    market_cap_rank: 0,
    fully_diluted_valuation: Math.round(price * coin.supply),
    total_volume: Math.round(series.dayVolumeUsd(nowMs)),
    high_24h: day.reduce((high, candle) => Math.max(high, candle.high), price),
    low_24h: day.reduce((low, candle) => Math.min(low, candle.low), price),
    price_change_24h: price - dayBefore,
    price_change_percentage_24h: (100 * (price - dayBefore)) / dayBefore,
    circulating_supply: coin.supply,
    total_supply: coin.supply,
    last_updated: new Date(nowMs).toISOString(),
  };
}

/** Every five minutes for a day, hourly up to 90 days, then daily; the last point is now. */
function chartOf(series: CoinSeries, days: number, daily: boolean, nowMs: number) {
  const automatic = days <= 1 ? STEP_MS : days <= 90 ? HOUR_MS : DAY_MS;
  const step = daily ? DAY_MS : automatic;
  const times: number[] = [];
  const first = Math.max(EPOCH_MS, Math.ceil((nowMs - days * DAY_MS) / step) * step);
  for (let timeMs = first; timeMs < nowMs; timeMs += step) times.push(timeMs);
  if (nowMs >= EPOCH_MS) times.push(nowMs);
  const points = times.map((timeMs) => ({ timeMs, price: series.priceAt(timeMs) }));
  return {
    prices: points.map(({ timeMs, price }) => [timeMs, price]),
    market_caps: points.map(({ timeMs, price }) => [timeMs, price * series.coin.supply]),
    total_volumes: points.map(({ timeMs }) => [timeMs, series.dayVolumeUsd(timeMs)]),
  };
}
