import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import type { AnnouncementAhead, ForecastNote, TrackRecord } from '../../core/forecast.ts';
import { horizonMs } from '../../core/horizon.ts';
import type { LivePrice } from '../../core/market.ts';
import type { EventKind } from '../../core/market-events.ts';
import { DAY_MS } from '../../core/time.ts';
import { askedAgainMs, needsOwner, type UnconfirmedPrice } from '../../core/unconfirmed-price.ts';
import type { Message, MessageKey } from '../../language/message.ts';
import { type Shock, WIDENED_UP_TO } from '../../ml/calibration/widening.ts';
import type { CloseForecast } from './close-forecast.ts';
import type { MissingInput } from './forecast-inputs.ts';

/** Age of the training data from which a model is called old: half a year. */
const OLD_MODEL_MS = 183 * DAY_MS;
/** Enough daily or hourly candles for the model's longest window. */
const FULL_HISTORY = 365;

const TRAIN: Message = { key: 'notes.trainNewer' };

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

const MISSING_KEYS = {
  sentiment: 'notes.missingSentiment',
  'daily-numbers': 'notes.missingDaily',
} as const satisfies Record<MissingInput, MessageKey>;

/** The messages about days, and those about hours. */
const BY_INTERVAL = {
  '1d': { gaps: 'notes.gapDays', odd: 'notes.oddDays', short: 'notes.shortDays', alone: 'notes.oneModelDays' },
  '1h': { gaps: 'notes.gapHours', odd: 'notes.oddHours', short: 'notes.shortHours', alone: 'notes.oneModelHours' },
} as const satisfies Record<Interval, Readonly<Record<string, MessageKey>>>;

const EVENT_KEYS = {
  fomc: 'notes.eventFomc',
  cpi: 'notes.eventCpi',
  payrolls: 'notes.eventPayrolls',
  'fomc-press': 'notes.eventPress',
} as const satisfies Record<EventKind, MessageKey>;

const unitOf = (interval: Interval): string => (interval === '1d' ? 'day' : 'hour');

function shockMessage(shock: Shock, { series, horizon }: CloseForecast): Message {
  const isWidened = shock.widening > 0.01 && horizon.steps <= WIDENED_UP_TO[horizon.interval];
  return {
    key: 'notes.shock',
    values: {
      who: shock.of === 'coin' ? series.symbol : 'Bitcoin',
      fell: shock.fell ? 'yes' : 'no',
      size: Math.floor(shock.sigmas + 0.01),
      ago: shock.candlesAgo,
      unit: unitOf(horizon.interval),
      widened: isWidened ? 'yes' : 'no',
    },
  };
}

/** What people read about an announcement, such as `US inflation figures at 13:30: range 1.6 × as wide.` */
function announcementMessage({ factor, kind, atMs, expected }: AnnouncementAhead, fromMs: number): Message {
  const times = factor.toFixed(1);
  const isSince = atMs < fromMs;
  const event = { key: EVENT_KEYS[kind] };
  const time = { timeMs: atMs, style: 't' } as const;
  if (times === '1.0') {
    return { key: isSince ? 'notes.announcementUsualSince' : 'notes.announcementUsual', values: { event, time } };
  }
  if (expected) return { key: 'notes.announcementExpected', values: { event, time, factor: times } };
  return { key: isSince ? 'notes.announcementSince' : 'notes.announcement', values: { event, time, factor: times } };
}

/** The caveats of a forecast, warnings first, each one plain sentence or two. */
export function forecastNotes(facts: NoteFacts): ForecastNote[] {
  const main = facts.used.at(-1)!;
  const notes: ForecastNote[] = [];
  /** Two models often say the same, and of two that differ the one of the horizon itself is told. */
  const add: AddNote = (severity, code, message, advice) => {
    if (notes.some((note) => note.code === code)) return;
    notes.push({ code, severity, message, ...(advice ? { advice } : {}) });
  };
  if (main.asset.change) add('warning', 'renamed', main.asset.change);
  if (facts.simulated) add('warning', 'simulated', { key: 'notes.simulated' });
  addPriceNotes(facts, main, add);
  if (facts.announcement) {
    const fromMs = main.staticHistory ? main.originMs : facts.nowMs;
    add('info', 'announcement', announcementMessage(facts.announcement, fromMs));
  }
  for (const part of [...facts.used].reverse()) addPartNotes(part, facts.nowMs, add);
  // Climatology says by itself that no model was used.
  if (facts.missing && main.climatologyReason === null) {
    const left = facts.missing === '1h' ? '1d' : '1h';
    add('info', 'one-model', { key: BY_INTERVAL[left].alone, values: { symbol: main.asset.symbol } });
  }
  if (facts.record && !facts.record.edge) {
    const horizon = { durationMs: horizonMs(main.horizon) };
    add('info', 'no-edge', { key: 'notes.noEdge', values: { horizon } });
  }
  return notes.sort((a, b) => Number(b.severity === 'warning') - Number(a.severity === 'warning'));
}

type AddNote = (
  severity: ForecastNote['severity'],
  code: ForecastNote['code'],
  message: Message,
  advice?: Message | null,
) => void;

/** A newer price that is not believed yet: a close, or that of the last trade; null where there is none. */
export function unconfirmedOf(used: readonly CloseForecast[], price: LivePrice): UnconfirmedPrice | null {
  return used.map(({ series }) => series.unconfirmed).find((one) => one !== null) ?? price.doubted;
}

