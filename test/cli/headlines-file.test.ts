import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFearGreedFile } from '../../src/cli/feargreed-file.ts';
import { readHeadlinesFile } from '../../src/cli/headlines-file.ts';
import { DAY_MS } from '../../src/core/time.ts';

const folder = mkdtempSync(join(tmpdir(), 'candlecast-headlines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(text: string | Buffer): string {
  const path = join(folder, `${++files}.csv`);
  writeFileSync(path, text);
  return path;
}
const refused = (message: RegExp) => ({ code: 'CC_FILE', message: expect.stringMatching(message) });

describe('a file of headlines', () => {
  it('gives stories in order of time, with coins and what does not count', async () => {
    const path = file(`timestamp,source,title,url
2024-01-03T10:00:00Z,b.example,"Hackers drain $320 million from Lantern bridge",https://b.example/1
2024-01-03T09:00:00Z,a.example,Lantern bridge hacked: attackers steal $320M,https://a.example/1
2024-01-01T12:30:00Z,a.example,"Ether climbs, <b>Bitcoin</b> &amp; SOL wait",https://a.example/0
2024-01-04T00:30:00Z,r/Bitcoin,BTC: $43123.45 (+1.2%),
`);
    const headlines = await readHeadlinesFile(path);
    expect(headlines.map(({ title }) => title)).toEqual([
      'Ether climbs, Bitcoin & SOL wait',
      'Lantern bridge hacked: attackers steal $320M',
      'Hackers drain $320 million from Lantern bridge',
      'BTC: $43123.45 (+1.2%)',
    ]);
    expect(headlines[0]).toMatchObject({
      firstSeenMs: Date.UTC(2024, 0, 1, 12, 30),
      symbols: ['ETH', 'BTC', 'SOL'],
      outlet: 'a.example',
      kind: 'news',
      url: 'https://a.example/0',
      setAside: null,
    });
    expect(headlines[2]!.storyId).toBe(headlines[1]!.id);
    expect(headlines[3]).toMatchObject({ kind: 'reddit', setAside: 'price-bot', url: null });
  });

  it.each(['timestamp,title', 'date,text', 'published_at,headline', 'Time,Headline', 'text,date'])(
    'may name its columns %s',
    async (header) => {
      const row = header.startsWith('text') ? 'Ether climbs,2024-01-01 12:00:00' : '2024-01-01 12:00:00,Ether climbs';
      expect(await readHeadlinesFile(file(`\ufeff${header}\r\n${row}\r\n`))).toMatchObject([
        { title: 'Ether climbs', firstSeenMs: Date.UTC(2024, 0, 1, 12), outlet: 'file' },
      ]);
    },
  );

  it.each([
    ['2024-01-01T12:00:00.250Z', Date.UTC(2024, 0, 1, 12, 0, 0, 250)],
    ['2024-01-01T14:00:00+02:00', Date.UTC(2024, 0, 1, 12)],
    ['1704110400', Date.UTC(2024, 0, 1, 12)],
    ['1704110400000', Date.UTC(2024, 0, 1, 12)],
    ['1704110400.0', Date.UTC(2024, 0, 1, 12)],
  ])('may stamp its rows like %s', async (stamp, expected) => {
    expect((await readHeadlinesFile(file(`time,title\n${stamp},Ether climbs\n`)))[0]!.firstSeenMs).toBe(expected);
  });

  it.each(['2024-01-01', '2024-01-01T00:00:00Z', '1704067200'])(
    'that knows only the day (%s) is believed from the end of that day on',
    async (stamp) => {
      expect((await readHeadlinesFile(file(`date,title\n${stamp},Ether climbs\n`)))[0]!.firstSeenMs).toBe(
        Date.UTC(2024, 0, 2),
      );
    },
  );

  it('is read the same up to a moment, whatever comes after it', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      const time = new Date(Date.UTC(2024, 0, 1, 1, 30) + i * 3_600_000).toISOString();
      return `${time},o${i % 3},Firm ${i % 7} of town ${i % 5} buys a stake in miner ${i % 4} for $${i % 6}00M`;
    });
    const all = await readHeadlinesFile(file(`timestamp,source,title\n${rows.join('\n')}\n`));
    const before = await readHeadlinesFile(file(`timestamp,source,title\n${rows.slice(0, 30).join('\n')}\n`));
    const lastMs = before.at(-1)!.firstSeenMs;
    expect(all.filter(({ firstSeenMs }) => firstSeenMs <= lastMs)).toEqual(before);
    expect(all.length).toBeGreaterThan(before.length);
  });

  it('leaves out repeats of an outlet, and rows that have no title or time', async () => {
    const path = file(
      `timestamp,source,title\n2024-01-01T01:00:00Z,a,Ether climbs\n2024-01-01T02:00:00Z,a,Ether climbs\n,a,No time\n2024-01-01T03:00:00Z,a,\n2024-01-01T04:00:00Z,b\n`,
    );
    expect(await readHeadlinesFile(path)).toHaveLength(1);
  });

  it('looks for the coins it is told to', async () => {
    const path = file('timestamp,title\n2024-01-01T01:00:00Z,$ZZZ and BTC climb\n');
    const asset = { symbol: 'ZZZ', name: 'Zzz', rank: null, marketCapUsd: null, stablecoin: false };
    expect((await readHeadlinesFile(path, [asset]))[0]!.symbols).toEqual(['ZZZ']);
  });

  it('that cannot be used is refused, saying why and where', async () => {
    await expect(readHeadlinesFile(join(folder, 'none.csv'))).rejects.toMatchObject(refused(/cannot be read/));
    await expect(readHeadlinesFile(folder)).rejects.toMatchObject(refused(/is a folder/));
    await expect(readHeadlinesFile(file('a,b\n1,2\n'))).rejects.toMatchObject(refused(/no column timestamp/));
    await expect(readHeadlinesFile(file('timestamp,b\n1,2\n'))).rejects.toMatchObject(refused(/no column title/));
    await expect(readHeadlinesFile(file('timestamp,title\n'))).rejects.toMatchObject(refused(/holds no headline/));
    await expect(readHeadlinesFile(file(''))).rejects.toMatchObject({ code: 'CC_FILE' });
    await expect(
      readHeadlinesFile(file('timestamp,title\n2024-01-01T01:00:00Z,Fine\nlast week,Ether\n')),
    ).rejects.toMatchObject(refused(/line 3: "last week" is no time/));
    await expect(readHeadlinesFile(file('timestamp,title\n2024-02-31T01:00:00Z,Ether\n'))).rejects.toMatchObject(
      refused(/line 2/),
    );
    await expect(
      readHeadlinesFile(file(`timestamp,title\n2024-01-01T01:00:00Z,"open quote\n${'x'.repeat(200_000)}`)),
    ).rejects.toMatchObject(refused(/cannot be read as CSV/));
    await expect(readHeadlinesFile(file(Buffer.alloc(100_000)))).rejects.toMatchObject({ code: 'CC_FILE' });
  });
});

