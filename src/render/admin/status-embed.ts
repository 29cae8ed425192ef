import type { APIEmbedField } from 'discord-api-types/v10';
import type { Interval } from '../../core/candle.ts';
import { CLOCK_REMEDY, clockDifferenceText } from '../../core/clock-check.ts';
import type { SourceHealth } from '../../core/market.ts';
import { shardWords } from '../../core/shards.ts';
import type {
  BlockedThread,
  DiscordStatus,
  JobStatus,
  LastRetraining,
  ModelStatus,
  PostsStatus,
  StatusReport,
  UniverseStatus,
} from '../../core/status.ts';
import {
  askedAgainMs,
  ownerRemedy,
  type UnconfirmedPrice,
  unconfirmedSinceMs,
  unconfirmedText,
} from '../../core/unconfirmed-price.ts';
import { escapeMarkdown, formatCount, formatDuration, timestamp } from '../format.ts';
import { clip, fitEmbed, packLines } from '../limits.ts';
import { driftLine } from '../models/model-embed.ts';
import type { Reply } from '../reply.ts';

const COLOUR = { well: 0x3fc7ae, degraded: 0xf08a3c } as const;

const SOURCE_STATE = {
  ok: '🟢 ok',
  degraded: '🟠 last call failed',
  down: '🔴 down',
  untried: '⚪ not asked yet',
} as const;

const MAX_CLOCK_HOSTS = 6;
/** Characters of a job's summary: so a dozen jobs fit into the embed. */
const MAX_SUMMARY = 110;

/** A process is heard from every five seconds. */
const SILENT_MS = 12_000;

const JOB_OUTCOME = {
  ok: '🟢',
  failed: '🔴 failed',
  'timed-out': '🔴 took too long',
  cancelled: '⚪ cut off by a restart',
} as const satisfies Record<NonNullable<JobStatus['lastRun']>['outcome'], string>;

function sourceLine(source: SourceHealth): string {
  const parts = [`**${escapeMarkdown(source.name)}** ${SOURCE_STATE[source.state]}`];
  if (source.lastSuccessMs !== null) parts.push(`last success ${timestamp(source.lastSuccessMs, 'R')}`);
  if (source.lastFailure !== null && (source.state === 'degraded' || source.state === 'down')) {
    parts.push(`${escapeMarkdown(source.lastFailure.reason)} (${timestamp(source.lastFailure.atMs, 'R')})`);
  }
  const odd = (source.oddRows ?? []).reduce((sum, { rows }) => sum + rows, 0);
  if (odd > 0) parts.push(`${odd} odd row${odd === 1 ? '' : 's'} dropped`);
  if (source.note !== undefined) parts.push(escapeMarkdown(source.note));
  if (source.state === 'down' && source.retryAtMs !== null) parts.push(`next try ${timestamp(source.retryAtMs, 'R')}`);
  return parts.join(', ');
}

function modelLine(model: ModelStatus): string {
  const interval = model.interval === '1h' ? 'Hourly' : 'Daily';
  if (model.version === null) {
    return `**${interval}** 🔴 ${escapeMarkdown(model.problem ?? 'no model is loaded')}`;
  }
  const parts = [`**${interval}** ${model.problem === null ? '🟢' : '🟠'} ${escapeMarkdown(model.version)}`];
  if (model.family !== null) parts.push(escapeMarkdown(model.family));
  if (model.trainedAtMs !== null) parts.push(`trained ${timestamp(model.trainedAtMs, 'R')}`);
  if (model.dataUntilMs !== null) parts.push(`data until ${timestamp(model.dataUntilMs, 'D')}`);
  if (model.problem !== null) parts.push(escapeMarkdown(model.problem));
  return parts.join(', ');
}

