import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { ForecastNote, TrackRecord } from '../../core/forecast.ts';
import type { Horizon } from '../../core/horizon.ts';
import type { MarketSeries } from '../../core/market.ts';
import { DAY_MS, utcDay, utcTime } from '../../core/time.ts';
import { unconfirmedRemedy, unconfirmedText } from '../../core/unconfirmed-price.ts';
import { type Shock, WIDENED_UP_TO } from '../../ml/calibration/widening.ts';
import type { MissingInput } from './forecast-inputs.ts';

/** Age of the training data from which a model is called old: half a year. */
const OLD_MODEL_MS = 183 * DAY_MS;
/** Enough daily or hourly candles for the model's longest window. */
const FULL_HISTORY = 365;

/** Everything the caveats of one forecast follow from. */
export interface NoteFacts {
  /** What became of the ticker that was asked for. */
  readonly change?: string | undefined;
  readonly series: MarketSeries;
  readonly horizon: Horizon;
  readonly interval: Interval;
  readonly originMs: number;
  readonly nowMs: number;
  readonly simulated: boolean;
  /** The history is a file; its end counts as now. */
  readonly staticHistory: boolean;
  readonly record: TrackRecord | null;
  readonly seenInTraining: boolean;
  readonly outOfRange: readonly string[];
  readonly shock: Shock | null;
  /** Why the history should not be trusted. */
  readonly faults: readonly string[];
  /** Why climatology replaces the model; null when it does not. The notes about the model are then left out. */
  readonly climatologyReason: string | null;
  readonly windowGaps: number;
  readonly marketContext: boolean;
  readonly missing: readonly MissingInput[];
  readonly candles: number;
  readonly modelDataUntilMs: number;
  readonly modelProblem: string | null;
}

const MISSING_WORDS: Readonly<Record<MissingInput, string>> = {
  sentiment: 'What is said about the coin could not be read',
  'daily-numbers': 'The daily numbers about the coin did not come in time',
};

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** How long ago, in the largest unit that fits. */
function ago(ms: number): string {
  if (ms >= 2 * DAY_MS) return count(Math.floor(ms / DAY_MS), 'day');
  return count(Math.max(1, Math.floor(ms / 3_600_000)), 'hour');
}

const utcMoment = (ms: number): string => `${utcDay(ms)} ${utcTime(ms)} UTC`;

function shockText(shock: Shock, { series, interval, horizon }: NoteFacts): string {
  const who = shock.of === 'coin' ? series.symbol : 'Bitcoin';
  const unit = interval === '1d' ? 'day' : 'hour';
  const when =
    shock.candlesAgo === 0 ? 'in the newest candle' : `${count(shock.candlesAgo, unit)} before the newest candle`;
  const size = `at least ${Math.floor(shock.sigmas + 0.01)} times its usual move`;
  const widened = shock.widening > 0.01 && horizon.steps <= WIDENED_UP_TO[interval];
  return `${who} ${shock.fell ? 'fell' : 'rose'} by ${size} ${when}. After such a shock ranges hold less often${
    widened ? '; this one is widened for it' : ''
  }.`;
}

/** The caveats of a forecast, warnings first, each one plain sentence or two. */
export function forecastNotes(facts: NoteFacts): ForecastNote[] {
  const notes: ForecastNote[] = [];
  const warn = (code: ForecastNote['code'], text: string) => notes.push({ code, severity: 'warning', text });
  const inform = (code: ForecastNote['code'], text: string) => notes.push({ code, severity: 'info', text });
  const lateMs = facts.nowMs - facts.originMs;
  const { series } = facts;

  if (facts.change) warn('renamed', facts.change);
  if (facts.simulated)
    warn('simulated', 'SIMULATED: these prices are invented for trying things out. They are not the market.');
  const { unconfirmed } = series;
  if (unconfirmed) {
    const next = facts.staticHistory ? 'The files end there.' : unconfirmedRemedy(unconfirmed);
    const from = `This forecast starts from the last confirmed price, of ${utcMoment(facts.originMs)}`;
    const kept = 'it is neither recorded nor used for alerts';
    warn(
      'unconfirmed-price',
      `The newest price of ${series.symbol} is UNCONFIRMED. ${unconfirmedText(unconfirmed)} ${from}; ${kept}. ${next}`,
    );
  }
  if (facts.staticHistory)
    inform(
      'stale-candles',
      `The candles come from files that end on ${utcDay(facts.originMs)}; the forecast is made from there.`,
    );
  else if (!unconfirmed && lateMs >= INTERVAL_MS[facts.interval]) {
    warn('stale-candles', `The newest complete candle closed ${ago(lateMs)} ago, so this forecast starts in the past.`);
  }
  if (series.failures.length > 0) {
    const reasons = series.failures.map((failure) => `${failure.source} (${failure.reason})`).join('; ');
    warn('source-down', `Sources that could not help: ${reasons}`);
  }
  const byModel = facts.climatologyReason === null;
  if (!byModel) {
    warn(
      'climatology',
      `This is no model's forecast but climatology, how the coin has moved over such spans before: ${facts.climatologyReason}.`,
    );
  }
  if (byModel && facts.modelProblem) warn('fallback-model', facts.modelProblem);
  if (facts.shock) warn('shock', shockText(facts.shock, facts));
  if (facts.outOfRange.length > 0) {
    const [names, rest] = [facts.outOfRange.slice(0, 3).join(', '), facts.outOfRange.length - 3];
    warn(
      'out-of-range',
      `The market looks unlike what the model was trained on (${names}${rest > 0 ? ` and ${rest} more` : ''}); the bands ${
        facts.horizon.steps <= WIDENED_UP_TO[facts.interval]
          ? 'are a tenth wider for it; trust them less'
          : 'may be too narrow'
      }.`,
    );
  }
  if (facts.faults.length > 0) {
    warn('doubtful-history', `The price history of ${series.symbol} should not be trusted: ${facts.faults.join(' ')}`);
  }
  if (facts.windowGaps > 0)
    warn(
      'gaps',
      `${count(facts.windowGaps, 'candle')} of the last 60 ${facts.windowGaps === 1 ? 'is' : 'are'} missing or not trusted, and left out.`,
    );
  const recentFlags = series.candles.slice(-60).filter((candle) => candle.flag !== null).length;
  if (recentFlags > 0)
    warn(
      'bad-candles',
      `${count(recentFlags, 'candle')} of the last 60 look${recentFlags === 1 ? 's' : ''} like a glitch or stale.`,
    );
  if (facts.candles < FULL_HISTORY)
    inform(
      'short-history',
      `There are only ${facts.candles} candles of history; the long-run volatility rests on little.`,
    );
  if (byModel && !facts.seenInTraining)
    inform(
      'unseen-coin',
      `The model never saw ${series.symbol} in training; it forecasts it from what it learnt on other coins.`,
    );
  if (byModel && !facts.marketContext)
    inform('no-market-context', "Bitcoin's candles were not available, so the model does without them.");
  for (const input of facts.missing) {
    warn('missing-input', `${MISSING_WORDS[input]}, so the model, which learnt from it, does without this time.`);
  }
  if (byModel && facts.originMs - facts.modelDataUntilMs > OLD_MODEL_MS) {
    inform(
      'old-model',
      `The model learnt from candles up to ${utcDay(facts.modelDataUntilMs)}; \`npm run train\` makes a newer one.`,
    );
  }
  if (facts.record && !facts.record.edge) {
    inform(
      'no-edge',
      `No measurable edge: at ${facts.horizon.label} this model has not clearly beaten the coin's own past distribution.`,
    );
  }
  return notes.sort((a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'));
}
