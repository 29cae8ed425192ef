/**
 * Exact Shapley values (Shapley 1953) of `players` players. `values[coalition]` is what the coalition is worth, a bit for each
 * player; 2^players of them. The values sum to that of all players less that of none; a player who never changes anything gets
 * 0, and two who are interchangeable get the same.
 */
export function shapleyValues(values: ArrayLike<number>, players: number): number[] {
  const weight = coalitionWeights(players);
  return Array.from({ length: players }, (_, player) => {
    const bit = 1 << player;
    let sum = 0;
    for (let coalition = 0; coalition < 1 << players; coalition++) {
      if (coalition & bit) continue;
      sum += weight[bitCount(coalition)]! * (values[coalition | bit]! - values[coalition]!);
    }
    return sum;
  });
}

/** |S|! (n − |S| − 1)! ÷ n! for coalitions of 0 … n − 1 players. */
function coalitionWeights(players: number): number[] {
  const weights = [1 / Math.max(players, 1)];
  for (let size = 1; size < players; size++) weights.push((weights[size - 1]! * size) / (players - size));
  return weights;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count++;
  return count;
}
