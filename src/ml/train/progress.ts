import { type EnsembleRun, type FitPart, hasTrees } from './fit-ensemble.ts';
import type { FitProgress } from './fit-member.ts';

/** Progress of a training run. */
export interface TrainProgress extends FitProgress {
  readonly phase: 'features' | 'evaluation' | 'training';
  readonly part: FitPart;
  readonly member: number;
  readonly members: number;
  /** Share of the whole run, 0 … 1; the end may come sooner where nothing improves any more. */
  readonly done: number;
  readonly secondsLeft: number | null;
}

/** What a training run consists of: the fields of `TrainOptions` that decide how many parts it has. */
export interface RunParts {
  readonly seeds: readonly number[];
  readonly outOfSampleRefit: boolean | 'only';
  /** Whether a twin is fitted first, whose choices the model itself takes over. */
  readonly heldOutMs?: number | undefined;
  readonly refit: boolean;
  readonly treeShare: readonly number[];
}

/** What growing the trees takes, in window visits of the nets: about as long as those of one net. */
const TREE_VISITS_OF_MEMBER = 1;

/**
 * Adds up where a training run stands over its parts: for each phase the nets, the same again on more windows, the trees, as far as
 * `options` asks for them. Gives for a phase what `fitEnsemble` reports to.
 */
export function createTrainCount(
  options: RunParts,
  visitsOfMember: number,
  onProgress: (progress: TrainProgress) => void,
): (phase: 'evaluation' | 'training') => EnsembleRun['report'] {
  const members = options.seeds.length;
  const trees = hasTrees(options.treeShare) ? TREE_VISITS_OF_MEMBER : 0;
  const twin = options.heldOutMs !== undefined;
  const before: Readonly<Record<FitPart, number>> = {
    nets: 0,
    refit: members,
    trees: members * (options.refit || twin ? 2 : 1),
  };
  const ofPhase = (before.trees + trees) * visitsOfMember;
  const twoPhases = twin || options.outOfSampleRefit === true;
  // After a twin the nets are not stopped again.
  const stoppedBefore = twin ? members * visitsOfMember : 0;
  const total = twoPhases ? 2 * ofPhase - stoppedBefore : ofPhase;
  let speed = 0;
  let last = { check: 0, meanLoss: 0, skillPct: null as number | null, samplesPerSecond: 0 };
  return (phase) => (part, member, progress) => {
    const phaseFirst = phase === 'training' && twoPhases ? ofPhase - stoppedBefore : 0;
    const first = phaseFirst + (before[part] + member) * visitsOfMember;
    if (!('done' in progress)) {
      last = progress;
      if (progress.samplesPerSecond > 0) speed = progress.samplesPerSecond;
    }
    // Checks come after whole batches, so a net may visit a few more windows than it was given; the next part starts where planned.
    const own =
      'done' in progress
        ? progress.done * TREE_VISITS_OF_MEMBER * visitsOfMember
        : Math.min(progress.visited, visitsOfMember);
    const { check, meanLoss, skillPct, samplesPerSecond } = last;
    onProgress({
      ...{ check, meanLoss, skillPct, samplesPerSecond, visited: own },
      phase,
      part,
      member,
      members,
      done: (first + own) / total,
      secondsLeft: speed > 0 ? (total - first - own) / speed : null,
    });
  };
}
