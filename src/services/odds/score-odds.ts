import { type Candle, closeTimeMs, INTERVAL_MS, type SourcedCandle } from '../../core/candle.ts';
import { mapLimited } from '../../core/concurrency.ts';
import { asCandlecastError } from '../../core/errors.ts';
import { type AskedOddsEnd, endForecast, levelOdds } from '../../core/odds.ts';
import { FIXED_LEVELS, ODDS_SOURCES } from '../../core/odds-record.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/time.ts';
import { type OddsCase, sumOdds } from '../../ml/scoring/odds-reliability.ts';
import type { AskedOddsRepository, RecordedOdds } from '../../storage/asked-odds-repository.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type {
  OddsDayKey,
  OddsDaySums,
  OddsSumsRepository,
  ScoredForecast,
} from '../../storage/odds-sums-repository.ts';
import { createTargetPrices, type TargetPriceParts, type TargetPrices } from '../accuracy/target-prices.ts';

/** Scores odds that have come due, and keeps the sums that their record is made from. */
export interface OddsScorer {
  /** Throws `CC_DATABASE` and the signal's reason; a price that is late or not confirmed waits for the next run. */
  scoreOdds(signal: AbortSignal): Promise<{
    /** Odds that were asked for. */
    readonly scored: number;
    readonly voided: number;
    readonly waiting: number;
    /** Days of coins whose sums were made anew. */
    readonly counted: number;
  }>;
}

/** What the scorer is built from. */
export interface OddsScorerParts extends TargetPriceParts {
  readonly askedOdds: Pick<AskedOddsRepository, 'due' | 'end' | 'ofCoin'>;
  readonly oddsSums: Pick<OddsSumsRepository, 'uncounted' | 'forecasts' | 'store'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  readonly clockIsRight: () => boolean;
}

/** A target's price is waited for so long; then the odds are void. */
const WAIT_FOR_MS = 14 * DAY_MS;
/** Minutes that no source answered about are asked for again for so long; then it is not known whether the level was touched. */
const MINUTES_WITHIN_MS = 6 * HOUR_MS;
const AT_ONCE = 4;
const ODDS_AT_ONCE = 2_000;
/** Days of a coin and horizon, each of up to 24 forecasts, that are read at once. */
const DAYS_AT_ONCE = 50;

type End = Parameters<AskedOddsRepository['end']>[0][number];