/** How many coins a model learns from, how far their candles have come, and how long the last retraining took. */
function learningLine(
  interval: Interval,
  universe: UniverseStatus | undefined,
  last: LastRetraining | undefined,
): string {
  const parts: string[] = [];
  if (universe) {
    const { coins, former, withCandles, fetching } = universe;
    const all = `candles of ${formatCount(withCandles)} of ${formatCount(coins)} coins`;
    const gone = former === 0 ? '' : `, ${formatCount(former)} of them no longer among the most traded`;
    parts.push(`${fetching ? '⏳' : withCandles === 0 ? '⚪' : '🟢'} ${all}${gone}`);
    if (fetching) {
      const left = fetching.secondsLeft === null ? '' : `, ${formatDuration(fetching.secondsLeft * 1000)} left`;
      parts.push(`fetching: ${formatCount(fetching.done)} of ${formatCount(fetching.of)}${left}`);
    }
  }
  const took = last && `${formatDuration(last.seconds * 1000)} on ${formatCount(last.coins)} coins`;
  parts.push(last ? `last retrained ${timestamp(last.endedMs, 'R')}, ${took}` : 'not retrained yet');
  return `**${interval === '1h' ? 'Hourly' : 'Daily'}** ${parts.join(' · ')}`;
}

/** What one job did last and when, and when it comes next. */
function jobLine({ name, running, lastRun, nextRunMs, overdueSinceMs }: JobStatus): string {
  const state = running ? '⏳ running' : lastRun === null ? '⚪ not yet' : JOB_OUTCOME[lastRun.outcome];
  const parts = [`**${escapeMarkdown(name)}** ${state}`];
  if (lastRun) parts.push(`${timestamp(lastRun.endedMs, 'R')}: ${escapeMarkdown(clip(lastRun.summary, MAX_SUMMARY))}`);
  if (overdueSinceMs !== null) parts.push(`🔴 overdue since ${timestamp(overdueSinceMs, 'R')}`);
  else parts.push(nextRunMs === null ? 'never again' : `next ${timestamp(nextRunMs, 'R')}`);
  return parts.join(' · ');
}

function learningLines({ universe, retrainings }: StatusReport): string[] {
  const of = <T extends { readonly interval: Interval }>(list: readonly T[], interval: Interval) =>
    list.find((one) => one.interval === interval);
  return (['1d', '1h'] as const)
    .filter((interval) => of(universe, interval) || of(retrainings, interval))
    .map((interval) => learningLine(interval, of(universe, interval), of(retrainings, interval)));
}

/** How far the clock is off, by whom, and what to do. */
function clockLine(clock: StatusReport['clock']): string {
  const hosts = clock.hosts.slice(0, MAX_CLOCK_HOSTS).map(escapeMarkdown).join(', ');
  const icon = clock.state === 'wrong' ? '🔴' : '🟠';
  return clip(`${icon} ${clockDifferenceText(clock)} by the answers of ${hosts}. ${CLOCK_REMEDY}`, 1_000);
}

/** Which price is not believed, since when, and why. */
function unconfirmedLine(price: UnconfirmedPrice): string {
  const what = `${escapeMarkdown(price.symbol)} (${price.interval === '1h' ? 'hours' : 'days'})`;
  const since = `since ${timestamp(unconfirmedSinceMs(price), 'f')}`;
  const again = `Asked again ${timestamp(askedAgainMs(price), 'R')}`;
  const owner = ownerRemedy(price);
  const told = `🟠 **${what}** ${since}: ${escapeMarkdown(unconfirmedText(price))} ${again}`;
  return owner === null ? told : `${told}. ${escapeMarkdown(owner)}`;
}

/** Whether the last run went wrong by itself. */
function jobFailed({ lastRun }: JobStatus): boolean {
  return lastRun?.outcome === 'failed' || lastRun?.outcome === 'timed-out';
}

/** Connections to Discord, and what does not work there. */
function discordLines({ shards, problems }: DiscordStatus): string[] {
  const up = shards.total > 0 && shards.ready === shards.total;
  const connections = shards.total === 1 ? '' : `, ${shards.ready} of ${shards.total} connections`;
  const state = up ? '🟢 connected' : shards.ready > 0 ? '🟠 connecting' : '🔴 not connected';
  return [`${state}${connections}`, ...problems.map((problem) => `🟠 ${escapeMarkdown(problem)}`)];
}

function postsLines({ late, oldestDueMs, reason, failing, problem }: PostsStatus): string[] {
  if (problem !== null) return [`🔴 ${escapeMarkdown(problem)}`];
  const since = oldestDueMs === null ? '' : `, the oldest due ${timestamp(oldestDueMs, 'R')}`;
  const why = reason === null ? '' : `: ${escapeMarkdown(clip(reason, MAX_SUMMARY))}`;
  const refused = `🟠 ${failing} subscription${failing === 1 ? ' is' : 's are'} refused by their channels; /subscriptions list says why`;
  return [
    late === 0 ? '🟢 none is late' : `🔴 ${formatCount(late)} ${late === 1 ? 'is' : 'are'} late${since}${why}`,
    ...(failing > 0 ? [refused] : []),
  ];
}

