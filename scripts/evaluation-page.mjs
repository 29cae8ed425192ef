// Writes docs/evaluation.md from reports of `npm run evaluate -- … --json`: node scripts/evaluation-page.mjs 1d.json [1h.json] [rolling-days.json]
import { readFileSync, writeFileSync } from 'node:fs';
import { day, published, signed, table } from './page-format.mjs';

const interval = (estimate) =>
  estimate ? `${signed(estimate.value, 2)} (${signed(estimate.low, 2)} to ${signed(estimate.high, 2)})` : '–';
const percent = (share, digits = 1) => (100 * share).toFixed(digits);

/** A scored part in one row: n, skill over each baseline, coverage, width. */
function partRow(name, scores) {
  if (!scores || scores.n === 0) return null;
  const bands = scores.coverage.map((band) => percent(band.share)).join(' / ');
  const width = percent(scores.coverage.find((band) => band.nominal === 0.8).meanWidth);
  return [
    name,
    `${scores.n.toLocaleString('en')} (${scores.coins})`,
    ...scores.baselines.map((one) => interval(one.skillPct)),
    bands,
    width,
  ];
}

function section(report) {
  const { model, horizons, counts, crashes } = report;
  const names = horizons[0].pooled.baselines.map((one) => `over ${one.name}`);
  const skill = horizons.map((horizon) => {
    const parts = [
      ['all', horizon.pooled],
      ['coins seen in training', horizon.seen],
      ['coins never seen', horizon.unseen],
      ['calm', horizon.calm],
      ['most volatile', horizon.volatile],
      ['weeks after crashes', horizon.afterCrash],
    ];
    // Where every coin was seen, or none, there is no split.
    const told = parts.filter(([, scores], i) => i === 0 || scores?.n !== horizon.pooled.n);
    const rows = told.map(([name, scores]) => partRow(name, scores)).filter(Boolean);
    return `**${horizon.name}**\n\n${table(['forecasts', 'n (coins)', ...names, 'inside 50 / 80 / 95 %', 'width of 80 %, %'], rows)}`;
  });
  const points = horizons.map(({ name, pooled, coverage80Within3Points: within }) => [
    name,
    `${percent(pooled.median.rmse, 2)} / ${percent(pooled.noChange.rmse, 2)}`,
    `${percent(pooled.median.mae, 2)} / ${percent(pooled.noChange.mae, 2)}`,
    `${percent(pooled.direction.accuracy.value)} (${percent(pooled.direction.accuracy.low)} to ${percent(pooled.direction.accuracy.high)}); ${percent(pooled.direction.up)}`,
    `${pooled.brier.score.toFixed(4)} / ${pooled.brier.baseRate.toFixed(4)}`,
    pooled.baselines.map((one) => `${one.name} ${one.pValue < 0.002 ? '< 0.002' : one.pValue.toFixed(3)}`).join(', '),
    `${within.coins} of ${within.of}`,
  ]);
  const stopFromMs = model.stopFromMs ?? model.fitUntilMs;
  const learntAgain = model.stopFromMs === null ? '' : ', then refitted with those too';
  return `## ${report.interval === '1d' ? 'Daily' : 'Hourly'} candles

Model fitted on origins before ${day(stopFromMs)}, stopped on those before ${day(model.stopUntilMs)}${learntAgain}; forecasts from ${day(report.fromMs)} to ${day(report.toMs)}, ${report.symbols.length} coins,
${counts.forecastOrigins.toLocaleString('en')} origins. ${crashes.length} crashes of Bitcoin (definition below) fall into the span.

Skill in per cent with its 95 % interval (block bootstrap over time); n with the number of coins.

${skill.join('\n\n')}

${table(['horizon', 'RMSE of the median / no change, %', 'MAE / no change, %', 'direction right, % (interval); rose, %', 'Brier score / base rate', 'p against', 'coins whose 80 % band held 77 to 83 %'], points)}

${sentimentTable(report)}${report.unseen.length > 0 ? `Never seen in training: ${report.unseen.join(', ')}.\n` : ''}
\`\`\`
npm run train -- --candles DIR --interval ${report.interval} ${report.unseen.length > 0 ? '--symbols ALL_BUT_THESE ' : ''}--fit-until ${day(stopFromMs - 1)} --stop-until ${day(model.stopUntilMs - 1)} ${report.sentiment?.learnt ? '--headlines coindesk.csv,cryptonews.csv --feargreed feargreed.csv ' : ''}--no-rehearsal --reproducible --out ${report.interval}.json
${published(report.command)}
\`\`\``;
}

