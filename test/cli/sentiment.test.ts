import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { runSentiment } from '../../src/cli/sentiment.ts';
import { errorLine } from '../../src/core/errors.ts';
import { labelOf, scoreOf } from '../../src/sentiment/score.ts';
import { emptyFolder } from '../support/candle-files.ts';

/** Writes a file, scores it to standard output and to a file, and returns both as text. */
async function score(csv: string | Buffer) {
  const folder = emptyFolder();
  const input = join(folder, 'in.csv');
  const target = join(folder, 'out.csv');
  writeFileSync(input, csv);
  let said = '';
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString();
      done();
    },
  });
  await runSentiment({ args: ['--csv', input], out });
  await runSentiment({ args: ['--csv', input, '--out', target], out });
  return { folder, said, written: readFileSync(target, 'utf8') };
}
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
const failure = async (args: readonly string[]) =>
  errorLine(await runSentiment({ args, out: nowhere }).catch((error: unknown) => error));
const rows = (csv: string) => parse(csv) as string[][];

describe('npm run sentiment', () => {
  it('writes score and label behind all other columns, in order, the same to both places', async () => {
    const { said, written } = await score(
      'id,text,source\n7,Bitcoin plunges 12% in broad crypto selloff,wire\n3,Bitcoin soars to record high,wire\n9,Who is who,\n',
    );
    expect(said).toBe(written);
    const [header, ...lines] = rows(written);
    expect(header).toEqual(['id', 'text', 'source', 'score', 'label']);
    expect(lines.map((line) => line[0])).toEqual(['7', '3', '9']);
    expect(lines.map((line) => line[4])).toEqual(['-1', '1', '0']);
    for (const [, text, , shown, label] of lines) {
      expect(Number(shown)).toBeCloseTo(scoreOf(text!), 5);
      expect(Number(label)).toBe(labelOf(scoreOf(text!)));
    }
  });

  it('keeps what is written in cells: commas, quotes, line breaks, spaces at the ends, other alphabets', async () => {
    const cells = ['a,b', 'say "hi"', 'two\nlines', ' spaced ', 'नमस्ते 🚀', '"', ''];
    const quoted = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
    const { written } = await score(`text,${cells.map((_, i) => `c${i}`).join(',')}\r\n"Ether, up 5%",${quoted}\r\n`);
    expect(rows(written)[1]!.slice(0, -2)).toEqual(['Ether, up 5%', ...cells]);
  });

  it('reads title where there is no text, whatever its case, behind a byte order mark', async () => {
    expect(rows((await score('\ufeffTitle\nBitcoin crashes\n')).written)).toEqual([
      ['Title', 'score', 'label'],
      ['Bitcoin crashes', expect.stringMatching(/^-0\.\d+$/), '-1'],
    ]);
    const both = await score('title,text\nBitcoin crashes,Bitcoin soars\n');
    expect(rows(both.written)[1]!.at(-1)).toBe('1');
  });

  it('renames columns of the file that are called score or label already', async () => {
    const { written } = await score('text,label\nBitcoin soars,-1\n');
    expect(rows(written)[0]).toEqual(['text', 'input_label', 'score', 'label']);
    expect(rows(written)[1]!.filter((_, i) => i !== 2)).toEqual(['Bitcoin soars', '-1', '1']);
  });

  it('passes through many rows, and a file with a header only', async () => {
    const { written } = await score(`text\n${'Bitcoin soars\n'.repeat(20_000)}`);
    expect(written.split('\n')).toHaveLength(20_002);
    expect((await score('text\n')).written).toBe('text,score,label\n');
  });

  it('says in one line what is wrong with a file, and leaves nothing behind', async () => {
    const folder = emptyFolder();
    const bad = (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return failure(['--csv', path, '--out', join(folder, 'out.csv')]);
    };
    expect(await failure(['--csv', join(folder, 'none.csv')])).toMatch(/^CC_FILE: .*none\.csv cannot be read\. \S/);
    expect(await failure(['--csv', folder])).toMatch(/^CC_FILE: .* is a folder\. \S/);
    expect(await bad('empty.csv', '')).toMatch(/^CC_FILE: .* is empty/);
    expect(await bad('other.csv', 'a,b\n1,2\n')).toMatch(/^CC_FILE: .*no column text or title.*a, b/);
    expect(await bad('ragged.csv', `text,id\n${'x,1\n'.repeat(30_000)}too,many,cells\n`)).toMatch(
      /^CC_FILE: .*line 30002 .*as many cells as the first/,
    );
    expect(await bad('long.csv', `text\n${'x'.repeat(1_100_000)}\n`)).toMatch(/^CC_FILE: .*1 MiB/);
    expect(existsSync(join(folder, 'out.csv'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('keeps the file that was there when the new one fails', async () => {
    const { folder } = await score('text\nBitcoin soars\n');
    const before = readFileSync(join(folder, 'out.csv'), 'utf8');
    writeFileSync(join(folder, 'in.csv'), 'text\n"never closed');
    expect(await failure(['--csv', join(folder, 'in.csv'), '--out', join(folder, 'out.csv')])).toMatch(/^CC_FILE/);
    expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toBe(before);
  });

  it('shows the usage for wrong options', async () => {
    for (const args of [[], ['--csv'], ['--csv', 'a', '--out', ''], ['--csv', 'a', '--fast'], ['a.csv']])
      expect(await failure(args)).toMatch(/^CC_USAGE: .*Usage: npm run sentiment -- --csv IN\.csv/);
  });

  it('says so when the reader of standard output is gone', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'in.csv'), 'text\nBitcoin soars\n');
    const closed = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const error: unknown = await runSentiment({ args: ['--csv', join(folder, 'in.csv')], out: closed }).catch(
      (caught: unknown) => caught,
    );
    expect(errorLine(error)).toMatch(/^CC_FILE: Standard output was closed .*--out/);
  });
});
