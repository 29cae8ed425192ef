import { mapLimited } from '../../core/concurrency.ts';
import { CLOCK_TOLERANCE_MS } from '../../core/ledger.ts';
import { CHAINS, type ChainHead, type ChainName, rowName } from '../../core/record.ts';
import type { AuditCounts, AuditReport, RecordFault, VerifiedRecord } from '../../core/record-audit.ts';
import type { Clock } from '../../core/time.ts';
import type { AuditRepository } from '../../storage/audit-repository.ts';
import type { RangeSums } from '../../storage/score-sums-proof.ts';
import type { AuditBlock, BlockResult } from './audit-block.ts';
import { type KnownModels, putInLate, type RangeResult } from './audit-forecasts.ts';
import { auditModelFiles, type ModelPlaces } from './audit-models.ts';

/** Verifies the whole record, or what was added since the last time. */
export interface RecordAudit {
  /**
   * Verifies all rows, or with `onlyNew` those that were added since everything before was found to be right; a record of up to 50,000 forecasts
   * is read whole in any case. What was verified is remembered in the database. Throws `CC_DATABASE`, `CC_WORKER_DIED` and the signal's reason.
   */
  run(options: {
    readonly onlyNew: boolean;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, of: number) => void;
  }): Promise<AuditReport>;
}

/** Verifies blocks of rows, off this thread. */
export interface BlockAuditor {
  /** How many runs may be under way. */
  readonly atOnce: number;
  /** Verifies blocks that follow each other, in their order, in one thread. */
  run(
    blocks: readonly AuditBlock[],
    options: { readonly models: KnownModels; readonly nowMs: number; readonly signal: AbortSignal | undefined },
    onResult: (block: AuditBlock, result: BlockResult) => void,
  ): Promise<void>;
  /** Compares the sums of scores with what all ranges add to them; what is wrong with them, or null. */
  sumsProblem(added: readonly RangeSums[], signal?: AbortSignal): Promise<string | null>;
}

/** What the audit is made from. */
export interface RecordAuditParts {
  readonly store: AuditRepository;
  readonly ranges: BlockAuditor;
  readonly models: ModelPlaces;
  readonly now: Clock;
}

/** Forecasts of one block: about half a second of work, with their outcomes. */
const BLOCK_ROWS = 20_000;
/** Outcomes of one block: after an outage more come than forecasts. */
const MOST_OUTCOMES = 2 * BLOCK_ROWS;
/** A record of so many forecasts is read in seconds. */
const WHOLE_UP_TO = 50_000;
const NO_COUNTS = {
  scores: 0,
  prices: 0,
  withoutCandle: 0,
  otherSource: 0,
  corrected: 0,
  beforeModels: 0,
};
/** The order in which faults are told: rows before what is around them. */
const ORDER: readonly RecordFault['in'][] = [
  'forecasts',
  'outcomes',
  'marks',
  'models',
  'calls',
  'odds',
  'checkpoints',
  'verified',
  'database',
  'sums',
];

/** Makes the audit; see docs/ledger.md. */
export function createRecordAudit({ store, ranges, models: places, now }: RecordAuditParts): RecordAudit {
  /** Whether the rows up to which the record was verified before are still there. */
  async function lostSince(before: VerifiedRecord): Promise<RecordFault | null> {
    for (const chain of CHAINS) {
      const { number, hash } = before.heads[chain];
      if (number === 0) continue;
      const found = await store.hashOf(chain, number);
      if (found === hash) continue;
      const when = new Date(before.atMs).toISOString().slice(0, 16).replace('T', ' ');
      const what = rowName(chain, number);
      const text =
        found === null
          ? `${what} was there when the record was verified at ${when} UTC, and is not there any more: the end of the record has been cut off.`
          : `${what} is another one than when the record was verified at ${when} UTC: the record has been written anew.`;
      return { in: 'verified', number, text };
    }
    return null;
  }

  return {
    async run({ onlyNew, signal, onProgress }) {
      const nowMs = now();
      const heads = await store.heads();
      const before = await store.verified();
      const lost = before && (await lostSince(before));
      const mayBeShort =
        onlyNew && heads.forecasts.number > WHOLE_UP_TO && before !== null && before.wholeAtMs !== null;
      const since = mayBeShort && !lost ? before : null;
      const from = (chain: ChainName) => (since?.heads[chain].number ?? 0) + 1;
      const of = CHAINS.reduce((sum, chain) => sum + heads[chain].number - from(chain) + 1, 0);
      let done = 0;
      const models = await store.models();
      const blocks = await blocksOf(store, from, heads);
      const results: BlockResult[] = [];
      const work = mapLimited(runsOf(blocks, ranges.atOnce), ranges.atOnce, (run) =>
        ranges.run(run, { models, nowMs, signal }, (block, result) => {
          results[blocks.indexOf(block)] = result;
          done += rowsOf(block.forecasts) + rowsOf(block.outcomes);
          onProgress?.(done, of);
        }),
      );
      const [small, schema] = await Promise.all([
        store.verifySmallChains(since?.heads ?? null, signal),
        store.schemaProblem(),
        work,
      ]);
      signal?.throwIfAborted();
      const ofForecasts = results.map((result) => result.forecasts);
      const ofOutcomes = results.map((result) => result.outcomes);
      const found = [
        ...ofForecasts.map(({ fault }) => fault),
        lateFault('forecasts', ofForecasts, since?.issuedAtMs ?? null),
        ...ofOutcomes.map(({ fault }) => fault),
        lateFault('outcomes', ofOutcomes, since?.scoredAtMs ?? null),
        ...small,
        lost,
        schema === null ? null : ({ in: 'database', number: null, text: schema } satisfies RecordFault),
      ].filter((fault) => fault !== null);
      // Where a row is wrong its range was not read to the end.
      if (!since && found.length === 0) {
        const problem = await ranges.sumsProblem(
          results.map(({ sums }) => sums),
          signal,
        );
        if (problem !== null) found.push({ in: 'sums', number: null, text: problem });
      }
      const { faults: ofFiles, files: modelFiles } = await auditModelFiles(await store.recordedModels(), places);
      const faults = ORDER.flatMap((place) => {
        const here = [...found, ...ofFiles].filter((fault) => fault.in === place);
        return here.sort((a, b) => (a.number ?? 0) - (b.number ?? 0)).slice(0, 1);
      });
      const verified = {
        atMs: nowMs,
        wholeAtMs: since ? since.wholeAtMs : nowMs,
        heads,
        issuedAtMs: latest(ofForecasts, since?.issuedAtMs ?? 0),
        scoredAtMs: latest(ofOutcomes, since?.scoredAtMs ?? 0),
      };
      // After a fault the next audit reads everything again, and still knows the ends that were there.
      if (found.length === 0) await store.remember(verified);
      else if (before) await store.remember({ ...before, wholeAtMs: null });
      return {
        problem: faults[0]?.text ?? null,
        faults,
        counts: countsOf([...ofForecasts, ...ofOutcomes], heads, from),
        modelFiles,
        heads,
        since,
      };
    },
  };
}

