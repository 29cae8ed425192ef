import { type Candle, INTERVAL_MS, type SourcedCandle } from '../../src/core/candle.ts';
import type { SourceFailure } from '../../src/core/market.ts';
import type { Clock } from '../../src/core/time.ts';
import type { MarketGateway } from '../../src/market/failover.ts';
import type { CandleRequest } from '../../src/sources/source.ts';

/** A gateway over candles in memory that keeps to the contract and writes down what it was asked. */
export interface FakeGateway extends MarketGateway {
  readonly requests: CandleRequest[];
  /** What it holds; may be changed between calls. */
  candles: readonly Candle[];
  /** Thrown by the next calls while set. */
  error: Error | null;
  failures: readonly SourceFailure[];
  source: string;
  /** Awaited before each answer, so that a test can hold one back. */
  gate: Promise<void>;
}

export function createFakeGateway(candles: readonly Candle[], now: Clock): FakeGateway {
  return {
    requests: [],
    candles,
    error: null,
    failures: [],
    source: 'binance',
    gate: Promise.resolve(),
    async fetchCandles(request) {
      this.requests.push(request);
      await this.gate;
      if (this.error) throw this.error;
      const answer = this.candles
        .filter(({ openTimeMs }) => openTimeMs >= request.fromMs && openTimeMs <= request.toMs)
        .filter(({ openTimeMs }) => openTimeMs + INTERVAL_MS[request.interval] <= now())
        .map((candle): SourcedCandle => ({ ...candle, source: this.source, fetchedAtMs: now(), flag: null }));
      return { candles: answer, source: this.source, failures: this.failures };
    },
    health: () => [],
  };
}
