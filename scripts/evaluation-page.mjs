// Writes docs/evaluation.md from reports of `npm run evaluate -- … --json`: node scripts/evaluation-page.mjs 1d.json [1h.json] [days.json],
// the last with `--origins 1h` and, where both models are combined, `--with-hours`. Given only that, or only reports with `--retrain`, it puts its sections
// into the page as it is.
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
      ['announcements', horizon.announcement],
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

/** How a model of a report was fitted, in words. */
function fittedText({ stopFromMs, fitUntilMs, stopUntilMs }) {
  const again = stopFromMs === null ? '' : ', then refitted with those too';
  return `fitted on origins before ${day(stopFromMs ?? fitUntilMs)}, stopped on those before ${day(stopUntilMs)}${again}`;
}

/** How a model of a report of days at every hour is made. */
const trainCommand = (interval, { stopFromMs, fitUntilMs, stopUntilMs }, unseen) =>
  `npm run train -- --candles DIR --interval ${interval} ${unseen.length > 0 ? '--symbols ALL_BUT_THE_NEVER_SEEN ' : ''}--fit-until ${day((stopFromMs ?? fitUntilMs) - 1)} --stop-until ${day(stopUntilMs - 1)} --no-rehearsal --reproducible --out ${interval}.json`;

const seenText = ({ symbols, unseen }) =>
  `${symbols.length} coins: ${symbols.join(', ')}${unseen.length > 0 ? `. Never seen in training: ${unseen.join(', ')}` : ''}`;

const ALONE = ['daily model alone', 'hourly model alone'];
const named = ({ baselines }, name) => baselines.find((one) => one.name === name);
const bands = (shares) => shares.map((one) => percent(one)).join(' / ');

/** Days that end at every hour: four hours of the day and all, and the span of the skill over the 24. */
function rollingSection(report) {
  const { model, horizons, unseen, withHours } = report;
  const parts = horizons.map((horizon) => {
    const { name, hours, pooled } = horizon;
    const rows = [
      ...hours.filter(({ hour }) => hour % 6 === 0).map((one) => [`${String(one.hour).padStart(2, '0')}:00 UTC`, one]),
      ['all 24 hours', pooled],
      ...(horizon.unseen.n > 0 && horizon.seen.n > 0
        ? [
            ['… coins seen in training', horizon.seen],
            ['… coins never seen', horizon.unseen],
          ]
        : []),
    ];
    const combined = withHours && name === '1d';
    // Beside a combination, the daily model is one of its baselines, which have no interval of their own over climatology.
    const ownOf = (scores) =>
      combined
        ? {
            skill: 100 * (1 - named(scores, ALONE[0]).pinball / named(scores, 'climatology').pinball),
            coverage: named(scores, ALONE[0]).coverage,
          }
        : {
            skill: named(scores, 'climatology').skillPct.value,
            coverage: scores.coverage.map(({ share }) => share),
          };
    const own = hours.map(ownOf);
    const skills = own.map(({ skill }) => skill);
    const shares = own.map(({ coverage }) => coverage[1]);
    const span = `Over the 24 hours: skill over climatology ${signed(Math.min(...skills), 2)} to ${signed(Math.max(...skills), 2)}, inside 80 % ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}.`;
    const head = ['days end at', 'n (coins)'];
    const made = combined
      ? table(
          [
            ...head,
            'over climatology',
            'inside 50 / 80 / 95 %',
            'both models over climatology',
            'inside 50 / 80 / 95 %',
          ],
          rows.map(([label, scores]) => [
            label,
            `${scores.n.toLocaleString('en')} (${scores.coins})`,
            signed(ownOf(scores).skill, 2),
            bands(ownOf(scores).coverage),
            interval(named(scores, 'climatology').skillPct),
            bands(scores.coverage.map(({ share }) => share)),
          ]),
        )
      : table(
          [...head, ...rivals(pooled).map((one) => `over ${one.name}`), 'inside 50 / 80 / 95 %', 'width of 80 %, %'],
          rows.map(([label, scores]) => partRow(label, { ...scores, baselines: rivals(scores) })),
        );
    return `**${name}**\n\n${made}\n\n${span}`;
  });
  return `## Days that end at any hour

Daily horizons from 24-hour candles that end at every full hour, built of hourly candles; scored against baselines of days that end at the same hour. The
daily model has only learnt from days that end at midnight. It was ${fittedText(model)}, without sentiment; forecasts
from ${day(report.fromMs)} to ${day(report.toMs)} of ${seenText(report)}.

${parts.join('\n\n')}

\`\`\`
${trainCommand('1d', model, unseen)}${withHours ? '' : `\n${published(report.command)}`}
\`\`\``;
}

/** The baselines proper: those that forecast, without the two models alone. */
const rivals = ({ baselines }) => baselines.filter(({ name, n }) => n > 0 && !ALONE.includes(name));

