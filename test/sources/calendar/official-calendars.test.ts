import { afterEach, describe, expect, it } from 'vitest';
import { createOfficialCalendars } from '../../../src/sources/calendar/official-calendars.ts';
import { createFeedReader, directFeedReader, type FeedReader } from '../../../src/sources/sentiment/feed-reader.ts';
import { startServer } from '../../support/http-server.ts';

const NOW = Date.parse('2026-11-30T06:00:00Z');
const MEETINGS_2026 =
  'January 27-28|March 17-18*|April 28-29|June 16-17*|July 28-29|September 15-16*|October 27-28|December 8-9*';
const MEETINGS_2027 =
  'January 26-27|March 16-17*|April 27-28|June 8-9*|July 27-28|Sep/Oct 30-1*|October 26-27|December 7-8*';

const meeting = (text: string) => {
  const [, month, days] = /^(\S+) (.+)$/.exec(text)!;
  return `<div class="row fomc-meeting"><div class="fomc-meeting__month col-xs-5"><strong>${month}</strong></div>
    <div class="fomc-meeting__date col-xs-4">${days}</div><div class="col-xs-12">Statement:<br><a href="x">PDF</a> | <a href="y">HTML</a></div></div>`;
};
const panel = (year: number, meetings: string) =>
  `<div class="panel panel-default"><div class="panel-heading"><h4><a id="${year}">${year} FOMC Meetings</a></h4></div>${meetings
    .split('|')
    .map(meeting)
    .join('\n')}</div>`;
const fedPage = (...panels: string[]) =>
  `<!doctype html><html><body><p>Meeting calendars, statements, and minutes</p>${panels.join('')}<script>if (1 < 2) {}</script></body></html>`;
const FED = fedPage(
  panel(2027, MEETINGS_2027),
  panel(2026, `${MEETINGS_2026}|November 22 (notation vote)`),
  panel(2020, 'March 3 (unscheduled)|March 17-18 (cancelled)'),
);

const event = (title: string, start: string) =>
  `BEGIN:VEVENT\r\nUID:${title}-${start}\r\nDTSTART${start}\r\nSUMMARY:${title}\r\nEND:VEVENT\r\n`;
const ics = (...events: string[]) =>
  `BEGIN:VCALENDAR\r\nX-WR-CALNAME:BLS Economic News\r\n  Release Schedule\r\n${events.join('')}END:VCALENDAR\r\n`;
const eastern = (stamp: string) => `;TZID=US-Eastern:${stamp}`;
const BLS = ics(
  event('Consumer Price Index', eastern('20261110T083000')),
  event('Consumer Price Index', eastern('20261210T083000')),
  event('Real Earnings', eastern('20261210T083000')),
  event('Employment Situation of Veterans', eastern('20270319T100000')),
  event('Employment Situation\r\n  for November 2026', eastern('20261204T083000')),
  event('Employment Situation for December 2026', ':20270108T133000Z'),
  event('Consumer Price Index', eastern('20270113T083000')),
);

let reader: FeedReader | null = null;
afterEach(async () => {
  await reader?.close();
  reader = null;
});

async function calendarsWith(
  bodies: { readonly fed?: string; readonly bls?: string },
  own: FeedReader = directFeedReader,
) {
  const server = await startServer((_request, response, url) => {
    const body = url.pathname.endsWith('.ics') ? bodies.bls : bodies.fed;
    if (body === undefined) response.writeHead(403).end();
    else response.end(body);
  });
  const [fed, bls] = createOfficialCalendars({
    reader: own,
    fedUrl: server.url,
    blsUrl: server.url,
    now: () => NOW,
    sleep: async () => {},
    random: () => 0.5,
  });
  const days = async (calendar: typeof fed) =>
    (await calendar!.fetchEvents()).map(({ kind, atMs }) => `${kind} ${new Date(atMs).toISOString().slice(0, 16)}`);
  return { fed: () => days(fed), bls: () => days(bls) };
}

describe('the page of the Federal Reserve', () => {
  it('gives statements and press conferences to come, in summer and winter time', async () => {
    const found = await (await calendarsWith({ fed: FED })).fed();
    expect(found).toContain('fomc-press 2027-01-27T19:30');
    expect(found).toHaveLength(18);
    expect(found).toContain('fomc 2026-12-09T19:00');
    expect(found).toContain('fomc 2027-03-17T18:00');
    expect(found).toContain('fomc 2027-10-01T18:00');
    expect(found.filter((one) => one.includes('2026-11-22'))).toEqual([]);
  });

  it.each([
    ['a page without meetings', '<html><body>We will be back soon.</body></html>'],
    ['too few meetings of a year', fedPage(panel(2026, MEETINGS_2026.split('|').slice(0, 5).join('|')))],
    ['days that are no days', fedPage(panel(2026, MEETINGS_2026.replace('17-18*', 'soon')))],
    ['a day that the month does not have', fedPage(panel(2026, MEETINGS_2026.replace('28-29', '30-31')))],
    ['a range that goes back', fedPage(panel(2026, MEETINGS_2026.replace('17-18*', '18-17*')))],
    ['only earlier years', fedPage(panel(2025, MEETINGS_2026))],
  ])('is not understood: %s', async (_, fed) => {
    await expect((await calendarsWith({ fed })).fed()).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: expect.stringContaining('cannot be understood'),
    });
  });
});

describe('the calendar of the Bureau of Labor Statistics', () => {
  it('gives the releases to come of consumer prices and jobs, and nothing else', async () => {
    expect(await (await calendarsWith({ bls: BLS })).bls()).toEqual([
      'cpi 2026-12-10T13:30',
      'cpi 2027-01-13T13:30',
      'payrolls 2026-12-04T13:30',
      'payrolls 2027-01-08T13:30',
    ]);
  });

  it.each([
    ['a page', '<html>Access denied</html>'],
    ['another time of day', ics(event('Consumer Price Index', eastern('20261210T100000')))],
    ['no zone', ics(event('Consumer Price Index', ':20261210T083000'))],
    ['a whole day', ics(event('Consumer Price Index', ';VALUE=DATE:20261210'))],
    [
      'two in a week',
      ics(
        event('Consumer Price Index', eastern('20261210T083000')),
        event('Consumer Price Index', eastern('20261214T083000')),
      ),
    ],
  ])('is not understood: %s', async (_, bls) => {
    await expect((await calendarsWith({ bls })).bls()).rejects.toMatchObject({
      code: 'CC_SOURCE_BAD_DATA',
      message: expect.stringContaining('cannot be understood'),
    });
  });

  it('that refuses to answer is an error like that of any source', async () => {
    await expect((await calendarsWith({})).bls()).rejects.toMatchObject({ code: 'CC_SOURCE_HTTP' });
  });
});

it('both are read in the worker, too', async () => {
  reader = createFeedReader();
  const calendars = await calendarsWith({ fed: FED, bls: BLS }, reader);
  expect(await calendars.fed()).toHaveLength(18);
  expect(await calendars.bls()).toHaveLength(4);
  await expect((await calendarsWith({ fed: '<html>', bls: BLS }, reader)).fed()).rejects.toMatchObject({
    code: 'CC_SOURCE_BAD_DATA',
    message: expect.stringMatching(/^federalreserve\.gov sent a calendar/),
  });
});
