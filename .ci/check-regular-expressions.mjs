// Usage: node .ci/check-regular-expressions.mjs [FILE…]. Fails when a regular expression of the source takes exponential or polynomial time on
// some text, by `recheck`. One whose text is short is let through if it is not exponential and one of the two lines before it, or its own, says
// `// bounded: what the text is and how long at most`. Expressions put together while the program runs cannot be checked, so there are none.
process.env.RECHECK_BACKEND = 'pure';
const { checkSync } = await import('recheck');
const { parseAst } = await import('vitest/node');
const { execFileSync } = await import('node:child_process');
const { readFileSync } = await import('node:fs');

const NOTE = /\/\/ bounded: \S/;
/** Decided by the work done and not by the clock, so that a busy machine finds the same. */
const LIMITS = { timeout: 180_000, incubationTimeout: 120_000, attackTimeout: 120_000 };

// A checker that no longer finds anything would pass everything.
const known = checkSync('^(?:<!--.*?-->\\s*)*<(?:!doctype\\s+html|html)\\b', 'is', LIMITS);
if (known.complexity?.type !== 'exponential') throw new Error('recheck does not find a known exponential expression.');

const files = process.argv.length > 2 ? process.argv.slice(2) : sourceFiles();
const expressions = new Map();
const problems = [];
for (const file of files) {
  const code = readFileSync(file, 'utf8');
  const lines = code.split('\n');
  visit(parseAst(code, { lang: file.endsWith('.ts') ? 'ts' : 'js' }, file), (node) => {
    const line = code.slice(0, node.start).split('\n').length;
    const where = `${file}:${line}`;
    if (node.type === 'Literal' && node.regex) {
      const { pattern, flags } = node.regex;
      const bounded = lines.slice(Math.max(0, line - 3), line).some((text) => NOTE.test(text));
      const text = `/${pattern}/${flags}`;
      const found = expressions.get(text);
      // Bounded only where it is so at each of its places.
      expressions.set(
        text,
        found ? { ...found, bounded: found.bounded && bounded } : { where, pattern, flags, bounded },
      );
    } else if (/^(?:New|Call)Expression$/.test(node.type) && node.callee.name === 'RegExp') {
      problems.push(`${where} puts a regular expression together; write it out`);
    }
  });
}
for (const [text, { where, pattern, flags, bounded }] of expressions) {
  const { status, complexity, attack, error } = checkSync(pattern, flags, LIMITS);
  if (status === 'safe' || (bounded && complexity?.type === 'polynomial')) continue;
  const kind = status === 'vulnerable' ? `${complexity.type} on ${attack.pattern}` : `not decided (${error.kind})`;
  problems.push(`${where} ${text} is ${kind}`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${expressions.size} regular expressions in ${files.length} files, ${problems.length} refused\n`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** What runs: the kernels are AssemblyScript, which has no regular expressions. */
function sourceFiles() {
  const listed = execFileSync('git', ['ls-files', 'src'], { encoding: 'utf8' }).trim().split('\n');
  return listed.filter((file) => /\.(?:ts|js)$/.test(file) && !file.includes('/assembly/') && !file.endsWith('.d.ts'));
}

function visit(node, see) {
  if (typeof node !== 'object' || node === null) return;
  if (typeof node.type === 'string') see(node);
  for (const child of Object.values(node)) visit(child, see);
}