/** One day of both models beside each alone. */
function combinedSection(report) {
  const { withHours, horizons, unseen } = report;
  const horizon = horizons.find(({ name }) => name === '1d');
  const loss = (value) => percent(value, 4);
  const parts = [
    ['all', horizon.pooled],
    ['coins seen in training', horizon.seen],
    ['coins never seen', horizon.unseen],
    ['calm', horizon.calm],
    ['most volatile', horizon.volatile],
    ['weeks after crashes', horizon.afterCrash],
  ].filter(([, scores]) => scores && scores.n > 0);
  const rows = parts.map(([label, scores]) => {
    const [daily, hourly] = ALONE.map((name) => named(scores, name));
    return [
      label,
      `${scores.n.toLocaleString('en')} (${scores.coins})`,
      interval(daily.skillPct),
      interval(hourly.skillPct),
      interval(named(scores, 'climatology').skillPct),
      [scores.pinball, daily.pinball, hourly.pinball].map(loss).join(' / '),
      [bands(scores.coverage.map(({ share }) => share)), bands(daily.coverage), bands(hourly.coverage)].join('; '),
      [scores.coverage[1].meanWidth, daily.width[1], hourly.width[1]].map((one) => percent(one)).join(' / '),
    ];
  });
  const hours = horizon.hours.map((one) => named(one, ALONE[0]).skillPct.value);
  return `## One day of two models

The hourly model's 24 hours and the daily model's one day from the same full hour, averaged quantile by quantile, ${percent(withHours.hoursShare, 0)} % of the
hourly one ([why](recipe.md#one-day-of-two-models)). Skill in per cent over each alone and over climatology; then the combination, the daily and the hourly model.
The daily model is that of the section above. The hourly one was ${fittedText(withHours.model)}; forecasts from ${day(report.fromMs)}
to ${day(report.toMs)} of the same coins. Neither had any part of that year, nor had the choice of the share.

${table(['forecasts', 'n (coins)', 'over the daily model', 'over the hourly model', 'over climatology', 'mean pinball loss, %', 'inside 50 / 80 / 95 %', 'width of 80 %, %'], rows)}

Over the daily model by hour of the day: ${signed(Math.min(...hours), 2)} to ${signed(Math.max(...hours), 2)}.

\`\`\`
${trainCommand('1h', withHours.model, unseen)}
${published(report.command)}
\`\`\``;
}

/** The sentiment ablation, for models trained with sentiment. */
const RULES = {
  newer: 'newer serves unless it is worse',
  better: 'only a significantly better one serves (the earlier rule)',
  always: 'every new one serves',
};
const ruleText = ({ rehearsal }) => (rehearsal.everyDays === 0 ? 'never retrained' : RULES[rehearsal.rule]);

/** Rehearsals of the bot's life on the same days and coins, one row a rule. */
function livedSection(lived) {
  const [first] = lived;
  const { retrainings } = lived.find(({ rehearsal }) => rehearsal.everyDays > 0)?.rehearsal ?? first.rehearsal;
  const everyDays = Math.max(...lived.map(({ rehearsal }) => rehearsal.everyDays));
  const over = ({ baselines }, name) => named({ baselines }, name)?.skillPct;
  const rows = first.horizons.flatMap((horizon, at) =>
    lived.map((report) => {
      const { pooled, seen, unseen } = report.horizons[at];
      const skill = (scores) => (scores.n > 0 ? interval(over(scores, 'climatology')) : '–');
      return [
        horizon.name,
        ruleText(report),
        skill(pooled),
        skill(seen),
        skill(unseen),
        interval(over(pooled, 'GARCH-t')),
        bands(pooled.coverage.map(({ share }) => share)),
      ];
    }),
  );
  const verdicts = lived
    .filter(({ rehearsal }) => rehearsal.everyDays > 0)
    .map((report) => {
      const served = report.rehearsal.retrainings.filter(({ promoted }) => promoted).map(({ dateMs }) => day(dateMs));
      return `- ${ruleText(report)}: models served from ${served.join(', ')}.`;
    });
  return `## Lived through

The bot's life rehearsed ([models.md](models.md#a-rehearsal-of-the-bots-life)): every ${everyDays} days from ${day(first.fromMs)} to ${day(first.toMs)} a model was trained on what was known
(${retrainings.map(({ dateMs }) => day(dateMs)).join(', ')}), judged and promoted by the rule named, beside never retraining the first one. ${first.symbols.length} coins, of which ${first.rehearsal.leftOut.length} were never learnt from.

${table(['horizon', 'rule', 'over climatology', '… coins learnt from', '… coins never seen', 'over GARCH-t', 'inside 50 / 80 / 95 %'], rows)}

${verdicts.join('\n')}

Never learnt from: ${first.rehearsal.leftOut.join(', ')}.

\`\`\`
${lived
  .map(({ command }) =>
    command
      .replace(/--candles \S+/, '--candles DIR')
      .replace(/--leave-out \S+/, '--leave-out A,B,…')
      .replace(/--resume \S+/, '--resume life.json')
      .replace(/ --json \S+/, ''),
  )
  .join('\n')}
\`\`\``;
}

