import type { PublicRecord } from '../../core/public-record.ts';
import { html, type Markup } from './html.ts';

/** The figures that are defined, by the id of their definition. */
const TERMS = {
  forecast: 'Forecast that counts',
  due: 'Came due (n)',
  held: 'Ranges held',
  skill: 'Better than a baseline (skill)',
  baselines: 'Climatology, EWMA, random walk',
  interval: '95 % interval',
  time: 'Figures over time',
  rises: 'P(up) and its reliability',
  pit: 'Place in the range (PIT)',
  direction: 'Direction, Brier score, errors',
  calls: 'Best and worst calls',
  missing: 'Missing forecasts and outages',
  live: 'Asked and posted',
  odds: 'Odds of prices',
  models: 'Models',
  checkpoint: 'Checkpoint',
} as const;
export type Term = keyof typeof TERMS;

/** A link to a figure's definition. */
export function termLink(term: Term): Markup {
  return html`<a class="defined" href="#def-${term}"><span class="hidden">Definition: ${TERMS[term]}</span><span aria-hidden="true">?</span></a>`;
}

/** The definition of every figure. */
export function definitions({ windowDays, stepDays }: PublicRecord): Markup {
  const texts: Readonly<Record<Term, string>> = {
    forecast:
      'A probability distribution of a coin’s price, given by 21 quantiles, issued on schedule: hourly forecasts (1, 4 and 24 hours ahead) within 15 minutes of every hourly close, daily ones (1, 3 and 7 days ahead) within 2 hours of midnight UTC. Nothing can be added later. What people asked for, and what was posted, is counted apart, so that nobody’s choice of moments colours the record.',
    due: 'Forecasts whose moment has come and whose price is known. The price is the close of the candle at that moment. Where a source corrects it later, the newest revision counts. Forecasts whose candle never came are “unscored”.',
    held: 'The share of prices that ended inside the 50, 80 and 95 % range. A good forecaster’s 80 % range holds 80 % of the time: more means that it is too wide, less that it is too narrow.',
    skill:
      '100 · (1 − Σ loss of the forecasts / Σ loss of the baseline), over the forecasts that the baseline was there for; n says how many. Loss is the pinball loss of the log return, averaged over the 19 levels from 5 to 95 %. It rewards ranges that are both narrow and right. Above zero is better than the baseline; “no measurable edge” means that the interval contains zero.',
    baselines:
      'Climatology: quantiles of the coin’s own past returns, of the past year for days and of 60 days for hours, recorded with each forecast. EWMA: the same returns, each divided by the volatility at its time and multiplied by today’s (exponentially weighted, decay 0.94). Random walk: no change in the middle, a normal distribution as wide as the past year’s (60 days’) returns. EWMA and random walk are computed from the stored candles up to each origin and nothing later; where those are not stored, the forecast is left out of that comparison.',
    interval:
      'Where the true value lies with 95 % certainty, by a circular block bootstrap over days of origins (1,000 resamples; blocks of 14 days for daily horizons, of 7 days for hourly ones), all coins of a day together, since they move together. With fewer than 30 forecasts or three blocks there is none.',
    time: `Each point sums the forecasts of the ${windowDays} days up to it; there is a point every ${stepDays} days. Shaded: the interval. Hatched: an outage, over which no line is drawn. Hollow: too few for an interval. Dashed: where a forecaster without skill (skill) or a perfect one (ranges) would be.`,
    rises:
      'P(up) is the stated chance that the price ends higher. Forecasts are put into fixed bins (40, 45, 47.5, 50, 52.5, 55, 60 %); each point compares the mean P(up) of a bin with the share of rises in it. On the diagonal, chances are right. Bars show how many forecasts are in the bin; bins of fewer than 20 are hollow.',
    pit: 'Where the price ended in its own forecast distribution, from 0 to 100 % (probability integral transform), in twenty bins. All bars at 5 % is right; high ends mean ranges too narrow, a high middle ranges too wide, a slope a bias.',
    direction:
      'Direction: share of forecasts whose median was on the right side of no change, beside the share of the commoner side. Brier score: mean of (P(up) − 1 for a rise or 0)², beside that of always saying the share of rises, which nobody knew beforehand. RMSE and MAE: errors of the median’s log return, beside those of “no change”.',
    odds: 'Of every forecast that counts, the chance that the price ends above each of six levels, and that it touches them on the way. The levels are the 2.5, 15, 30, 70, 85 and 97.5 % quantiles of climatology, so neither the forecast nor people choose them, and the chance by the coin’s usual moves is known. Touching is told by the highs and lows of candles; where one is missing it is not scored. Brier score: mean of (chance − 1 where it happened or 0)². Nothing is shown under 100 odds or 42 days.',
    calls:
      'The five forecasts with the least and the most pinball loss for their coin’s usual move at that horizon, of all time. In the strips, shades are the 50, 80 and 95 % ranges; a disc is a price inside the 80 % range, a diamond one outside.',
    missing:
      'From a coin’s first forecast on, there should be one at every close for as long as the coin is tracked. What is not there is counted as missing; it is never filled in. An outage is a time without a forecast of any coin, from the first to the last close that was missed.',
    live: 'Forecasts that start at the moment of a question or a post. People ask in bursts, so of a coin and horizon the first in each hour counts. Intervals as above.',
    models:
      'The models that forecasts were made by, as the record took them in before their first forecast, with the SHA-256 of the model’s file. “climatology” answered where candles were too old or a model was too far behind. Skill is over climatology.',
    checkpoint:
      'Forecasts, marks, outcomes and models are chains: each row holds the hash of the one before. A checkpoint’s hash stands for the ends of all chains at one moment. Posts carry its first digits, so whoever has seen one can tell if anything before it was changed.',
  };
  return html`<section id="definitions" class="panel"><h2>How every figure is defined</h2><dl>${Object.entries(
    texts,
  ).map(([term, text]) => html`<dt id="def-${term}">${TERMS[term as Term]}</dt><dd>${text}</dd>`)}</dl></section>`;
}
