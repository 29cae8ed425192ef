import { LRUCache } from 'lru-cache';
import { createSharedCalls } from '../../core/concurrency.ts';
import { chosenHorizon, HORIZON_NAMES } from '../../core/horizon.ts';
import {
  ENOUGH_ODDS,
  type OddsDay,
  type OddsRecordPart,
  type OddsRecordQuery,
  type OddsRecordReport,
  type OddsSort,
  type OddsSource,
} from '../../core/odds-record.ts';
import { type Clock, DAY_MS, MINUTE_MS, steadyClock } from '../../core/time.ts';
import type { AssetDirectory } from '../../market/assets.ts';
import { reliabilityOfDays } from '../../ml/scoring/odds-reliability.ts';
import type { OddsSumsFilter, OddsSumsRepository } from '../../storage/odds-sums-repository.ts';

/** How odds of levels have held. */
export interface OddsRecordService {
  /** The record of whole days (UTC), from the sums that are kept. Throws `CC_UNKNOWN_SYMBOL`, `CC_STABLECOIN`, `CC_DATABASE`. */
  report(query: OddsRecordQuery): Promise<OddsRecordReport>;
}

/** What the service is built from. */
export interface OddsRecordParts {
  readonly oddsSums: Pick<OddsSumsRepository, 'read'>;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  readonly simulated: () => boolean;
  readonly now: Clock;
}

const DEFAULT_DAYS = 60;
const [MIN_DAYS, MAX_DAYS] = [7, 1_826];
/** The record grows once an hour, so a report is kept for a while. */
const KEPT_MS = 10 * MINUTE_MS;
const KEPT = 100;

/** Makes the service. */
export function createOddsRecordService({ oddsSums, assets, simulated, now }: OddsRecordParts): OddsRecordService {
  const computing = createSharedCalls<OddsRecordReport>();
  const kept = new LRUCache<string, OddsRecordReport>({
    max: KEPT,
    ttl: KEPT_MS,
    ttlResolution: 0,
    perf: { now: steadyClock(now) },
  });

  async function make(query: OddsRecordQuery, days: number): Promise<OddsRecordReport> {
    const asset = query.symbol === undefined ? null : assets.resolve(query.symbol);
    const choice = query.horizon === undefined ? null : chosenHorizon(query.horizon);
    const filter = {
      symbol: asset?.symbol ?? null,
      horizons: choice === null ? null : HORIZON_NAMES.filter((name) => chosenHorizon(name) === choice),
      model: query.model ?? null,
      fromMs: Math.floor((now() - days * DAY_MS) / DAY_MS) * DAY_MS,
    };
    return {
      symbol: asset?.symbol ?? null,
      name: asset?.name ?? null,
      horizon: choice,
      model: query.model ?? null,
      days,
      ...(await oddsRecordOf(oddsSums, filter)),
      simulated: simulated(),
    };
  }

  return {
    async report(query) {
      const days = Math.min(Math.max(Math.round(query.days ?? DEFAULT_DAYS), MIN_DAYS), MAX_DAYS);
      const symbol = query.symbol === undefined ? null : assets.resolve(query.symbol).symbol;
      const key = JSON.stringify([symbol, query.horizon, days, query.model]);
      const known = kept.get(key);
      if (known) return known;
      return computing.run(key, undefined, async () => {
        const report = await make(query, days);
        kept.set(key, report);
        return report;
      });
    },
  };
}

/** The record of the fixed odds and of those that were asked for, of a filter. Throws `CC_DATABASE`. */
export async function oddsRecordOf(
  oddsSums: OddsRecordParts['oddsSums'],
  filter: Omit<OddsSumsFilter, 'source'>,
): Promise<Pick<OddsRecordReport, 'fixed' | 'asked'>> {
  const of = async (source: OddsSource) => {
    const read = await oddsSums.read({ ...filter, source });
    return { end: partOf(read, 'end'), touch: partOf(read, 'touch') };
  };
  return { fixed: await of('fixed'), asked: await of('asked') };
}

function partOf(days: readonly OddsDay[], sort: OddsSort): OddsRecordPart {
  const own = days.map((day) => ({ dayMs: day.dayMs, sums: day[sort] }));
  const reliability = reliabilityOfDays(own);
  return {
    reliability,
    enough: reliability !== null && reliability.n >= ENOUGH_ODDS.n && reliability.days >= ENOUGH_ODDS.days,
    unscored: own.reduce((sum, { sums }) => sum + sums.unscored, 0),
  };
}
