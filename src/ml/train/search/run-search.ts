import { entrants, planRungs, ranking } from './halving.ts';
import type { TrialParams } from './space.ts';
import type { ComparisonRun, SearchState, TrialScore } from './state.ts';
import type { TrialOutcome, TrialRequest } from './trial.ts';

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
