import { createHash } from 'node:crypto';
import { type Candle, closeTimeMs, INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { barelyMoves, flagCandles, seriesVerdict } from '../../core/candle-quality.ts';
import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { MarketSeries } from '../../core/market.ts';
import type { GateRule, PromotionVerdict, RehearsedRetraining } from '../../core/promotion.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { type Clock, utcDay } from '../../core/time.ts';
import { decodeModel, type ModelBytes } from '../../ml/model/model-file.ts';
import type { TrainOptions } from '../../ml/train/train-model.ts';
import type { CompareModels } from '../../ml/workers/comparison.ts';
import type { ServedModel } from './evaluation.ts';
import { type JudgedModel, judgeCandidate, type KnownModel, type TwinnedModel } from './judge-candidate.ts';
import { canTell, comparisonSpan, type PromotionRule, rangeText, SIGNIFICANCE, unlessWorse } from './promotion-gate.ts';
import {
  HELD_OUT_MS,
  MIN_TRAINING_COINS,
  retrainingOptions,
  TRAINING_CANDLES,
  TRAINING_DEFAULTS,
  type TrainingService,
} from './training.ts';

/**
 * The earlier rule of promotion, which rehearsals compare with: the new model must be significantly better than the serving one and than
 * climatology over all horizons, and at no horizon may the 95 % interval of its skill over the serving model lie below zero.
 */
const onlyIfBetter: PromotionRule = ({ serving, comparison, overServing, overClimatology }) => {
  for (const [other, decidedBy, result] of [
    ['the serving model', 'worse', overServing],
    ['climatology', 'climatology', overClimatology],
  ] as const) {
    if (!result || (result.skillPct.value > 0 && result.pValue < SIGNIFICANCE)) continue;
    const p = `p = ${result.pValue.toFixed(3)}`;
    return { decidedBy, reason: `It does not beat ${other} beyond chance: ${rangeText(result.skillPct)}, ${p}.` };
  }
  const worse = comparison.horizons.find((one) => one.overServing && one.overServing.skillPct.high < 0);
  if (worse) {
    const range = rangeText(worse.overServing!.skillPct);
    return { decidedBy: 'worse', reason: `It is worse than the serving model ${worse.steps} candles ahead: ${range}.` };
  }
  const gain = overServing ? `the serving model by ${rangeText(overServing.skillPct)} and ` : '';
  return {
    decidedBy: serving ? 'better' : 'alone',
    reason: `It beats ${gain}climatology by ${rangeText(overClimatology.skillPct)}.`,
  };
};

/** Keeps what a rehearsal has made, so that it goes on after an end at any moment. */
export interface RehearsalStore {
  /** The models trained at a date from the data with that hash; null where there are none yet. Throws `CC_REHEARSAL_FILE` for other data. */
  trained(dateMs: number, data: string): Promise<TwinnedModel | null>;
  keepTrained(dateMs: number, data: string, models: TwinnedModel): Promise<void>;
  /** What a rule found about a model beside the one that served; null where it has not been asked. */
  verdict(rule: GateRule, dateMs: number, version: string, against: string): Promise<PromotionVerdict | null>;
  keepVerdict(rule: GateRule, dateMs: number, version: string, verdict: PromotionVerdict): Promise<void>;
}

/** Where a rehearsal stands. */
export interface RehearsalProgress {
  /** Retraining under way, from 0. */
  readonly run: number;
  readonly of: number;
  readonly dateMs: number;
  readonly stage: 'training' | 'judging';
  /** Of the stage, 0 … 1. */
  readonly share: number;
  /** Until the training under way ends. */
  readonly secondsLeft: number | null;
}

/** A part of the bot's life, to be lived again. */
export interface RehearsalJob {
  readonly interval: Interval;
  /** From one retraining to the next, the first at `fromMs`; 0: the model of the start serves throughout. */
  readonly everyMs: number;
  /** First and last origin, on the interval's grid. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The coins to learn from; what closed after a date plays no part in what is trained and judged at it. */
  readonly series: readonly MarketSeries[];
  /** Bitcoin's candles, whether or not it is learnt from; null masks the market's inputs. */
  readonly btc: MarketSeries | null;
  readonly sentiment?: SentimentAt | undefined;
  readonly rule: GateRule;
  /** What serves at first; null: a model is trained at `fromMs`. */
  readonly start: KnownModel | null;
  readonly threads: number;
  /** Changes of the recipe, for tests. */
  readonly recipe?: Partial<TrainOptions> | undefined;
  /** The training at this date goes wrong: it is cut short. */
  readonly cutShortMs?: number | undefined;
  readonly command: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: RehearsalProgress) => void;
}

/** What a rehearsal is made of. */
export interface RehearsalParts {
  readonly training: Pick<TrainingService, 'train'>;
  readonly compare: CompareModels;
  readonly store: RehearsalStore;
}

