import type { PublicRecord } from '../../core/public-record.ts';
import { SHOWN_DIGITS } from '../../core/record.ts';
import { formatCount, formatUtc } from '../format.ts';
import { horizonSection } from './horizon-section.ts';
import { html, type Markup } from './html.ts';
import { oddsSection } from './odds-section.ts';
import { changeTable, glanceTable, liveTable, modelTable, outageTable } from './record-tables.ts';
import { definitions, termLink } from './record-terms.ts';
import { counted, firstShown, horizonLabel, leadText } from './record-text.ts';

/** Name and version of the page's own kind, by which a folder of it is known again. */
export const PAGE_GENERATOR = 'Candlecast public record';

/** What stands beside the page. */
export interface PageSurroundings {
  /** Where the verifier lies, relative to the page; null where there is none. */
  readonly verifier: string | null;
}

/** May load its own files and nothing else. */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

function chooser(record: PublicRecord): Markup {
  const shown = firstShown(record);
  if (record.horizons.length < 2) return html``;
  const choice = (value: string, label: string, checked: boolean) =>
    html`<label><input type="radio" name="horizon" id="show-${value}" value="${value}"${checked && html` checked`}><span>${label}</span></label>`;
  return html`<fieldset class="chooser"><legend>Horizon</legend><div>${record.horizons.map(({ horizon }) => choice(horizon, horizonLabel(horizon), horizon === shown))}${choice('all', 'All', false)}</div></fieldset>`;
}

function verification({ checkpoint }: PublicRecord, { verifier }: PageSurroundings): Markup {
  if (!checkpoint) return html`<p>The record holds no row yet.</p>`;
  const { number, hash, forecasts, outcomes, models, atMs } = checkpoint;
  return html`<p>Every figure here is computed from the first ${formatCount(forecasts)} forecasts, ${formatCount(outcomes)} outcomes and ${counted(models, 'model')} of the record, as checkpoint ${formatCount(number)} of ${formatUtc(atMs)} holds them. Its hash:</p>
<p><code class="hash">${hash}</code> ${termLink('checkpoint')}</p>
<ul><li>Posts and accuracy replies of the bot carry <code>Record ${forecasts} · ${hash.slice(0, SHOWN_DIGITS)}</code>, or those of another moment, in their last line. Discord dates them, and nobody can change when they were sent.</li>
<li>The operator checks everything with <code>npm run record -- verify</code>.</li>
<li>${verifier ? html`Anybody checks the <a href="${verifier.slice(0, verifier.lastIndexOf('/') + 1)}">open data</a> with <a href="${verifier}">verify.py</a>, which needs Python alone.` : html`Anybody checks the open data that <code>npm run record -- export</code> writes, with the <code>verify.py</code> beside it, which needs Python alone.`}</li>
<li>All figures of this page as data: <a href="figures.json">figures.json</a>.</li></ul>`;
}

/** The page as an HTML document: no script is needed to read it, and nothing is loaded from elsewhere. */
export function recordPage(record: PublicRecord, surroundings: PageSurroundings): string {
  const { madeAtMs, version, simulated, outages, models, changes, live, onDemand, horizons } = record;
  const leads = leadText(record);
  const isEmpty = horizons.length === 0;
  const closes = outages.reduce((sum, outage) => sum + outage.closes, 0);
  const body = html`<a class="skip" href="#main">To the figures</a>
<header class="top"><p class="kicker">Candlecast${simulated && ' · SIMULATED'}</p><h1>Track record</h1>
${simulated && html`<p class="simulated" role="note"><strong>SIMULATED.</strong> These forecasts are of a made-up market. They say nothing about real prices.</p>`}
${leads.map((lead, i) => html`<p class="${i === 0 ? 'lead' : 'lead second'}">${lead}</p>`)}
<p class="small">Each forecast is recorded before its outcome is known. Posts on Discord carry a fingerprint of the record, so a change behind them shows. In brackets: 95 % intervals. Made ${formatUtc(madeAtMs)}, version ${version}.</p>
<nav aria-label="Parts of this page"><ul>${!isEmpty && html`<li><a href="#glance">All horizons</a></li><li><a href="#odds">Odds</a></li><li><a href="#models">Models</a></li><li><a href="#outages">Outages</a></li>`}<li><a href="#verify">How to check it</a></li><li><a href="#definitions">Definitions</a></li></ul></nav></header>
<main id="main">
${
  !isEmpty &&
  html`<section id="glance" class="panel"><h2>All horizons at a glance ${termLink('skill')}</h2>${glanceTable(record)}</section>
${chooser(record)}
${horizons.map((track) => horizonSection(track, record))}
${live.length > 0 && html`<section id="live" class="panel"><h2>Asked for and posted ${termLink('live')}</h2>${liveTable(live)}</section>`}
${oddsSection(record)}
<section id="models" class="panel"><h2>Models and promotions ${termLink('models')}</h2>${modelTable(models)}${changes.length > 0 ? changeTable(record) : html`<p>No promotion or rollback has been logged.</p>`}</section>
<section id="outages" class="panel"><h2>Outages ${termLink('missing')}</h2>${outages.length > 0 ? html`<p>${counted(outages.length, 'outage')}, ${formatCount(closes)} closes without any forecast.</p>${outageTable(outages)}` : html`<p>There was a forecast from every close.</p>`}${onDemand > 0 && html`<p>${counted(onDemand, 'forecast')} of earlier versions were issued on demand only; they count nowhere here.</p>`}</section>`
}
<section id="verify" class="panel"><h2>How to check it</h2>${verification(record, surroundings)}</section>
${definitions(record)}
</main>
<footer><p>Not financial advice. Past accuracy does not promise future accuracy.${simulated && ' SIMULATED.'}</p></footer>`;
  return html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="${PAGE_GENERATOR}"><meta name="color-scheme" content="dark light"><meta name="description" content="${leads.join(' ')}"><title>Track record${simulated && ' (SIMULATED)'} · Candlecast</title><link rel="icon" href="icon.svg"><link rel="stylesheet" href="style.css"><script src="page.js" defer></script></head>
<body>${body}</body></html>
`.markup;
}
