import { cutText } from '../../core/cut-text.ts';
import { bytesText, type DatabaseSpace, type Digest } from '../../core/owner-report.ts';
import { utcDay, utcTime } from '../../core/time.ts';

/** Discord takes 2,000 characters in a message. */
const MAX_LENGTH = 1_900;
const MAX_NAMES = 8;

/** The digest of one day as a plain message; its first line says whether all is well. */
export function digestText(digest: Digest): string {
  const { nowMs, forecasts, posts, interactions, sources, models } = digest;
  const lines = [
    firstLine(digest),
    `Candlecast, the day up to ${utcDay(nowMs)} ${utcTime(nowMs)} UTC`,
    ...digest.conditions.map(({ text }) => `- ${text}`),
    ...(digest.problem === null ? [] : [`- ${digest.problem}`]),
    forecasts === null
      ? 'Forecasts: none were due.'
      : `Forecasts: ${number(forecasts.issued)} recorded, ${number(forecasts.missing)} missing.`,
    ...recordLines(digest),
    ...(posts === null
      ? []
      : [
          `Posts: ${number(posts.sent)} sent, ${number(posts.late)} of them late; ${number(posts.failed)} failed, ${number(posts.skipped)} skipped.`,
        ]),
    ...(interactions === null
      ? []
      : [`Answers: ${number(interactions.answered)} given, ${number(interactions.failed)} failed.`]),
    `Sources: ${sources.ok} answer${sources.failing.length > 0 ? `; failing: ${names(sources.failing)}` : ''}.`,
    ...models.map(({ interval, version, trainedAtMs }) =>
      version === null
        ? `Model of ${interval}: none.`
        : `Model of ${interval}: ${version}${trainedAtMs === null ? '' : `, trained ${utcDay(trainedAtMs)}`}.`,
    ),
    ...(digest.space === null ? [] : [spaceLine(digest.space)]),
    `Memory: ${bytesText(digest.memoryBytes)}${digest.processes > 1 ? ` in ${digest.processes} processes` : ''}.`,
  ];
  const text = lines.join('\n');
  return text.length > MAX_LENGTH ? `${cutText(text, MAX_LENGTH - 1)}…` : text;
}

function firstLine({ conditions, problem, forecasts, posts }: Digest): string {
  const missing = forecasts?.missing ?? 0;
  const failed = posts?.failed ?? 0;
  const what = [
    ...(conditions.length > 0
      ? [`${conditions.length} ${conditions.length === 1 ? 'thing needs' : 'things need'} you`]
      : []),
    ...(problem === null ? [] : ['not everything could be read']),
    ...(missing > 0 ? [`${number(missing)} ${missing === 1 ? 'forecast is' : 'forecasts are'} missing`] : []),
    ...(failed > 0 ? [`${number(failed)} ${failed === 1 ? 'post' : 'posts'} failed`] : []),
  ];
  return what.length === 0 ? '**All well.**' : `**Not all is well:** ${what.join(', ')}.`;
}

function recordLines({ record }: Digest): string[] {
  if (record.length === 0) return ['Live record: too few forecasts are scored yet.'];
  return [
    'Live record over 60 days (outcomes inside the 80 % range; loss against climatology):',
    ...record.map(({ horizon, n, coverage80, skillPct }) => {
      const skill =
        skillPct === null ? '' : `, ${Math.abs(skillPct).toFixed(1)} % ${skillPct >= 0 ? 'below' : 'above'}`;
      return `- ${horizon}: ${(100 * coverage80).toFixed(1)} %${skill} (n = ${number(n)})`;
    }),
  ];
}

function spaceLine({ freeBytes, usedBytes, limitBytes }: DatabaseSpace): string {
  const space = limitBytes === null ? 'free on its disk' : `left of ${bytesText(limitBytes)}`;
  return `Database: ${bytesText(usedBytes)}, ${bytesText(Math.max(0, freeBytes))} ${space}.`;
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, MAX_NAMES).join(', ');
  return all.length > MAX_NAMES ? `${shown} and ${all.length - MAX_NAMES} more` : shown;
}

const number = (value: number) => value.toLocaleString('en-GB');