/** The models that served, each from its date on, and every retraining. */
export interface Rehearsal {
  readonly served: readonly [ServedModel, ...ServedModel[]];
  readonly retrainings: readonly RehearsedRetraining[];
}

/** Share of its windows that a training sees which is cut short. */
export const CUT_SHORT_SHARE = 1 / 15;

const RULES: Readonly<Record<Exclude<GateRule, 'always'>, PromotionRule>> = {
  newer: unlessWorse,
  better: onlyIfBetter,
};

/** The dates at which a rehearsal trains. */
export function retrainingDates({
  everyMs,
  fromMs,
  toMs,
  start,
}: Pick<RehearsalJob, 'everyMs' | 'fromMs' | 'toMs' | 'start'>): number[] {
  if (everyMs <= 0) return start ? [] : [fromMs];
  return Array.from({ length: Math.floor((toMs - fromMs) / everyMs) + 1 }, (_, i) => fromMs + i * everyMs);
}

/**
 * Lives a part of the bot's life again: at each date a model is trained as the bot retrains, on what had closed by then, and judged beside the one that served.
 * Where the gate could not tell yet, nothing is trained. Throws as training and the comparison do, `CC_TRAINING_DATA` where no model can serve at the start.
 */
export async function rehearse(job: RehearsalJob, parts: RehearsalParts): Promise<Rehearsal> {
  const { rule, start } = job;
  const dates = retrainingDates(job);
  const retrainings: RehearsedRetraining[] = [];
  const served: ServedModel[] = start ? [{ fromMs: job.fromMs, model: start.bytes, card: start.card }] : [];
  let serving: JudgedModel | null = start && { ...start, twin: null };
  for (const [run, dateMs] of dates.entries()) {
    job.signal?.throwIfAborted();
    const nothing = { dateMs, version: null, coins: 0, learntUntilMs: null, promoted: false, verdict: null };
    const early = serving && rule !== 'always' && !couldTell(job.interval, serving, dateMs);
    if (early) {
      const reason = `Nothing was trained: too few candles have closed since ${utcDay(measuredUntilMs(serving!))}, up to which the serving model has learnt, to judge a new one.`;
      retrainings.push({ ...nothing, reason });
      continue;
    }
    const report = (stage: RehearsalProgress['stage'], share: number, secondsLeft: number | null) =>
      job.onProgress?.({ run, of: dates.length, dateMs, stage, share, secondsLeft });
    const known = knownAt(job, dateMs);
    let models: TwinnedModel;
    try {
      models = await trainedAt(job, parts, known, dateMs, (share, left) => report('training', share, left));
    } catch (error) {
      const { code, message } = asCandlecastError(error);
      if (code !== 'CC_TRAINING_DATA' || !serving) throw error;
      retrainings.push({ ...nothing, reason: message });
      continue;
    }
    const candidate: JudgedModel = candidateOf(models, rule, serving);
    let verdict: PromotionVerdict | null = null;
    if (serving && rule !== 'always') {
      verdict = await judgedAt(job, parts, known, dateMs, candidate, serving, (share) =>
        report('judging', share, null),
      );
    }
    const promoted = verdict === null || verdict.outcome === 'promoted';
    const { card, bytes } = candidate;
    retrainings.push({
      dateMs,
      version: card.version,
      coins: card.data.symbols.length,
      learntUntilMs: card.data.stopUntilMs,
      promoted,
      reason: verdict?.reason ?? (serving ? 'Every new model serves.' : 'The first model, trained at the start.'),
      verdict,
    });
    if (!promoted) continue;
    serving = candidate;
    served.push({ fromMs: dateMs, model: bytes, card });
  }
  const [first, ...later] = served;
  if (!first) throw new CandlecastError('CC_INTERNAL', 'A rehearsal ended without a model.');
  return { served: [first, ...later], retrainings };
}

const measuredUntilMs = ({ card, twin }: JudgedModel) => (twin ?? { card }).card.data.fitUntilMs;

function couldTell(interval: Interval, serving: JudgedModel, dateMs: number): boolean {
  const twin = { interval, data: { stopUntilMs: dateMs - HELD_OUT_MS[interval] } as KnownModel['card']['data'] };
  return canTell(comparisonSpan(twin, (serving.twin ?? serving).card, dateMs), interval);
}

/** What is judged and may serve: by the earlier rule, which measured the very model that serves, the one without the newest candles. */
function candidateOf({ model, twin }: TwinnedModel, rule: GateRule, serving: JudgedModel | null): JudgedModel {
  const known = (bytes: ModelBytes): KnownModel => ({ bytes, card: decodeModel(bytes).card });
  if (rule === 'better' && serving && twin) return { ...known(twin), twin: null };
  return { ...known(model), twin: rule === 'better' ? null : twin && known(twin) };
}

