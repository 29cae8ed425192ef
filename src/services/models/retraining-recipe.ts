import type { Interval } from '../../core/candle.ts';

/** Candles of each coin that a bot trains on: seven years of days, eight months of hours. */
export const TRAINING_CANDLES: Readonly<Record<Interval, number>> = { '1d': 2_500, '1h': 6_000 };
/** With fewer coins a net learns the coins instead of the market. */
export const MIN_TRAINING_COINS = 5;
