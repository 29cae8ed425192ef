/** A count with its word, such as `1 coin` or `3 coins`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
