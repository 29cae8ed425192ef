import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from '../../src/commands/command.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { type ExitCode, runOnce } from '../../src/console/terminal.ts';
import { fakeContext, TINY_PNG } from '../support/console/fake-context.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candlecast-terminal-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function run(
  line: string,
  options: { json?: boolean; outDir?: string; commands?: readonly Command[] } = {},
): Promise<{ code: ExitCode; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runOnce(line, {
    context: fakeContext(),
    commands: COMMANDS,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    ...options,
  });
  return { code, out, err };
}

function commandWithFiles(...names: string[]): Command {
  return {
    definition: { name: 'files', description: 'Sends files' },
    execute: async () => ({
      content: 'Here\u001b[2J they are\u0007.',
      embeds: [],
      components: [],
      files: names.map((name, i) => ({
        name,
        contentType: 'text/plain',
        data: Uint8Array.of(i),
        description: 'A file',
      })),
    }),
  };
}

describe('runOnce of a command that takes long', () => {
  const slow: Command = {
    definition: { name: 'slow', description: 'Answers step by step' },
    execute: async (_options, _caller, _context, progress) => {
      progress?.({ embeds: [{ title: 'Training', description: '**half** way' }], files: [], components: [] });
      return { content: 'there', embeds: [], files: [], components: [] };
    },
  };

  it('tells its progress as lines on standard error, so that the output is the answer alone', async () => {
    expect(await run('/slow', { commands: [slow] })).toEqual({
      code: 0,
      out: 'there\n',
      err: 'Training: half way\n',
    });
  });
});

describe('runOnce as text', () => {
  it('prints the reply and how to get the chart, and writes nothing', async () => {
    const { code, out, err } = await run('/forecast symbol:BTC horizon:1d');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Bitcoin (BTC) · $98,123');
    expect(out).toContain('--out DIR');
    expect(out).not.toContain('<t:');
    expect(await readdir(folder)).toEqual([]);
  });

  it('writes the chart where it is told to and says so', async () => {
    const outDir = join(folder, 'new', 'charts');
    const { code, out } = await run('/forecast BTC', { outDir });
    expect(code).toBe(0);
    expect(out).toContain(join(outDir, 'forecast.png'));
    expect((await readFile(join(outDir, 'forecast.png'))).equals(TINY_PNG)).toBe(true);
  });

  it('does not speak of attachments where there are none', async () => {
    expect((await run('/help')).out).not.toContain('--out');
  });

  it('lets no control character through to the terminal', async () => {
    const { out } = await run('/files', { commands: [commandWithFiles()] });
    expect(out).toBe('Here[2J they are.\n');
  });
});

describe('runOnce as JSON', () => {
  it('prints one document with the bytes of the chart', async () => {
    const { code, out } = await run('/forecast BTC 3d', { json: true });
    const reply = JSON.parse(out);
    expect(code).toBe(0);
    expect(Object.keys(reply).sort()).toEqual(['components', 'content', 'embeds', 'files']);
    expect(JSON.stringify(reply.components)).toContain('{"label":"3 days ahead","value":"3d","default":true}');
    expect(reply.files[0]).toMatchObject({
      name: 'forecast.png',
      contentType: 'image/png',
      bytes: TINY_PNG.byteLength,
    });
    expect(Buffer.from(reply.files[0].base64, 'base64').equals(TINY_PNG)).toBe(true);
    expect(reply.components[0].components[0].custom_id).toBe('fc:horizon:BTC:3d');
  });

  it('gives paths instead of bytes when the files are written', async () => {
    const { out } = await run('/forecast BTC', { json: true, outDir: folder });
    const [file] = JSON.parse(out).files;
    expect(file).toMatchObject({ path: join(folder, 'forecast.png'), bytes: TINY_PNG.byteLength });
    expect(file).not.toHaveProperty('base64');
  });
});

describe('runOnce when it cannot answer', () => {
  it.each([
    ['/forcast BTC', 2, /^CC_USAGE: .*Did you mean \/forecast\?\n$/],
    ['/forecast BTC 1d true more', 2, /^CC_USAGE: .*\n$/],
    ['', 2, /^CC_USAGE: .*\n$/],
    ['/forecast nosuch', 1, /^CC_UNKNOWN_SYMBOL: .*\n$/],
  ])('answers "%s" with exit code %i and one line with code and remedy', async (line, code, expected) => {
    for (const json of [false, true]) {
      const result = await run(line, { json });
      expect(result).toMatchObject({ code, out: '' });
      expect(result.err).toMatch(expected);
      expect(result.err.trimEnd()).not.toContain('\n');
    }
  });

  it('fails as a whole when the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const { code, out, err } = await run('/forecast BTC', { outDir: join(folder, 'file') });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^CC_FILE: /);
  });
});

describe('names of written files', () => {
  it('stay in the folder, whatever the reply calls them', async () => {
    const names = ['../../up.txt', '/etc/passwd', 'a\\b\\c.txt', '.hidden', 'CON.txt', '..', 'Ä ö.txt', 'x\u0000y.png'];
    await run('/files', { outDir: folder, commands: [commandWithFiles(...names)] });
    const written = await readdir(folder);
    expect(written).toHaveLength(names.length);
    expect(written.sort()).toEqual(
      ['_.txt', '_CON.txt', 'c.txt', 'file', 'hidden', 'passwd', 'up.txt', 'x_y.png'].sort(),
    );
  });

  it('are kept apart when two are alike', async () => {
    const { out } = await run('/files', {
      outDir: folder,
      json: true,
      commands: [commandWithFiles('a.txt', 'A.txt', 'b/a.txt')],
    });
    expect((await readdir(folder)).sort()).toEqual(['A-2.txt', 'a-3.txt', 'a.txt']);
    expect(JSON.parse(out).files.map((file: { path: string }) => file.path)).toEqual(
      ['a.txt', 'A-2.txt', 'a-3.txt'].map((name) => join(folder, name)),
    );
  });
});
