import type { APIEmbedField } from 'discord-api-types/v10';
import type { Interval } from '../../core/candle.ts';
import { CLOCK_REMEDY, type ClockStatus } from '../../core/clock-check.ts';
import { rateDayMs } from '../../core/currency.ts';
import type { SourceHealth } from '../../core/market.ts';
import { shardWords } from '../../core/shards.ts';
import type {
  BlockedThread,
  DiscordStatus,
  JobStatus,
  LastRetraining,
  ModelStatus,
  PostsStatus,
  RatesStatus,
  StatusReport,
  UniverseStatus,
} from '../../core/status.ts';
import { MINUTE_MS } from '../../core/time.ts';
import {
  askedAgainMs,
  ownerRemedy,
  type UnconfirmedPrice,
  unconfirmedSinceMs,
  unconfirmedText,
} from '../../core/unconfirmed-price.ts';
import { NBSP } from '../../language/formats.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { fullDate } from '../chart/time-axis.ts';
import { sectionName } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { clip, packLines } from '../limits.ts';
import { driftLine } from '../models/drift-line.ts';
import { reasonText } from '../reason-text.ts';

const SOURCE_STATE = {
  ok: 'status.sourceOk',
  degraded: 'status.sourceDegraded',
  down: 'status.sourceDown',
  untried: 'status.sourceUntried',
} as const satisfies Record<SourceHealth['state'], MessageKey>;

const MAX_CLOCK_HOSTS = 6;
/** Characters of a job's summary: so a dozen jobs fit into the embed. */
const MAX_SUMMARY = 110;

/** A process is heard from every five seconds. */
const SILENT_MS = 12_000;

/** Discord shows what was asked as failed when it is not acknowledged within three seconds. */
const MAX_UNNOTICED_MS = 2500;
const MAX_DURING = 3;

const JOB_OUTCOME = {
  failed: 'status.jobFailed',
  'timed-out': 'status.jobTimedOut',
  cancelled: 'status.jobCancelled',
} as const satisfies Record<Exclude<NonNullable<JobStatus['lastRun']>['outcome'], 'ok'>, MessageKey>;

/** How far a clock is off, such as `8 seconds ahead`. */
export function clockText({ aheadMs }: Pick<ClockStatus, 'aheadMs'>, { t, formats }: Translator): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const size = seconds < 120 ? t('status.seconds', { count: seconds }) : formats.duration(seconds * 1_000);
  return t(aheadMs > 0 ? 'status.ahead' : 'status.behind', { size });
}

const kindOf = (interval: Interval, { t }: Translator) => t(interval === '1h' ? 'status.hourly' : 'status.daily');

/** One source; the reason of a failure is the operator's and told to owners alone. */
function sourceLine(source: SourceHealth, { t }: Translator, forOwner: boolean): string {
  const parts = [`**${escapeMarkdown(source.name)}** ${t(SOURCE_STATE[source.state])}`];
  if (source.lastSuccessMs !== null) {
    parts.push(t('status.lastSuccess', { time: timestamp(source.lastSuccessMs, 'R') }));
  }
  if (forOwner && source.lastFailure !== null && (source.state === 'degraded' || source.state === 'down')) {
    parts.push(`${escapeMarkdown(source.lastFailure.reason)} (${timestamp(source.lastFailure.atMs, 'R')})`);
  }
  const odd = (source.oddRows ?? []).reduce((sum, { rows }) => sum + rows, 0);
  if (forOwner && odd > 0) parts.push(t('status.oddRows', { count: odd }));
  if (forOwner && source.note !== undefined) parts.push(escapeMarkdown(source.note));
  if (source.state === 'down' && source.retryAtMs !== null) {
    parts.push(t('status.nextTry', { time: timestamp(source.retryAtMs, 't') }));
  }
  return parts.join(', ');
}