/** What a process does, for how long, and what does not work there. */
function processLine(one: StatusReport['processes'][number], nowMs: number): string {
  const { role, shards, connected, startedMs, ageMs, version, problems } = one;
  const well = problems.length === 0 && (shards === null || connected) && ageMs < SILENT_MS;
  const parts = [`${well ? '🟢' : '🟠'} **${role}**`];
  if (shards) parts.push(`${shardWords(shards)}${connected ? '' : ', not connected'}`);
  parts.push(`for ${formatDuration(Math.max(0, nowMs - startedMs))}`, escapeMarkdown(version));
  if (ageMs >= SILENT_MS) parts.push(`not heard from for ${formatDuration(ageMs)}`);
  return [...parts, ...problems.map((problem) => escapeMarkdown(clip(problem, MAX_SUMMARY)))].join(' · ');
}

/** That nobody does a part of the work, and since when. */
function unservedText({ role, sinceMs }: StatusReport['unserved'][number]): string {
  const what = role === 'worker' ? 'no worker has run jobs' : 'no trainer has run';
  return sinceMs === null ? `${what} yet` : `${what} since ${timestamp(sinceMs, 'R')}`;
}

/** The sentence on top: whether forecasts can be made now. */
function verdict(report: StatusReport): { text: string; well: boolean } {
  const markets = report.sources.filter((source) => source.kind === 'market');
  const marketsFail =
    markets.length > 0 && markets.every((source) => source.state === 'down' || source.state === 'degraded');
  const problems = [
    ...(report.clock.state === 'wrong'
      ? [`the clock of this machine is ${clockDifferenceText(report.clock)}, so nothing is recorded until it is set`]
      : []),
    ...(report.database.ok ? [] : ['the database cannot be used']),
    ...(marketsFail ? ['no market source answers'] : []),
    ...report.models
      .filter((model) => model.version === null)
      .map((model) => `there is no ${model.interval === '1h' ? 'hourly' : 'daily'} model`),
  ];
  if (problems.length > 0) return { text: `Not well: ${problems.join('; ')}.`, well: false };
  if ((report.discord?.problems.length ?? 0) > 0) {
    return { text: 'Forecasts work; something is wrong with Discord, see below.', well: false };
  }
  if (report.shardConflicts.length > 0) {
    return { text: `Commands are answered, but ${report.shardConflicts[0]}.`, well: false };
  }
  if (report.unserved.length > 0) {
    const what = report.unserved.map(unservedText).join(', and ');
    return { text: `Commands are answered, but ${what}.`, well: false };
  }
  if (report.unconfirmed.length > 0) {
    const coins = [...new Set(report.unconfirmed.map(({ symbol }) => symbol))];
    const names = `${coins.slice(0, 5).join(', ')}${coins.length > 5 ? ` and ${coins.length - 5} more` : ''}`;
    const text = `Forecasts work, but the newest price of ${names} is unconfirmed and not used.`;
    return { text, well: false };
  }
  const someFail = report.sources.some((source) => source.state === 'down' || source.state === 'degraded');
  if (someFail) return { text: 'Forecasts work; some sources do not.', well: false };
  const drifted = report.drift.filter(({ state }) => state === 'alarm');
  if (drifted.length > 0) {
    const names = drifted.map(({ interval }) => (interval === '1h' ? 'hourly' : 'daily')).join(' and the ');
    return { text: `Forecasts work, but the ${names} model has drifted from its record.`, well: false };
  }
  if (report.jobsProblem !== null) return { text: 'Forecasts work; how the jobs do is not known.', well: false };
  if (report.clock.state === 'off') {
    return {
      text: `Forecasts work, but the clock of this machine is ${clockDifferenceText(report.clock)}.`,
      well: false,
    };
  }
  const late = report.jobs.flatMap(({ name, overdueSinceMs }) => (overdueSinceMs === null ? [] : [name]));
  if (late.length > 0) {
    const what = late.length === 1 ? `the job ${late[0]} is` : `${late.length} jobs are`;
    return { text: `Commands are answered, but ${what} overdue.`, well: false };
  }
  if (report.overduePosts > 0) {
    const what = report.overduePosts === 1 ? 'a post is' : `${formatCount(report.overduePosts)} posts are`;
    return { text: `Commands are answered, but ${what} overdue.`, well: false };
  }
  const failed = report.jobs.filter(jobFailed).map(({ name }) => name);
  if (failed.length > 0) {
    const what = failed.length === 1 ? `the job ${failed[0]} failed` : `${failed.length} jobs failed`;
    return { text: `Forecasts work; ${what} last time.`, well: false };
  }
  const problem = report.models.some((model) => model.problem !== null) || report.database.problem !== null;
  return problem
    ? { text: 'Forecasts work, with the problems below.', well: false }
    : { text: 'Everything works.', well: true };
}