function sentimentTable({ horizons, sentiment }) {
  if (!sentiment?.learnt) return '';
  const worth = ({ worthPct, n }) =>
    `${signed(worthPct.value, 3)} (${signed(worthPct.low, 3)} to ${signed(worthPct.high, 3)}), n = ${n.toLocaleString('en')}`;
  const rows = horizons.map(({ name, sentiment: { all, headlines } }) => [name, worth(all), worth(headlines)]);
  return `Sentiment ablation: percentage by which the loss is below that of the same nets with sentiment masked.

${table(['horizon', 'at all origins, %', 'where headlines were known, %'], rows)}

`;
}

const PAGE = new URL('../docs/evaluation.md', import.meta.url);
const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
if (reports.length === 0) {
  process.stderr.write('Usage: node scripts/evaluation-page.mjs REPORT.json [REPORT.json] …\n');
  process.exit(2);
}
function sectionsOf(report) {
  if (!report.rollingDays) return [section(report)];
  return [rollingSection(report), ...(report.withHours ? [combinedSection(report)] : [])];
}
const lived = reports.filter((one) => one.rehearsal);
const single = reports.filter((one) => !one.rehearsal);
const sections = [...single.flatMap(sectionsOf), ...(lived.length > 0 ? [livedSection(lived)] : [])].join('\n\n');
const definitions = Object.entries(Object.assign({}, ...reports.map((one) => one.definitions))).map(
  ([name, text]) => `- **${name}**: ${text}`,
);
const COUNTED = '## How it is counted';
if (reports.every((one) => one.rollingDays) || reports.every((one) => one.rehearsal)) {
  // Definitions of the sections that stay are in the page already. Rehearsals come last.
  const [head, tail] = readFileSync(PAGE, 'utf8').split(`${COUNTED}\n\n`);
  const livedAt = head.search(/^## Lived through$/m);
  const end = livedAt < 0 ? head.length : livedAt;
  const rollingAt = head.search(/^## (Days that end at any hour|One day of two models)$/m);
  const first = lived.length > 0 || rollingAt < 0 ? end : rollingAt;
  const rest = lived.length > 0 ? '' : head.slice(end);
  const kept = tail.trimEnd().split('\n');
  const nameOf = (line) => line.split('**')[1];
  const added = definitions.filter((line) => !kept.some((one) => nameOf(one) === nameOf(line)));
  writeFileSync(PAGE, `${head.slice(0, first)}${sections}\n\n${rest}${COUNTED}\n\n${[...kept, ...added].join('\n')}\n`);
} else {
  writeFileSync(PAGE, page());
}

function page() {
  return `# Evaluation

Walk-forward results on years and coins that the model had not seen, beside every baseline.

- Volatility can be forecast, direction hardly. The median is nearly the last price.
- A skill of one to three per cent over a coin's own past distribution is realistic on these markets; more would suggest a leak.
- No model saw a crash coming. The rows *weeks after crashes* show how it did in the week after.

**Not fully out of sample.** These choices used the data named:

- the share of the net's median that is kept (40 %) and the expected share of climatology (15 %) of the daily model: on 2021 and 2022, with nets fitted before;
- the hourly recipe, trees included ([recipe.md](recipe.md)): on hourly forecasts of 2022, the stopping year below;
- the conformal step: on daily forecasts of 2020–2021 and hourly ones of 2022;
- the refit with the stopping period, and no trees for days: after seeing both on 2022;
- the share of each model in one day of both, and how much a move since the last close widens a forecast: on 2022, with models fitted before (for days the latter was then lowered after 2023 had been seen);
- how sentiment enters: after its worth on 2022–2023 had been seen. It is next to nothing there.
- the step of the width factors, announcements and days of the week: on 2020–2021 (days), 2022 (hours) and 2020–2022; what hourly horizons share of it after 2023 had been seen;
- how GARCH-t and HAR enter the daily forecast, and how strict the promotion of models is: after 2020–2023 had been seen.

Nothing else was chosen with 2023. Hourly forecasts of 2023 had been scored before, by simpler recipes and by this one trained on all coins.

Written by \`scripts/evaluation-page.mjs\` from reports of \`npm run evaluate\`. The candles are real and not part of this project; with your own candles the same commands give the same tables.

![Skill, calibration and coverage over time](images/evaluation-1d.png)

${sections}

${COUNTED}

${definitions.join('\n')}
`;
}