function modelLine(model: ModelStatus, translator: Translator, forOwner: boolean): string {
  const { t } = translator;
  const kind = kindOf(model.interval, translator);
  const problem = model.problem !== null && forOwner ? escapeMarkdown(model.problem) : null;
  if (model.version === null) return `**${kind}** 🔴 ${problem ?? t('status.modelNone')}`;
  const parts = [`**${kind}** ${model.problem === null ? '🟢' : '🟠'} ${escapeMarkdown(model.version)}`];
  if (model.family !== null) parts.push(escapeMarkdown(model.family));
  if (model.trainedAtMs !== null) parts.push(t('status.trained', { time: timestamp(model.trainedAtMs, 'R') }));
  if (model.dataUntilMs !== null) parts.push(t('status.dataUntil', { time: timestamp(model.dataUntilMs, 'D') }));
  if (problem !== null) parts.push(problem);
  return parts.join(', ');
}

/** How many coins a model learns from, how far their candles have come, and how long the last retraining took. */
function learningLine(
  interval: Interval,
  universe: UniverseStatus | undefined,
  last: LastRetraining | undefined,
  translator: Translator,
): string {
  const { t, formats } = translator;
  const parts: string[] = [];
  if (universe) {
    const { coins, former, withCandles, fetching } = universe;
    const all = t('status.candles', { with: formats.count(withCandles), coins: formats.count(coins) });
    const gone = former === 0 ? [] : [t('status.former', { count: formats.count(former) })];
    parts.push([`${fetching ? '⏳' : withCandles === 0 ? '⚪' : '🟢'} ${all}`, ...gone].join(', '));
    if (fetching) {
      const done = t('status.fetching', { done: formats.count(fetching.done), of: formats.count(fetching.of) });
      parts.push([done, ...leftParts(fetching.secondsLeft, translator)].join(', '));
    }
  }
  parts.push(
    last
      ? t('status.retrained', {
          time: timestamp(last.endedMs, 'R'),
          took: formats.duration(last.seconds * 1000),
          coins: formats.count(last.coins),
        })
      : t('status.notRetrained'),
  );
  return `**${kindOf(interval, translator)}** ${parts.join(' · ')}`;
}

const leftParts = (secondsLeft: number | null, { t, formats }: Translator): string[] =>
  secondsLeft === null ? [] : [t('status.left', { time: formats.duration(secondsLeft * 1000) })];

function learningLines({ universe, retrainings }: StatusReport, translator: Translator): string[] {
  const of = <T extends { readonly interval: Interval }>(list: readonly T[], interval: Interval) =>
    list.find((one) => one.interval === interval);
  return (['1d', '1h'] as const)
    .filter((interval) => of(universe, interval) || of(retrainings, interval))
    .map((interval) => learningLine(interval, of(universe, interval), of(retrainings, interval), translator));
}

/** What one job did last and when, and when it comes next: at the earliest now. */
function jobLine(
  { name, running, lastRun, nextRunMs, overdueSinceMs }: JobStatus,
  nowMs: number,
  { t }: Translator,
): string {
  const state = running
    ? t('status.jobRunning')
    : lastRun === null
      ? t('status.jobNotYet')
      : lastRun.outcome === 'ok'
        ? '🟢'
        : t(JOB_OUTCOME[lastRun.outcome]);
  const parts = [`**${escapeMarkdown(name)}** ${state}`];
  if (lastRun) parts.push(`${timestamp(lastRun.endedMs, 'R')}: ${escapeMarkdown(clip(lastRun.summary, MAX_SUMMARY))}`);
  if (overdueSinceMs !== null) parts.push(t('status.jobOverdue', { time: timestamp(overdueSinceMs, 'R') }));
  else if (nextRunMs === null) parts.push(t('status.jobNever'));
  // Not as "in a minute", which would read "next a minute ago" soon.
  else parts.push(t('status.jobNext', { time: timestamp(Math.max(nextRunMs, nowMs), 'f') }));
  return parts.join(' · ');
}

/** How far the clock is off and by whom; what sets it right is told to owners. */
function clockFields({ clock }: StatusReport, translator: Translator, forOwner: boolean): APIEmbedField[] {
  if (clock.state !== 'off' && clock.state !== 'wrong') return [];
  const { t } = translator;
  const said = t('status.clockLine', {
    icon: clock.state === 'wrong' ? '🔴' : '🟠',
    difference: clockText(clock, translator),
    hosts: clock.hosts.slice(0, MAX_CLOCK_HOSTS).map(escapeMarkdown).join(', '),
  });
  return [{ name: t('status.clockField'), value: clip(forOwner ? `${said} ${CLOCK_REMEDY}` : said, 1_000) }];
}

