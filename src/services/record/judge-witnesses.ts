import { type Checkpoint, type RecordHead, recordLine, rowName } from '../../core/record.ts';
import { MINUTE_MS, utcDay, utcTime } from '../../core/time.ts';
import type { DatedRow, WitnessRepository } from '../../storage/witness-repository.ts';

/** A message of the bot that carries a head of the record, as Discord has dated it. */
export interface Witness {
  /** Its link. */
  readonly url: string;
  readonly channelId: string;
  readonly sentMs: number;
  /** When its text was changed last; null where it is as it was sent. */
  readonly editedMs: number | null;
  /** Whether it answers a command: then its text comes up to 15 minutes after its date. */
  readonly isReply: boolean;
  readonly head: RecordHead;
}

/** A message whose head the record contradicts. */
export interface WitnessFault {
  /**
   * `changed`: the record has no such checkpoint any more. `late`: the checkpoint says that it was made after the message. `backdated`: rows that
   * say they are older than the message are not in its head. `order`: an earlier message carries a later head. `edited`: a post was changed
   * after it was sent, which the bot never does.
   */
  readonly kind: 'changed' | 'late' | 'backdated' | 'order' | 'edited';
  readonly witness: Witness;
  /** What it means, in a sentence or two. */
  readonly text: string;
  /** The forecasts among which the record may differ; null where it is none of them. */
  readonly forecasts: { readonly from: number; readonly to: number } | null;
}

/** What the messages say about the record. */
export interface WitnessVerdict {
  readonly messages: number;
  readonly channels: number;
  /** Dates of the first and the last message; null without any. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** The number of the last forecast that a message which fits stands for. */
  readonly forecasts: number;
  /** The first message that does not fit; null where all do. */
  readonly fault: WitnessFault | null;
  /** How many do not fit. */
  readonly faults: number;
  /** The last message before the first fault, all of which fit. */
  readonly lastGood: Witness | null;
}

/** How much later than its message a checkpoint may say that it was made: clocks differ, and a reply is written after its date. */
const LATER_MS = { post: 5 * MINUTE_MS, reply: 20 * MINUTE_MS };
/** How old a head may be when its message is sent. It is made in the same minute; a send that Discord holds up takes a few more. */
const STALE_MS = 15 * MINUTE_MS;

