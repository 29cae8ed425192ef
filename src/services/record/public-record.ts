import { setImmediate as nextTurn } from 'node:timers/promises';
import { getOrMake } from '../../core/get-or-make.ts';
import { HORIZON_NAMES, type HorizonName } from '../../core/horizon.ts';
import type { ModelChange, PublicRecord, RecordedCall } from '../../core/public-record.ts';
import { type Clock, DAY_MS } from '../../core/time.ts';
import type { BaselineScorer } from '../../ml/workers/record-baselines.ts';
import type { CandleRepository } from '../../storage/candle-repository.ts';
import type { LedgerRepository } from '../../storage/ledger-repository.ts';
import type { OddsSumsRepository } from '../../storage/odds-sums-repository.ts';
import type { RecordReader } from '../../storage/record-reader.ts';
import type { RecordRepository } from '../../storage/record-repository.ts';
import type { ScheduleRepository } from '../../storage/schedule-repository.ts';
import { oddsRecordOf } from '../odds/odds-record.ts';
import { createBaselineQueue } from './baseline-queue.ts';
import { type CallPlace, createHorizonTally, type HorizonTally, type TimeWindow } from './horizon-tally.ts';
import { createLiveTally } from './live-tally.ts';
import { createModelTally } from './model-tally.ts';
import { createScheduleTally } from './schedule-tally.ts';
import { createPeriodSums } from './score-sums.ts';

/** What the figures are made from. */
export interface PublicRecordParts {
  readonly record: Pick<RecordRepository, 'checkpoint'>;
  readonly reader: RecordReader;
  readonly ledger: Pick<LedgerRepository, 'entries'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  readonly scorer: Pick<BaselineScorer, 'losses'>;
  /** Changes of the serving models as they were logged. */
  readonly changes: () => Promise<readonly ModelChange[]>;
  readonly schedule: Pick<ScheduleRepository, 'tracked'>;
  readonly oddsSums: Pick<OddsSumsRepository, 'read'>;
  readonly simulated: boolean;
  readonly version: string;
  readonly now: Clock;
  /** Called with the forecasts read, and how many there are. */
  readonly onProgress?: (done: number, of: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Days that each point of a figure over time looks back on: a quarter of a year holds enough blocks for an interval. */
const WINDOW_DAYS = 91;

/** Days between points, so that there are not more of them than can be told apart. */
const stepDays = (recordDays: number) => (recordDays <= 400 ? 7 : recordDays <= 1_100 ? 14 : 28);

/**
 * Computes every figure of the public track record from the rows up to the newest checkpoint, in one pass in the order they were recorded. Sums by day are
 * kept in memory, not rows. Throws `CC_DATABASE`, the signal's reason, and as the scorer does.
 */
export async function makePublicRecord(parts: PublicRecordParts): Promise<PublicRecord> {
  const { now, simulated, version, signal } = parts;
  const checkpoint = await parts.record.checkpoint();
  const madeAtMs = now();
  const odds = await oddsRecordOf(parts.oddsSums, { symbol: null, horizons: null, model: null, fromMs: 0 });
  const facts = { madeAtMs, version, simulated, checkpoint, odds };
  if (!checkpoint) return { ...facts, ...EMPTY, changes: await parts.changes() };

  const tallies = new Map<HorizonName, HorizonTally>();
  const tallyOf = (horizon: HorizonName) => getOrMake(tallies, horizon, () => createHorizonTally(horizon, madeAtMs));
  const [schedule, live, models] = [
    createScheduleTally(await parts.schedule.tracked(), madeAtMs),
    createLiveTally(),
    createModelTally(),
  ];
  const all = createPeriodSums(DAY_MS, 14, true);
  const coins = new Set<string>();
  let onDemand = 0;
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, 0];
  const queue = createBaselineQueue(
    parts.candles,
    parts.scorer,
    (horizon, symbol, ...loss) => tallyOf(horizon).addBaseline(symbol, ...loss),
    signal,
  );
  for await (const page of parts.reader.pages(checkpoint)) {
    signal?.throwIfAborted();
    for (const row of page) {
      if (row.cause === 'asked' || row.cause === 'posted') live.add(row);
      else if (!row.scheduled) onDemand++;
      else {
        tallyOf(row.horizon).add(row);
        schedule.add(row);
        models.add(row);
        fromMs = Math.min(fromMs, row.originMs);
        toMs = Math.max(toMs, row.originMs);
        if (!row.outcome) continue;
        coins.add(row.symbol);
        all.add(row, row.outcome);
        await queue.add(row);
      }
    }
    parts.onProgress?.(page.at(-1)!.sequence, checkpoint.forecasts);
    await nextTurn();
  }
  await queue.finish();

  const window: TimeWindow = { windowDays: WINDOW_DAYS, stepDays: stepDays((toMs - fromMs) / DAY_MS) };
  const pause = async () => {
    signal?.throwIfAborted();
    await nextTurn();
  };
  const horizons = [];
  for (const horizon of HORIZON_NAMES) {
    const tally = tallies.get(horizon);
    if (!tally) continue;
    const { best, worst } = tally.calls();
    horizons.push({
      ...(await tally.finish(schedule, window, pause)),
      best: await callsAt(parts.ledger, best),
      worst: await callsAt(parts.ledger, worst),
    });
  }
  const n = all.total('n');
  return {
    ...facts,
    ...window,
    n,
    coins: coins.size,
    fromMs: Number.isFinite(fromMs) ? fromMs : null,
    coverage:
      n === 0 ? [] : [all.estimate('inside50', 'n'), all.estimate('inside80', 'n'), all.estimate('inside95', 'n')],
    horizons,
    live: live.finish(),
    onDemand,
    outages: schedule.outages(),
    models: models.finish(await parts.reader.models(checkpoint)),
    changes: await parts.changes(),
  };
}

const EMPTY = {
  n: 0,
  coins: 0,
  fromMs: null,
  coverage: [],
  horizons: [],
  live: [],
  onDemand: 0,
  outages: [],
  models: [],
  windowDays: WINDOW_DAYS,
  stepDays: stepDays(0),
} as const satisfies Partial<PublicRecord>;

/** The calls with what they said, which is read now that it is known which ones they are. */
async function callsAt(
  ledger: Pick<LedgerRepository, 'entries'>,
  places: readonly CallPlace[],
): Promise<RecordedCall[]> {
  const entries = new Map(
    (await ledger.entries(places.map(({ sequence }) => sequence))).map((entry) => [entry.sequence, entry]),
  );
  return places.flatMap((place) => {
    const entry = entries.get(place.sequence);
    if (!entry) return [];
    const { symbol, originMs, targetMs, lastPrice, quantiles, pUp, model } = entry;
    return { ...place, symbol, originMs, targetMs, lastPrice, quantiles, pUp, model };
  });
}
