import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { AnnouncementAhead, ForecastNote, TrackRecord } from '../../core/forecast.ts';
import type { LivePrice } from '../../core/market.ts';
import { eventText } from '../../core/market-events.ts';
import { DAY_MS, HOUR_MS, utcDay, utcTime } from '../../core/time.ts';
import { type UnconfirmedPrice, unconfirmedRemedy, unconfirmedText } from '../../core/unconfirmed-price.ts';
import { type Shock, WIDENED_UP_TO } from '../../ml/calibration/widening.ts';
import type { CloseForecast } from './close-forecast.ts';
import type { MissingInput } from './forecast-inputs.ts';

/** Age of the training data from which a model is called old: half a year. */
const OLD_MODEL_MS = 183 * DAY_MS;
/** Enough daily or hourly candles for the model's longest window. */
const FULL_HISTORY = 365;

/** Everything the caveats of one forecast follow from. */
export interface NoteFacts {
  /** The models' forecasts that went into it, those of hours first; at least one. */
  readonly used: readonly CloseForecast[];
  /** Whose forecast of a day or more is missing although it belongs there. */
  readonly missing: Interval | null;
  readonly price: LivePrice;
  readonly nowMs: number;
  readonly simulated: boolean;
  readonly record: TrackRecord | null;
  /** What the ranges are wider for. */
  readonly announcement: AnnouncementAhead | null;
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

function shockText(shock: Shock, { series, horizon }: CloseForecast): string {
  const who = shock.of === 'coin' ? series.symbol : 'Bitcoin';
  const unit = horizon.interval === '1d' ? 'day' : 'hour';
  const when =
    shock.candlesAgo === 0 ? `in the newest ${unit}` : `${count(shock.candlesAgo, unit)} before the newest ${unit}`;
  const size = `at least ${Math.floor(shock.sigmas + 0.01)} times its usual move`;
  const widened = shock.widening > 0.01 && horizon.steps <= WIDENED_UP_TO[horizon.interval];
  return `${who} ${shock.fell ? 'fell' : 'rose'} by ${size} ${when}. After such a shock ranges hold less often${
    widened ? '; this one is widened for it' : ''
  }.`;
}

/** What people read about an announcement, such as `US inflation figures at 13:30 UTC: range 1.6 × as wide.` */
function announcementText({ factor, ...event }: AnnouncementAhead, fromMs: number): string {
  const times = factor.toFixed(1);
  const width = times === '1.0' ? 'lately they moved prices no more than usual' : `range ${times} × as wide`;
  return `${eventText(event, fromMs)}: ${width}.`;
}

/** The caveats of a forecast, warnings first, each one plain sentence or two. */
export function forecastNotes(facts: NoteFacts): ForecastNote[] {
  const main = facts.used.at(-1)!;
  const notes: ForecastNote[] = [];
  /** Two models often say the same, and of two that differ the one of the horizon itself is told. */
  const add = (severity: ForecastNote['severity'], code: ForecastNote['code'], text: string) => {
    if (!notes.some((note) => note.code === code)) notes.push({ code, severity, text });
  };
  if (main.asset.change) add('warning', 'renamed', main.asset.change);
  if (facts.simulated)
    add('warning', 'simulated', 'SIMULATED: these prices are invented for trying things out. They are not the market.');
  addPriceNotes(facts, main, add);
  if (facts.announcement) {
    const fromMs = main.staticHistory ? main.originMs : facts.nowMs;
    add('info', 'announcement', announcementText(facts.announcement, fromMs));
  }
  for (const part of [...facts.used].reverse()) addPartNotes(part, facts.nowMs, add);
  // Climatology says by itself that no model was used.
  if (facts.missing && main.climatologyReason === null) {
    const [missing, left] = facts.missing === '1h' ? ['hours', 'days'] : ['days', 'hours'];
    add(
      'info',
      'one-model',
      `This is by the model of ${left} alone: the one of ${missing} has too few or too old candles of ${main.asset.symbol}, or cannot be used.`,
    );
  }
  if (facts.record && !facts.record.edge) {
    add(
      'info',
      'no-edge',
      `No measurable edge: at ${main.horizon.label} this model has not clearly beaten the coin's own past distribution.`,
    );
  }
  return notes.sort((a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'));
}

type AddNote = (severity: ForecastNote['severity'], code: ForecastNote['code'], text: string) => void;

/** A newer price that is not believed yet: a close, or that of the last trade; null where there is none. */
export function unconfirmedOf(used: readonly CloseForecast[], price: LivePrice): UnconfirmedPrice | null {
  return used.map(({ series }) => series.unconfirmed).find((one) => one !== null) ?? price.doubted;
}

/** Caveats about the price that the forecast starts from. */
function addPriceNotes({ used, price, nowMs }: NoteFacts, main: CloseForecast, add: AddNote): void {
  const unconfirmed = unconfirmedOf(used, price);
  if (unconfirmed) {
    const next = main.staticHistory ? 'The files end there.' : unconfirmedRemedy(unconfirmed);
    const fromMs = main.staticHistory ? main.originMs : price.atMs;
    const from = `This forecast starts from the last confirmed price, of ${utcMoment(fromMs)}`;
    const kept = 'it is neither recorded nor used for alerts';
    add(
      'warning',
      'unconfirmed-price',
      `The newest price of ${main.series.symbol} is UNCONFIRMED. ${unconfirmedText(unconfirmed)} ${from}; ${kept}. ${next}`,
    );
  }
  if (main.staticHistory) {
    add(
      'info',
      'stale-candles',
      `The candles come from files that end on ${utcDay(main.originMs)}; the forecast is made from there.`,
    );
  } else if (!unconfirmed && price.kind === 'close') {
    const age = nowMs - price.atMs >= 2 * HOUR_MS ? `, ${ago(nowMs - price.atMs)} ago` : '';
    add(
      'warning',
      'no-live-price',
      `No source tells the price of this minute, so the forecast starts from the price of ${utcMoment(price.atMs)}${age}.`,
    );
  }
}

/** Caveats about one of the models' forecasts. */
function addPartNotes(part: CloseForecast, nowMs: number, add: AddNote): void {
  const { series, horizon, model, forecast } = part;
  const { interval } = horizon;
  const unit = interval === '1d' ? 'day' : 'hour';
  const lateMs = nowMs - part.originMs;
  if (!part.staticHistory && !series.unconfirmed && lateMs >= INTERVAL_MS[interval]) {
    add(
      'warning',
      'stale-candles',
      `The newest complete ${unit} known ended ${ago(lateMs)} ago; of what happened since, the forecast knows only the price.`,
    );
  }
  if (part.tooFewHours) {
    const readUntil = `the model of days last read prices up to ${utcMoment(part.originMs)}`;
    add(
      'info',
      'midnight-days',
      `Too few hours of ${series.symbol} are known so far, so days are counted from midnight UTC: ${readUntil}.`,
    );
  }
  if (series.failures.length > 0) {
    const reasons = series.failures.map((failure) => `${failure.source} (${failure.reason})`).join('; ');
    add('warning', 'source-down', `Sources that could not help: ${reasons}`);
  }
  const byModel = part.climatologyReason === null;
  if (!byModel) {
    add(
      'warning',
      'climatology',
      `This is no model's forecast but climatology, how the coin has moved over such spans before: ${part.climatologyReason}.`,
    );
  }
  if (byModel && model.problem) add('warning', 'fallback-model', model.problem);
  if (forecast.shock) add('warning', 'shock', shockText(forecast.shock, part));
  if (forecast.outOfRange.length > 0) {
    const [names, rest] = [forecast.outOfRange.slice(0, 3).join(', '), forecast.outOfRange.length - 3];
    add(
      'warning',
      'out-of-range',
      `The market looks unlike what the model was trained on (${names}${rest > 0 ? ` and ${rest} more` : ''}); the bands ${
        horizon.steps <= WIDENED_UP_TO[interval] ? 'are a tenth wider for it; trust them less' : 'may be too narrow'
      }.`,
    );
  }
  if (part.faults.length > 0) {
    add(
      'warning',
      'doubtful-history',
      `The price history of ${series.symbol} should not be trusted: ${part.faults.join(' ')}`,
    );
  }
  if (forecast.windowGaps > 0) {
    const are = forecast.windowGaps === 1 ? 'is' : 'are';
    add(
      'warning',
      'gaps',
      `${count(forecast.windowGaps, unit)} of the last 60 ${are} missing or not trusted, and left out.`,
    );
  }
  const recentFlags = series.candles.slice(-60).filter((candle) => candle.flag !== null).length;
  if (recentFlags > 0) {
    const look = recentFlags === 1 ? 'looks' : 'look';
    add('warning', 'bad-candles', `${count(recentFlags, unit)} of the last 60 ${look} like a glitch or stale.`);
  }
  if (forecast.candles < FULL_HISTORY) {
    add(
      'info',
      'short-history',
      `There are only ${count(forecast.candles, unit)} of history; the long-run volatility rests on little.`,
    );
  }
  if (byModel && !model.card.data.symbols.includes(part.asset.symbol)) {
    add(
      'info',
      'unseen-coin',
      `The model never saw ${series.symbol} in training; it forecasts it from what it learnt on other coins.`,
    );
  }
  if (byModel && !forecast.marketContext)
    add('info', 'no-market-context', "Bitcoin's candles were not available, so the model does without them.");
  for (const input of part.missing) {
    add(
      'warning',
      'missing-input',
      `${MISSING_WORDS[input]}, so the model, which learnt from it, does without this time.`,
    );
  }
  const { stopUntilMs } = model.card.data;
  if (byModel && part.originMs - stopUntilMs > OLD_MODEL_MS) {
    add(
      'info',
      'old-model',
      `The model learnt from candles up to ${utcDay(stopUntilMs)}; \`npm run train\` makes a newer one.`,
    );
  }
}
