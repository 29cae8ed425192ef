import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasSubcommands, leavesOf } from '../../src/commands/options.ts';
import { COMMANDS } from '../../src/commands/registry.ts';
import { settingsSchema } from '../../src/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'PRIVACY.md',
  'TERMS.md',
  'CHANGELOG.md',
  'open-data/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const read = (page: string) => readFileSync(join(root, page), 'utf8');
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  it('links only to what is there', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!);
    expect(links.filter((target) => !existsSync(resolve(root, dirname(page), target)))).toEqual([]);
  });

  it('names only source files that are there', () => {
    const named = [...text.matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|js|mjs))`/g)].map(([, path]) => path!);
    const places = (path: string) => [join(root, path), join(root, 'src', path), join(root, 'src/sources', path)];
    // README.md shows where a file of the reader's own would go.
    const real = named.filter((path) => !path.endsWith('/yours.ts'));
    expect(real.filter((path) => !places(path).some((place) => existsSync(place)))).toEqual([]);
  });

  it('names only folders that are there', () => {
    const named = [...text.matchAll(/`((?:src|test|scripts|docs)\/[\w./-]*\/)`/g)].map(([, path]) => path!);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names only npm scripts that are there', () => {
    const named = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('README.md', () => {
  const text = read('README.md');

  it('says how to start and to test within its first thirty lines', () => {
    const top = text.split('\n').slice(0, 30).join('\n');
    for (const command of ['npm ci && npm start', 'npm ci && npm test', 'npm run demo']) expect(top).toContain(command);
  });

  it('lists every slash command with its options', () => {
    const rows = COMMANDS.map(({ definition }) => {
      const leaves = leavesOf(definition);
      // Subcommands stand side by side; a bar in a table is escaped.
      const options = hasSubcommands(definition)
        ? [leaves.map(({ path }) => path.join(' ')).join('\\|')]
        : leaves.flatMap((leaf) => leaf.options.map(({ name, required }) => (required ? name : `[${name}]`)));
      return `| \`/${[definition.name, ...options].join(' ')}\` |`;
    });
    const missing = rows.filter((row) => !text.includes(row));
    expect(missing, 'rows to add to the table of commands in README.md').toEqual([]);
  });

  it('lists only settings that exist, with their defaults', () => {
    const rows = [...text.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \| (?:`([^`]+)`|[^|]+) \|/gm)];
    expect(rows.length).toBeGreaterThan(5);
    const defaults: Readonly<Record<string, unknown>> = settingsSchema.parse({});
    for (const [, name, shown] of rows) {
      expect(Object.keys(settingsSchema.shape)).toContain(name);
      const value = defaults[name!];
      if (shown !== undefined) expect(Array.isArray(value) ? value.join(',') : String(value), name).toBe(shown);
    }
  });
});