/** Makes the scorer. Asked odds are scored by the price that forecasts from the same moment are scored by, and by the highs and lows of hours and minutes. */
export function createOddsScorer(parts: OddsScorerParts): OddsScorer {
  const { askedOdds, oddsSums, candles, prices, clockIsRight, logger, now } = parts;
  const targetPrices = createTargetPrices(parts);

  /** Whether the level was touched; null where that is not known, `waits` where sources did not answer yet. */
  async function touchedOf({ odds }: RecordedOdds, actualPrice: number, signal: AbortSignal) {
    const { symbol, level, lastPrice, originMs, targetMs } = odds;
    const isUp = level > lastPrice;
    const reaches = ({ high, low }: Pick<Candle, 'high' | 'low'>) => (isUp ? high >= level : low <= level);
    if (level === lastPrice || reaches({ high: actualPrice, low: actualPrice })) return true;
    const firstMs = Math.floor(originMs / HOUR_MS) * HOUR_MS;
    const lastMs = Math.floor((targetMs - 1) / HOUR_MS) * HOUR_MS;
    const hours = await candles.range(symbol, '1h', firstMs, lastMs);
    const isWithin = (hour: Candle) => hour.openTimeMs >= originMs && closeTimeMs(hour, '1h') <= targetMs;
    if (hours.some((hour) => isWithin(hour) && isSound(hour) && reaches(hour))) return true;
    if (hours.length < (lastMs - firstMs) / HOUR_MS + 1) return null;
    // A spike of one source that everything around it takes back may be a fault of that source.
    if (hours.some((hour) => !isSound(hour) && reaches(hour))) return null;
    // The hours of the question and of the moment are in it in part.
    for (const hour of hours.filter((one) => !isWithin(one) && reaches(one))) {
      const fromMs = Math.max(Math.ceil(originMs / MINUTE_MS) * MINUTE_MS, hour.openTimeMs);
      const toMs = Math.min(Math.floor(targetMs / MINUTE_MS) * MINUTE_MS, closeTimeMs(hour, '1h')) - MINUTE_MS;
      if (toMs < fromMs) continue;
      try {
        const minutes = await prices.minutes(symbol, fromMs, toMs, { signal });
        if (minutes.some(reaches)) return true;
        if (minutes.length === 0) return null;
      } catch (error) {
        signal.throwIfAborted();
        if (asCandlecastError(error).code === 'CC_DATABASE') throw error;
        return now() - targetMs > MINUTES_WITHIN_MS ? null : 'waits';
      }
    }
    return false;
  }

  async function endsOf(symbol: string, due: readonly RecordedOdds[], signal: AbortSignal): Promise<End[]> {
    let found: TargetPrices = { prices: new Map(), ofOthers: [] };
    try {
      const asked = due.map(({ number, odds }) => ({ ...odds, sequence: number }));
      found = await targetPrices(symbol, asked, signal);
    } catch (error) {
      signal.throwIfAborted();
      const known = asCandlecastError(error);
      if (known.code === 'CC_DATABASE') throw known;
      logger.warn({ symbol, code: known.code, err: known }, 'odds cannot be scored yet');
    }
    const ends: End[] = [];
    for (const one of due) {
      const { number, odds } = one;
      const price = found.prices.get(number);
      const end = (event: AskedOddsEnd) => ends.push({ number, event });
      if (found.ofOthers.includes(number)) end({ kind: 'void', reason: 'other-coin' });
      else if (price) {
        const touched = await touchedOf(one, price.actualPrice, signal);
        if (touched !== 'waits') end({ kind: 'outcome', ...price, touched });
      } else if (now() - odds.targetMs > WAIT_FOR_MS) end({ kind: 'void', reason: 'no-price' });
    }
    return ends;
  }

  async function scoreAsked(signal: AbortSignal) {
    // The hour of the moment has to be over.
    const due = await askedOdds.due(now() - HOUR_MS, ODDS_AT_ONCE);
    const symbols = [...new Set(due.map(({ odds }) => odds.symbol))];
    const ends = await mapLimited(symbols, AT_ONCE, async (symbol) => {
      signal.throwIfAborted();
      const own = due.filter(({ odds }) => odds.symbol === symbol);
      return endsOf(symbol, own, signal);
    });
    const all = ends.flat();
    await askedOdds.end(all, now());
    const voided = all.filter(({ event }) => event.kind === 'void').length;
    return { scored: all.length - voided, voided, waiting: due.length - all.length };
  }

  /** The sums of days of the fixed levels of scheduled forecasts. */
  async function fixedSums(days: readonly OddsDayKey[]): Promise<OddsDaySums[]> {
    const forecasts = await oddsSums.forecasts(days);
    const found = days.map((key, i) => ({ key, forecasts: forecasts[i]! })).filter((one) => one.forecasts.length > 0);
    const sums: OddsDaySums[] = [];
    // The days of a coin that are counted together lie side by side, but for corrections.
    for (const ofSeries of groupedBy(found, (one) => `${one.key.symbol} ${one.forecasts[0]!.interval}`)) {
      const all = ofSeries.flatMap((one) => one.forecasts);
      const { interval } = all[0]!;
      const fromMs = Math.min(...all.map(({ originMs }) => originMs));
      const toMs = Math.max(...all.map(({ targetMs }) => targetMs)) - INTERVAL_MS[interval];
      const read = await candles.range(ofSeries[0]!.key.symbol, interval, fromMs, toMs);
      const byOpen = new Map(read.filter(isSound).map((candle) => [candle.openTimeMs, candle]));
      for (const { key, forecasts } of ofSeries) sums.push(...fixedSumsOf(key, forecasts, byOpen));
    }
    return sums;
  }

  async function askedSums(days: readonly OddsDayKey[]): Promise<OddsDaySums[]> {
    const sums: OddsDaySums[] = [];
    for (const key of days) sums.push(...(await askedSumsOf(key)));
    return sums;
  }

  async function askedSumsOf(key: OddsDayKey): Promise<OddsDaySums[]> {
    const all = await askedOdds.ofCoin(key.symbol, key.dayMs, key.dayMs + DAY_MS - 1);
    const own = all.filter(({ odds, end }) => odds.horizon === key.horizon && end !== null);
    const models = [...new Set(own.map(({ odds }) => odds.model))];
    return models.map((model) => {
      const found = own.filter(({ odds }) => odds.model === model);
      const of = (sort: 'end' | 'touch') => {
        const cases = found.flatMap(({ odds, end }) => {
          const happened =
            end?.kind !== 'outcome' ? null : sort === 'touch' ? end.touched : end.actualPrice > odds.level;
          if (happened === null) return [];
          const name = sort === 'touch' ? 'touch' : 'above';
          const usual = odds.usual ? { usual: odds.usual[name] } : {};
          return [{ originMs: odds.originMs, stated: odds[name], happened, ...usual }];
        });
        return sumOdds(cases, found.length - cases.length);
      };
      return { ...key, model, end: of('end'), touch: of('touch') };
    });
  }

  async function countSums(signal: AbortSignal): Promise<number> {
    let counted = 0;
    for (const source of ODDS_SOURCES) {
      for (;;) {
        signal.throwIfAborted();
        const found = await oddsSums.uncounted(source);
        if (found.upTo === found.after) break;
        const sums: OddsDaySums[] = [];
        for (let place = 0; place < found.days.length; place += DAYS_AT_ONCE) {
          signal.throwIfAborted();
          const days = found.days.slice(place, place + DAYS_AT_ONCE);
          sums.push(...(await (source === 'fixed' ? fixedSums(days) : askedSums(days))));
        }
        if (!(await oddsSums.store(source, found, sums))) break;
        counted += found.days.length;
      }
    }
    return counted;
  }

  return {
    async scoreOdds(signal) {
      // By a clock that is ahead, a target would be over before it is.
      const asked = clockIsRight() ? await scoreAsked(signal) : { scored: 0, voided: 0, waiting: 0 };
      return { ...asked, counted: await countSums(signal) };
    },
  };
}

