import type { RuleDescription } from '../../core/backtest.ts';
import type { Interval } from '../../core/candle.ts';
import { HORIZON_NAMES, HORIZONS, horizonMs } from '../../core/horizon.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';

/** The tracked rules: what each is called, and what it does. */
const RULE_TEXTS: Readonly<Record<string, readonly [label: MessageKey, how: MessageKey]>> = {
  'pup-threshold': ['backtest.pupThreshold', 'backtest.pupThresholdHow'],
  'pup-threshold-short': ['backtest.pupThresholdShort', 'backtest.pupThresholdShortHow'],
  'return-over-risk': ['backtest.returnOverRisk', 'backtest.returnOverRiskHow'],
  'return-over-risk-short': ['backtest.returnOverRiskShort', 'backtest.returnOverRiskShortHow'],
  'kelly-quarter': ['backtest.kellyQuarter', 'backtest.kellyQuarterHow'],
  'kelly-quarter-short': ['backtest.kellyQuarterShort', 'backtest.kellyQuarterShortHow'],
  'vol-target': ['backtest.volTarget', 'backtest.volTargetHow'],
  'pup-vol-target': ['backtest.pupVolTarget', 'backtest.pupVolTargetHow'],
  'pup-vol-target-short': ['backtest.pupVolTargetShort', 'backtest.pupVolTargetShortHow'],
};

/** What a rule is called; one that no text is known of by its own English label. */
export function ruleLabelOf({ name, label }: Pick<RuleDescription, 'name' | 'label'>, { t }: Translator): string {
  const known = RULE_TEXTS[name];
  return known ? t(known[0]) : label;
}

/** What a rule does, in a sentence. */
export function ruleHowOf(
  { name, explanation }: Pick<RuleDescription, 'name' | 'explanation'>,
  { t }: Translator,
): string {
  const known = RULE_TEXTS[name];
  return known ? t(known[1]) : explanation;
}

/** At what moments a trading rule decides, beside the forecasts that people ask for. */
export function decisionText(interval: Interval, { t }: Translator): string {
  return t(interval === '1d' ? 'backtest.decidesDaily' : 'backtest.decidesHourly');
}

/** Up to two coins by name, more counted. */
export function coinsText(symbols: readonly string[], { t, formats }: Translator): string {
  return symbols.length > 2 ? t('reply.coins', { count: symbols.length }) : formats.list(symbols);
}

/** How far ahead the forecasts of a backtest reach, such as `3 days`. */
export function horizonText(name: string, { formats }: Translator): string {
  const known = HORIZON_NAMES.find((candidate) => candidate === name);
  return known ? formats.duration(horizonMs(HORIZONS[known])) : name;
}

/** Whole dollars from a hundred on, else with cents. */
export function dollarsText(dollars: number, { formats }: Translator): string {
  return formats.amount(dollars, Math.abs(dollars) >= 100 ? 0 : 2);
}
