import type { Decision, ForecastView } from './decision.ts';
import { stopsOf, type TradingRule } from './rules/rule.ts';

/** What the rule wants held from the next candle's open on. `current` is the exposure held now, as a share of the account. */
export function decide(rule: TradingRule, view: ForecastView, current: number): Decision {
  const { originMs, candleVolatility, dollarVolume, blocked, volatility } = view;
  const exposure = rule.exposure(view, current);
  return { originMs, exposure, candleVolatility, dollarVolume, blocked, stops: stopsOf(rule, volatility) };
}
