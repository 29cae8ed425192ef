import { endingText } from '../core/market-events.ts';
import { type Clock, MINUTE_MS } from '../core/time.ts';
import type { EventCalendar } from '../services/forecast/event-calendar.ts';
import { counted, type Job } from './job.ts';

/** Reads the official calendars of announcements once a day, and says where what is known ends soon. */
export function readCalendarsJob(calendar: Pick<EventCalendar, 'refresh' | 'schedule'>, now: Clock): Job {
  return {
    name: 'read-calendars',
    schedule: '40 5 * * *',
    timeZone: 'UTC',
    lane: 'news',
    timeLimitMs: 3 * MINUTE_MS,
    retries: 0,
    jitterMs: 20 * MINUTE_MS,
    atFirstStart: true,
    async run(signal) {
      const { publishers, changed } = await calendar.refresh(signal);
      const said = publishers.map(({ name, events, problem }) =>
        problem === null
          ? `${name}: ${counted(events, 'event')} to come`
          : `${problem.replace(/\.$/, '')}, so what was known stays`,
      );
      const ending = endingText(calendar.schedule(), now());
      if (ending !== null) said.push(ending);
      return `${said.join('; ')}${changed > 0 ? `; ${changed} new or moved` : ''}`;
    },
  };
}
