import type { TrialParams } from './space.ts';
import type { ComparisonRun, SearchState, TrialScore } from './state.ts';
import type { TrialOutcome, TrialRequest } from './trial.ts';

/** Factor by which each rung has fewer trials, trained for longer, than the one before (successive halving; Jamieson & Talwalkar 2016). */
const REDUCTION = 3;
/** Maximum number of rungs: the first trains for a ninth of the full length, and less predicts little. */
const MAX_RUNGS = 3;
/** The last rung compares at least so many. */
const MIN_FINALISTS = 2;

/** One round of a search. */
export interface Rung {
  readonly trials: number;
  /** Share of the full length of training that each of its trials gets. */
  readonly share: number;
}

/** How a trial did in one rung; null when its training diverged. */
export interface RungScore {
  readonly trial: number;
  readonly rung: number;
  readonly skillPct: number | null;
}

/** The rungs of a search over `trials` trials; the last one trains at full length. */
export function planRungs(trials: number): Rung[] {
  const counts = [trials];
  while (counts.length < MAX_RUNGS && Math.floor(counts.at(-1)! / REDUCTION) >= MIN_FINALISTS) {
    counts.push(Math.floor(counts.at(-1)! / REDUCTION));
  }
  return counts.map((count, rung) => ({ trials: count, share: REDUCTION ** (rung + 1 - counts.length) }));
}

/** Best first; those that diverged last, and of equals the earlier trial first, so that the order never depends on chance. */
export function byScore(a: RungScore, b: RungScore): number {
  const [left, right] = [a, b].map(({ skillPct }) => skillPct ?? Number.NEGATIVE_INFINITY) as [number, number];
  return left === right ? a.trial - b.trial : right - left;
}

/** The trials that take part in a rung, as soon as the rung before it is complete. */
export function entrants(rungs: readonly Rung[], rung: number, scores: readonly RungScore[]): number[] {
  const { trials } = rungs[rung]!;
  if (rung === 0) return Array.from({ length: trials }, (_, trial) => trial);
  const before = scores.filter((score) => score.rung === rung - 1).sort(byScore);
  return before
    .filter(({ skillPct }) => skillPct !== null)
    .slice(0, trials)
    .map(({ trial }) => trial)
    .sort((a, b) => a - b);
}

/** Every trial from best to worst: by the last rung it reached, then by its score there. */
export function ranking(scores: readonly RungScore[]): RungScore[] {
  const last = new Map<number, RungScore>();
  for (const score of scores) if (score.rung >= (last.get(score.trial)?.rung ?? 0)) last.set(score.trial, score);
  return [...last.values()].sort((a, b) => b.rung - a.rung || byScore(a, b));
}

/** Where a search stands. */
export interface SearchStep {
  /** For people: `rung 1/2, trial 4/9`. */
  readonly text: string;
  /** Share of all the windows that are to be seen which lie before this run, and within it. 0 … 1. */
  readonly before: number;
  readonly share: number;
}

/** What a search does its work with. */
export interface SearchTools {
  /** Trains one trial; throws when it fails otherwise than by diverging. */
  run(request: TrialRequest, step: SearchStep): Promise<TrialOutcome>;
  /** Keeps the state, whole or not at all; called after every run. */
  save(state: SearchState): Promise<void>;
}

/** The best trial that is not the default; null when every one of them diverged. */
export function challengerOf(scores: readonly TrialScore[]): number | null {
  const best = ranking(scores).find(({ trial, skillPct }) => trial !== 0 && skillPct !== null);
  return best?.trial ?? null;
}

/**
 * Runs a search from where its state stands to its end: every rung of successive halving, then the best trial and the default
 * at full length with each of `seeds`, which were not used for choosing. Returns the final state; what it holds does not depend
 * on how often the search was interrupted. Throws as its tools do.
 */
export async function runSearch(
  from: SearchState,
  seeds: readonly number[],
  { run, save }: SearchTools,
): Promise<SearchState> {
  let state = from;
  const { trials, seed } = from.identity;
  const rungs = planRungs(trials.length);
  const total = rungs.reduce((sum, rung) => sum + rung.trials * rung.share, 0) + 2 * seeds.length;
  let passed = 0;
  const step = (text: string, share: number): SearchStep => ({
    text,
    before: passed / total,
    share: share / total,
  });
  const paramsOf = (trial: number): TrialParams => trials[trial]!;

  for (const [rung, { share, trials: count }] of rungs.entries()) {
    const running = entrants(rungs, rung, state.scores);
    for (const [place, trial] of running.entries()) {
      const known = state.scores.some((score) => score.trial === trial && score.rung === rung);
      if (!known) {
        const text = `rung ${rung + 1}/${rungs.length}, trial ${place + 1}/${running.length}`;
        const outcome = await run({ params: paramsOf(trial), seed, share, losses: false }, step(text, share));
        const { losses: _, ...score } = outcome;
        state = { ...state, scores: [...state.scores, { trial, rung, ...score }] };
        await save(state);
      }
      passed += share;
    }
    passed += share * (count - running.length);
  }

  const challenger = challengerOf(state.scores);
  if (challenger === null) return state;
  for (const [place, comparisonSeed] of seeds.entries()) {
    for (const trial of [0, challenger]) {
      const known = state.comparison.some((one) => one.trial === trial && one.seed === comparisonSeed);
      if (!known) {
        const text = `comparison, ${trial === 0 ? 'default' : 'best'}, seed ${place + 1}/${seeds.length}`;
        const request = { params: paramsOf(trial), seed: comparisonSeed, share: 1, losses: true };
        const outcome = await run(request, step(text, 1));
        const made: ComparisonRun = { trial, seed: comparisonSeed, ...outcome };
        state = { ...state, comparison: [...state.comparison, made] };
        await save(state);
      }
      passed += 1;
    }
  }
  return state;
}
