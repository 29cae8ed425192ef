import type { FamilyComparison, FamilyResult, FamilyScores, PointErrors } from '../../core/model-info.ts';
import type { HorizonRecord, ModelCard } from '../../ml/model/card.ts';
import { FAMILIES, type Family } from '../../ml/model/recipes.ts';
import type { TrainingJob, TrainingService } from './training.ts';

/** What is compared, and with what clocks. */
export interface ComparisonJob extends Pick<TrainingJob, 'interval' | 'series' | 'signal' | 'options'> {
  readonly now: () => number;
  /** Processor time of this process so far, ms. */
  readonly cpuMs: () => number;
  readonly onProgress?: (family: Family, progress: Parameters<NonNullable<TrainingJob['onProgress']>>[0]) => void;
}

/**
 * Trains every family with the same options on the same windows and scores each on the same later period that it has not seen. Nothing
 * is kept of the models. Throws as training does.
 */
export async function compareFamilies(training: TrainingService, job: ComparisonJob): Promise<FamilyComparison> {
  const { now, cpuMs } = job;
  const families: FamilyResult[] = [];
  let last: ModelCard | null = null;
  for (const family of FAMILIES) {
    const startedMs = now();
    const startedCpuMs = cpuMs();
    const card = await training.train({
      interval: job.interval,
      series: job.series,
      ...(job.signal ? { signal: job.signal } : {}),
      onProgress: (progress) => job.onProgress?.(family, progress),
      write: async () => {},
      // What is compared is the nets.
      options: { ...job.options, family, outOfSampleRefit: 'only', refit: false, treeShare: [] },
    });
    last = card;
    families.push({
      family,
      parameters: card.training.parameters,
      windowVisits: card.training.windowVisits,
      seconds: (now() - startedMs) / 1000,
      cpuSeconds: (cpuMs() - startedCpuMs) / 1000,
      horizons: (card.evaluation?.records ?? []).map(scoresOf),
    });
  }
  const { data, training: made } = last!;
  return {
    format: 1,
    interval: job.interval,
    command: job.options.command,
    madeAtMs: now(),
    gitCommit: job.options.gitCommit,
    engine: made.engineBuild,
    threads: job.options.threads,
    seeds: made.seeds,
    coins: data.symbols.length,
    windows: data.windows,
    fitUntilMs: data.fitUntilMs,
    stopUntilMs: data.stopUntilMs,
    families,
  };
}

function scoresOf(record: HorizonRecord): FamilyScores {
  const { direction, model, randomWalk } = record;
  const errors = ({ rmse, mae }: { rmse: number; mae: number }): PointErrors => ({ mse: rmse ** 2, rmse, mae });
  return {
    steps: record.steps,
    n: record.n,
    coins: record.coins,
    fromMs: record.fromMs,
    toMs: record.toMs,
    median: errors(model),
    randomWalk: errors(randomWalk),
    direction: {
      value: direction.hits,
      low: direction.low ?? direction.hits,
      high: direction.high ?? direction.hits,
      baseRate: Math.max(direction.up, 1 - direction.up),
    },
    skillPct: record.overClimatology,
  };
}