describe('a file of the Fear & Greed index', () => {
  it('gives days in order, each once', async () => {
    const path = file(
      'timestamp,value,classification\n2024-01-02T00:00:00Z,41,Fear\n2024-01-01T00:00:00Z,39,Fear\n2024-01-02,41,Fear\n',
    );
    expect(await readFearGreedFile(path)).toEqual([
      { timeMs: Date.UTC(2024, 0, 1), value: 39 },
      { timeMs: Date.UTC(2024, 0, 2), value: 41 },
    ]);
  });

  it('that stamps a value later in the day is believed from the next midnight on', async () => {
    expect(await readFearGreedFile(file('date,fng\n2024-01-01T08:00:00Z,39\n'))).toEqual([
      { timeMs: Date.UTC(2024, 0, 1) + DAY_MS, value: 39 },
    ]);
  });

  it.each([
    ['a value above 100', '2024-01-01,101', /line 2: "101"/],
    ['a value that is no number', '2024-01-01,fear', /line 2: "fear"/],
    ['no value', '2024-01-01,', /line 2: ""/],
    ['no time', 'soon,50', /line 2: "soon"/],
    ['two values for a day', '2024-01-01,50\n2024-01-01,51', /line 3: the same day/],
  ])('with %s is refused', async (_what, rows, message) => {
    await expect(readFearGreedFile(file(`timestamp,value\n${rows}\n`))).rejects.toMatchObject(refused(message));
  });
});