/** What was known at a date: the coins whose candles could be trusted, each as far back as the bot looks, and Bitcoin's. */
interface KnownMarket {
  readonly series: readonly MarketSeries[];
  readonly btc: MarketSeries | null;
}

function knownAt({ interval, series, btc }: RehearsalJob, dateMs: number): KnownMarket {
  const sinceMs = dateMs - TRAINING_CANDLES[interval] * INTERVAL_MS[interval];
  const cut = (one: MarketSeries): MarketSeries => {
    const isKnown = (candle: Candle) => candle.openTimeMs >= sinceMs && closeTimeMs(candle, interval) <= dateMs;
    // A flag may rest on the candle after it, so flags are found anew.
    return { ...one, candles: flagCandles(one.candles.filter(isKnown), interval) };
  };
  const canBeLearnt = ({ candles }: MarketSeries) =>
    candles.length > 0 && seriesVerdict(candles, interval).trusted && !barelyMoves(candles, interval);
  const known = series.map(cut).filter(canBeLearnt);
  return { series: known, btc: btc && cut(btc) };
}

/** The hash of everything that a model is trained on, sentiment aside. */
function dataHash({ series, btc }: KnownMarket): string {
  const hash = createHash('sha256');
  for (const { symbol, candles } of [...series, ...(btc ? [btc] : [])]) {
    hash.update(`${symbol} ${candles.length}\n`);
    const numbers = new Float64Array(candles.length * 6);
    candles.forEach(({ openTimeMs, open, high, low, close, volume }, i) => {
      numbers.set([openTimeMs, open, high, low, close, volume], i * 6);
    });
    hash.update(numbers);
  }
  return hash.digest('hex');
}

/** The models of a date: those kept, or newly trained ones. */
async function trainedAt(
  job: RehearsalJob,
  { training, store }: RehearsalParts,
  known: KnownMarket,
  dateMs: number,
  onProgress: (share: number, secondsLeft: number | null) => void,
): Promise<TwinnedModel> {
  const { interval, sentiment, threads, recipe, command, signal } = job;
  const { series, btc } = known;
  if (series.length < MIN_TRAINING_COINS) {
    const have = `${series.length} coins had candles that could be trusted; ${MIN_TRAINING_COINS} are needed`;
    throw new CandlecastError('CC_TRAINING_DATA', `Nothing was trained on ${utcDay(dateMs)}: ${have}.`);
  }
  const data = dataHash(known);
  const kept = await store.trained(dateMs, data);
  if (kept) return kept;
  const { windowVisits: visits } = { ...TRAINING_DEFAULTS[interval], ...recipe };
  let made: TwinnedModel | null = null;
  await training.train({
    interval,
    series,
    btc,
    sentiment,
    ...(signal ? { signal } : {}),
    onProgress: ({ done, secondsLeft }) => onProgress(done, secondsLeft),
    write: async (model, twin) => {
      made = { model, twin };
    },
    options: {
      threads,
      ...retrainingOptions(interval),
      trainedAtMs: dateMs,
      description: `${series.length} coins of ${interval} candles, as known on ${utcDay(dateMs)}`,
      command,
      gitCommit: null,
      ...recipe,
      ...(dateMs === job.cutShortMs ? { windowVisits: Math.round(CUT_SHORT_SHARE * visits) } : {}),
    },
  });
  if (!made) throw new CandlecastError('CC_INTERNAL', 'Training ended without a model.');
  await store.keepTrained(dateMs, data, made);
  return made;
}

/** The verdict about a candidate: the one kept, or a new one. */
async function judgedAt(
  { rule, sentiment, signal }: RehearsalJob,
  { compare, store }: RehearsalParts,
  { series, btc }: KnownMarket,
  dateMs: number,
  candidate: JudgedModel,
  serving: JudgedModel,
  onProgress: (share: number) => void,
): Promise<PromotionVerdict> {
  const { version } = candidate.card;
  const kept = await store.verdict(rule, dateMs, version, serving.card.version);
  if (kept) return kept;
  const now: Clock = () => dateMs;
  const onCoin = (done: number, of: number) => onProgress(done / of);
  const judging = { candidate, serving, series, btc, sentiment, signal, onCoin };
  const verdict = await judgeCandidate({ ...judging, rule: rule === 'always' ? undefined : RULES[rule] }, compare, now);
  await store.keepVerdict(rule, dateMs, version, verdict);
  return verdict;
}

/** Keeps nothing: a rehearsal that cannot be resumed. */
export const NOTHING_KEPT: RehearsalStore = {
  trained: async () => null,
  keepTrained: async () => {},
  verdict: async () => null,
  keepVerdict: async () => {},
};
