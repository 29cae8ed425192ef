import { FETCHED_MS, type FetchedInterval, INTERVALS } from '../../../core/candle.ts';
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from '../../../core/time.ts';
import { EPOCH_MS } from '../grid.ts';
import type { CoinSeries } from '../price-model.ts';
import type { Precision, SimulatedCandle } from '../simulated-candle.ts';
import { type Endpoint, json, type Simulation, type WireAnswer, type WireRequest, wholeNumber } from './endpoint.ts';

const DEFAULT_ROWS = 500;
const MAX_ROWS = 1_000;

/** Binance spot as its public data host answers: `ping`, `exchangeInfo`, `ticker/24hr` for all pairs (`MINI`), and `klines` with the intervals 1m, 1h and 1d. */
export function binanceEndpoints({ model, now }: Simulation): readonly Endpoint[] {
  const meter = weightMeter(now);

  function marketOf(pair: string): CoinSeries | undefined {
    const symbol = pair.endsWith('USDT') ? pair.slice(0, -4) : '';
    return symbol === 'USDT' ? undefined : model.series(symbol);
  }

  function klines({ query }: WireRequest): WireAnswer {
    const weight = meter(2);
    const refuse = (code: number, msg: string) => json({ code, msg }, 400, weight);
    const pair = query.get('symbol');
    if (!pair) return refuse(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
    const interval = (['1m', ...INTERVALS] as const).find((candidate) => candidate === query.get('interval'));
    if (!interval) return refuse(-1120, 'Invalid interval.');
    const series = marketOf(pair);
    if (!series) return refuse(-1121, 'Invalid symbol.');
    const limit = wholeNumber(query.get('limit'), DEFAULT_ROWS, 1, MAX_ROWS);
    const startMs = wholeNumber(query.get('startTime'), -1, 0, Number.MAX_SAFE_INTEGER);
    const endMs = wholeNumber(query.get('endTime'), -1, 0, Number.MAX_SAFE_INTEGER);
    if (limit === null || startMs === null || endMs === null) {
      return refuse(-1100, 'Illegal characters found in a parameter.');
    }
    const candles = page(series, interval, startMs, endMs, limit, now());
    return json(
      candles.map((candle) => row(candle, interval, series.precision)),
      200,
      weight,
    );
  }

  /** What was traded of a pair in the last 24 full hours. */
  function statistic(series: CoinSeries): unknown {
    const nowMs = now();
    const toMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
    const hours = series.candles('1h', toMs - DAY_MS, toMs - HOUR_MS, nowMs);
    const [first, last] = [hours[0], hours.at(-1)];
    const sum = (of: (hour: SimulatedCandle) => number) => hours.reduce((total, hour) => total + of(hour), 0);
    const price = (value: number) => value.toFixed(Math.max(8, series.precision.price));
    return {
      symbol: `${series.coin.symbol}USDT`,
      openPrice: price(first?.open ?? 0),
      highPrice: price(Math.max(0, ...hours.map(({ high }) => high))),
      lowPrice: price(Math.min(...hours.map(({ low }) => low), first?.low ?? 0)),
      lastPrice: price(last?.close ?? 0),
      volume: sum(({ volume }) => volume).toFixed(8),
      quoteVolume: sum(({ quoteVolume }) => quoteVolume).toFixed(8),
      openTime: toMs - DAY_MS,
      closeTime: toMs - 1,
      firstId: 0,
      lastId: 0,
      count: sum(({ trades }) => trades),
    };
  }

  const dollarPairs = () => model.all().filter((series) => series.coin.symbol !== 'USDT');

  return [
    {
      provider: 'binance',
      method: 'GET',
      path: /^\/api\/v3\/ticker\/24hr$/,
      answer: () => json(dollarPairs().map(statistic), 200, meter(80)),
    },
    { provider: 'binance', method: 'GET', path: /^\/api\/v3\/ping$/, answer: () => json({}, 200, meter(1)) },
    { provider: 'binance', method: 'GET', path: /^\/api\/v3\/klines$/, answer: klines },
    {
      provider: 'binance',
      method: 'GET',
      path: /^\/api\/v3\/exchangeInfo$/,
      answer: () =>
        json(
          {
            timezone: 'UTC',
            serverTime: now(),
            rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6_000 }],
            exchangeFilters: [],
            symbols: dollarPairs().map(({ coin }) => ({
              symbol: `${coin.symbol}USDT`,
              status: 'TRADING',
              baseAsset: coin.symbol,
              quoteAsset: 'USDT',
              isSpotTradingAllowed: true,
            })),
          },
          200,
          meter(20),
        ),
    },
  ];
}

/** The rows asked for: from the start on where there is one, else the newest up to the end. −1 stands for not given. */
function page(
  series: CoinSeries,
  interval: FetchedInterval,
  startMs: number,
  endMs: number,
  limit: number,
  nowMs: number,
) {
  const step = FETCHED_MS[interval];
  const candles = (fromMs: number, toMs: number) =>
    interval === '1m' ? series.minutes(fromMs, toMs, nowMs) : series.candles(interval, fromMs, toMs, nowMs);
  const toMs = endMs < 0 ? nowMs : Math.min(endMs, nowMs);
  if (startMs >= 0) {
    const first = Math.max(EPOCH_MS, Math.ceil(startMs / step) * step);
    return candles(first, Math.min(toMs, first + (limit - 1) * step));
  }
  return candles(Math.floor(toMs / step) * step - (limit - 1) * step, toMs);
}

function row(candle: SimulatedCandle, interval: FetchedInterval, precision: Precision): readonly (string | number)[] {
  const price = (value: number) => value.toFixed(Math.max(8, precision.price));
  return [
    candle.openTimeMs,
    price(candle.open),
    price(candle.high),
    price(candle.low),
    price(candle.close),
    candle.volume.toFixed(8),
    candle.openTimeMs + FETCHED_MS[interval] - 1,
    candle.quoteVolume.toFixed(8),
    candle.trades,
    candle.takerVolume.toFixed(8),
    (candle.takerVolume * (candle.volume > 0 ? candle.quoteVolume / candle.volume : 0)).toFixed(8),
    '0',
  ];
}

/** Adds up the weight used in the current minute and gives it as the header Binance sends. */
function weightMeter(now: Clock): (weight: number) => Readonly<Record<string, string>> {
  let minute = -1;
  let used = 0;
  return (weight) => {
    const current = Math.floor(now() / MINUTE_MS);
    if (current !== minute) used = 0;
    minute = current;
    used += weight;
    return { 'X-MBX-USED-WEIGHT-1M': String(used) };
  };
}
