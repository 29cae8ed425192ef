import type { CandlecastError } from '../core/errors.ts';
import { recordLine } from '../core/record.ts';
import { DAY_MS, utcDay, utcTime } from '../core/time.ts';
import { type ReadChannel, readOwnMessages } from '../discord/read-own-messages.ts';
import { BotRest, requestOptions } from '../discord/requests.ts';
import { judgeWitnesses, type WitnessVerdict } from '../services/record/judge-witnesses.ts';
import { messageLink, type OwnMessage, toWitness } from '../services/record/message-reader.ts';
import type { PostedTo, WitnessRepository } from '../storage/witness-repository.ts';
import { flag, option, wholeNumber } from './options.ts';
import type { RecordCommand } from './record.ts';

/** The options about messages on Discord. */
export const WITNESS_OPTIONS = {
  local: flag('leaves out the messages on Discord'),
  since: option('DAYS', 'reads only messages of so many days', wholeNumber(1, 36_500).optional()),
  messages: option('N', 'looks through so many messages of one channel', wholeNumber(100, 10_000_000).default(100_000)),
};

/** The values of those options. */
interface WitnessValues {
  readonly since: number | undefined;
  readonly messages: number;
}

/** What the messages on Discord say about the record. */
export interface WitnessReport extends WitnessVerdict {
  /** Channels that could not be read, or not on. */
  readonly unread: readonly ReadChannel[];
  /** Channels of which only the newest messages were looked through. */
  readonly partly: readonly ReadChannel[];
  /** Links of posts that are remembered as sent and are in their channel no more. */
  readonly gone: readonly string[];
}

/** Requests in a second: the running bot has the rest of what Discord allows. */
const PER_SECOND = 20;
/** Channels between two lines of progress. */
const CHANNELS_A_LINE = 50;
/** Channels and posts named in the text. */
const NAMED = 5;

/** Reads back what the bot has posted and compares it with the record. Throws `CC_DISCORD_TOKEN`, `CC_DISCORD_UNREACHABLE`, `CC_DATABASE` and the signal's reason. */
export async function checkWitnesses(
  { config, logger, now, progress, signal }: RecordCommand,
  token: string,
  repository: WitnessRepository,
  { since, messages: perChannel }: WitnessValues,
): Promise<WitnessReport> {
  const refused = new AbortController();
  const rest = new BotRest(
    {
      ...requestOptions({
        apiUrl: config.DISCORD_API_URL,
        token,
        logger,
        onTokenRefused: (error: CandlecastError) => refused.abort(error),
      }),
      globalRequestsPerSecond: PER_SECOND,
    },
    now,
  ).setToken(token);
  const sinceMs = since === undefined ? null : now() - since * DAY_MS;
  const posted = await repository.posted();
  const { messages, channels } = await readOwnMessages({
    rest,
    known: posted,
    sinceMs,
    perChannel,
    signal: AbortSignal.any([signal, refused.signal]),
    onChannel(_channel, done, all) {
      if (done % CHANNELS_A_LINE === 0) progress.write(`Read ${done} of ${all} channels.\n`);
    },
  });
  const verdict = await judgeWitnesses(
    messages.flatMap((message) => toWitness(message) ?? []),
    repository,
    signal,
  );
  return {
    ...verdict,
    unread: channels.filter(({ problem }) => problem !== null),
    partly: channels.filter(({ problem, stoppedAtMs }) => problem === null && stoppedAtMs !== null),
    gone: goneOf(posted, messages, channels, sinceMs),
  };
}

/** Links of remembered posts that are missing from channels that were read as far back. */
function goneOf(
  posted: readonly PostedTo[],
  messages: readonly OwnMessage[],
  channels: readonly ReadChannel[],
  sinceMs: number | null,
): string[] {
  const there = new Set(messages.map(({ id }) => id));
  const readBackTo = new Map(
    channels.flatMap(({ id, problem, stoppedAtMs }) =>
      problem === null ? [[id, Math.max(stoppedAtMs ?? 0, sinceMs ?? 0)] as const] : [],
    ),
  );
  return posted.flatMap(({ channelId, guildId, messageId, atMs }) =>
    messageId !== null && !there.has(messageId) && atMs > (readBackTo.get(channelId) ?? Number.POSITIVE_INFINITY)
      ? [messageLink(guildId, channelId, messageId)]
      : [],
  );
}

const when = (ms: number) => `${utcDay(ms)} ${utcTime(ms)} UTC`;

/** The report in words, the verdict first. */
export function witnessText(report: WitnessReport): string {
  const { messages, channels, fromMs, toMs, fault, faults, lastGood, unread, partly, gone } = report;
  const count = (n: number, noun: string) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
  const lines: string[] = [];
  if (fromMs === null || toMs === null) {
    lines.push('No message on Discord carries a head of the record yet.');
  } else if (fault === null) {
    lines.push(
      `${count(messages, 'message')} in ${count(channels, 'channel')}, ${when(fromMs)} to ${when(toMs)}, bear witness that the record is what it was, up to forecast ${report.forecasts}.`,
    );
  } else {
    const { witness, text } = fault;
    lines.push(
      text,
      `The first message that does not fit, of ${when(witness.sentMs)}, carries ${recordLine(witness.head)}: ${witness.url}`,
      lastGood
        ? `The last one before it that fits, of ${when(lastGood.sentMs)}, carries ${recordLine(lastGood.head)}: ${lastGood.url}`
        : 'No message before it fits.',
      `${count(faults, 'message')} of ${messages.toLocaleString('en')} in ${count(channels, 'channel')}, ${when(fromMs)} to ${when(toMs)}, ${faults === 1 ? 'does' : 'do'} not fit.`,
    );
  }
  if (gone.length > 0) {
    lines.push(
      `${count(gone.length, 'post')} of the last weeks ${gone.length === 1 ? 'is' : 'are'} in the channel no more; whoever manages messages there may delete them: ${gone.slice(0, NAMED).join(' ')}`,
    );
  }
  const named = ({ id, guildId, name }: ReadChannel) =>
    id === '' ? `server ${guildId}` : `#${name ?? id}${guildId === null ? '' : ` of server ${guildId}`}`;
  for (const channel of unread.slice(0, NAMED)) lines.push(`Not read: ${named(channel)}: ${channel.problem}.`);
  if (unread.length > NAMED) lines.push(`Not read: ${unread.length - NAMED} more.`);
  for (const channel of partly.slice(0, NAMED)) {
    lines.push(
      `Read back to ${when(channel.stoppedAtMs!)} alone: ${named(channel)}, of which ${count(channel.messages, 'message')} were looked through (--messages).`,
    );
  }
  return lines.join('\n');
}
