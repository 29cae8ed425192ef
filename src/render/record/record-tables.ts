import { HORIZONS } from '../../core/horizon.ts';
import type {
  HorizonTrack,
  LiveTrack,
  ModelOnRecord,
  Outage,
  PublicRecord,
  RecordedCall,
} from '../../core/public-record.ts';
import { formatCount, formatPercent, formatProbability, formatSignedPercent, priceFormatter } from '../format.ts';
import { html, type Markup } from './html.ts';
import { edgeText, horizonLabel, momentText, shareText, skillText } from './record-text.ts';
import { callStrip } from './shape-charts.ts';

type Cell = Markup | string;

/** A table that scrolls by itself where it is wider than the screen; the first cell of each row is its header. Of the kind `titled` the caption is seen. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Cell[])[], kind = ''): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="${kind}"><caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(([first, ...rest]) => html`<tr><th scope="row">${first ?? ''}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** A table behind a chart, folded away. */
export function numbers(caption: string, head: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  return html`<details class="numbers"><summary>Numbers<span class="hidden"> of: ${caption}</span></summary>${table(caption, head, rows)}</details>`;
}

/** The text before a bracket, and what stands in the bracket below it. */
function stacked(text: string): Markup {
  const [value, range] = text.split(' (');
  return html`${value!}${range !== undefined && html`<span class="note">${range.replace(')', '')}</span>`}`;
}

/** A skill with its word. */
const skillCell = (skill: HorizonTrack['skills'][number]): Markup =>
  html`${stacked(skillText(skill.skillPct))}<span class="note">${edgeText(skill.skillPct)}</span><span class="note">n = ${formatCount(skill.n)}</span>`;

/** All horizons, one row each. */
export function glanceTable({ horizons }: PublicRecord): Markup {
  return table(
    'Every horizon',
    [
      'Horizon',
      'Came due (n)',
      '50 % held',
      '80 % held',
      '95 % held',
      'Over climatology',
      'Over EWMA',
      'Over the random walk',
      'Waiting',
      'Unscored',
      'Missing',
    ],
    horizons.map(({ horizon, n, coverage, skills, waiting, unscored, missing }) => [
      horizonLabel(horizon),
      formatCount(n),
      ...[0, 1, 2].map((i) => (coverage[i] ? stacked(shareText(coverage[i])) : '–')),
      ...skills.map(skillCell),
      formatCount(waiting),
      formatCount(unscored),
      formatCount(missing),
    ]),
    'wrapped',
  );
}

/** Coins that are seen at once; the others are folded away. */
const COINS_SHOWN = 20;

/** The coins of a horizon, those beyond the first twenty folded away. */
export function coinTable({ horizon, coins }: HorizonTrack): Markup {
  const caption = `Coins at ${horizonLabel(horizon)}, most forecasts first`;
  const rest = coins.slice(COINS_SHOWN);
  const more = `${formatCount(rest.length)} more coin${rest.length === 1 ? '' : 's'}`;
  return html`${coinRows(caption, coins.slice(0, COINS_SHOWN))}${rest.length > 0 && html`<details class="numbers more"><summary>${more}<span class="hidden"> at ${horizonLabel(horizon)}</span></summary>${coinRows(`${caption}: ${more}`, rest)}</details>`}`;
}

function coinRows(caption: string, coins: HorizonTrack['coins']): Markup {
  return table(
    caption,
    ['Coin', 'n', '80 % range held', 'Over climatology', 'Over EWMA', 'Over the random walk', 'Right side', 'Missing'],
    coins.map(({ symbol, n, inside80, skills, direction, missing }) => [
      symbol,
      formatCount(n),
      shareText(inside80),
      ...skills.map((skill) => skillText(skill.skillPct)),
      formatPercent(100 * direction),
      formatCount(missing),
    ]),
    'coins',
  );
}

