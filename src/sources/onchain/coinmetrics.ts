import { z } from 'zod';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import type { Logger } from '../../core/logger.ts';
import { OBSERVATION_METRICS, type Observation, type ObservationMetric } from '../../core/market.ts';
import { HOUR_MS } from '../../core/time.ts';
import { decimalText } from '../answer.ts';
import { createHttpClient, type ProviderOptions } from '../http.ts';
import { checkRows } from '../odd-rows.ts';
import type { ObservationSource } from '../source.ts';
import { SourceError, unknownMarket } from '../source-error.ts';
import { dailyObservations } from './daily-observations.ts';

const NAME = 'coinmetrics';
const ROWS_PER_PAGE = 10_000;
/** A coin's whole daily history fits one page; more than a few mean that the token leads in circles. */
const MAX_PAGES = 5;
/** 10 requests in 6 seconds. */
const RATE_LIMITS = [{ requests: 9, perMs: 6000, burst: 5 }];
/** A day's numbers appear once its last blocks are confirmed and counted: after some hours, so six are allowed for. */
const PUBLISHED_AFTER_MS = 6 * HOUR_MS;

const COLUMNS: Readonly<Record<ObservationMetric, string>> = {
  marketCapUsd: 'CapMrktCurUSD',
  activeAddresses: 'AdrActCnt',
  transactions: 'TxCnt',
};

const answer = z.object({
  data: z.array(z.unknown()).max(ROWS_PER_PAGE),
  next_page_token: z.string().max(500).nullish(),
});
const day = z.iso.datetime({ offset: false }).transform((text) => Date.parse(text));
const timed = z.object({ time: day }).transform(({ time }) => time);
const timeOf = (row: unknown) => timed.safeParse(row).data ?? null;
const refusal = z.object({ error: z.object({ type: z.string() }) });

/** Daily on-chain numbers from Coin Metrics' community API. A metric it does not grant for a coin is left out. */
export function createCoinMetricsSource(options: ProviderOptions & { readonly logger: Logger }): ObservationSource {
  const http = createHttpClient({ rateLimits: RATE_LIMITS, ...options, source: NAME });

  async function fetchMetric(
    metric: ObservationMetric,
    request: Parameters<ObservationSource['fetchObservations']>[0],
  ): Promise<Observation[]> {
    const { symbol, fromMs, toMs, signal } = request;
    const column = COLUMNS[metric];
    const values: { timeMs: number; value: number }[] = [];
    const check = checkRows(NAME, request.odd);
    // A day that is not counted yet has no value.
    const dayRow = z
      .record(z.string(), z.unknown())
      .transform((row) => ({ timeMs: row['time'], value: row[column] ?? null }))
      .pipe(z.object({ timeMs: day, value: decimalText.nullable() }));
    let pageToken: string | null | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { data, next_page_token: next } = await http.getJson({
        path: '/v4/timeseries/asset-metrics',
        query: {
          assets: symbol.toLowerCase(),
          metrics: column,
          frequency: '1d',
          start_time: new Date(fromMs).toISOString(),
          end_time: new Date(toMs).toISOString(),
          page_size: ROWS_PER_PAGE,
          ...(pageToken ? { next_page_token: pageToken } : {}),
        },
        schema: answer,
        explain: (status, body) => explainRefusal(symbol, status, body),
        ...(signal ? { signal } : {}),
      });
      for (const { timeMs, value } of check.parse(data, dayRow, timeOf)) {
        if (value !== null) values.push({ timeMs, value });
      }
      pageToken = next;
      if (!pageToken) break;
    }
    const about = { source: NAME, symbol, metric, publishedAfterMs: PUBLISHED_AFTER_MS, nowMs: options.now() };
    return dailyObservations(values, about, request, check);
  }

  return {
    name: NAME,
    metrics: OBSERVATION_METRICS,
    async fetchObservations(request) {
      if (!SYMBOL_PATTERN.test(request.symbol)) throw unknownMarket(NAME, request.symbol);
      const all: Observation[] = [];
      let refused: unknown = null;
      let granted = 0;
      // One metric a call: a metric that is not granted fails the whole call with 403.
      for (const metric of OBSERVATION_METRICS) {
        try {
          all.push(...(await fetchMetric(metric, request)));
          granted++;
        } catch (error) {
          if (!(error instanceof SourceError) || error.status !== 403) throw error;
          refused = error;
          options.logger.debug({ symbol: request.symbol, metric }, 'coinmetrics does not grant this metric');
        }
      }
      if (granted === 0) throw refused;
      return all;
    },
  };
}

function explainRefusal(symbol: string, status: number, body: unknown): SourceError | null {
  const parsed = refusal.safeParse(body);
  return status === 400 && parsed.success && parsed.data.error.type === 'bad_parameter'
    ? unknownMarket(NAME, symbol)
    : null;
}
