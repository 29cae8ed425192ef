import type { ForecastReport } from '../../core/forecast.ts';
import { chanceOf, levelOdds } from '../../core/odds.ts';
import type { AlertRule, AlertWatch } from '../../core/personal-alert.ts';
import { BANDS } from '../../core/quantiles.ts';

/** What is known of a coin at one check: a confirmed price, and the forecast where the rule needs one. */
export interface AlertFacts {
  readonly price: number;
  readonly priceAtMs: number;
  readonly forecast: ForecastReport | null;
}

/** An alert that was set on the far side of a price waits until the price has come back by this share of it. */
const PRICE_MARGIN = 0.002;
/** The same for odds, in probability. */
const ODDS_MARGIN = 0.03;
/** Times as restless as usual: told from the first on, armed again below the second. */
export const RESTLESS = { told: 1.5, calm: 1.3 } as const;

/** The rule's first state: armed where its moment has not come already. */
export function firstWatch(rule: AlertRule, facts: AlertFacts): AlertWatch {
  const value = measured(rule, facts);
  if (rule.kind === 'range') return { armed: true, band: facts.forecast && bandOf(rule.coverage, facts.forecast) };
  return { armed: !isMet(rule, facts, value, null), band: null };
}

/** One step: the next state, and whether the rule's moment has come. */
export function stepAlert(
  rule: AlertRule,
  before: AlertWatch,
  facts: AlertFacts,
): { readonly watch: AlertWatch; readonly met: boolean; readonly value: number | null } {
  const value = measured(rule, facts);
  let watch = before;
  if (rule.kind === 'range') {
    const isOver = before.band === null || facts.priceAtMs > before.band.targetMs;
    // The new range starts at the price, which cannot have left it.
    if (isOver) {
      if (!facts.forecast) return { watch, met: false, value };
      return { watch: { armed: true, band: bandOf(rule.coverage, facts.forecast) }, met: false, value };
    }
    return { watch, met: isMet(rule, facts, value, before.band), value };
  }
  if (!before.armed && hasComeBack(rule, facts, value)) watch = { ...before, armed: true };
  return { watch, met: before.armed && isMet(rule, facts, value, null), value };
}

/** Whether a rule needs a forecast now, and at which horizon it is made, is said by its watch alone where a range still runs. */
export function needsForecast(rule: AlertRule, { band }: AlertWatch, nowMs: number): boolean {
  if (rule.kind === 'price') return false;
  return rule.kind !== 'range' || band === null || nowMs > band.targetMs;
}

function measured(rule: AlertRule, { forecast }: AlertFacts): number | null {
  if (!forecast) return null;
  if (rule.kind === 'odds') {
    return chanceOf(levelOdds(forecast, rule.level, Math.min(rule.byMs, forecast.targetMs)), rule.direction);
  }
  if (rule.kind !== 'restless') return null;
  const { expected, usual } = forecast.volatility;
  return usual > 0 ? expected / usual : null;
}

function isMet(rule: AlertRule, { price, priceAtMs }: AlertFacts, value: number | null, band: AlertWatch['band']) {
  switch (rule.kind) {
    case 'price':
      return rule.side === 'above' ? price >= rule.level : price <= rule.level;
    case 'range':
      return band !== null && priceAtMs >= band.originMs && (price < band.low || price > band.high);
    case 'odds':
      return value !== null && (rule.rises ? value >= rule.chance : value <= rule.chance);
    case 'restless':
      return value !== null && value >= RESTLESS.told;
  }
}

function hasComeBack(rule: Exclude<AlertRule, { kind: 'range' }>, { price }: AlertFacts, value: number | null) {
  switch (rule.kind) {
    case 'price':
      return rule.side === 'above'
        ? price <= rule.level * (1 - PRICE_MARGIN)
        : price >= rule.level * (1 + PRICE_MARGIN);
    case 'odds':
      return value !== null && (rule.rises ? value <= rule.chance - ODDS_MARGIN : value >= rule.chance + ODDS_MARGIN);
    case 'restless':
      return value !== null && value < RESTLESS.calm;
  }
}

function bandOf(coverage: 50 | 80 | 95, { quantiles, originMs, targetMs }: ForecastReport): AlertWatch['band'] {
  const { lower, upper } = BANDS.find((band) => Math.round(band.coverage * 100) === coverage)!;
  return { low: quantiles[lower]!, high: quantiles[upper]!, originMs, targetMs };
}
