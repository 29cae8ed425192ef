import { INTERVAL_MS, type Interval } from '../../core/candle.ts';
import { flagCandles, seriesVerdict } from '../../core/candle-quality.ts';
import { asCandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type EventSchedule, NO_EVENTS } from '../../core/market-events.ts';
import type { SentimentAt } from '../../core/sentiment.ts';
import { type EventFactors, eventFactors } from '../../ml/calibration/calendar-width.ts';
import { createWidthFactors } from '../../ml/calibration/width-factors.ts';
import {
  type CarriedWidths,
  carriedTable,
  carriedWidthsSchema,
  learnFromMs,
  patternsFromMs,
} from '../../ml/calibration/width-stream.ts';
import type { WidthTable } from '../../ml/calibration/widths.ts';
import { type CoinHistory, coinHistories } from '../../ml/data/coin-history.ts';
import type { LearnFromReplay } from '../../ml/workers/widths.ts';
import type { StoredWidths, WidthRepository } from '../../storage/calibration-repository.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import { HISTORY_CANDLES } from '../forecast/forecast-inputs.ts';
import type { ModelRegistry, ServingModel } from './model-registry.ts';

/** What came of carrying the factors on. */
export interface WidthProgress {
  /** Every forecast whose target was complete by this moment has been learnt from, ms; null where there are no candles to learn from. */
  readonly untilMs: number | null;
  /** Closes that were learnt from, and the coins. */
  readonly closes: number;
  readonly coins: number;
}

/** The width factors of the serving models: learnt from the candles of the tracked coins, stored, and read by forecasts. */
export interface WidthService {
  /** Learns from what has matured since the last time; from further back where nothing is stored for the serving model. Throws as the replay does. */
  carryOn(interval: Interval, signal: AbortSignal): Promise<WidthProgress>;
  /**
   * The factors of a coin's forecast from a moment, and those of the closes before it, which calibration goes through. What is on the model's card
   * where nothing is stored; null where that has none either. Never throws.
   */
  tableFor(model: ServingModel, symbol: string, originMs: number): Promise<WidthTable | null>;
  /** Changes whenever this process has learnt more about an interval. */
  stamp(interval: Interval): number;
  /** How announcements widen forecasts, by horizon of the model; nothing where nothing is known. Never throws. */
  eventFactors(model: ServingModel): Promise<EventFactors>;
}

/** What the service is built from. */
export interface WidthParts {
  readonly models: Pick<ModelRegistry, 'serving'>;
  readonly candles: Pick<CandleRepository, 'range' | 'span'>;
  readonly widths: WidthRepository;
  /** Coins that are learnt from, beside Bitcoin. */
  readonly symbols: readonly string[];
  /** Sentiment inputs of a coin, for a model that uses them. */
  readonly sentiment?: SentimentAt;
  readonly schedule?: () => EventSchedule;
  readonly replay: LearnFromReplay;
  readonly logger: Logger;
}

/** Origins of a replay at most: two years of days, ninety days of hours. */
const MAX_ORIGINS: Readonly<Record<Interval, number>> = { '1d': 730, '1h': 2_160 };

