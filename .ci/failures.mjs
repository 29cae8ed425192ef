// node .ci/failures.mjs WORK STEP…: what failed in each step, for the end of the output, because the middle of a long log may be lost. A step
// with a report of its tests names them with the first lines of their errors; of every other one the last lines of its output are repeated.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const ERROR_LINES = 8;
const OUTPUT_LINES = 15;
/** Of one line. */
const MAX_CHARACTERS = 300;
/** Tests of one step that are shown with their errors; the others only by name. */
const MAX_ERRORS = 10;

const [work, ...steps] = process.argv.slice(2);
for (const step of steps) {
  const report = join(work, 'suites', `${step}.json`);
  const failed = existsSync(report) ? failedTests(JSON.parse(readFileSync(report, 'utf8'))) : [];
  const output = join(work, 'output', `${step}.log`);
  process.stdout.write(`\n=== failed: ${step}\n`);
  for (const [i, { name, error }] of failed.entries()) {
    process.stdout.write(`✗ ${name}\n`);
    if (i < MAX_ERRORS) for (const line of error) process.stdout.write(`    ${line}\n`);
  }
  // A suite can fail without a failed test: a file that does not load, a rejection nobody handled, a check of its report.
  if (failed.length > 0 || !existsSync(output)) continue;
  for (const line of lines(readFileSync(output, 'utf8')).slice(-OUTPUT_LINES)) process.stdout.write(`    ${line}\n`);
}

/** The failed tests of a report of vitest, and the files that failed as a whole. */
function failedTests({ testResults }) {
  return testResults.flatMap((file) => {
    const path = relative(process.cwd(), file.name);
    const tests = file.assertionResults.filter(({ status }) => status === 'failed');
    if (tests.length === 0 && file.status === 'failed') return [{ name: path, error: first(file.message ?? '') }];
    return tests.map(({ ancestorTitles, title, failureMessages }) => ({
      name: [path, ...ancestorTitles, title].join(' > '),
      error: first(failureMessages.join('\n')),
    }));
  });
}

/** The first lines of an error, without the calls inside packages and Node. */
function first(text) {
  return lines(text)
    .filter((line) => !/^ +at .*(?:node_modules|node:)/.test(line))
    .slice(0, ERROR_LINES);
}

function lines(text) {
  const written = stripVTControlCharacters(text).split('\n');
  return written.filter((line) => line.trim() !== '').map((line) => line.slice(0, MAX_CHARACTERS));
}