/** Blocks of all rows from the given ones on: outcomes stand beside the forecasts before the first that they do not belong to. */
async function blocksOf(
  store: Pick<AuditRepository, 'firstOutcomeAfter'>,
  from: (chain: ChainName) => number,
  heads: Readonly<Record<ChainName, ChainHead>>,
): Promise<AuditBlock[]> {
  const blocks: AuditBlock[] = [];
  const last = { forecasts: heads.forecasts.number, outcomes: heads.outcomes.number };
  let next = { forecasts: from('forecasts'), outcomes: from('outcomes') };
  while (next.forecasts <= last.forecasts || next.outcomes <= last.outcomes) {
    const to = Math.min(last.forecasts, Math.ceil(next.forecasts / BLOCK_ROWS) * BLOCK_ROWS);
    const found = to < last.forecasts ? await store.firstOutcomeAfter(to) : last.outcomes + 1;
    const outcomes = {
      from: next.outcomes,
      to: Math.max(next.outcomes - 1, Math.min((found ?? 0) - 1, last.outcomes, next.outcomes + MOST_OUTCOMES - 1)),
    };
    blocks.push({ forecasts: { from: next.forecasts, to }, outcomes });
    next = { forecasts: to + 1, outcomes: outcomes.to + 1 };
  }
  return blocks;
}

/**
 * Blocks that one thread verifies in their order: long runs first, since at its first block each has to look up forecasts of a week, then shorter ones, so
 * that all threads have work to the end.
 */
function runsOf(blocks: readonly AuditBlock[], threads: number): AuditBlock[][] {
  const runs: AuditBlock[][] = [];
  for (let from = 0; from < blocks.length; ) {
    const to = from + Math.ceil((blocks.length - from) / (2 * threads));
    runs.push(blocks.slice(from, to));
    from = to;
  }
  return runs;
}

const rowsOf = ({ from, to }: AuditBlock['forecasts']) => Math.max(0, to - from + 1);

/** A row of a range that says it was written before rows of the ranges before it. */
function lateFault(
  chain: 'forecasts' | 'outcomes',
  results: readonly RangeResult[],
  sinceMs: number | null,
): RecordFault | null {
  let beforeMs = sinceMs ?? 0;
  for (const { earliest, latestMs } of results) {
    if (earliest && earliest.atMs < beforeMs - CLOCK_TOLERANCE_MS) {
      const text = `${rowName(chain, earliest.number)} ${putInLate(earliest.atMs, beforeMs)}`;
      return { in: chain, number: earliest.number, text };
    }
    beforeMs = Math.max(beforeMs, latestMs ?? 0);
  }
  return null;
}

const latest = (results: readonly RangeResult[], sinceMs: number) =>
  results.reduce((ms, { latestMs }) => Math.max(ms, latestMs ?? 0), sinceMs);

function countsOf(
  results: readonly RangeResult[],
  heads: Readonly<Record<ChainName, ChainHead>>,
  from: (chain: ChainName) => number,
): AuditCounts {
  const counts = { ...NO_COUNTS };
  for (const result of results) {
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += result.counts[name] ?? 0;
  }
  const rows = Object.fromEntries(CHAINS.map((chain) => [chain, heads[chain].number - from(chain) + 1]));
  return { ...counts, rows: rows as Record<ChainName, number> };
}
