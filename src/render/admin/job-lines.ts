import type { JobStatus } from '../../core/status.ts';
import { timestamp } from '../format.ts';
import { clip } from '../limits.ts';
import { escapeMarkdown } from '../markdown.ts';

/** A dozen jobs fit beside everything else that the status shows. */
const LONGEST_SUMMARY = 110;

const OUTCOME = {
  ok: '🟢',
  failed: '🔴 failed',
  'timed-out': '🔴 took too long',
  cancelled: '⚪ cut off by a restart',
} as const satisfies Record<NonNullable<JobStatus['lastRun']>['outcome'], string>;

/** What one job did last and when, and when it comes next. */
export function jobLine({ name, running, lastRun, nextRunMs }: JobStatus): string {
  const state = running ? '⏳ running' : lastRun === null ? '⚪ not yet' : OUTCOME[lastRun.outcome];
  const parts = [`**${escapeMarkdown(name)}** ${state}`];
  if (lastRun)
    parts.push(`${timestamp(lastRun.endedMs, 'R')}: ${escapeMarkdown(clip(lastRun.summary, LONGEST_SUMMARY))}`);
  parts.push(nextRunMs === null ? 'never again' : `next ${timestamp(nextRunMs, 'R')}`);
  return parts.join(' · ');
}

/** Whether the last run went wrong by itself. */
export function jobFailed({ lastRun }: JobStatus): boolean {
  return lastRun?.outcome === 'failed' || lastRun?.outcome === 'timed-out';
}
