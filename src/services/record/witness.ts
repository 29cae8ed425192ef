import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { LedgerEntry } from '../../core/ledger.ts';
import type { Logger } from '../../core/logger.ts';
import { type Checkpoint, headOf, type RecordHead } from '../../core/record.ts';
import type { ChainCheck, CheckedForecast, CheckedMessage, RecordCheck } from '../../core/record-audit.ts';
import type { Clock } from '../../core/time.ts';
import type { LedgerRepository } from '../../storage/ledger-repository.ts';
import type { RecordRepository } from '../../storage/record-repository.ts';
import type { WitnessRepository } from '../../storage/witness-repository.ts';
import { judgeWitnesses } from './judge-witnesses.ts';
import { type MessageReader, type OwnMessage, toWitness } from './message-reader.ts';

/** What a check reads. */
interface CheckParts {
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
async function checkForecast(parts: CheckParts, sequence: number): Promise<RecordCheck> {
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
async function checkMessage(parts: CheckParts, own: OwnMessage): Promise<RecordCheck> {
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

/** Messages as witnesses of the record: what they carry, and what that says about it. */
export interface WitnessService {
  /**
   * The head of the record for a message that is about to be sent, with everything in it that was recorded before this call; null where the record
   * is none that is kept, is empty, or cannot be read, which is logged. Never rejects.
   */
  head(): Promise<RecordHead | null>;
  /** Sets how messages are read back. */
  connect(reader: MessageReader): void;
  /** Checks a forecast by its number. Throws `CC_RECORD_UNKNOWN`, `CC_DATABASE`. */
  checkForecast(sequence: number): Promise<RecordCheck>;
  /**
   * Reads a message of the bot and checks it; whether the asker may see it is decided before. Throws `CC_RECORD_UNKNOWN` where there is none of the
   * bot's own that carries a head, `CC_CHANNEL` where it cannot be read, and `CC_DATABASE`.
   */
  checkMessage(channelId: string, messageId: string, signal?: AbortSignal): Promise<RecordCheck>;
}

/** What the service is built from. */
export interface WitnessParts extends CheckParts {
  readonly record: Pick<RecordRepository, 'checkpoint'>;
  readonly logger: Logger;
}

const READ_MS = 20_000;

/** Makes the service. */
export function createWitnessService(parts: WitnessParts): WitnessService {
  const { record, isKept, logger } = parts;
  let reader: MessageReader | null = null;

  /** A checkpoint over everything; null where the record is empty or none can be made, which is logged. */
  async function seal(): Promise<Checkpoint | null> {
    try {
      return await record.checkpoint();
    } catch (error) {
      const known = asCandlecastError(error);
      logger.error({ code: known.code, err: known }, 'no checkpoint of the record can be made for a message');
      return null;
    }
  }

  return {
    async head() {
      const checkpoint = isKept ? await seal() : null;
      return checkpoint && headOf(checkpoint);
    },

    connect(next) {
      reader = next;
    },

    async checkForecast(sequence) {
      // So that also the newest forecasts are held by a checkpoint.
      await seal();
      return checkForecast(parts, sequence);
    },

    async checkMessage(channelId, messageId, signal) {
      if (!reader) {
        throw new CandlecastError('CC_RECORD_UNKNOWN', 'Messages can be read on Discord alone.', {
          remedy: 'Give the number of a forecast, such as /verify record:1.',
          said: { key: 'errors.verifyOnDiscord' },
          advice: { key: 'errors.verifyNumber' },
        });
      }
      const limit = AbortSignal.timeout(READ_MS);
      const found = await reader(channelId, messageId, signal ? AbortSignal.any([signal, limit]) : limit);
      switch (found.kind) {
        case 'read':
          await seal();
          return checkMessage(parts, found.message);
        case 'absent':
          throw new CandlecastError('CC_RECORD_UNKNOWN', 'There is no such message in that channel any more.', {
            said: { key: 'errors.verifyNoMessage' },
          });
        case 'foreign':
          throw new CandlecastError('CC_RECORD_UNKNOWN', 'I did not write that message.', {
            said: { key: 'errors.verifyNotMine' },
          });
        case 'failed':
          throw new CandlecastError('CC_CHANNEL', `I cannot read that message: ${found.what}.`, {
            remedy: 'Give me View Channel and Read Message History there, or give the number of a forecast.',
            said: { key: 'errors.verifyUnread' },
            advice: { key: 'errors.verifyUnreadAdvice' },
          });
      }
    },
  };
}
