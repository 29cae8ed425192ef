import type { Interval } from '../../core/candle.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { HORIZON_NAMES, HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { ModelOnRecord } from '../../core/public-record.ts';
import type { RecordedModel } from '../../core/record.ts';
import { DAY_MS } from '../../core/time.ts';
import type { RecordRow } from '../../storage/record-reader.ts';
import { BLOCK_DAYS, climatologySkill } from './horizon-tally.ts';
import { createPeriodSums, type PeriodSums } from './score-sums.ts';

/** The scheduled forecasts of each model, added up as they are read. */
interface ModelTally {
  add(row: RecordRow): void;
  /** In the order of their first forecast; a model of the record without a scheduled one last. */
  finish(recorded: readonly RecordedModel[]): readonly ModelOnRecord[];
}

interface OfModel {
  readonly interval: Interval;
  readonly version: string;
  readonly sums: Map<HorizonName, PeriodSums>;
  fromMs: number;
  toMs: number;
  issued: number;
}

const WEEK_MS = 7 * DAY_MS;

/** Makes the empty tally. */
export function createModelTally(): ModelTally {
  const models = new Map<string, OfModel>();
  const keyOf = (interval: Interval, version: string) => `${interval} ${version}`;

  return {
    add(row) {
      const { interval, model: version, horizon, originMs } = row;
      const key = keyOf(interval, version);
      const own = getOrMake(models, key, () => {
        return { interval, version, sums: new Map(), fromMs: originMs, toMs: originMs, issued: 0 };
      });
      own.fromMs = Math.min(own.fromMs, originMs);
      own.toMs = Math.max(own.toMs, originMs);
      own.issued++;
      if (!row.outcome) return;
      const block = BLOCK_DAYS[HORIZONS[horizon].interval] / 7;
      const sums = getOrMake(own.sums, horizon, () => createPeriodSums(WEEK_MS, block, false));
      sums.add(row, row.outcome);
    },

    finish(recorded) {
      const found = [...models.values()]
        .sort((a, b) => a.fromMs - b.fromMs || a.interval.localeCompare(b.interval))
        .map(({ sums, ...own }): ModelOnRecord => {
          // Of two files with one version, the first is the one that the first forecast was made by.
          const card = recorded.find(({ interval, version }) => interval === own.interval && version === own.version);
          const horizons = HORIZON_NAMES.flatMap((horizon) => {
            const scored = sums.get(horizon);
            if (!scored) return [];
            const inside80 = scored.estimate('inside80', 'n');
            return { horizon, n: scored.total('n'), inside80, skill: climatologySkill(scored) };
          });
          return { ...own, sha256: card?.sha256 ?? null, recordedAtMs: card?.recordedAtMs ?? null, horizons };
        });
      const others = recorded
        .filter(({ interval, version }) => !models.has(keyOf(interval, version)))
        .map(({ interval, version, sha256, recordedAtMs }): ModelOnRecord => {
          return { interval, version, sha256, recordedAtMs, fromMs: null, toMs: null, issued: 0, horizons: [] };
        });
      return [...found, ...others];
    },
  };
}
