import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { Interval95 } from '../../core/evaluation.ts';
import type { Decision, PairedResult, PromotionVerdict } from '../../core/promotion.ts';
import { BANDS } from '../../core/quantiles.ts';
import { DAY_MS, utcDay } from '../../core/time.ts';
import type { ModelComparison, RefitScores } from '../../ml/evaluate/compare-models.ts';
import type { ModelCard } from '../../ml/model/card.ts';
import { BLOCK_PERIODS } from '../../ml/scoring/evaluation-scores.ts';

/** More origins than these would only take longer. */
const MAX_RANGE_MS: Readonly<Record<Interval, number>> = { '1d': 365 * DAY_MS, '1h': 90 * DAY_MS };
/** The bootstrap needs at least this many blocks. */
const MIN_BLOCKS = 8;
/** Largest p-value that counts as a gain. */
export const SIGNIFICANCE = 0.05;
/**
 * Size of the tests of being worse, of all horizons together (Bonferroni). Small, because newer is better nearly always: a model that is kept by chance ages for
 * weeks, as tomorrow's test is on nearly the same days.
 */
const WORSE_SIZE = 0.01;
/**
 * By how much further from their nominal coverage the bands may be than the serving model's, mean of the bands and horizons. Measured before the width factors
 * that all coins share, which take most of a difference away, so only a gross one counts; between two sound models of half a year's distance it was up to 0.015.
 */
const COVERAGE_TOLERANCE = 0.025;
/** By how much the loss of a model fitted on everything may be above its twin's on the span, per cent: it should be below. */
const REFIT_LOSS_TOLERANCE_PCT = 1;
/** By how much its bands may hold more or fewer outcomes there than the twin's. */
const REFIT_COVERAGE_TOLERANCE = 0.05;

/** Origins of a comparison, both ends included, on the interval's grid. */
export interface GateSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The newest origins that neither model was fitted on and the new one has not seen at all; empty (`fromMs` not before `toMs`) where there
 * are none. Those that decided when the *serving* model stopped may be among them; `judge` says so. Of a model with a twin, the twin's card is meant.
 */
export function comparisonSpan(
  candidate: Pick<ModelCard, 'interval' | 'data'>,
  serving: Pick<ModelCard, 'data'> | null,
  newestMs: number,
): GateSpan {
  const step = INTERVAL_MS[candidate.interval];
  const seenMs = Math.max(
    candidate.data.stopUntilMs,
    serving?.data.fitUntilMs ?? 0,
    newestMs - MAX_RANGE_MS[candidate.interval],
  );
  return { fromMs: Math.ceil(seenMs / step) * step, toMs: Math.floor(newestMs / step) * step };
}

/** Whether a span holds enough origins to judge on. */
export const canTell = ({ fromMs, toMs }: GateSpan, interval: Interval): boolean =>
  (toMs - fromMs) / INTERVAL_MS[interval] + 1 >= MIN_BLOCKS * BLOCK_PERIODS[interval];

/** A model, and the data of what it is measured by: its twin, or itself where it has none. */
export interface MeasuredModel {
  readonly version: string;
  /** Coins that the model itself has learnt from. */
  readonly coins: number;
  readonly measured: Pick<ModelCard['data'], 'fitUntilMs' | 'stopUntilMs'>;
  readonly byTwin: boolean;
}

/** What a verdict rests on. */
export interface GateFacts {
  readonly interval: Interval;
  readonly candidate: MeasuredModel;
  readonly serving: MeasuredModel | null;
  readonly span: GateSpan;
  /** Null when there was nothing to compare on. */
  readonly comparison: ModelComparison | null;
  readonly atMs: number;
}

/** A comparison on enough candles, and the two results that a rule of promotion starts from. */
export interface EnoughFacts extends Pick<GateFacts, 'serving'> {
  readonly comparison: ModelComparison;
  /** Null where no model serves. */
  readonly overServing: PairedResult | null;
  readonly overClimatology: PairedResult;
}

/** What a rule decides, and why, in a sentence. */
export interface Ruling {
  readonly decidedBy: Decision;
  readonly reason: string;
}

/** A rule of promotion. */
export type PromotionRule = (facts: EnoughFacts) => Ruling;

