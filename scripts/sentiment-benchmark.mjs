// Scores the labelled sets with the majority class, the package `sentiment`, VADER and Candlecast's own scorer, and writes the table
// into docs/sentiment.md between two markers. `node scripts/sentiment-benchmark.mjs [DIR] [--print]`; DIR holds `NAME.csv` files with
// the columns text,label (−1, 0, 1). Nothing here is trained, so no set needs cross-validation. Build first.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';

const root = fileURLToPath(new URL('..', import.meta.url));
const START = '<!-- benchmark: written by scripts/sentiment-benchmark.mjs -->';
const END = '<!-- /benchmark -->';
const SETS = {
  sentfin_headlines: 'financial headlines (SEntFiN)',
  surge_crypto_reddit: 'crypto comments on Reddit (Surge), no neutral class',
  fpb_50agree: 'financial sentences (Financial PhraseBank), measured only',
};

const args = process.argv.slice(2).filter((arg) => arg !== '--print');
const dir = args[0] ?? join(root, '../shared/data/sentiment');
const require = createRequire(import.meta.url);
const Sentiment = require('sentiment');
const { SentimentIntensityAnalyzer: vader } = require('vader-sentiment');
const { labelOf, scoreOf } = await import('../dist/sentiment/score.js');
const afinn = new Sentiment();

const RATERS = {
  '`sentiment` 5.0.2 (AFINN)': (text) => Math.sign(afinn.analyze(text).score),
  // The limits its authors give.
  'VADER 1.1.3': (text) => {
    const { compound } = vader.polarity_scores(text);
    return compound >= 0.05 ? 1 : compound <= -0.05 ? -1 : 0;
  },
  Candlecast: (text) => labelOf(scoreOf(text)),
};

/** Mean of the F1 of every class that occurs among the true labels. */
function macroF1(truth, given) {
  const classes = [...new Set(truth)];
  const f1 = (one) => {
    const hits = truth.filter((label, i) => label === one && given[i] === one).length;
    const claimed = given.filter((label) => label === one).length;
    const real = truth.filter((label) => label === one).length;
    return hits === 0 ? 0 : (2 * hits) / (claimed + real);
  };
  return classes.reduce((sum, one) => sum + f1(one), 0) / classes.length;
}

function measure(rows, rate) {
  const given = rows.map(({ text }) => rate(text));
  // Processor time, so that a busy machine does not matter; a second pass and more, when the code is compiled.
  const begin = process.cpuUsage();
  let passes = 0;
  let microseconds = 0;
  do {
    for (const { text } of rows) rate(text);
    passes++;
    const { user, system } = process.cpuUsage(begin);
    microseconds = user + system;
  } while (microseconds < 500_000);
  return { given, perSecond: (passes * rows.length) / (microseconds / 1e6) };
}

const commonest = (labels) => {
  const counts = new Map();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0][0];
};

const lines = ['| set | n | scorer | macro-F1 | right, % | headlines/s |', '|---|---:|---|---:|---:|---:|'];
for (const [name, title] of Object.entries(SETS)) {
  const path = join(dir, `${name}.csv`);
  if (!existsSync(path)) throw new Error(`There is no ${path}; name the folder of the labelled sets.`);
  const rows = parse(readFileSync(path), { columns: true, bom: true });
  const truth = rows.map(({ label }) => Number(label));
  const majority = commonest(truth);
  const row = (scorer, given, speed) => {
    const right = given.filter((label, i) => label === truth[i]).length / truth.length;
    const shown = speed === null ? '' : (Math.round(speed / 1_000) * 1_000).toLocaleString('en');
    lines.push(
      `| ${title} | ${rows.length.toLocaleString('en')} | ${scorer} | ${macroF1(truth, given).toFixed(3)} | ${(100 * right).toFixed(1)} | ${shown} |`,
    );
  };
  row(
    `always ${majority}`,
    truth.map(() => majority),
    null,
  );
  for (const [scorer, rate] of Object.entries(RATERS)) {
    const { given, perSecond } = measure(rows, rate);
    row(scorer, given, perSecond);
  }
}

const table = `${lines.join('\n')}\n`;
if (process.argv.includes('--print')) process.stdout.write(table);
else {
  const path = join(root, 'docs/sentiment.md');
  const page = readFileSync(path, 'utf8');
  const [before, rest] = page.split(START);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`docs/sentiment.md has no "${START}" … "${END}".`);
  writeFileSync(path, `${before}${START}\n\n${table}\n${END}${after}`);
}