/** Caveats about the price that the forecast starts from. */
function addPriceNotes({ used, price, nowMs }: NoteFacts, main: CloseForecast, add: AddNote): void {
  const unconfirmed = unconfirmedOf(used, price);
  if (unconfirmed) {
    const fromMs = main.staticHistory ? main.originMs : price.atMs;
    const isOwners = !main.staticHistory && needsOwner(unconfirmed);
    const { symbol } = main.series;
    const advice: Message | null = isOwners ? { key: 'notes.ownerConfirms', values: { symbol } } : null;
    add('warning', 'unconfirmed-price', unconfirmedMessage(unconfirmed, main, fromMs), advice);
  }
  if (main.staticHistory) {
    const day = { timeMs: main.originMs, style: 'D' } as const;
    add('info', 'stale-candles', { key: 'notes.fromFiles', values: { day } });
  } else if (!unconfirmed && price.kind === 'close') {
    // A close of the last hours is named by its time alone.
    const style = nowMs - price.atMs >= DAY_MS ? 'f' : 't';
    add('warning', 'no-live-price', {
      key: 'notes.noLivePrice',
      values: { time: { timeMs: price.atMs, style } },
    });
  }
}

function unconfirmedMessage(unconfirmed: UnconfirmedPrice, main: CloseForecast, fromMs: number): Message {
  const { other } = unconfirmed;
  const values = {
    symbol: main.series.symbol,
    source: unconfirmed.source,
    price: { price: unconfirmed.price },
    previous: { price: unconfirmed.previousPrice },
    from: { timeMs: fromMs, style: 'f' },
  } as const;
  if (main.staticHistory) return { key: 'notes.unconfirmedInFiles', values };
  const again = { timeMs: askedAgainMs(unconfirmed), style: 't' } as const;
  if (!other) return { key: 'notes.unconfirmed', values: { ...values, again } };
  const otherPrice = { price: other.price };
  return { key: 'notes.contradicted', values: { ...values, again, other: other.source, otherPrice } };
}

/** Caveats about one of the models' forecasts. */
function addPartNotes(part: CloseForecast, nowMs: number, add: AddNote): void {
  const { series, horizon, model, forecast } = part;
  const { interval } = horizon;
  const keys = BY_INTERVAL[interval];
  const { symbol } = series;
  if (!part.staticHistory && !series.unconfirmed && nowMs - part.originMs >= INTERVAL_MS[interval]) {
    const values = { unit: unitOf(interval), ago: { timeMs: part.originMs, style: 'R' } } as const;
    add('warning', 'stale-candles', { key: 'notes.stale', values });
  }
  if (part.tooFewHours) {
    const time = { timeMs: part.originMs, style: 'f' } as const;
    add('info', 'midnight-days', { key: 'notes.midnightDays', values: { symbol, time } });
  }
  if (series.failures.length > 0) {
    const sources = { list: series.failures.map(({ source }) => source) };
    const reasons = series.failures.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
    // Why it failed is for who operates the bot.
    const advice: Message = { key: 'notes.operatorText', values: { text: reasons } };
    add('warning', 'source-down', { key: 'notes.sourcesDown', values: { sources } }, advice);
  }
  const { climatologyReason: reason } = part;
  const byModel = reason === null;
  if (reason) {
    add('warning', 'climatology', reason, reason.key === 'notes.climatologyModel' ? TRAIN : null);
  }
  if (byModel && model.problem) {
    const advice: Message = { key: 'notes.operatorText', values: { text: model.problem } };
    add('warning', 'fallback-model', { key: 'notes.standIn' }, advice);
  }
  if (forecast.shock) add('warning', 'shock', shockMessage(forecast.shock, part));
  if (forecast.outOfRange.length > 0) {
    const [names, rest] = [forecast.outOfRange.slice(0, 3).join(', '), forecast.outOfRange.length - 3];
    const isWidened = horizon.steps <= WIDENED_UP_TO[interval];
    add('warning', 'out-of-range', {
      key: isWidened ? 'notes.outOfRangeWidened' : 'notes.outOfRange',
      values: { names: rest > 0 ? { key: 'notes.namesAndMore', values: { names, count: rest } } : names },
    });
  }
  if (part.faults.length > 0) {
    add('warning', 'doubtful-history', {
      key: 'notes.doubtful',
      values: { symbol, faults: part.faults.join(' ') },
    });
  }
  if (forecast.windowGaps > 0) {
    add('warning', 'gaps', { key: keys.gaps, values: { count: forecast.windowGaps } });
  }
  const recentFlags = series.candles.slice(-60).filter((candle) => candle.flag !== null).length;
  if (recentFlags > 0) add('warning', 'bad-candles', { key: keys.odd, values: { count: recentFlags } });
  if (forecast.candles < FULL_HISTORY) {
    add('info', 'short-history', { key: keys.short, values: { count: forecast.candles } });
  }
  if (byModel && !model.card.data.symbols.includes(part.asset.symbol)) {
    add('info', 'unseen-coin', { key: 'notes.unseenCoin', values: { symbol } });
  }
  if (byModel && !forecast.marketContext) add('info', 'no-market-context', { key: 'notes.noMarketContext' });
  for (const input of part.missing) add('warning', 'missing-input', { key: MISSING_KEYS[input] });
  const { stopUntilMs } = model.card.data;
  if (byModel && part.originMs - stopUntilMs > OLD_MODEL_MS) {
    const day = { timeMs: stopUntilMs, style: 'D' } as const;
    add('info', 'old-model', { key: 'notes.oldModel', values: { day } }, TRAIN);
  }
}
