import { type Clock, HOUR_MS, MINUTE_MS } from './time.ts';

/** How this machine's clock compares with the clocks of the hosts that answered lately. */
export interface ClockStatus {
  /** `unknown`: none has said its time. `off`: seconds apart, which is shown. `wrong`: minutes apart, so that nothing is recorded. */
  readonly state: 'unknown' | 'right' | 'off' | 'wrong';
  /** How far this machine is ahead of the others in ms, negative where it is behind; 0 where no difference is certain. */
  readonly aheadMs: number;
  /** Those it was compared with. */
  readonly hosts: readonly string[];
}

/** Takes the headers `Date` and `Age` of an answer as they came (RFC 9110 §6.6.1, RFC 9111 §5.1). */
export type AnswerClock = (host: string, headers: { readonly date: unknown; readonly age?: unknown }) => void;

/** Compares this machine's clock with the `Date` of the answers it gets. */
export interface ClockCheck {
  /** To be called when a request is sent; what it returns, when the headers of the answer have come. */
  begin(): AnswerClock;
  status(): ClockStatus;
  /** The present moment by this machine or, where that is ahead, by the others: never later than either. */
  readonly checked: Clock;
  /** How far this machine is ahead of each host that it was compared with lately, as the middle of what is possible. */
  differences(): readonly { readonly against: string; readonly aheadMs: number }[];
  /** The present moment by the clock of one host; by this machine where the host has not said it lately. */
  nowAt(host: string): number;
}

/** Discord's name among the hosts. */
export const DISCORD_HOST = 'Discord';

/** Differences up to this are not worth a word. */
const OFF_MS = 5_000;
/** Forecasts are due minutes after a close: with a larger difference the record would be dated wrongly. */
const WRONG_MS = 2 * MINUTE_MS;
/** Answers of one host in a row that are believed where no other host answers. */
const ALONE = 3;
/** An answer that took longer says little. */
const MAX_ROUND_TRIP_MS = 10_000;
/** An answer counts for this long, and no longer than until the clock is set. */
const KEPT_MS = 6 * HOUR_MS;
const SET_MS = 2_000;
/** What the comparisons say together is worked out again after this long, or when a new one differs from that before. */
const KNOWN_MS = 1_000;
const MAX_HOSTS = 50;

interface Comparison {
  /** This machine less the host, as the middle of what is possible, and the part of it that is certain. */
  readonly middleMs: number;
  readonly certainMs: number;
  /** How many answers in a row said that the clock is wrong. */
  readonly wrongInRow: number;
  /** The machine's clock less the monotonic one, and that one, when it was made. */
  readonly setMs: number;
  readonly atMs: number;
}

/** Makes a check that has compared nothing yet; `now` is the machine's clock, `monotonic` one that nobody sets. */
export function createClockCheck({ now, monotonic }: { readonly now: Clock; readonly monotonic: Clock }): ClockCheck {
  const compared = new Map<string, Comparison>();
  /** How far ahead the clock was found last, for those who ask many times a second. */
  let known: { readonly aheadMs: number; readonly setMs: number; readonly atMs: number } | null = null;

  /** The comparisons that still count. */
  function current(): readonly (readonly [host: string, Comparison])[] {
    const atMs = monotonic();
    const setMs = now() - atMs;
    return [...compared].filter(([, one]) => Math.abs(one.setMs - setMs) < SET_MS && atMs - one.atMs < KEPT_MS);
  }

  function status(): ClockStatus {
    const found = current();
    if (found.length === 0) return { state: 'unknown', aheadMs: 0, hosts: [] };
    const aheadMs = cautiousMedian(found.map(([, { certainMs }]) => certainMs));
    const confirmed = found.length > 1 || found[0]![1].wrongInRow >= ALONE;
    const size = Math.abs(aheadMs);
    const state = size > WRONG_MS && confirmed ? 'wrong' : size > OFF_MS ? 'off' : 'right';
    return { state, aheadMs, hosts: found.map(([host]) => host) };
  }

  return {
    begin() {
      const sent = { nowMs: now(), monotonicMs: monotonic() };
      return (host, { date, age }) => {
        const hostMs = httpDate(date);
        const atMs = monotonic();
        const tripMs = atMs - sent.monotonicMs;
        const setMs = now() - atMs;
        // A cache tells when it got the answer, and a clock that was set meanwhile tells nothing.
        const stored = age !== undefined && age !== null && Number(age) !== 0;
        const wasSet = Math.abs(setMs - (sent.nowMs - sent.monotonicMs)) > SET_MS;
        if (hostMs === null || stored || wasSet || tripMs < 0 || tripMs > MAX_ROUND_TRIP_MS) return;
        // The header is cut to the second, and was written at some moment of the round trip.
        const leastMs = sent.nowMs - (hostMs + 1_000);
        const mostMs = sent.nowMs + tripMs - hostMs;
        const certainMs = leastMs > 0 ? leastMs : Math.min(0, mostMs);
        const before = compared.get(host);
        const wrongInRow = Math.abs(certainMs) > WRONG_MS ? (before?.wrongInRow ?? 0) + 1 : 0;
        if (before?.certainMs !== certainMs || before.wrongInRow !== wrongInRow) known = null;
        if (compared.size >= MAX_HOSTS && !compared.has(host)) compared.clear();
        compared.set(host, { middleMs: (leastMs + mostMs) / 2, certainMs, wrongInRow, setMs, atMs });
      };
    },
    status,
    differences: () => current().map(([against, { middleMs }]) => ({ against, aheadMs: middleMs })),
    checked() {
      const nowMs = now();
      const atMs = monotonic();
      const setMs = nowMs - atMs;
      if (!known || Math.abs(known.setMs - setMs) >= SET_MS || atMs - known.atMs >= KNOWN_MS) {
        const { state, aheadMs } = status();
        known = { aheadMs: state === 'off' || state === 'wrong' ? Math.max(0, aheadMs) : 0, setMs, atMs };
      }
      return nowMs - known.aheadMs;
    },
    nowAt(host) {
      const one = current().find(([name]) => name === host)?.[1];
      return Math.round(now() - (one?.middleMs ?? 0));
    },
  };
}

/** The median; of two in the middle the one nearer to 0, and 0 where they disagree about the direction. */
function cautiousMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)]!;
  const high = sorted[Math.floor(sorted.length / 2)]!;
  if (low * high <= 0) return 0;
  return Math.abs(low) < Math.abs(high) ? low : high;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** An HTTP date in the one form that may be sent (RFC 9110 §5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`; null for all else. */
function httpDate(header: unknown): number | null {
  const found = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/.exec(String(header));
  const month = MONTHS.indexOf(found?.[2] ?? '');
  if (!found || month < 0) return null;
  const [day, year, hour, minute, second] = [1, 3, 4, 5, 6].map((group) => Number(found[group]));
  return Date.UTC(year!, month, day, hour, minute, second);
}

/** How far a clock is off in words, such as `8 s ahead` or `about 3 min behind`. */
export function clockDifferenceText({ aheadMs }: Pick<ClockStatus, 'aheadMs'>): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const size =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7_200
        ? `${Math.round(seconds / 60)} min`
        : seconds < 172_800
          ? `${Math.round(seconds / 3_600)} hours`
          : `${Math.round(seconds / 86_400)} days`;
  return `${size} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}

/** What sets a clock right. */
export const CLOCK_REMEDY =
  'Let NTP set the clock of this machine: timedatectl set-ntp true, or chrony; a container has the clock of its host.';
