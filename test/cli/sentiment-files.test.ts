import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEvaluate } from '../../src/cli/evaluate.ts';
import { sentimentText } from '../../src/cli/evaluation-table.ts';
import { readFearGreedFile, readHeadlinesFiles, readSentimentFiles } from '../../src/cli/sentiment-files.ts';
import { parseTrain } from '../../src/cli/train-options.ts';
import type { EvaluationReport, HorizonEvaluation, SentimentAblation } from '../../src/core/evaluation.ts';
import { DAY_MS } from '../../src/core/time.ts';
import { emptyFolder } from '../support/candle-files.ts';

const file = (name: string, lines: readonly string[]) => {
  const path = join(emptyFolder(), name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
};
const MOMENT = Float64Array.of(Date.UTC(2022, 0, 2, 12));

describe('files of headlines and Fear & Greed', () => {
  const news = file('a.csv', [
    'timestamp,source,title,url',
    '2022-01-02T09:00:00Z,coindesk,Bitcoin surges to a record high,https://a.example/1',
    '2022-01-02T13:00:00Z,coindesk,Bitcoin plunges after the hack,https://a.example/2',
  ]);
  const talk = file('b.csv', [
    'timestamp,source,title,url',
    '2022-01-02T10:00:00Z,r/CryptoCurrency,Ethereum crashes and everyone sells,https://b.example/1',
  ]);
  const index = file('f.csv', ['timestamp,value', '2022-01-02T00:00:00Z,20']);
  const overlapping = file('g.csv', ['timestamp,value', '2022-01-02T00:00:00Z,80', '2022-01-01T00:00:00Z,70']);

  it('are joined in time, scored, and known from their moments on', async () => {
    const { at, summary } = (await readSentimentFiles({ headlines: [talk, news], feargreed: [index, overlapping] }))!;
    const btc = (await at('BTC', MOMENT))!;
    expect([btc.news, btc.reddit, btc.market].map((view) => view.count?.[0])).toEqual([1, 0, 2]);
    expect(btc.news.score[0]).toBeGreaterThan(0);
    expect((await at('ETH', MOMENT))!.reddit.score[0]).toBeLessThan(0);
    // Of two files with the same day the first one named counts.
    expect(btc.fearGreed[0]).toBe(20);
    expect(summary).toBe(
      '3 stories of 3 headlines, 2022-01-02 to 2022-01-02; Fear & Greed of 2 days, 2022-01-01 to 2022-01-02.',
    );
  });

  it('tell a story once, whichever of them tell it', async () => {
    const line = (outlet: string, title: string, url: string) => `2022-01-02T09:00:00Z,${outlet},${title},${url}`;
    const one = file('one.csv', [
      'timestamp,source,title,url',
      line('a', 'Lantern bridge hacked: attackers steal $320M', 'x'),
    ]);
    const other = file('other.csv', [
      'timestamp,source,title,url',
      line('b', 'Hackers drain $320 million from Lantern bridge', 'y'),
      line('b', 'Ether climbs on fund hopes', 'z'),
    ]);
    const { at, summary } = (await readSentimentFiles({ headlines: [one, other], feargreed: [] }))!;
    expect(summary).toContain('2 stories of 3 headlines');
    expect((await at('BTC', MOMENT))!.market.count?.[0]).toBe(2);
  });

  it('are none where none is named, and an error where one is not there', async () => {
    expect(await readSentimentFiles({ headlines: [], feargreed: [] })).toBeNull();
    const missing = readSentimentFiles({ headlines: [join(emptyFolder(), 'no.csv')], feargreed: [] });
    await expect(missing).rejects.toMatchObject({ code: 'CC_FILE' });
  });

  it('are named in one option, with commas between', () => {
    const train = parseTrain(['--candles', 'x', '--headlines', 'a.csv, b.csv', '--feargreed', 'f.csv']);
    expect(train).toMatchObject({ headlines: ['a.csv', 'b.csv'], feargreed: ['f.csv'] });
    expect(parseTrain(['--candles', 'x'])).toMatchObject({ headlines: [], feargreed: [] });
    const evaluate = parseEvaluate(['--candles', 'x', '--from', '2022-01-01', '--feargreed', 'f.csv']);
    expect(evaluate).toMatchObject({ headlines: [], feargreed: ['f.csv'] });
    expect(() => parseTrain(['--candles', 'x', '--search', '3', '--headlines', 'a.csv'])).toThrow(/--headlines/);
  });
});

describe('what is printed of the worth of sentiment', () => {
  const found = (value: number, low: number, high: number, pValue = 0.01): SentimentAblation => ({
    n: 900,
    coins: 3,
    worthPct: { value, low, high },
    pValue,
  });
  const reportOf = (known: SentimentAblation) =>
    ({
      sentiment: { learnt: true, origins: 900, headlineOrigins: 40 },
      counts: { forecastOrigins: 1_000 },
      horizons: [{ name: '1d', sentiment: { all: known, known, headlines: known } } as HorizonEvaluation],
    }) as Pick<EvaluationReport, 'sentiment' | 'horizons'> & { readonly counts: { readonly forecastOrigins: number } };

  it.each([
    [found(0.03, -0.01, 0.08), /1d: no measurable worth/],
    [found(0.06, 0.003, 0.13, 0.098), /1d: no measurable worth/],
    [found(0.3, 0.1, 0.5), /1d: it helped/],
    [found(-0.3, -0.5, -0.1), /1d: it did harm/],
    [{ n: 0, coins: 0, worthPct: null, pValue: null }, /1d: nothing could be compared/],
  ])('never claims more than the interval holds', (known, words) => {
    const [text] = sentimentText(reportOf(known));
    expect(text).toMatch(words);
    expect(text).toMatch(/900 of 1,000 origins, headlines at 40/);
  });
});

/** A file of this text, or of these bytes. */
const fileOf = (text: string | Buffer) => {
  const path = join(emptyFolder(), 'file.csv');
  writeFileSync(path, text);
  return path;
};
const refused = (message: RegExp) => ({ code: 'CC_FILE', message: expect.stringMatching(message) });

describe('a file of headlines', () => {
  it('gives stories in order of time, with coins and what does not count', async () => {
    const path = fileOf(`timestamp,source,title,url
2024-01-03T10:00:00Z,b.example,"Hackers drain $320 million from Lantern bridge",https://b.example/1
2024-01-03T09:00:00Z,a.example,Lantern bridge hacked: attackers steal $320M,https://a.example/1
2024-01-01T12:30:00Z,a.example,"Ether climbs, <b>Bitcoin</b> &amp; SOL wait",https://a.example/0
2024-01-04T00:30:00Z,r/Bitcoin,BTC: $43123.45 (+1.2%),
`);
    const headlines = await readHeadlinesFiles([path]);
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
      expect(await readHeadlinesFiles([fileOf(`\ufeff${header}\r\n${row}\r\n`)])).toMatchObject([
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
    expect((await readHeadlinesFiles([fileOf(`time,title\n${stamp},Ether climbs\n`)]))[0]!.firstSeenMs).toBe(expected);
  });

  it.each(['2024-01-01', '2024-01-01T00:00:00Z', '1704067200'])(
    'that knows only the day (%s) is believed from the end of that day on',
    async (stamp) => {
      expect((await readHeadlinesFiles([fileOf(`date,title\n${stamp},Ether climbs\n`)]))[0]!.firstSeenMs).toBe(
        Date.UTC(2024, 0, 2),
      );
    },
  );

  it('is read the same up to a moment, whatever comes after it', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      const time = new Date(Date.UTC(2024, 0, 1, 1, 30) + i * 3_600_000).toISOString();
      return `${time},o${i % 3},Firm ${i % 7} of town ${i % 5} buys a stake in miner ${i % 4} for $${i % 6}00M`;
    });
    const all = await readHeadlinesFiles([fileOf(`timestamp,source,title\n${rows.join('\n')}\n`)]);
    const before = await readHeadlinesFiles([fileOf(`timestamp,source,title\n${rows.slice(0, 30).join('\n')}\n`)]);
    const lastMs = before.at(-1)!.firstSeenMs;
    expect(all.filter(({ firstSeenMs }) => firstSeenMs <= lastMs)).toEqual(before);
    expect(all.length).toBeGreaterThan(before.length);
  });

  it('leaves out repeats of an outlet, and rows that have no title or time', async () => {
    const path = fileOf(
      `timestamp,source,title\n2024-01-01T01:00:00Z,a,Ether climbs\n2024-01-01T02:00:00Z,a,Ether climbs\n,a,No time\n2024-01-01T03:00:00Z,a,\n2024-01-01T04:00:00Z,b\n`,
    );
    expect(await readHeadlinesFiles([path])).toHaveLength(1);
  });

  it('looks for the coins it is told to', async () => {
    const path = fileOf('timestamp,title\n2024-01-01T01:00:00Z,$ZZZ and BTC climb\n');
    const asset = { symbol: 'ZZZ', name: 'Zzz', rank: null, marketCapUsd: null, stablecoin: false };
    expect((await readHeadlinesFiles([path], [asset]))[0]!.symbols).toEqual(['ZZZ']);
  });

  it('that cannot be used is refused, saying why and where', async () => {
    await expect(readHeadlinesFiles([join(emptyFolder(), 'none.csv')])).rejects.toMatchObject(
      refused(/cannot be read/),
    );
    await expect(readHeadlinesFiles([emptyFolder()])).rejects.toMatchObject(refused(/is a folder/));
    await expect(readHeadlinesFiles([fileOf('a,b\n1,2\n')])).rejects.toMatchObject(refused(/no column timestamp/));
    await expect(readHeadlinesFiles([fileOf('timestamp,b\n1,2\n')])).rejects.toMatchObject(refused(/no column title/));
    await expect(readHeadlinesFiles([fileOf('timestamp,title\n')])).rejects.toMatchObject(refused(/holds no headline/));
    await expect(readHeadlinesFiles([fileOf('')])).rejects.toMatchObject({ code: 'CC_FILE' });
    await expect(
      readHeadlinesFiles([fileOf('timestamp,title\n2024-01-01T01:00:00Z,Fine\nlast week,Ether\n')]),
    ).rejects.toMatchObject(refused(/line 3: "last week" is no time/));
    await expect(readHeadlinesFiles([fileOf('timestamp,title\n2024-02-31T01:00:00Z,Ether\n')])).rejects.toMatchObject(
      refused(/line 2/),
    );
    await expect(
      readHeadlinesFiles([fileOf(`timestamp,title\n2024-01-01T01:00:00Z,"open quote\n${'x'.repeat(200_000)}`)]),
    ).rejects.toMatchObject(refused(/cannot be read as CSV/));
    await expect(readHeadlinesFiles([fileOf(Buffer.alloc(100_000))])).rejects.toMatchObject({ code: 'CC_FILE' });
  });
});

describe('a file of the Fear & Greed index', () => {
  it('gives days in order, each once', async () => {
    const path = fileOf(
      'timestamp,value,classification\n2024-01-02T00:00:00Z,41,Fear\n2024-01-01T00:00:00Z,39,Fear\n2024-01-02,41,Fear\n',
    );
    expect(await readFearGreedFile(path)).toEqual([
      { timeMs: Date.UTC(2024, 0, 1), value: 39 },
      { timeMs: Date.UTC(2024, 0, 2), value: 41 },
    ]);
  });

  it('that stamps a value later in the day is believed from the next midnight on', async () => {
    expect(await readFearGreedFile(fileOf('date,fng\n2024-01-01T08:00:00Z,39\n'))).toEqual([
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
    await expect(readFearGreedFile(fileOf(`timestamp,value\n${rows}\n`))).rejects.toMatchObject(refused(message));
  });
});