/** Discord shows what was asked as failed when it is not acknowledged within three seconds. */
const MAX_UNNOTICED_MS = 2500;
const MAX_DURING = 3;

function blockField({ ms, atMs, where, during }: BlockedThread): APIEmbedField {
  const mark = ms > MAX_UNNOTICED_MS ? '🟠 ' : '';
  const place = where === null ? '' : `, in ${escapeMarkdown(where)}`;
  const work = during.length === 0 ? '' : `, during ${escapeMarkdown(during.slice(0, MAX_DURING).join(', '))}`;
  return {
    name: 'Longest block today',
    value: `${mark}${(ms / 1000).toFixed(1)}\u00a0s, ${timestamp(atMs, 'R')}${place}${work}`,
    inline: true,
  };
}

/** Builds the reply of `/status`; the bot's owners also see its processes. */
export function statusReply(report: StatusReport, isOwner = false): Reply {
  const { text, well } = verdict(report);
  const { database, training } = report;
  const databaseText = `${database.ok ? '🟢' : '🔴'} ${database.kind}, ${formatCount(database.candles)} candles${database.problem === null ? '' : `, ${escapeMarkdown(database.problem)}`}`;
  const section = (name: string, lines: readonly string[]): APIEmbedField[] =>
    packLines(lines).map((value, i) => ({ name: i === 0 ? name : `${name}, continued`, value }));
  const fields: APIEmbedField[] = [
    ...(report.clock.state === 'off' || report.clock.state === 'wrong'
      ? [{ name: 'Clock', value: clockLine(report.clock) }]
      : []),
    ...section('Sources', report.sources.map(sourceLine)),
    ...section('Unconfirmed prices', report.unconfirmed.map(unconfirmedLine)),
    ...section('Models', report.models.map(modelLine)),
    ...section('Learning', learningLines(report)),
    ...section('Drift since training', report.drift.map(driftLine)),
    ...section(
      'Jobs',
      report.jobsProblem === null ? report.jobs.map(jobLine) : [`🔴 ${escapeMarkdown(report.jobsProblem)}`],
    ),
    ...(report.discord ? section('Discord', discordLines(report.discord)) : []),
    ...(report.posts ? section('Posts', postsLines(report.posts)) : []),
    ...(isOwner
      ? section(
          'Processes',
          report.processes.map((one) => processLine(one, report.nowMs)),
        )
      : []),
    { name: 'Database', value: databaseText, inline: true },
    { name: 'Coins tracked', value: formatCount(report.trackedSymbols), inline: true },
    ...(training === null
      ? []
      : [
          {
            name: 'Training',
            value: `${training.interval === '1h' ? 'hourly' : 'daily'} model, ${Math.round(training.done * 100)}\u00a0% done${training.secondsLeft === null ? '' : `, ${formatDuration(training.secondsLeft * 1000)} left`}`,
            inline: true,
          },
        ]),
    ...(report.longestBlock === null ? [] : [blockField(report.longestBlock)]),
    {
      name: 'Running',
      value: `for ${formatDuration(report.nowMs - report.startedAtMs)}, ${report.surface}`,
      inline: true,
    },
  ];
  return {
    embeds: [
      fitEmbed({
        title: `${report.simulated ? 'SIMULATED: ' : ''}Status`,
        description: `${text}${report.simulated ? '\nSimulated market: these prices are made up.' : ''}`,
        color: well ? COLOUR.well : COLOUR.degraded,
        fields,
        footer: { text: `Candlecast ${report.version} · Node ${report.node}` },
      }),
    ],
    files: [],
    components: [],
  };
}
