import { INTERVALS, type Interval } from '../../core/candle.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { FamilyComparison, ModelFacts, ServedModel } from '../../core/model-info.ts';
import { medianShareAt } from '../../ml/calibration/calibrate.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import type { ModelRegistry } from './model-registry.ts';

/** What is known of the models that serve. */
export interface ModelInfoService {
  /** One entry an interval, also where no model serves. */
  served(): Promise<readonly ServedModel[]>;
  /** The comparisons of families there are; throws `CC_FILE` when one is damaged. */
  comparisons(): Promise<readonly FamilyComparison[]>;
}

/** What the service reads from. */
export interface ModelInfoParts {
  readonly models: Pick<ModelRegistry, 'serving'>;
  /** Null when there is none for the interval. */
  readComparison(interval: Interval): Promise<FamilyComparison | null>;
}

/** Makes the service behind `/model`. */
export function createModelInfoService({ models, readComparison }: ModelInfoParts): ModelInfoService {
  return {
    served: () =>
      Promise.all(
        INTERVALS.map(async (interval): Promise<ServedModel> => {
          try {
            const { card, problem } = await models.serving(interval);
            return { interval, problem, model: factsOf(card) };
          } catch (error) {
            return { interval, problem: asCandlecastError(error).message, model: null };
          }
        }),
      ),
    async comparisons() {
      const all = await Promise.all(INTERVALS.map((interval) => readComparison(interval)));
      return all.filter((comparison) => comparison !== null);
    },
  };
}

function factsOf({
  version,
  family,
  steps,
  training,
  trainedAtMs,
  data,
  calibration,
  trees,
  evaluation,
}: ModelCard): ModelFacts {
  const records = evaluation?.records ?? [];
  return {
    version,
    family,
    members: training.seeds.length,
    parameters: training.parameters,
    trainedAtMs,
    coins: data.symbols.length,
    windows: data.windows,
    fromMs: data.fromMs,
    fitUntilMs: data.fitUntilMs,
    stopUntilMs: data.stopUntilMs,
    stopFromMs: data.stopFromMs ?? null,
    treeShares: trees?.share ?? null,
    medianShares: steps.map((_, at) => medianShareAt(calibration.medianShare, at)),
    climatologyWeights: calibration.climatologyWeight,
    evaluation:
      evaluation && records.length > 0
        ? {
            description: evaluation.description,
            fromMs: Math.min(...records.map((record) => record.fromMs)),
            toMs: Math.max(...records.map((record) => record.toMs)),
            horizons: records.map(({ steps, n, coins, overClimatology, model }) => ({
              steps,
              n,
              coins,
              skillPct: overClimatology,
              coverage: model.coverage,
            })),
          }
        : null,
  };
}