/** Days that end at every hour: the skill of four hours of the day and of all, and its span over the 24. */
function rollingSection(report) {
  const { model, horizons, symbols } = report;
  const overClimatology = ({ baselines }) => baselines.find((one) => one.name === 'climatology').skillPct;
  const parts = horizons.map(({ name, hours, pooled }) => {
    const rows = [
      ...hours.filter(({ hour }) => hour % 6 === 0).map((one) => [`${String(one.hour).padStart(2, '0')}:00 UTC`, one]),
      ['all 24 hours', pooled],
    ].map(([label, scores]) => partRow(label, scores));
    const skills = hours.map((one) => overClimatology(one).value);
    const shares = hours.map((one) => one.coverage.find((band) => band.nominal === 0.8).share);
    const span = `Over the 24 hours: skill over climatology ${signed(Math.min(...skills), 2)} to ${signed(Math.max(...skills), 2)}, inside 80 % ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}.`;
    const names = pooled.baselines.map((one) => `over ${one.name}`);
    return `**${name}**\n\n${table(['days end at', 'n (coins)', ...names, 'inside 50 / 80 / 95 %', 'width of 80 %, %'], rows)}\n\n${span}`;
  });
  const flattered =
    report.inSample && model.stopFromMs === null && report.fromMs >= model.fitUntilMs - 1
      ? ` Early stopping and the calibration's settings were chosen on these very dates, on days that end at midnight: that flatters the skill, and midnight before other hours.`
      : '';
  return `## Days that end at any hour

Daily horizons from 24-hour candles that end at every full hour, built of hourly candles; scored against baselines of days that end at the same hour. The
daily model has only learnt from days that end at midnight. This one, shipped earlier, was fitted on origins before ${day(model.fitUntilMs)}, stopped on those before ${day(model.stopUntilMs)}; forecasts from ${day(report.fromMs)} to ${day(report.toMs)} of ${symbols.join(', ')}.${flattered}

${parts.join('\n\n')}

\`\`\`
${published(report.command)}
\`\`\``;
}

/** The sentiment ablation, for models trained with sentiment. */
function sentimentTable({ horizons, sentiment }) {
  if (!sentiment?.learnt) return '';
  const worth = ({ worthPct, n }) =>
    `${signed(worthPct.value, 3)} (${signed(worthPct.low, 3)} to ${signed(worthPct.high, 3)}), n = ${n.toLocaleString('en')}`;
  const rows = horizons.map(({ name, sentiment: { all, headlines } }) => [name, worth(all), worth(headlines)]);
  return `Sentiment ablation: percentage by which the loss is below that of the same nets with sentiment masked.

${table(['horizon', 'at all origins, %', 'where headlines were known, %'], rows)}

`;
}

const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
if (reports.length === 0) {
  process.stderr.write('Usage: node scripts/evaluation-page.mjs REPORT.json [REPORT.json] [REPORT.json]\n');
  process.exit(2);
}
const definitions = Object.entries(Object.assign({}, ...reports.map((one) => one.definitions))).map(
  ([name, text]) => `- **${name}**: ${text}`,
);
writeFileSync(
  new URL('../docs/evaluation.md', import.meta.url),
  `# Evaluation

Walk-forward results on years and coins that the model had not seen, beside every baseline.

- Volatility can be forecast, direction hardly. The median is nearly the last price.
- A skill of one to three per cent over a coin's own past distribution is realistic on these markets; more would suggest a leak.
- No model saw a crash coming. The rows *weeks after crashes* show how it did in the week after.

**Not fully out of sample.** These choices used the data named:

- the share of the net's median that is kept (40 %) and the expected share of climatology (15 %) of the daily model: on 2021 and 2022, with nets fitted before;
- the hourly recipe, trees included ([recipe.md](recipe.md)): on hourly forecasts of 2022, the stopping year below;
- the conformal step: on daily forecasts of 2020–2021 and hourly ones of 2022;
- the refit with the stopping period, and no trees for days: after seeing both on 2022;
- how sentiment enters: after its worth on 2022–2023 had been seen. It is next to nothing there.

Nothing else was chosen with 2023. Hourly forecasts of 2023 had been scored before, by simpler recipes and by this one trained on all coins.

Written by \`scripts/evaluation-page.mjs\` from reports of \`npm run evaluate\`. The candles are real and not part of this project; with your own candles the same commands give the same tables.

![Skill, calibration and coverage over time](images/evaluation-1d.png)

${reports.map((one) => (one.rollingDays ? rollingSection(one) : section(one))).join('\n\n')}

## How it is counted

${definitions.join('\n')}
`,
);
