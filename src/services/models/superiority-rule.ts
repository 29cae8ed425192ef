import { type PromotionRule, rangeText, SIGNIFICANCE } from './promotion-gate.ts';

/**
 * The earlier rule of promotion, which rehearsals compare with: the new model must be significantly better than the serving one and than
 * climatology over all horizons, and at no horizon may the 95 % interval of its skill over the serving model lie below zero.
 */
export const onlyIfBetter: PromotionRule = ({ serving, comparison, overServing, overClimatology }) => {
  for (const [other, decidedBy, result] of [
    ['the serving model', 'worse', overServing],
    ['climatology', 'climatology', overClimatology],
  ] as const) {
    if (!result || (result.skillPct.value > 0 && result.pValue < SIGNIFICANCE)) continue;
    const p = `p = ${result.pValue.toFixed(3)}`;
    return { decidedBy, reason: `It does not beat ${other} beyond chance: ${rangeText(result.skillPct)}, ${p}.` };
  }
  const worse = comparison.horizons.find((one) => one.overServing && one.overServing.skillPct.high < 0);
  if (worse) {
    const range = rangeText(worse.overServing!.skillPct);
    return { decidedBy: 'worse', reason: `It is worse than the serving model ${worse.steps} candles ahead: ${range}.` };
  }
  const gain = overServing ? `the serving model by ${rangeText(overServing.skillPct)} and ` : '';
  return {
    decidedBy: serving ? 'better' : 'alone',
    reason: `It beats ${gain}climatology by ${rangeText(overClimatology.skillPct)}.`,
  };
};