/** Makes the service. */
export function createWidthService(parts: WidthParts): WidthService {
  const { models, candles, widths, logger } = parts;
  const schedule = () => parts.schedule?.() ?? NO_EVENTS;

  /** The last text that was read of each interval, and what it says. */
  const read = new Map<Interval, { readonly text: string; readonly learnt: CarriedWidths | null }>();
  const stamps = new Map<Interval, number>();

  /** Reads what is stored; null for what cannot be read, or is of other horizons: that is lost, and made again. */
  function readStored({ card }: ServingModel, row: StoredWidths | null): CarriedWidths | null {
    if (!row) return null;
    if (read.get(card.interval)?.text !== row.learnt) {
      const learnt = carriedWidthsSchema.safeParse(parsed(row.learnt)).data ?? null;
      read.set(card.interval, { text: row.learnt, learnt });
    }
    const { learnt } = read.get(card.interval)!;
    return learnt?.state.market.length === card.steps.length ? learnt : null;
  }

  /**
   * What is stored for a model. For one that has just begun to serve: what its card holds, from forecasts that its recipe had not seen, with what
   * recurs as it was learnt beside the model before; what that one had learnt where it goes further. Null without any.
   */
  async function known(model: ServingModel): Promise<CarriedWidths | null> {
    const { card } = model;
    const stored = readStored(model, await widths.get(card.interval, card.version));
    if (stored) return stored;
    const before = readStored(model, await widths.latest(card.interval));
    const own = card.widths?.market.length === card.steps.length ? card.widths : null;
    if (!own || (before && before.state.untilMs > own.untilMs)) return before;
    const { weekdays, events } = before?.state ?? {};
    return {
      state: { ...own, ...(weekdays ? { weekdays } : {}), ...(events ? { events } : {}) },
      past: before?.past ?? [],
    };
  }

  return {
    async carryOn(interval, signal) {
      const step = INTERVAL_MS[interval];
      const model = await models.serving(interval);
      const { card } = model;
      const symbols = [...new Set(['BTC', ...parts.symbols])];
      const spans = await Promise.all(symbols.map((symbol) => candles.span(symbol, interval)));
      const toMs = sharedCloseMs(spans.flatMap((span) => (span ? [span.toMs + step] : [])));
      if (toMs === null) return { untilMs: null, closes: 0, coins: 0 };
      const learnt = await known(model);
      const startMs = learnt?.state.untilMs ?? learnFromMs(interval, card, toMs);
      const complete = learnt?.state.events && learnt.state.weekdays;
      if (startMs >= toMs && complete) return { untilMs: startMs, closes: 0, coins: 0 };
      const fromMs = Math.max(startMs, toMs - MAX_ORIGINS[interval] * step);
      // What recurs is learnt from further back: all that came since, or years where nothing is known of it.
      const reachMs = patternsFromMs(interval, fromMs);
      const patternsMs = complete ? Math.max(startMs, reachMs) : reachMs;
      const firstMs = patternsMs - Math.max(...card.steps) * step;
      const coins: CoinHistory[] = [];
      for (const symbol of symbols) {
        const stored = await candles.range(symbol, interval, firstMs - HISTORY_CANDLES[interval] * step, toMs - step);
        signal.throwIfAborted();
        // A coin whose history is not trusted is not forecast by the model either.
        if (stored.length === 0 || !seriesVerdict(stored, interval).trusted) continue;
        const flagged = { symbol, candles: flagCandles(stored, interval) };
        coins.push(...(await coinHistories([flagged], interval, card.sentiment && parts.sentiment)));
      }
      const btc = coins.find((coin) => coin.symbol === 'BTC') ?? null;
      const request = {
        interval,
        steps: card.steps,
        from: learnt,
        events: schedule().events,
        fromMs,
        toMs,
        patternsFromMs: patternsMs,
        learntUntilMs: card.data.stopUntilMs,
        keptFromMs: toMs - HISTORY_CANDLES[interval] * step,
      };
      const replayed = { model: model.bytes, btc, fromMs: firstMs, toMs };
      const { carried, closes } = await parts.replay(coins, replayed, request, signal);
      await widths.put(interval, card.version, { untilMs: Math.max(startMs, toMs), learnt: JSON.stringify(carried) });
      stamps.set(interval, (stamps.get(interval) ?? 0) + 1);
      return { untilMs: Math.max(startMs, toMs), closes, coins: coins.length };
    },

    stamp: (interval) => stamps.get(interval) ?? 0,

    async eventFactors(model) {
      const { interval, steps, version } = model.card;
      try {
        const events = (await known(model))?.state.events;
        return events ? steps.map((_, horizon) => eventFactors(events, interval, steps, horizon)) : [];
      } catch (error) {
        logger.warn({ err: asCandlecastError(error), interval, version }, 'the learnt widths cannot be read');
        return [];
      }
    },

    async tableFor(model, symbol, originMs) {
      const { interval, steps, version } = model.card;
      try {
        const learnt = await known(model);
        if (!learnt) return null;
        const factors = createWidthFactors(interval, steps, learnt.state, schedule());
        return carriedTable(learnt, factors, symbol, originMs, interval, steps);
      } catch (error) {
        logger.warn({ err: asCandlecastError(error), interval, version }, 'the learnt widths cannot be read');
        return null;
      }
    },
  };
}

/** The factors of several coins up to a moment, by symbol; coins without any are left out. */
export async function widthsOfCoins(
  widths: Pick<WidthService, 'tableFor'>,
  model: ServingModel,
  coins: readonly { readonly symbol: string }[],
  untilMs: number,
): Promise<ReadonlyMap<string, WidthTable>> {
  const tables = await Promise.all(coins.map(({ symbol }) => widths.tableFor(model, symbol, untilMs)));
  return new Map(coins.flatMap(({ symbol }, i) => (tables[i] ? [[symbol, tables[i]] as const] : [])));
}

/** The newest close that at least half of the coins have reached; null without any. A coin that comes later is not waited for. */
function sharedCloseMs(newest: readonly number[]): number | null {
  const sorted = [...newest].sort((a, b) => b - a);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
