import type { JobStatus, StatusReport } from '../../core/status.ts';
import { DAY_MS, HOUR_MS } from '../../core/time.ts';
import type { Translator } from '../../language/translator.ts';
import { detailsRow, titleOf, type View } from '../details.ts';
import { timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { clockText, managerFields, ownerFields, unservedText } from './status-fields.ts';

const COLOUR = { well: 0x3fc7ae, degraded: 0xf08a3c } as const;

/** What the custom ids of /status start with. */
export const STATUS_PREFIX = 'status';

/** Prices are read every hour at least. */
const FRESH_PRICE_MS = 2 * HOUR_MS;
/** After these the next forecast is overdue, where models of hours serve and where those of days alone do. */
const FRESH_FORECAST_MS = { hourly: 2 * HOUR_MS, daily: 1.25 * DAY_MS } as const;
const MAX_NAMED = 5;

/** Who reads the status: a member gets three lines, a manager of the server Details too, an owner of the bot everything. */
export type StatusReader = 'member' | 'manager' | 'owner';

/** Whether the last run went wrong by itself. */
function jobFailed({ lastRun }: JobStatus): boolean {
  return lastRun?.outcome === 'failed' || lastRun?.outcome === 'timed-out';
}

/** The first line: whether everything works, and else the worst that does not. */
function verdict(report: StatusReport, translator: Translator): { text: string; well: boolean } {
  const { t, formats } = translator;
  const markets = report.sources.filter((source) => source.kind === 'market');
  const marketsFail =
    markets.length > 0 && markets.every((source) => source.state === 'down' || source.state === 'degraded');
  const problems = [
    ...(report.clock.state === 'wrong'
      ? [t('status.clockWrong', { difference: clockText(report.clock, translator) })]
      : []),
    ...(report.database.ok ? [] : [t('status.databaseDown')]),
    ...(marketsFail ? [t('status.marketDown')] : []),
    ...report.models
      .filter((model) => model.version === null)
      .map(({ interval }) => t(interval === '1h' ? 'status.hourlyModelMissing' : 'status.dailyModelMissing')),
  ];
  if (problems.length > 0) return { text: t('status.notWell', { problems: formats.list(problems) }), well: false };
  const worst = limping(report, translator);
  return worst === null ? { text: t('status.well'), well: true } : { text: worst, well: false };
}

/** What people would miss because it is late: scheduled work and posts. */
function overdueLines({ jobs, overduePosts, posts }: StatusReport, { t }: Translator): readonly string[] {
  const late = jobs.filter(({ overdueSinceMs }) => overdueSinceMs !== null).length;
  const overdue = Math.max(overduePosts, posts?.late ?? 0);
  return [
    ...(overdue > 0 ? [t('status.postsLate', { count: overdue })] : []),
    ...(late > 0 ? [t('status.jobsLate', { count: late })] : []),
  ];
}

/** The worst of what is wrong although forecasts can be made; null where nothing is. */
function limping(report: StatusReport, translator: Translator): string | null {
  const { t, formats } = translator;
  if ((report.discord?.problems.length ?? 0) > 0) return t('status.discordProblem');
  if (report.shardConflicts.length > 0) return t('status.shardProblem');
  const unserved = report.unserved.find(({ role }) => role === 'worker') ?? report.unserved[0];
  if (unserved) return unservedText(unserved, translator);
  if (report.unconfirmed.length > 0) {
    const coins = [...new Set(report.unconfirmed.map(({ symbol }) => symbol))];
    const more = coins.length - MAX_NAMED;
    const first = coins.slice(0, MAX_NAMED);
    const names = more > 0 ? t('reply.andMore', { names: first.join(', '), count: more }) : formats.list(first);
    return t('status.unconfirmed', { names });
  }
  const [overdue] = overdueLines(report, translator);
  if (overdue !== undefined) return overdue;
  if (report.sources.some(({ state }) => state === 'down' || state === 'degraded')) return t('status.someSources');
  if (report.drift.some(({ state }) => state === 'alarm')) return t('status.drifted');
  if (report.jobsProblem !== null) return t('status.jobsUnknown');
  if (report.clock.state === 'off') return t('status.clockOff', { difference: clockText(report.clock, translator) });
  const failed = report.jobs.filter(jobFailed);
  if (failed.length > 0) return t('status.jobsFailed', { count: failed.length });
  const problem = report.models.some((model) => model.problem !== null) || report.database.problem !== null;
  return problem ? t('status.someProblems') : null;
}

/** The second line: how old the newest prices are. */
function pricesLine({ sources, nowMs }: StatusReport, { t }: Translator): string {
  const read = sources.flatMap(({ kind, lastSuccessMs }) =>
    kind === 'market' && lastSuccessMs !== null ? [lastSuccessMs] : [],
  );
  if (read.length === 0) return t('status.pricesNone');
  const newestMs = Math.max(...read);
  const isFresh = nowMs - newestMs < FRESH_PRICE_MS;
  return t(isFresh ? 'status.pricesFresh' : 'status.pricesOld', { time: timestamp(newestMs, 'R') });
}

/** Whether the next recorded forecast is overdue; false where nothing says so. */
function forecastIsLate({ newestForecastMs, nowMs, models }: StatusReport): boolean {
  if (typeof newestForecastMs !== 'number') return false;
  const hourly = models.some(({ interval, version }) => interval === '1h' && version !== null);
  return nowMs - newestForecastMs > FRESH_FORECAST_MS[hourly ? 'hourly' : 'daily'];
}

/** The third line: how old the newest forecast in the record is. */
function forecastLine(report: StatusReport, { t }: Translator): string {
  const { newestForecastMs } = report;
  if (newestForecastMs === null) return t('status.forecastNone');
  if (newestForecastMs === 'unknown') return t('status.forecastUnknown');
  const time = timestamp(newestForecastMs, 'R');
  return t(forecastIsLate(report) ? 'status.forecastOld' : 'status.forecastNew', { time });
}

/** Builds the reply of `/status`: three lines for members, more by a button for managers, everything for the bot's owners. */
export function statusReply(report: StatusReport, translator: Translator, reader: StatusReader, view: View): Reply {
  const { t } = translator;
  const { text, well } = verdict(report, translator);
  const lines = [
    ...(report.simulated ? [t('reply.simulatedMarket')] : []),
    text,
    ...overdueLines(report, translator).filter((line) => line !== text),
    pricesLine(report, translator),
    forecastLine(report, translator),
  ];
  const shown = reader === 'manager' ? view : 'brief';
  const fields =
    reader === 'owner'
      ? ownerFields(report, translator)
      : shown === 'details'
        ? managerFields(report, translator)
        : undefined;
  return {
    embeds: [
      fitEmbed({
        title: titleOf(t('status.title'), report.simulated, translator),
        description: lines.join('\n'),
        color: well && !forecastIsLate(report) ? COLOUR.well : COLOUR.degraded,
        ...(fields === undefined ? {} : { fields }),
        footer: { text: `Candlecast ${report.version}${reader === 'owner' ? ` · Node ${report.node}` : ''}` },
      }),
    ],
    files: [],
    components: reader === 'manager' ? detailsRow((to) => `${STATUS_PREFIX}:${to}`, shown, translator) : [],
  };
}
