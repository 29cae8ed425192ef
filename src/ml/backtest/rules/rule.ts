import type { RuleDescription } from '../../../core/backtest.ts';
import type { ForecastView, StopDistances } from '../decision.ts';

/** From a forecast and the exposure held now (share of the account, negative for short) to the one wanted. Pure. */
export type ExposureRule = (view: ForecastView, current: number) => number;

/** A named variant that is tracked. */
export interface TradingRule extends RuleDescription {
  /** Whether it may be short. */
  readonly short: boolean;
  readonly exposure: ExposureRule;
  /** Where positions are left, in units of the horizon's volatility at the entry; 0 is none. */
  readonly stopSigmas: StopDistances;
  /** Changes of exposure below this are not worth their costs and are not made. */
  readonly band: number;
}

const LARGEST_STOP = 0.9;

/** The rule's stops as fractions of the entry price for this forecast. */
export function stopsOf({ stopSigmas }: Pick<TradingRule, 'stopSigmas'>, volatility: number): StopDistances {
  const share = (sigmas: number) => Math.min(sigmas * volatility, LARGEST_STOP);
  return { loss: share(stopSigmas.loss), profit: share(stopSigmas.profit), trailing: share(stopSigmas.trailing) };
}
