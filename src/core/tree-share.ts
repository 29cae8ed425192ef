/** How much of every quantile comes from boosted trees, by horizon, in a sentence; null where there are none. */
export function treeShareText(
  shares: readonly number[] | null | undefined,
  percent: (fraction: number) => string,
): string | null {
  if (!shares?.some((share) => share > 0)) return null;
  const said = [...new Set(shares)].length === 1 ? percent(shares[0]!) : shares.map(percent).join(' / ');
  return `Boosted trees give ${said} of every quantile, the nets the rest`;
}