/** Calls of one kind. */
export function callTable(caption: string, calls: readonly RecordedCall[]): Markup {
  return table(
    caption,
    [
      'Coin',
      'From',
      'Until',
      'Price then',
      '80 % range said',
      'What came',
      'In its ranges',
      'P(up) said',
      'Model',
      'Record no.',
    ],
    calls.map((call) => {
      const price = priceFormatter(call.lastPrice);
      const actual = call.lastPrice * Math.exp(call.logReturn);
      const place = call.band === null ? 'outside the 95 % range' : `inside the ${call.band} % range`;
      return [
        call.symbol,
        momentText(call.originMs),
        momentText(call.targetMs),
        price(call.lastPrice),
        `${price(call.quantiles[2]!)} to ${price(call.quantiles[18]!)}`,
        `${price(actual)} (${formatSignedPercent(100 * Math.expm1(call.logReturn))})`,
        html`${callStrip(call)}<span class="note">${place}</span>`,
        formatProbability(call.pUp),
        html`<code>${call.model}</code>`,
        formatCount(call.sequence),
      ];
    }),
  );
}

/** What was asked for and posted. */
export function liveTable(live: readonly LiveTrack[]): Markup {
  return table(
    'Asked for and posted',
    ['Horizon', 'Asked', 'Posted', 'Counted', 'Came due (n)', '80 % range held', 'Over climatology'],
    live.map(({ horizon, asked, posted, counted, n, coverage, skills }) => [
      HORIZONS[horizon].label,
      formatCount(asked),
      formatCount(posted),
      formatCount(counted),
      formatCount(n),
      coverage[1] ? shareText(coverage[1]) : '–',
      skillCell(skills[0]!),
    ]),
  );
}

/** Models in the order they came, with the numbers that charts mark them by. */
export function modelTable(models: readonly ModelOnRecord[]): Markup {
  const day = (ms: number | null) => (ms === null ? '–' : momentText(ms));
  return table(
    'Models that forecasts were made by',
    [
      'No.',
      'Model',
      'First forecast',
      'Last forecast',
      'Issued',
      'Scored: n, 80 % range held, skill over climatology',
      'File (SHA-256)',
    ],
    models.map((model, i) => [
      String(i + 1),
      html`<code>${model.version}</code>`,
      day(model.fromMs),
      day(model.toMs),
      formatCount(model.issued),
      html`${model.horizons.map(({ horizon, n, inside80, skill }) => html`<span class="line-of">${horizon}: ${formatCount(n)}, ${shareText(inside80)}, ${skillText(skill.skillPct)}</span>`)}${model.horizons.length === 0 && '–'}`,
      model.sha256 ? html`<code class="hash">${model.sha256.slice(0, 16)}…</code>` : '–',
    ]),
    'titled',
  );
}

/** Changes of the serving model, the newest first. */
export function changeTable({ changes }: PublicRecord): Markup {
  const named = (version: string | null) => (version === null ? 'the shipped model' : html`<code>${version}</code>`);
  return table(
    'Promotions and rollbacks',
    ['When (UTC)', 'For', 'What', 'From', 'To', 'Why'],
    [...changes]
      .sort((a, b) => b.atMs - a.atMs)
      .map(({ atMs, interval, action, from, to, why }) => [
        momentText(atMs - (atMs % 60_000)),
        interval === '1h' ? 'hours' : 'days',
        action === 'promote' ? 'promoted' : 'rolled back',
        named(from),
        named(to),
        why,
      ]),
    'titled',
  );
}

/** Times without a forecast, the newest first. */
export function outageTable(outages: readonly Outage[]): Markup {
  return table(
    'Outages: closes without a forecast of any coin',
    ['First close missed (UTC)', 'Last close missed', 'Forecasts of', 'Closes missed'],
    [...outages]
      .reverse()
      .map(({ fromMs, toMs, interval, closes, isGoingOn }) => [
        momentText(fromMs),
        `${momentText(toMs)}${isGoingOn ? ', going on' : ''}`,
        interval === '1h' ? 'hours' : 'days',
        formatCount(closes),
      ]),
  );
}
