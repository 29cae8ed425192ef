/** Below this a mean score says nothing either way. */
export const NEUTRAL_SCORE = 0.05;
const STRONG = 0.25;

/** A score with its sign and two decimals, such as `+0.12`. */
export const signedScore = (score: number): string =>
  `${score >= 0.005 ? '+' : score <= -0.005 ? '−' : ''}${Math.abs(score).toFixed(2)}`;

/** A mean score in words, such as `mildly positive`. */
export function tone(score: number): string {
  if (Math.abs(score) < NEUTRAL_SCORE) return 'neutral';
  return `${Math.abs(score) < STRONG ? 'mildly' : 'strongly'} ${score > 0 ? 'positive' : 'negative'}`;
}
