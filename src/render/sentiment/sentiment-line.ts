import type { SentimentLine } from '../../core/sentiment.ts';
import { formatCount, formatPercent, formatProbability } from '../format.ts';
import { signedScore, tone } from './sentiment-words.ts';

const NBSP = '\u00a0';

/** What is said, how much of the forecast comes from it, and what that was worth on past data: never more than was found. */
export function sentimentText({ score, weekAgo, count, share, worth }: SentimentLine): string {
  const said =
    score === null
      ? 'Nothing to go by'
      : `${tone(score).replace(/^./, (first) => first.toUpperCase())} (${signedScore(score)}${weekAgo === null ? '' : `, a week ago ${signedScore(weekAgo)}`}; ${formatCount(count)} ${count === 1 ? 'story' : 'stories'} in 24 hours)`;
  if (share === null) return `${said}. It does not enter this forecast.`;
  return `${said}. Its share in this forecast: ${formatProbability(share)}. ${worthText(worth)}`;
}

function worthText(worth: SentimentLine['worth']): string {
  if (worth === null) return 'What it is worth was not measured.';
  const { valuePct, lowPct, highPct, n } = worth;
  const size = Math.max(Math.abs(lowPct), Math.abs(highPct));
  if (lowPct <= 0 && highPct >= 0) {
    // Rounded up as far as percentages are shown: "at most" must hold.
    const parts = size < 0.1 ? 100 : 10;
    const most = formatPercent(Math.max(1, Math.ceil(size * parts - 1e-9)) / parts);
    return `On past data it made no measurable difference (at most ${most} of the error; n = ${formatCount(n)}).`;
  }
  const verb = valuePct > 0 ? 'lowered' : 'raised';
  return `On past data it ${verb} the error by ${formatPercent(Math.abs(valuePct))} (95${NBSP}% interval ${formatPercent(lowPct)} to ${formatPercent(highPct)}; n = ${formatCount(n)}).`;
}
