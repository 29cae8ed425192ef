/** Lays cells out in columns, the first to the left and the others to the right; the first row is the heading. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A count with separators, as `12,345`. */
export const countText = (count: number): string => count.toLocaleString('en');

/** A number with its sign and that many decimals, as `+1.25`. */
export const signed = (value: number, decimals = 2, minus: '−' | '-' = '−'): string =>
  `${value < 0 ? minus : '+'}${Math.abs(value).toFixed(decimals)}`;
