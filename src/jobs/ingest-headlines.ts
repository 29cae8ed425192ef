import { MINUTE_MS } from '../core/time.ts';
import type { HeadlineIngestService } from '../services/sentiment/headlines.ts';
import { counted, type Job } from './job.ts';

/** Reads the news feeds every quarter of an hour. */
export function ingestHeadlinesJob(headlines: Pick<HeadlineIngestService, 'ingest'>): Job {
  return {
    name: 'ingest-headlines',
    schedule: '4,19,34,49 * * * *',
    timeZone: 'UTC',
    lane: 'news',
    timeLimitMs: 5 * MINUTE_MS,
    retries: 1,
    jitterMs: MINUTE_MS,
    atFirstStart: true,
    async run(signal) {
      const { fetched, added, setAside, failures } = await headlines.ingest(signal);
      const failed = failures.length > 0 ? `, ${counted(failures.length, 'source')} failed` : '';
      return `${added} new of ${counted(fetched, 'headline')}, ${setAside} set aside${failed}`;
    },
  };
}
