import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEvaluate } from '../../src/cli/evaluate-options.ts';
import { readSentimentFiles } from '../../src/cli/sentiment-files.ts';
import { sentimentText } from '../../src/cli/sentiment-table.ts';
import { parseTrain } from '../../src/cli/train-options.ts';
import type { EvaluationReport, HorizonEvaluation, SentimentAblation } from '../../src/core/evaluation.ts';
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
    const { at, said } = (await readSentimentFiles({ headlines: [talk, news], feargreed: [index, overlapping] }))!;
    const btc = (await at('BTC', MOMENT))!;
    expect([btc.news.count[0], btc.reddit.count[0], btc.market.count[0]]).toEqual([1, 0, 2]);
    expect(btc.news.score[0]).toBeGreaterThan(0);
    expect((await at('ETH', MOMENT))!.reddit.score[0]).toBeLessThan(0);
    // Of two files with the same day the first one named counts.
    expect(btc.fearGreed[0]).toBe(20);
    expect(said).toBe(
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
    const { at, said } = (await readSentimentFiles({ headlines: [one, other], feargreed: [] }))!;
    expect(said).toContain('2 stories of 3 headlines');
    expect((await at('BTC', MOMENT))!.market.count[0]).toBe(2);
  });

  it('are none where none is named, and an error where one is not there', async () => {
    expect(await readSentimentFiles({ headlines: [], feargreed: [] })).toBeNull();
    const missing = readSentimentFiles({ headlines: [join(emptyFolder(), 'no.csv')], feargreed: [] });
    await expect(missing).rejects.toMatchObject({ code: 'CC_FILE' });
  });

  it('are named in one option, with commas between', () => {
    const train = parseTrain(['--candles', 'x', '--headlines', 'a.csv, b.csv', '--feargreed', 'f.csv']);
    expect(train.sentiment).toEqual({ headlines: ['a.csv', 'b.csv'], feargreed: ['f.csv'] });
    expect(parseTrain(['--candles', 'x']).sentiment).toEqual({ headlines: [], feargreed: [] });
    const evaluate = parseEvaluate(['--candles', 'x', '--from', '2022-01-01', '--feargreed', 'f.csv']);
    expect(evaluate.sentiment).toEqual({ headlines: [], feargreed: ['f.csv'] });
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