const groupedBy = <T>(values: readonly T[], keyOf: (value: T) => string): T[][] =>
  [...new Set(values.map(keyOf))].map((key) => values.filter((value) => keyOf(value) === key));

/** The sums of one day, by model. */
function fixedSumsOf(
  key: OddsDayKey,
  forecasts: readonly ScoredForecast[],
  byOpen: ReadonlyMap<number, Pick<Candle, 'high' | 'low'>>,
): OddsDaySums[] {
  const models = [...new Set(forecasts.map(({ model }) => model))];
  return models.map((model) => {
    const found = forecasts.filter((one) => one.model === model).map((one) => fixedOdds(one, byOpen));
    const of = (sort: 'end' | 'touch') => {
      const cases = found.flatMap((one) => one[sort]);
      return sumOdds(cases.filter(isKnown), cases.filter((one) => !isKnown(one)).length);
    };
    return { ...key, model, end: of('end'), touch: of('touch') };
  });
}

const isSound = ({ flag }: Pick<SourcedCandle, 'flag'>) => flag !== 'glitch';

type MaybeCase = Omit<OddsCase, 'happened'> & { readonly happened: boolean | null };
const isKnown = (one: MaybeCase): one is OddsCase => one.happened !== null;

/** The odds of the fixed levels of one forecast, with what came of them; `happened` is null where a candle on the way is missing. */
export function fixedOdds(
  { interval, originMs, targetMs, lastPrice, quantiles, climatology, actualPrice }: ScoredForecast,
  byOpen: ReadonlyMap<number, Pick<Candle, 'high' | 'low'>>,
): { readonly end: readonly MaybeCase[]; readonly touch: readonly MaybeCase[] } {
  if (!climatology) return { end: [], touch: [] };
  const forecast = endForecast({ originMs, lastPrice }, targetMs, quantiles);
  const usualForecast = endForecast({ originMs, lastPrice }, targetMs, climatology);
  let [high, low] = [lastPrice, lastPrice];
  let isWhole = true;
  for (let openMs = originMs; openMs < targetMs; openMs += INTERVAL_MS[interval]) {
    const candle = byOpen.get(openMs);
    isWhole &&= candle !== undefined;
    high = Math.max(high, candle?.high ?? high);
    low = Math.min(low, candle?.low ?? low);
  }
  const [end, touch]: [MaybeCase[], MaybeCase[]] = [[], []];
  for (const index of FIXED_LEVELS) {
    const level = climatology[index]!;
    const said = levelOdds(forecast, level, targetMs);
    end.push({ originMs, stated: said.above, happened: actualPrice > level, usual: 1 - QUANTILE_LEVELS[index]! });
    const touched = isWhole ? (level > lastPrice ? high >= level : low <= level) : null;
    const usual = levelOdds(usualForecast, level, targetMs).touch;
    touch.push({ originMs, stated: said.touch, happened: touched, usual });
  }
  return { end, touch };
}
