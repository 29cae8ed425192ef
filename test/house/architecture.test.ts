import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith(join('ml', 'engine', 'assembly')))
  .map((file) => join(src, file));

/**
 * The table of docs/architecture.md: what each folder may import of ours, as folders or single files. `types` may be imported with
 * `import type` only: their instances arrive as arguments.
 */
const RULES: Readonly<Record<string, { readonly code: readonly string[]; readonly types?: readonly string[] }>> = {
  core: { code: [], types: ['language'] },
  language: { code: ['core'] },
  'config.ts': { code: ['core'] },
  sources: { code: ['core', 'workers'] },
  storage: { code: ['core', 'workers'] },
  cluster: { code: ['core'] },
  sentiment: { code: ['core'] },
  workers: { code: ['core'] },
  ml: { code: ['core', 'workers'] },
  market: { code: ['core', 'sources'], types: ['storage'] },
  services: { code: ['core', 'market', 'ml', 'sentiment'], types: ['language', 'sources', 'storage'] },
  render: { code: ['core', 'language', 'workers'] },
  commands: { code: ['core', 'language', 'render'], types: ['market', 'services'] },
  discord: { code: ['core', 'commands', 'language'], types: ['cluster', 'render', 'services'] },
  console: { code: ['core', 'commands', 'language', 'render'], types: ['services'] },
  jobs: { code: ['core'], types: ['services', 'storage'] },
  metrics: { code: ['core'] },
};

/** Packages that only some rooms may touch. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'discord.js': ['discord', 'commands'],
  axios: ['sources'],
  kysely: ['storage'],
  'intl-messageformat': ['language'],
  libsql: ['storage'],
  pg: ['storage'],
  ioredis: ['cluster'],
  '@discordjs/ws': ['discord'],
  echarts: ['render'],
  '@resvg/resvg-js': ['render'],
  hono: ['console'],
  '@hono/node-server': ['console'],
  keyv: ['app', 'storage'],
  'node-cron': ['jobs', 'config.ts'],
  'prom-client': ['metrics'],
  sentiment: ['sentiment'],
  'eld/extrasmall': ['sentiment'],
  htmlparser2: ['sources'],
  'entities/decode': ['sources'],
};

interface Import {
  readonly from: string;
  readonly room: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const roomOf = (path: string) => relative(src, path).split(/[\\/]/)[0]!;
const imports: Import[] = files.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(type\s+)?([^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)].map((match) => ({
    from: relative(src, file),
    room: roomOf(file),
    target: match[3]!.startsWith('.') ? resolve(dirname(file), match[3]!) : match[3]!,
    typeOnly: match[1] !== undefined || /^\{(\s*type\s+\w+(\s+as\s+\w+)?\s*,?)+\s*\}\s+from\s+$/.test(match[2] ?? ''),
  }));
});
const ours = imports.filter((one) => one.target.startsWith(src));

describe('the house', () => {
  it('has a rule for every room, and every room is there', () => {
    const rooms = new Set(files.map(roomOf));
    const entries = ['app', 'main.ts', 'cli.ts', 'cli'];
    expect([...rooms].filter((room) => !(room in RULES) && !entries.includes(room))).toEqual([]);
    expect(Object.keys(RULES).filter((room) => !rooms.has(room))).toEqual([]);
  });

  it('says the same in docs/architecture.md', () => {
    const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `([\w.]+)\/?` \| [^|]+ \| ([^|]+) \| [^|]+ \|$/gm)].map(([, room, cell]) => {
      const [code = '', types = ''] = cell!.split('; types of ').map((part) => part.trim());
      const list = (text: string) => (text === '' || text === '–' ? [] : text.split(', ').sort());
      return [room, { code: list(code), types: list(types) }];
    });
    const rules = Object.entries(RULES).map(([room, { code, types = [] }]) => [
      room,
      { code: [...code].sort(), types: [...types].sort() },
    ]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(rules));
  });

  it.each(Object.entries(RULES))('%s imports only what the table allows', (room, { code, types = [] }) => {
    const broken = ours
      .filter((one) => one.room === room)
      .filter((one) => {
        const target = roomOf(one.target);
        return target !== room && !code.includes(target) && !(one.typeOnly && types.includes(target));
      });
    expect(broken.map((one) => `${one.from} → ${relative(src, one.target)}`)).toEqual([]);
  });

  it.each(Object.entries(PACKAGES))('%s is touched only where it belongs', (name, rooms) => {
    const broken = imports.filter((one) => one.target === name && !one.typeOnly && !rooms.includes(one.room));
    expect(broken.map((one) => one.from)).toEqual([]);
  });

  it('nothing but the entries imports app/ or an entry', () => {
    const entries = new Set(['app', 'main.ts', 'cli.ts']);
    const broken = ours.filter(
      (one) =>
        entries.has(roomOf(one.target)) &&
        !['main.ts', 'cli.ts', 'cli'].includes(one.room) &&
        one.room !== roomOf(one.target),
    );
    expect(broken.map((one) => one.from)).toEqual([]);
  });

  it('reads the environment in config.ts alone, and takes clock and chance as parameters below the entries', () => {
    const below = files.filter((file) => Object.keys(RULES).includes(roomOf(file)));
    const offenders = below.flatMap((file) => {
      const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      const found = [];
      if (/\bprocess\.env\b/.test(text) && relative(src, file) !== 'config.ts') found.push('process.env');
      if (/\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)/.test(text)) found.push('clock or chance');
      return found.map((what) => `${relative(src, file)}: ${what}`);
    });
    expect(offenders).toEqual([]);
  });

  it('has no import cycle, of types either', () => {
    const targets = new Map<string, string[]>();
    for (const { from, target } of ours) {
      const file = join(src, from);
      targets.set(file, [...(targets.get(file) ?? []), target]);
    }
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): readonly string[] => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return [];
      for (const target of targets.get(file) ?? []) {
        const cycle = visit(target, [...path, file]);
        if (cycle.length > 0) return cycle;
      }
      done.add(file);
      return [];
    };
    const cycles = files.map((file) => visit(file, []).map((one) => relative(src, one)));
    expect(cycles.filter((cycle) => cycle.length > 0)).toEqual([]);
  });

  it('keeps files small: none past 400 lines, nine in ten below 250', () => {
    // The sentences of a language are one file, so that whoever mends them need not search.
    const code = files.filter((file) => !relative(src, file).startsWith(join('language', 'messages')));
    const lengths = code.map((file) => readFileSync(file, 'utf8').split('\n').length).sort((a, b) => a - b);
    expect(lengths.at(-1)).toBeLessThanOrEqual(400);
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThan(250);
  });
});

describe('a test that starts servers or built programs', () => {
  it('is not one of those that run at every `npm test`', () => {
    const folder = join(src, '../test');
    const fast = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^[^.]+\.test\.ts$/.test(file),
    );
    expect(fast.length).toBeGreaterThan(100);
    const starts = /from '[./]*support\/(?:postgres|postgres-server|redis|built-program|built-bot|bot-cluster)\.ts'/;
    const wrong = fast.filter((file) => starts.test(readFileSync(join(folder, file), 'utf8')));
    expect(wrong, 'files to rename to *.slow.test.ts').toEqual([]);
  });
});
