import { digestText } from '../render/admin/digest-text.ts';
import type { AccuracyService } from '../services/accuracy/accuracy.ts';
import { createOwnerReports, type OwnerReports } from '../services/admin/owner-reports.ts';
import type { StatusService } from '../services/admin/status.ts';
import type { AppData } from './data.ts';

/** Builds what tells the owners of the bot how it is. */
export function buildOwnerReports(
  { options, storage }: Pick<AppData, 'options' | 'storage'>,
  parts: {
    readonly status: StatusService['status'];
    readonly accuracy: Pick<AccuracyService, 'report'>;
  },
): OwnerReports {
  const { config, logger } = options;
  const limitBytes = config.DATABASE_LIMIT_GB === undefined ? null : config.DATABASE_LIMIT_GB * 1e9;
  return createOwnerReports({
    owners: config.OWNER_IDS.length,
    status: parts.status,
    room: () => storage.room(limitBytes),
    alarms: storage.alarms,
    posts: storage.posts,
    schedule: storage.schedule,
    accuracy: () => parts.accuracy.report({}),
    interactions: storage.interactionCounts,
    memoryBytes: () => process.memoryUsage.rss(),
    digestText,
    now: options.clock.now,
    logger,
  });
}
