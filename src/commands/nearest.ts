/** Edits (insert, delete, replace, swap of neighbours) between two words: the optimal string alignment distance. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(previous[j]! + 1, current[j - 1]! + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/** The candidate most like what was typed, or null when none is alike: a common start, or a third of its letters wrong at most. */
export function nearest(typed: string, candidates: readonly string[]): string | null {
  const word = typed.slice(0, 40).toLowerCase();
  if (word === '') return null;
  const scored = candidates
    .map((candidate) => ({
      candidate,
      distance: candidate.startsWith(word) && word.length > 1 ? 0.5 : editDistance(word, candidate.toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  if (!best || best.distance > Math.max(1, Math.floor(best.candidate.length / 3) + 0.5)) return null;
  return best.candidate;
}
