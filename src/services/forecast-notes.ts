import type { Interval } from '../core/candle.ts';
import { INTERVAL_MS } from '../core/candle.ts';
import type { ForecastNote, TrackRecord } from '../core/forecast.ts';
import type { Horizon } from '../core/horizon.ts';
import type { MarketSeries } from '../core/market.ts';
import { DAY_MS } from '../core/time.ts';

/** A model that has not seen the last half year is said to be old. */
const OLD_MODEL_MS = 183 * DAY_MS;
/** Enough daily or hourly candles for the longest scale the model looks at. */
const FULL_HISTORY = 365;

/** Everything the caveats of one forecast follow from. */
export interface NoteFacts {
  readonly series: MarketSeries;
  readonly horizon: Horizon;
  readonly interval: Interval;
  readonly originMs: number;
  readonly nowMs: number;
  readonly simulated: boolean;
  /** The history is a file that does not go on; its end counts as now. */
  readonly staticHistory: boolean;
  readonly record: TrackRecord | null;
  readonly seenInTraining: boolean;
  readonly outOfRange: readonly string[];
  readonly windowGaps: number;
  readonly marketContext: boolean;
  readonly candles: number;
  readonly modelDataUntilMs: number;
  readonly modelProblem: string | null;
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** How long ago, in the largest unit that fits. */
function ago(ms: number): string {
  if (ms >= 2 * DAY_MS) return count(Math.floor(ms / DAY_MS), 'day');
  return count(Math.max(1, Math.floor(ms / 3_600_000)), 'hour');
}

/** The caveats of a forecast, warnings first, each one plain sentence or two. */
export function forecastNotes(facts: NoteFacts): ForecastNote[] {
  const notes: ForecastNote[] = [];
  const warn = (code: ForecastNote['code'], text: string) => notes.push({ code, severity: 'warning', text });
  const tell = (code: ForecastNote['code'], text: string) => notes.push({ code, severity: 'info', text });
  const lateMs = facts.nowMs - facts.originMs;
  const { series } = facts;

  if (facts.simulated)
    warn('simulated', 'SIMULATED: these prices are invented for trying things out. They are not the market.');
  if (facts.staticHistory)
    tell(
      'stale-candles',
      `The candles come from files that end on ${day(facts.originMs)}; the forecast is made from there.`,
    );
  else if (lateMs >= INTERVAL_MS[facts.interval]) {
    warn('stale-candles', `The newest complete candle closed ${ago(lateMs)} ago, so this forecast starts in the past.`);
  }
  if (series.failures.length > 0) {
    const reasons = series.failures.map((failure) => `${failure.source} (${failure.reason})`).join('; ');
    warn('source-down', `Sources that could not help: ${reasons}`);
  }
  if (facts.modelProblem) warn('fallback-model', facts.modelProblem);
  if (facts.outOfRange.length > 0) {
    warn(
      'out-of-range',
      `The market looks unlike anything the model was trained on (${facts.outOfRange.slice(0, 3).join(', ')}); trust the bands less.`,
    );
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
    tell(
      'short-history',
      `There are only ${facts.candles} candles of history; the long-run volatility rests on little.`,
    );
  if (!facts.seenInTraining)
    tell(
      'unseen-coin',
      `The model never saw ${series.symbol} in training; it forecasts it from what it learnt on other coins.`,
    );
  if (!facts.marketContext)
    tell('no-market-context', "Bitcoin's candles were not available, so the model does without them.");
  if (facts.originMs - facts.modelDataUntilMs > OLD_MODEL_MS) {
    tell(
      'old-model',
      `The model learnt from candles up to ${day(facts.modelDataUntilMs)}; \`npm run train\` makes a newer one.`,
    );
  }
  if (facts.record && !facts.record.edge) {
    tell(
      'no-edge',
      `No measurable edge: at ${facts.horizon.label} this model has not clearly beaten the coin's own past distribution.`,
    );
  }
  return notes.sort((a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'));
}
