import { beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../src/core/time.ts';
import { START_MS, startedSimulation } from '../running.ts';

const simulation = await startedSimulation();
beforeEach(() => {
  simulation.clock.nowMs = START_MS;
});

const everyMatch = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);

async function feed(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return { response, body: await response.text() };
}

describe('the simulated news feeds', () => {
  it('are three in RSS 2.0 and one in Atom, all of them marked as simulated', async () => {
    expect(simulation.feedUrls.map((url) => url.split('.').at(-1))).toEqual(['rss', 'rss', 'rss', 'atom']);
    for (const url of simulation.feedUrls) {
      const { response, body } = await feed(url);
      const atom = url.endsWith('.atom');
      expect(response.headers.get('Content-Type')).toMatch(atom ? /^application\/atom\+xml/ : /^application\/rss\+xml/);
      expect(body).toContain(atom ? '<feed xmlns="http://www.w3.org/2005/Atom">' : '<rss version="2.0">');
      expect(body).toContain('(SIMULATED)');
      const dates = everyMatch(body, atom ? /<published>(.+?)<\/published>/g : /<pubDate>(.+?)<\/pubDate>/g).map(
        Date.parse,
      );
      const ids = everyMatch(body, atom ? /<entry>.*?<id>(.+?)<\/id>/g : /<guid isPermaLink="false">(.+?)<\/guid>/g);
      expect(dates).toHaveLength(30);
      expect(new Set(ids).size).toBe(30);
      expect(dates).toEqual(dates.toSorted((a, b) => b - a));
      expect(dates[0]).toBeLessThanOrEqual(START_MS);
      expect(dates.at(-1)).toBeGreaterThan(START_MS - 21 * DAY_MS);
      // What stands between the tags has no bare markup.
      expect(body.replace(/<!\[CDATA\[.*?\]\]>/g, '')).not.toMatch(/&(?!(amp|lt|gt|quot|#39);)/);
    }
  });

  it('answer 304 to a reader who has the newest version, and 200 once there is something new', async () => {
    const [url] = simulation.feedUrls;
    const { response } = await feed(url!);
    const etag = response.headers.get('ETag')!;
    const modified = response.headers.get('Last-Modified')!;
    simulation.clock.nowMs += 1;
    const again = await feed(url!, { 'If-None-Match': etag });
    expect(again.response.status).toBe(304);
    expect(again.body).toBe('');
    expect(again.response.headers.get('ETag')).toBe(etag);
    expect((await feed(url!, { 'If-Modified-Since': modified })).response.status).toBe(304);
    expect((await feed(url!, { 'If-None-Match': '"other"', 'If-Modified-Since': modified })).response.status).toBe(200);
    simulation.clock.nowMs += 2 * DAY_MS;
    expect((await feed(url!, { 'If-None-Match': etag, 'If-Modified-Since': modified })).response.status).toBe(200);
  });

  it('print some stories twice under different ids, as papers do', async () => {
    const bodies = await Promise.all(simulation.feedUrls.map(async (url) => (await feed(url)).body));
    const guids = bodies.slice(0, 3).flatMap((body) => everyMatch(body, /<guid isPermaLink="false">(.+?)<\/guid>/g));
    const stories = guids.map((guid) => guid.split('-').at(-1));
    expect(new Set(guids).size).toBe(guids.length);
    expect(new Set(stories).size).toBeLessThan(stories.length);
  });
});
