import type { AccuracyQuery } from '../../core/accuracy.ts';
import { accuracyReply } from '../../render/accuracy/accuracy-embed.ts';
import type { Reply } from '../../render/reply.ts';
import type { CommandContext } from '../command.ts';
import { drawOrNull } from '../draw-or-null.ts';

/** Asks for the record and renders it with its chart, where there is anything to draw: for `/accuracy` and for weekly posts. */
export async function replyWithAccuracy(query: AccuracyQuery, { services, charts }: CommandContext): Promise<Reply> {
  const report = await services.accuracy.report(query);
  const chart = report.past.length > 0 ? await drawOrNull(charts.accuracyChart(report, 'dark')) : null;
  return accuracyReply(report, chart);
}
