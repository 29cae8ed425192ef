import type { Asset } from '../core/asset.ts';
import type { CalibrationState } from '../core/calibration-state.ts';
import type { Interval, SourcedCandle } from '../core/candle.ts';
import type { Observation, ObservationMetric } from '../core/market.ts';

/** Candles kept. A candle is replaced only by a newer fetch of the same slot. */
export interface CandleRepository {
  /** Inserts or replaces by (symbol, interval, open time), all or nothing; returns how many rows changed. */
  upsert(symbol: string, interval: Interval, candles: readonly SourcedCandle[]): Promise<number>;
  /** Open times from `fromMs` to `toMs`, both included, ascending. */
  range(symbol: string, interval: Interval, fromMs: number, toMs: number): Promise<readonly SourcedCandle[]>;
  /** Open time of the oldest and the newest candle kept, or null. */
  span(symbol: string, interval: Interval): Promise<{ readonly fromMs: number; readonly toMs: number } | null>;
  count(): Promise<number>;
}

/** The coin list kept, so that a restart without network still knows names and ranks. */
export interface AssetRepository {
  replaceAll(assets: readonly Asset[], fetchedAtMs: number): Promise<void>;
  all(): Promise<{ readonly assets: readonly Asset[]; readonly fetchedAtMs: number } | null>;
}

/** Daily numbers about coins, each with the moment it became available. */
export interface ObservationRepository {
  upsert(observations: readonly Observation[]): Promise<number>;
  range(symbol: string, metric: ObservationMetric, fromMs: number, toMs: number): Promise<readonly Observation[]>;
}

/** What calibration has learnt about each coin under the model that serves; one state a coin and interval. */
export interface CalibrationRepository {
  /** Null when nothing is kept for that model, or what is kept cannot be read: calibration then learns anew. */
  get(symbol: string, interval: Interval, model: string): Promise<CalibrationState | null>;
  /** Takes the place of what was kept for the coin and interval, of an earlier model too. */
  put(symbol: string, interval: Interval, model: string, state: CalibrationState): Promise<void>;
}

/** The opened database with everything that is kept in it. */
export interface Storage {
  readonly kind: 'sqlite' | 'postgres';
  readonly candles: CandleRepository;
  readonly assets: AssetRepository;
  readonly observations: ObservationRepository;
  readonly calibrations: CalibrationRepository;
  /** A Keyv store over the same database for what is small and keyed; one table, namespaced. */
  readonly keyValueStore: import('keyv').KeyvStoreAdapter;
  /** Cheap read that proves the database answers; throws `CC_DATABASE`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
