import { ENOUGH_ODDS, type OddsRecordPart } from '../../core/odds-record.ts';
import type { PublicRecord } from '../../core/public-record.ts';
import { formatCount, formatPercent } from '../format.ts';
import { figure } from './horizon-section.ts';
import { html, type Markup } from './html.ts';
import { numbers } from './record-tables.ts';
import { termLink } from './record-terms.ts';
import { counted, shareText, skillText } from './record-text.ts';
import { reliabilityChart } from './shape-charts.ts';

/** How odds of levels held: a reliability diagram of each sort of the fixed ones, and what those that people asked for came to. */
export function oddsSection({ odds: { fixed, asked } }: PublicRecord): Markup {
  return html`<section id="odds" class="panel"><h2>Odds of prices ${termLink('odds')}</h2>
<p>Counted when this page was made, not up to the checkpoint.</p>
<div class="grid">${diagram('odds-end', 'Above a price at the moment', fixed.end)}${diagram('odds-touch', 'Touched on the way', fixed.touch)}</div>
<p>Asked for by people, at prices and moments of their choice: above a price at the moment, ${scores(asked.end)}; touched on the way, ${scores(asked.touch)}.</p></section>`;
}

function diagram(id: string, heading: string, part: OddsRecordPart): Markup {
  const { reliability, enough } = part;
  const reading = `${scores(part)[0]!.toUpperCase()}${scores(part).slice(1)}.`;
  if (!reliability || !enough) return html`<h3>${heading}</h3><p>${reading}</p>`;
  const plot = {
    id: `${id}-plot`,
    title: `${heading}: what was said and how often it happened`,
    description: `Mean distance between them: ${formatPercent(100 * reliability.gap)}.`,
  };
  const bins = reliability.steps.map(({ n, stated, happened }) => {
    return { low: stated, high: stated, n, pUp: stated, rises: happened };
  });
  return figure(
    id,
    'odds',
    heading,
    reading,
    html`${reliabilityChart(plot, bins)}<p class="legend">Across: chance said. Up: share that happened. Bars: how many.</p>`,
    numbers(
      plot.title,
      ['Said (mean)', 'Share that happened', 'n'],
      reliability.steps.map(({ n, stated, happened }) => [
        formatPercent(100 * stated),
        shareText(happened),
        formatCount(n),
      ]),
    ),
  );
}

/** The Brier score beside that of the usual moves, or that there is not enough. */
function scores({ reliability, enough, unscored }: OddsRecordPart): string {
  const n = reliability?.n ?? 0;
  const rest = unscored > 0 ? `, ${formatCount(unscored)} more could not be scored` : '';
  if (!reliability || !enough) {
    const { n: need, days } = ENOUGH_ODDS;
    return `not enough yet: n = ${formatCount(n)} over ${counted(reliability?.days ?? 0, 'day')}${rest}; from ${need} over ${days} days on it is shown`;
  }
  const { againstUsual, days } = reliability;
  const compared = againstUsual
    ? `Brier score ${againstUsual.odds.toFixed(4)}, of the coins’ usual moves ${againstUsual.usual.toFixed(4)}, skill ${skillText(againstUsual.skillPct)} (n = ${formatCount(againstUsual.n)})`
    : 'without usual moves to compare';
  return `${compared}; n = ${formatCount(n)} over ${counted(days, 'day')}${rest}`;
}
