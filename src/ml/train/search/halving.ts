/** Of the trials of one rung, one in so many goes on to the next, which looks so many times as long (Jamieson & Talwalkar 2016). */
const REDUCTION = 3;
/** Shorter looks than a ninth of a training run say little about it. */
const MOST_RUNGS = 3;
/** The last rung compares at least so many. */
const FEWEST_FINALISTS = 2;

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
  while (counts.length < MOST_RUNGS && Math.floor(counts.at(-1)! / REDUCTION) >= FEWEST_FINALISTS) {
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