const when = (ms: number) => `${utcDay(ms)} ${utcTime(ms)} UTC`;
/** Compares messages with the record, from the oldest on. The record itself has to be verified apart. Throws `CC_DATABASE`, and the signal's reason. */
export async function judgeWitnesses(
  witnesses: readonly Witness[],
  repository: Pick<WitnessRepository, 'checkpointsWith' | 'firstAfter' | 'lastForecast'>,
  signal?: AbortSignal,
): Promise<WitnessVerdict> {
  const sorted = witnesses.toSorted((a, b) => a.sentMs - b.sentMs);
  const checkpoints = new Map<string, Checkpoint | null>();
  const followers = new Map<number, readonly DatedRow[]>();
  const faults: WitnessFault[] = [];
  type Fit = { readonly witness: Witness; readonly checkpoint: Checkpoint };
  /** The last message that fits, the last before the first fault, and the one with the newest checkpoint. */
  const fits: { last: Fit | null; beforeFault: Fit | null; newest: Fit | null } = {
    last: null,
    beforeFault: null,
    newest: null,
  };

  async function checkpointOf(head: RecordHead): Promise<Checkpoint | null> {
    const key = recordLine(head);
    const known = checkpoints.get(key);
    if (known !== undefined) return known;
    const candidates = await repository.checkpointsWith(head.forecasts);
    const found = candidates.find(({ hash }) => hash.startsWith(head.digits)) ?? null;
    checkpoints.set(key, found);
    return found;
  }

  async function firstAfter(checkpoint: Checkpoint): Promise<readonly DatedRow[]> {
    const known = followers.get(checkpoint.number) ?? (await repository.firstAfter(checkpoint));
    followers.set(checkpoint.number, known);
    return known;
  }

  async function changed(witness: Witness): Promise<WitnessFault> {
    const { head } = witness;
    const end = await repository.lastForecast();
    const since = fits.last?.checkpoint ?? null;
    const from = (since?.forecasts ?? 0) + 1;
    const fault = (text: string, forecasts: WitnessFault['forecasts']): WitnessFault => ({
      kind: 'changed',
      witness,
      text,
      forecasts,
    });
    if (end < head.forecasts) {
      const gone = { from: end + 1, to: head.forecasts };
      return fault(
        `The end of the record was cut off, or an older copy was put back, after ${when(witness.sentMs)}: ${rangeText(gone)} ${gone.from === gone.to ? 'was' : 'were'} there then, and the record ends at ${end} now.`,
        gone,
      );
    }
    if (from > head.forecasts) {
      const beside = since
        ? ` (outcomes from ${since.outcomes + 1} on, marks from ${since.marks + 1} on${eventsText(since, ', ')})`
        : '';
      return fault(
        `The record was changed after ${when(witness.sentMs)}: forecasts up to ${head.forecasts} are what they were, and what was recorded beside them is not${beside}.`,
        null,
      );
    }
    const range = { from, to: head.forecasts };
    const beside = since
      ? `, or an outcome from ${since.outcomes + 1} on${eventsText(since, ', or ')},`
      : ', or what was recorded beside them,';
    return fault(
      `The record was changed after ${when(witness.sentMs)}: ${since || sorted.length === 1 ? '' : 'no earlier message fits, so '}${range.from === range.to ? rangeText(range) : `one of ${rangeText(range)}`}${beside} is not what it was.`,
      range,
    );
  }

  async function judge(witness: Witness): Promise<WitnessFault | null> {
    const { head, sentMs, editedMs, isReply } = witness;
    const checkpoint = await checkpointOf(head);
    if (checkpoint === null) return changed(witness);
    const fault = (kind: WitnessFault['kind'], text: string): WitnessFault => ({
      kind,
      witness,
      text,
      forecasts: null,
    });
    if (editedMs !== null && !isReply) {
      return fault(
        'edited',
        `A post of ${when(sentMs)} was edited at ${when(editedMs)}. The bot never edits a post, so somebody with its token did, and what it said before is not known.`,
      );
    }
    if (checkpoint.atMs > (editedMs ?? sentMs) + LATER_MS[isReply ? 'reply' : 'post']) {
      return fault(
        'late',
        `The record says that checkpoint ${checkpoint.number} was made at ${when(checkpoint.atMs)}, and a message of ${when(sentMs)} carries it already: its time was changed, or a clock was wrong.`,
      );
    }
    const older = (await firstAfter(checkpoint)).find(({ atMs }) => atMs < sentMs - STALE_MS);
    if (older) {
      return {
        ...fault(
          'backdated',
          `${rowName(older.chain, older.number)} says that it was written at ${when(older.atMs)}, but the message of ${when(sentMs)} carries a head without it: it was put in afterwards.`,
        ),
        forecasts: older.chain === 'forecasts' ? { from: older.number, to: older.number } : null,
      };
    }
    const { newest } = fits;
    if (newest && newest.checkpoint.number > checkpoint.number && newest.witness.sentMs < sentMs - STALE_MS) {
      return fault(
        'order',
        `A message of ${when(sentMs)} carries an older head than one of ${when(newest.witness.sentMs)} (${newest.witness.url}).`,
      );
    }
    fits.last = { witness, checkpoint };
    if (!newest || checkpoint.number > newest.checkpoint.number) fits.newest = fits.last;
    return null;
  }

  for (const witness of sorted) {
    signal?.throwIfAborted();
    const fault = await judge(witness);
    if (fault && faults.length === 0) fits.beforeFault = fits.last;
    if (fault) faults.push(fault);
  }
  const good = faults.length > 0 ? fits.beforeFault : fits.last;
  return {
    messages: sorted.length,
    channels: new Set(sorted.map(({ channelId }) => channelId)).size,
    fromMs: sorted[0]?.sentMs ?? null,
    toMs: sorted.at(-1)?.sentMs ?? null,
    forecasts: good?.checkpoint.forecasts ?? 0,
    fault: faults[0] ?? null,
    faults: faults.length,
    lastGood: good?.witness ?? null,
  };
}

/** Which rows of calls and odds come after those that a checkpoint holds. */
const eventsText = ({ calls, odds }: Checkpoint, before: string) =>
  calls === null || odds === null ? '' : `${before}rows of calls from ${calls + 1} on or of odds from ${odds + 1} on`;

const rangeText = ({ from, to }: { readonly from: number; readonly to: number }) =>
  from === to ? `forecast ${from}` : `forecasts ${from} to ${to}`;
