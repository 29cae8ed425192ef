import { CandlecastError } from '../../core/errors.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { ChainCheck, CheckedForecast, CheckedMessage, RecordCheck } from '../../core/record-audit.ts';
import type { Clock } from '../../core/time.ts';
import type { LedgerRepository } from '../../storage/ledger-repository.ts';
import type { WitnessRepository } from '../../storage/witness-repository.ts';
import { judgeWitnesses } from './judge-witnesses.ts';
import { type OwnMessage, toWitness } from './message-reader.ts';

/** What a check reads. */
export interface CheckParts {
  readonly ledger: Pick<LedgerRepository, 'entries'>;
  readonly witnesses: WitnessRepository;
  /** Whether prices are those of the live market: the record of files and of the simulated market ends with the program. */
  readonly isKept: boolean;
  readonly now: Clock;
}

/** Forecasts followed from one to the first checkpoint that holds it: a week of thirty coins without a post. */
const MAX_FORECASTS = 30_000;
/** Checkpoints followed from there on. */
const MAX_CHECKPOINTS = 2_000;
/** Forecasts shown of one message, as many as a post has coins. */
const MAX_SHOWN = 10;
const TIMESTAMP = /<t:(\d{1,12})(?::[a-zA-Z])?>/g;

/** Checks one forecast by its number. Throws `CC_RECORD_UNKNOWN` where there is none, and `CC_DATABASE`. */
export async function checkForecast(parts: CheckParts, sequence: number): Promise<RecordCheck> {
  const { isKept, now } = parts;
  const forecasts = await withOutcomes(parts, await parts.ledger.entries([sequence]));
  if (forecasts.length === 0) {
    const last = await parts.witnesses.lastForecast();
    const message = last === 0 ? 'The record is empty.' : `There is no forecast ${sequence}: the last one is ${last}.`;
    throw new CandlecastError('CC_RECORD_UNKNOWN', message, {
      said:
        last === 0
          ? { key: 'errors.recordEmpty' }
          : { key: 'errors.recordNoForecast', values: { number: String(sequence), last: String(last) } },
    });
  }
  return { message: null, forecasts, isShown: true, chain: await follow(parts, forecasts), isKept, nowMs: now() };
}

/** Checks a message of the bot and the forecasts that it shows. Throws `CC_RECORD_UNKNOWN` where it carries no head, and `CC_DATABASE`. */
export async function checkMessage(parts: CheckParts, own: OwnMessage): Promise<RecordCheck> {
  const { isKept, now } = parts;
  const witness = toWitness(own);
  if (!witness) {
    throw new CandlecastError('CC_RECORD_UNKNOWN', 'That message of mine carries no head of the record.', {
      remedy:
        'Take a post or an accuracy report whose last line says Record, a number and 20 digits; earlier versions wrote none.',
      said: { key: 'errors.verifyNoHead' },
      advice: { key: 'errors.verifyNoHeadAdvice' },
    });
  }
  const { fault } = await judgeWitnesses([witness], parts.witnesses);
  const { url, sentMs, editedMs, isReply, head } = witness;
  const message: CheckedMessage = { url, sentMs, editedMs, isReply, head, problem: fault?.text ?? null };
  const shown = await shownIn(parts, own, head.forecasts);
  const entries = shown.length > 0 ? shown : await parts.ledger.entries([head.forecasts]);
  const forecasts = await withOutcomes(parts, entries);
  const chain = await follow(parts, forecasts);
  return { message, forecasts, isShown: shown.length > 0, chain, isKept, nowMs: now() };
}

/**
 * The forecasts that a message shows: those of posts up to its head whose coin it names, and whose target is one of the moments ahead that it
 * names. So the message itself says which they are, whatever the database says about posts.
 */
async function shownIn({ witnesses }: CheckParts, { text, sentMs }: OwnMessage, upTo: number): Promise<LedgerEntry[]> {
  const targets = [...new Set([...text.matchAll(TIMESTAMP)].map(([, seconds]) => 1_000 * Number(seconds)))].filter(
    (ms) => ms > sentMs,
  );
  const words = new Set(text.split(/[^A-Za-z0-9]+/));
  const nearest = new Map<string, { readonly entry: LedgerEntry; readonly offMs: number }>();
  for (const entry of await witnesses.postedFor(targets, upTo)) {
    if (entry.issuedAtMs > sentMs + CLOCKS_MS || !words.has(entry.symbol)) continue;
    const offs = targets.map((ms) => Math.abs(Math.floor(entry.targetMs / 1_000) * 1_000 - ms));
    const offMs = Math.min(...offs);
    const key = `${entry.symbol} ${targets[offs.indexOf(offMs)]}`;
    const known = nearest.get(key);
    if (!known || offMs < known.offMs) nearest.set(key, { entry, offMs });
  }
  return [...nearest.values()]
    .map(({ entry }) => entry)
    .sort((a, b) => a.sequence - b.sequence)
    .slice(0, MAX_SHOWN);
}

/** How far the clocks of Discord and of this machine may lie apart. */
const CLOCKS_MS = 5 * 60_000;

async function withOutcomes(
  { witnesses }: CheckParts,
  entries: readonly LedgerEntry[],
): Promise<readonly CheckedForecast[]> {
  const outcomes = await witnesses.outcomesOf(entries.map(({ sequence }) => sequence));
  const bySequence = new Map(outcomes.map((outcome) => [outcome.sequence, outcome]));
  return entries.map((entry) => ({ entry, outcome: bySequence.get(entry.sequence) ?? null }));
}

/** Follows the chains from each forecast to the first checkpoint that holds it, and from the first of those to the newest one. */
async function follow({ witnesses }: CheckParts, forecasts: readonly CheckedForecast[]): Promise<ChainCheck> {
  let [rows, first] = [0, Number.POSITIVE_INFINITY];
  const end = (problem: string | null): ChainCheck => ({
    problem,
    forecasts: rows,
    checkpoints: 0,
    upTo: null,
    isComplete: false,
  });
  for (const { entry } of forecasts) {
    const { sequence } = entry;
    const checkpoint = await witnesses.firstWith(sequence);
    const to = Math.min(checkpoint?.forecasts ?? sequence, sequence + MAX_FORECASTS);
    const segment = await witnesses.verifyForecasts(sequence, to);
    rows += segment.rows;
    if (segment.problem !== null) return end(segment.problem);
    if (checkpoint === null || to < checkpoint.forecasts) return end(null);
    first = Math.min(first, checkpoint.number);
  }
  if (forecasts.length === 0) return end(null);
  const { rows: checkpoints, problem, newest } = await witnesses.verifyCheckpoints(first, MAX_CHECKPOINTS);
  const last = await witnesses.newest();
  return { problem, forecasts: rows, checkpoints, upTo: newest, isComplete: newest?.number === last?.number };
}