const PROMOTING: readonly Decision[] = ['better', 'tie', 'alone'];

const signed = (value: number) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`;
/** A skill with its interval, as verdicts say it. */
export const rangeText = ({ value, low, high }: Interval95) =>
  `${signed(value)} % (95 % interval ${signed(low)} to ${signed(high)})`;
const points = (share: number) => (100 * share).toFixed(1);

/** Decides by a rule whether a new model may serve. A comparison on too few candles never promotes. */
export function judge(facts: GateFacts, rule: PromotionRule = unlessWorse): PromotionVerdict {
  const { serving, span, comparison, atMs } = facts;
  const { decidedBy, reason } = ruling(facts, rule);
  const { overServing = null, overClimatology = null, horizons = [] } = comparison ?? {};
  return {
    outcome: PROMOTING.includes(decidedBy) ? 'promoted' : 'kept',
    decidedBy,
    reason,
    atMs,
    against: serving?.version ?? null,
    fromMs: comparison ? span.fromMs : null,
    toMs: comparison ? span.toMs : null,
    n: comparison?.n ?? 0,
    coins: comparison?.coins ?? 0,
    periods: comparison?.periods ?? 0,
    overServing,
    overClimatology,
    horizons,
    remarks: comparison ? remarks(facts, comparison) : [],
  };
}

function ruling({ interval, serving, comparison }: GateFacts, rule: PromotionRule): Ruling {
  const need = MIN_BLOCKS * BLOCK_PERIODS[interval];
  const unit = interval === '1d' ? 'days' : 'hours';
  const have = comparison?.periods ?? 0;
  const tooFew = (reason: string): Ruling => ({ decidedBy: 'too few', reason });
  if (!comparison || have < need) {
    return tooFew(
      `There are ${have} ${unit} of candles that neither model was fitted on and the new one has not seen; ${need} are needed to tell.`,
    );
  }
  const { overServing, overClimatology } = comparison;
  if (serving && !overServing) return tooFew('The serving model made no forecast that could be compared.');
  if (!overClimatology) return tooFew('There was no climatology to compare with.');
  return rule({ serving, comparison, overServing, overClimatology });
}

/** What is measured, and what biases it. */
function remarks({ candidate, serving, span }: GateFacts, { coins }: ModelComparison): string[] {
  const said: string[] = [];
  if (candidate.byTwin) {
    const both = serving?.byTwin ? 'Both models were' : 'The new model was';
    said.push(
      `${both} measured by a twin: the same recipe and coins, without the candles since ${utcDay(candidate.measured.stopUntilMs)}. What serves has learnt from those as well, so the test is of recipe and data, not of these very weights.`,
    );
  }
  if (serving && serving.measured.stopUntilMs > span.fromMs) {
    said.push(
      `Candles up to ${utcDay(serving.measured.stopUntilMs)} decided when the serving model stopped learning, and lie in the span. That favours the serving model, so the test is stricter than it looks.`,
    );
  }
  if (!serving) said.push('No model served, so there was only climatology to beat.');
  if (serving && candidate.coins < serving.coins) {
    said.push(
      `It has learnt from ${candidate.coins} coins, the serving model from ${serving.coins}; they were compared on ${coins}.`,
    );
  }
  return said;
}

/**
 * The rule that the bot goes by: newer serves unless it is worse. The new model must beat climatology (its mean loss is lower over all horizons, and it is
 * not shown to be worse at any), must not be shown to be worse than the serving model at any horizon, and its bands may miss their nominal coverage
 * by little more. A tie goes to the newer.
 */
export const unlessWorse: PromotionRule = ({ serving, comparison, overServing, overClimatology }) => {
  const { refit } = comparison;
  const spoilt = refit && refitFault(refit, comparison.horizons);
  if (spoilt) return { decidedBy: 'refit', reason: spoilt };
  if (overClimatology.skillPct.value <= 0) {
    return {
      decidedBy: 'climatology',
      reason: `It does not beat climatology: ${rangeText(overClimatology.skillPct)}.`,
    };
  }
  const belowClimatology = worseAt(comparison, 'overClimatology');
  if (belowClimatology)
    return { decidedBy: 'climatology', reason: `It is worse than climatology ${belowClimatology}.` };
  const beats = `it beats climatology by ${rangeText(overClimatology.skillPct)}`;
  if (!serving || !overServing) return { decidedBy: 'alone', reason: `No model served, and ${beats}.` };
  const worse = worseAt(comparison, 'overServing');
  if (worse) return { decidedBy: 'worse', reason: `It is worse than the serving model ${worse}.` };
  const wide = coverageFault(comparison.horizons);
  if (wide) return { decidedBy: 'coverage', reason: wide };
  const all = rangeText(overServing.skillPct);
  if (overServing.skillPct.value > 0 && overServing.pValue < SIGNIFICANCE) {
    return { decidedBy: 'better', reason: `It is better than the serving model, by ${all}, and ${beats}.` };
  }
  return {
    decidedBy: 'tie',
    reason: `It is not shown to be worse than the serving model at any horizon (over all of them ${all}), so the newer one serves; ${beats}.`,
  };
};

type Horizons = ModelComparison['horizons'];

/** Where the new model is shown to be worse, and by how much; null where it is not. One test a horizon, which share their size. */
function worseAt({ horizons }: ModelComparison, other: 'overServing' | 'overClimatology'): string | null {
  const limit = WORSE_SIZE / horizons.length;
  for (const { steps, [other]: result } of horizons) {
    if (!result || result.worsePValue === undefined) continue;
    // The sign as well: between equal losses any p-value is chance.
    if (result.skillPct.value >= 0 || result.worsePValue >= limit) continue;
    const tests = horizons.length > 1 ? `, the limit of ${horizons.length} tests` : '';
    return `${steps} ${steps === 1 ? 'candle' : 'candles'} ahead: ${rangeText(result.skillPct)}, p = ${result.worsePValue.toFixed(3)}, below ${limit.toFixed(3)}${tests}`;
  }
  return null;
}

/** Distance of the bands from their nominal coverage, mean of the bands and horizons. */
function meanMiss(shares: readonly (readonly number[])[]): number {
  const misses = shares.flatMap((own) => BANDS.map(({ coverage }, band) => Math.abs(own[band]! - coverage)));
  return misses.reduce((sum, miss) => sum + miss, 0) / Math.max(misses.length, 1);
}

/** By how much the bands miss their nominal coverage where that is by more than the serving model's do and is allowed; null where they are right. */
function coverageFault(horizons: Horizons): string | null {
  const known = horizons.flatMap(({ coverage }) =>
    coverage?.serving ? [{ own: coverage.candidate, other: coverage.serving }] : [],
  );
  const [own, other] = [meanMiss(known.map((one) => one.own)), meanMiss(known.map((one) => one.other))];
  if (own - other <= COVERAGE_TOLERANCE) return null;
  return `Its bands miss their nominal coverage by ${points(own)} points, the serving model's by ${points(other)} (mean of the 50, 80 and 95 % bands and the horizons); ${points(COVERAGE_TOLERANCE)} more are allowed.`;
}

/** What is wrong with the model fitted on everything, measured beside its twin; null where nothing is. */
function refitFault(refit: readonly RefitScores[], horizons: Horizons): string | null {
  for (const { steps, lossAbovePct, coverage } of refit) {
    const where = `${steps} ${steps === 1 ? 'candle' : 'candles'} ahead`;
    if (!(lossAbovePct <= REFIT_LOSS_TOLERANCE_PCT)) {
      return `The fit on everything went wrong: ${where} its loss is ${lossAbovePct.toFixed(1)} % above that of the fit without the newest candles, though it has learnt from them.`;
    }
    const twin = horizons.find((one) => one.steps === steps)?.coverage?.candidate ?? [];
    const band = coverage.findIndex((share, i) => !(Math.abs(share - (twin[i] ?? share)) <= REFIT_COVERAGE_TOLERANCE));
    if (band >= 0) {
      return `The fit on everything went wrong: ${where} its ${Math.round(100 * BANDS[band]!.coverage)} % band holds ${points(coverage[band]!)} %, that of the fit without the newest candles ${points(twin[band]!)} %.`;
    }
  }
  return null;
}
