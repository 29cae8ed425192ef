/** Share of the net's median that is kept, 0 … 1: one for all horizons, or one for each. */
export type MedianShare = number | readonly number[];

/** The share at the horizon with the given index; a horizon that a list does not name keeps all of its median. */
export const medianShareAt = (share: MedianShare, at: number): number =>
  typeof share === 'number' ? share : (share[at] ?? 1);