/** Which price is not believed and since when; to owners also why, and how they may confirm it. */
function unconfirmedLine(price: UnconfirmedPrice, { t, formats }: Translator, forOwner: boolean): string {
  const told = t('status.unconfirmedLine', {
    symbol: escapeMarkdown(price.symbol),
    unit: price.interval === '1h' ? 'hours' : 'days',
    since: timestamp(unconfirmedSinceMs(price), 'f'),
    again: timestamp(askedAgainMs(price), 't'),
  });
  if (!forOwner) return told;
  const why = [unconfirmedText(price, formats.price), ownerRemedy(price) ?? ''];
  return [told, ...why.filter((line) => line !== '').map(escapeMarkdown)].join(' ');
}

/** Connections to Discord, and to owners what does not work there. */
function discordLines({ shards, problems }: DiscordStatus, { t }: Translator, forOwner: boolean): string[] {
  const up = shards.total > 0 && shards.ready === shards.total;
  const state = up
    ? t('status.connected')
    : shards.ready > 0
      ? t('status.connecting', { ready: shards.ready, total: shards.total })
      : t('status.notConnected');
  return [state, ...(forOwner ? problems.map((problem) => `🟠 ${escapeMarkdown(problem)}`) : [])];
}

function postsLines(posts: PostsStatus, translator: Translator, forOwner: boolean): string[] {
  const { t } = translator;
  const { late, oldestDueMs, reason, failing, problem } = posts;
  if (problem !== null) return [forOwner ? `🔴 ${escapeMarkdown(problem)}` : t('status.jobsUnknown')];
  const since = oldestDueMs === null ? 'none' : timestamp(oldestDueMs, 'R');
  const why = forOwner && reason !== null ? [clip(reasonText(reason, translator), MAX_SUMMARY)] : [];
  return [
    late === 0 ? t('status.postsOnTime') : [t('status.postsLateLine', { count: late, since }), ...why].join(': '),
    ...(failing > 0 ? [t('status.postsRefused', { count: failing })] : []),
  ];
}

/** That nobody does a part of the work, and since when. */
export function unservedText({ role, sinceMs }: StatusReport['unserved'][number], { t }: Translator): string {
  if (role === 'trainer') return t('status.noTrainer');
  return t('status.noWorker', { since: sinceMs === null ? 'none' : timestamp(sinceMs, 'R') });
}

/** What a process does, for how long, and what does not work there. */
function processLine(one: StatusReport['processes'][number], nowMs: number, { t, formats }: Translator): string {
  const { role, shards, connected, startedMs, ageMs, version, problems } = one;
  const well = problems.length === 0 && (shards === null || connected) && ageMs < SILENT_MS;
  const parts = [`${well ? '🟢' : '🟠'} **${role}**`];
  if (shards) parts.push(shardWords(shards), ...(connected ? [] : [t('status.notConnected')]));
  parts.push(t('status.forTime', { time: formats.duration(Math.max(0, nowMs - startedMs)) }), escapeMarkdown(version));
  if (ageMs >= SILENT_MS) {
    const count = Math.round(ageMs / 1000);
    const time = ageMs < MINUTE_MS ? t('status.seconds', { count }) : formats.duration(ageMs);
    parts.push(t('status.notHeard', { time }));
  }
  return [...parts, ...problems.map((problem) => escapeMarkdown(clip(problem, MAX_SUMMARY)))].join(' · ');
}

function blockField({ ms, atMs, where, during }: BlockedThread, { t, formats }: Translator): APIEmbedField {
  const line = t('status.blockLine', {
    seconds: formats.number(ms / 1000, 1),
    time: timestamp(atMs, 'R'),
    where: where === null ? 'none' : escapeMarkdown(where),
    during: during.length === 0 ? 'none' : escapeMarkdown(during.slice(0, MAX_DURING).join(', ')),
  });
  return { name: t('status.blockField'), value: `${ms > MAX_UNNOTICED_MS ? '🟠 ' : ''}${line}`, inline: true };
}

function section(key: MessageKey, lines: readonly string[], translator: Translator): APIEmbedField[] {
  return packLines(lines).map((value, i) => ({ name: sectionName(translator.t(key), i, translator), value }));
}

