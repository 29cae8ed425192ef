import { REGIME_DEFINITIONS } from '../../ml/evaluate/regimes.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';

/** What the words of an evaluation mean; goes with every report, so that nobody has to guess. */
export const EVALUATION_DEFINITIONS: Readonly<Record<string, string>> = {
  origin: 'close time of the last candle used; nothing later goes into a forecast, flags on candles included',
  outcome: "log return from the origin's close to the close at the target, both as they stand in the file",
  pinball: 'mean pinball loss over the 19 quantile levels 0.05 … 0.95',
  skill: `100 × (1 − model ÷ baseline) of mean pinball losses, on forecasts both made; 95 % interval by circular block bootstrap over time, all coins of a period together, blocks of ${BLOCK_PERIODS['1d']} days (daily) or ${BLOCK_PERIODS['1h']} hours (hourly), 1,000 resamples`,
  pValue: 'two-sided, paired block bootstrap of the loss difference centred at its mean, same blocks',
  direction:
    'share of medians on the same side of zero as the outcome; interval by block bootstrap; Wilson’s interval, which takes forecasts as independent, beside it; base rate: always saying the commoner side',
  brier: 'P(up) against what happened; skill over always saying the share of ups in these very outcomes',
  coverage80Within3Points: 'coins whose 80 % band held 77 to 83 % of outcomes',
  ...REGIME_DEFINITIONS,
};
