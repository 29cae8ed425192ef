import { CandlecastError } from '../../core/errors.ts';
import type { BaselineScores, EvaluationScores, Interval95 } from '../../core/evaluation.ts';
import { climatologyBaseline } from '../baselines/climatology.ts';
import { ewmaBaseline } from '../baselines/random-walk.ts';
import type { HorizonRecord } from '../model/card.ts';

/** One horizon's record for a card from its scores, which stand beside climatology's and EWMA's. */
export function recordOf(steps: number, scores: EvaluationScores): HorizonRecord {
  const [climatology, ewma] = [climatologyBaseline, ewmaBaseline].map(({ name }) => baselineOf(scores, name));
  const { accuracy } = scores.direction;
  return {
    steps,
    n: scores.n,
    coins: scores.coins,
    fromMs: scores.fromMs ?? 0,
    toMs: scores.toMs ?? 0,
    overClimatology: estimateOf(climatology!.skillPct),
    overEwma: estimateOf(ewma!.skillPct),
    model: {
      pinball: scores.pinball,
      mae: scores.median.mae,
      rmse: scores.median.rmse,
      coverage: scores.coverage.map(({ share }) => share),
    },
    climatology: summary(climatology!),
    ewma: summary(ewma!),
    randomWalk: { mae: scores.noChange.mae, rmse: scores.noChange.rmse },
    direction: {
      hits: accuracy?.value ?? 0,
      ...(accuracy ? { low: accuracy.low, high: accuracy.high } : {}),
      up: scores.direction.up,
    },
  };
}

/** The scores of one of the baselines beside a set of forecasts; throws `CC_FILE` where it is not among them. */
export function baselineOf({ baselines }: EvaluationScores, name: string): BaselineScores {
  const found = baselines.find((baseline) => baseline.name === name);
  if (!found) throw new CandlecastError('CC_FILE', `The report has nothing about ${name}.`);
  return found;
}

/** A skill as a card holds it: zeros where nothing was compared. */
export const estimateOf = (skill: Interval95 | null) => ({ ...(skill ?? { value: 0, low: 0, high: 0 }) });

const summary = ({ pinball, mae, rmse, coverage }: BaselineScores) => ({
  pinball,
  mae,
  rmse,
  coverage: [...coverage],
});
