import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/**
 * Files that hold sentences in English: the public record's pages and the reports of training (English alone), texts of errors for the log and the
 * command line, what owners of the bot alone are told, and posts that are not translated yet. The list may only become shorter.
 */
const ENGLISH: ReadonlySet<string> = new Set([
  'commands/dispatch.ts',
  'commands/typed-line.ts',
  'commands/options.ts',
  'commands/paper/paper.ts',
  'commands/permissions.ts',
  'commands/privacy/privacy.ts',
  'render/admin/admin-embed.ts',
  'render/admin/digest-text.ts',
  'render/format.ts',
  'render/limits.ts',
  'render/models/evaluation-panels.ts',
  'render/models/evaluation-report.ts',
  'render/record/horizon-section.ts',
  'render/record/odds-section.ts',
  'render/record/plot.ts',
  'render/record/record-page.ts',
  'render/record/record-tables.ts',
  'render/record/record-terms.ts',
  'render/record/record-text.ts',
]);

const files = ['render', 'commands'].flatMap((room) =>
  readdirSync(join(src, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(src, room, file)),
);

/** Calls whose texts are for the log and the command line: of an error, people are shown its `said` and `advice`, or its title. */
const UNSEEN = /\b(?:new \w*Error|usageError|valueOrUnknown|warn|info|error|debug)\(/g;

/** A source without the calls in {@link UNSEEN}, up to their closing parentheses. */
function withoutCalls(source: string): string {
  let rest = source;
  for (let found = UNSEEN.exec(rest); found; found = UNSEEN.exec(rest)) {
    let end = found.index + found[0].length;
    for (let open = 1; open > 0 && end < rest.length; end++) {
      if (rest[end] === '(') open++;
      else if (rest[end] === ')') open--;
    }
    rest = rest.slice(0, found.index) + rest.slice(end);
    UNSEEN.lastIndex = found.index;
  }
  UNSEEN.lastIndex = 0;
  return rest;
}

/** Texts in quotes with three words or more that stand beside each other; texts of commands' descriptions have their five languages beside them. */
function sentencesOf(source: string): string[] {
  const code = withoutCalls(source)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\b(?:en|de|es|fr|pt): '(?:[^'\\\n]|\\.)*'/g, '')
    .replace(/\b(?:en|de|es|fr|pt):\s*\n\s*'(?:[^'\\\n]|\\.)*'/g, '');
  const quoted = [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(
    (found) => found[1] ?? found[2] ?? '',
  );
  return quoted.filter((text) => /\p{L}{2,}[,;:]? \p{L}{2,}[,;:]? \p{L}{2,}/u.test(text.replace(/\$\{[^}]*\}/g, '…')));
}

it('sees a sentence where there is one', () => {
  expect(sentencesOf("reply('Nothing was saved.');")).toEqual(['Nothing was saved.']);
  expect(sentencesOf('`some posts are late`')).toEqual(['some posts are late']);
  expect(sentencesOf("described({ en: 'What this bot does', de: 'Was der Bot kann' }); t('a.b'); // a b c d")).toEqual(
    [],
  );
});

it('is said from the files of the languages: nothing that is shown stands in English in render or commands', () => {
  const found = files.flatMap((file) => {
    const name = relative(src, file).replaceAll('\\', '/');
    return ENGLISH.has(name) ? [] : sentencesOf(readFileSync(file, 'utf8')).map((text) => `${name}: ${text}`);
  });
  expect(found).toEqual([]);
});

it('keeps no file on the list of English ones that has no sentence any more', () => {
  const idle = [...ENGLISH].filter((name) => sentencesOf(readFileSync(join(src, name), 'utf8')).length === 0);
  expect(idle).toEqual([]);
});

/** Errors whose general sentence says too little, so that members must be told more in their own language (`render/error-embed.ts`). */
const DETAILED =
  /\b(?:new (?:CandlecastError|UnknownNameError)\(\s*'CC_(?:USAGE|CHANNEL|NOT_ALLOWED|COIN_CHANGED|RECORD_UNKNOWN|BUSY|CALL_REFUSED)'|usageError\()/g;

/** Files whose errors owners of the bot, the command line or nobody but a developer meets. */
const FOR_OWNERS =
  /^(?:commands\/admin\/|services\/admin\/|services\/models\/|cli|app\/|ml\/|storage\/|main\.ts|jobs\/time-machine)/;

/** The errors in a source that carry no words of their own: of each the beginning of its call. */
function wordless(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '');
  return [...code.matchAll(DETAILED)].flatMap((found) => {
    const from = found.index + found[0].indexOf('(') + 1;
    let end = from;
    for (let open = 1; open > 0 && end < code.length; end++) {
      if (code[end] === '(') open++;
      else if (code[end] === ')') open--;
    }
    const call = code.slice(from, end);
    return /\b(?:said|details)\b|\bkey: '/.test(call) ? [] : [call.slice(0, 80)];
  });
}

it('sees an error without words of its own', () => {
  expect(wordless("throw new CandlecastError('CC_USAGE', `No (x).`);")).toHaveLength(1);
  expect(wordless("throw new CandlecastError('CC_USAGE', 'No.', { said: { key: 'errors.x' } });")).toEqual([]);
});

it('tells members in their language what exactly was wrong', () => {
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
  const found = sources
    .filter((name) => name.endsWith('.ts') && !FOR_OWNERS.test(name))
    .flatMap((name) => wordless(readFileSync(join(src, name), 'utf8')).map((call) => `${name}: ${call}`));
  expect(found).toEqual([]);
});