/** What managers of servers and owners of the bot both see; the words of a failure are for owners. */
function sharedFields(report: StatusReport, translator: Translator, forOwner: boolean): APIEmbedField[] {
  const of = <T>(list: readonly T[], line: (one: T, t: Translator, forOwner: boolean) => string) =>
    list.map((one) => line(one, translator, forOwner));
  return [
    ...clockFields(report, translator, forOwner),
    ...section('status.sourcesField', of(report.sources, sourceLine), translator),
    ...section('status.unconfirmedField', of(report.unconfirmed, unconfirmedLine), translator),
    ...section('status.modelsField', of(report.models, modelLine), translator),
    ...(report.discord
      ? section('status.discordField', discordLines(report.discord, translator, forOwner), translator)
      : []),
    ...(report.posts ? section('status.postsField', postsLines(report.posts, translator, forOwner), translator) : []),
  ];
}

/** What a manager of a server sees behind Details: what concerns forecasts and posts, without an operator's advice. */
export function managerFields(report: StatusReport, translator: Translator): APIEmbedField[] {
  return [...sharedFields(report, translator, false), coinsField(report, translator)];
}

function coinsField({ trackedSymbols }: StatusReport, { t, formats }: Translator): APIEmbedField {
  return { name: t('status.coinsField'), value: formats.count(trackedSymbols), inline: true };
}

/** How new the exchange rates are, and how their sources do. */
function ratesLines({ newest, isOverdue, sources }: RatesStatus, translator: Translator): string[] {
  const { t, locale } = translator;
  const state =
    newest === null
      ? t('status.ratesNone')
      : t(isOverdue ? 'status.ratesOverdue' : 'status.ratesNewest', {
          day: fullDate(rateDayMs(newest.day), locale),
          source: escapeMarkdown(newest.source),
        });
  return [state, ...sources.map((source) => sourceLine(source, translator, true))];
}

const isWrong = (line: string): boolean => line.includes('🔴') || line.includes('🟠');

/** Everything, for the bot's owners. */
export function ownerFields(report: StatusReport, translator: Translator): APIEmbedField[] {
  const { t, formats } = translator;
  const { database, training } = report;
  const kept = t('status.databaseLine', {
    icon: database.ok ? '🟢' : '🔴',
    kind: database.kind,
    candles: formats.count(database.candles),
  });
  const jobs =
    report.jobsProblem === null
      ? report.jobs
          .map((job) => jobLine(job, report.nowMs, translator))
          .sort((a, b) => Number(isWrong(b)) - Number(isWrong(a)))
      : [`🔴 ${escapeMarkdown(report.jobsProblem)}`];
  const processes = report.processes.map((one) => processLine(one, report.nowMs, translator));
  return [
    ...sharedFields(report, translator, true),
    ...section(
      'status.processesField',
      [
        ...report.unserved.map((one) => unservedText(one, translator)),
        ...report.shardConflicts.map((conflict) => `🟠 ${escapeMarkdown(conflict)}`),
        ...processes,
      ],
      translator,
    ),
    ...(report.rates ? section('status.ratesField', ratesLines(report.rates, translator), translator) : []),
    ...section('status.learningField', learningLines(report, translator), translator),
    ...section(
      'status.driftField',
      report.drift.map((drift) => driftLine(drift, translator)),
      translator,
    ),
    {
      name: t('status.databaseField'),
      value: [kept, ...(database.problem === null ? [] : [escapeMarkdown(database.problem)])].join(', '),
      inline: true,
    },
    coinsField(report, translator),
    ...(training === null
      ? []
      : [
          {
            name: t('status.trainingField'),
            value: [
              t('status.trainingLine', {
                kind: kindOf(training.interval, translator),
                done: `${Math.round(training.done * 100)}${NBSP}%`,
              }),
              ...leftParts(training.secondsLeft, translator),
            ].join(', '),
            inline: true,
          },
        ]),
    ...(report.longestBlock === null ? [] : [blockField(report.longestBlock, translator)]),
    {
      name: t('status.runningField'),
      value: t('status.runningLine', {
        time: formats.duration(report.nowMs - report.startedAtMs),
        surface: report.surface,
      }),
      inline: true,
    },
    // Last, because they are many and what does not fit is cut off at the end; those that went wrong come first.
    ...section('status.jobsField', jobs, translator),
  ];
}
