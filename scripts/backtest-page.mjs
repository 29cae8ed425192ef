// Writes docs/backtest.md from reports of `npm run backtest -- … --json`:
// node scripts/backtest-page.mjs DAILY.json WITHOUT-BREAKERS.json LATE.json BTC.json HOURLY.json
import { readFileSync, writeFileSync } from 'node:fs';

const day = (ms) => new Date(ms).toISOString().slice(0, 10);
const sign = (value, digits = 1) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const percent = (share, digits = 1) => sign(100 * share, digits);
const plain = (share) => (share === null ? '–' : (100 * share).toFixed(0));
const range = (interval, scale = 1, digits = 2) =>
  interval
    ? `${sign(scale * interval.value, digits)} (${sign(scale * interval.low, digits)} to ${sign(scale * interval.high, digits)})`
    : '–';
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const benchmark = (report, name) => report.benchmarks.find((one) => one.name === name);

/** The command with folders of the machine it ran on left out. */
const published = (command) => command.replace(/\S*\/ohlcv/g, 'DIR').replace(/(--model|--json|--trades) \S*\//g, '$1 ');

const verdict = (difference) =>
  difference.low > 0
    ? 'more'
    : difference.high < 0
      ? 'less'
      : difference.value > 0
        ? 'more, within chance'
        : 'less, within chance';

function statisticsRow(name, one) {
  return [
    name,
    percent(one.totalReturn),
    range(one.sharpe),
    one.sortino === null ? '–' : sign(one.sortino, 2),
    `${(100 * one.drawdown.depth).toFixed(0)} (${Math.round(one.drawdown.days)})`,
    one.turnover.toFixed(1),
    plain(one.exposure),
    one.trades.toLocaleString('en'),
    plain(one.hitRate),
    one.profitFactor === null ? '–' : one.profitFactor.toFixed(2),
  ];
}

function section({ title, words, file }) {
  const { reports, command } = file;
  const [first] = reports;
  const hold = benchmark(first, 'hold').statistics;
  const sized = benchmark(first, 'volatility-hold').statistics;
  const head = [
    '',
    'return, %',
    'Sharpe (95 %)',
    'Sortino',
    'deepest fall, % (days)',
    'turnover a year',
    'exposure, %',
    'trades',
    'won, %',
    'profit factor',
  ];
  const rows = [
    ...reports.map((report) => statisticsRow(`\`${report.rule.name}\``, report.statistics)),
    statisticsRow('holding', hold),
    statisticsRow('holding at a volatility target', sized),
  ];
  const against = reports.map((report) => {
    const { draws } = benchmark(report, 'coin-flip');
    const difference = benchmark(report, 'hold').difference;
    const sizedDifference = benchmark(report, 'volatility-hold').difference;
    const { probability } = report.deflatedSharpe;
    return [
      `\`${report.rule.name}\``,
      `${range(difference, 100, 0)}: ${verdict(difference)}`,
      `${range(sizedDifference, 100, 0)}: ${verdict(sizedDifference)}`,
      `${percent(draws.median)} (${percent(draws.low)} to ${percent(draws.high)}); ${Math.round(100 * draws.beaten)} of 100 beaten`,
      probability === null ? '–' : probability.toFixed(2),
    ];
  });
  const lost = reports.filter((report) => report.statistics.totalReturn < hold.totalReturn);
  const behind = reports.filter((report) => benchmark(report, 'coin-flip').draws.beaten < 0.5);
  const ahead = reports.filter((report) => benchmark(report, 'coin-flip').draws.beaten >= 0.95);
  const list = (some) => (some.length === 0 ? 'none' : some.map((report) => `\`${report.rule.name}\``).join(', '));
  const beyond = reports.filter((report) => (report.deflatedSharpe.probability ?? 0) >= 0.95);
  const luck = first.deflatedSharpe;
  return `## ${title}

${words} ${first.n.coins} ${first.n.coins === 1 ? 'coin' : 'coins'}, ${first.n.decisions.toLocaleString('en')} forecasts ${first.horizon} ahead, ${day(first.fromMs)} to ${day(first.toMs - 1)}; the model learnt from candles until ${day(first.model.stopUntilMs - 1)}.
Holding made ${percent(hold.totalReturn)} %.

- Less than holding: ${list(lost)}.
- Less than the middle of 100 coin flips with the same turnover: ${list(behind)}.
- At least as much as 95 of the 100: ${list(ahead)}.
- A Sharpe ratio beyond the luck of the best of ${luck.variants} variants (deflated 0.95 or more): ${list(beyond)}. Luck alone is expected to show ${luck.luckSharpe.toFixed(2)}.

${table(head, rows)}

${table(['', 'growth a year less holding’s, points (95 %)', 'less volatility-targeted holding’s', 'coin flips: middle (5 to 95 %), %', 'deflated Sharpe'], against)}

${reports.map((report) => `- \`${report.rule.name}\`: ${report.sentence}`).join('\n')}

\`\`\`
${published(command)}
\`\`\``;
}

const paths = process.argv.slice(2);
if (paths.length !== 5) {
  process.stderr.write(
    'Usage: node scripts/backtest-page.mjs DAILY.json WITHOUT-BREAKERS.json LATE.json BTC.json HOURLY.json\n',
  );
  process.exit(2);
}
const [daily, free, late, btc, hourly] = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
const { costs, breakers, capital } = daily.reports[0].options;
const hours = hourly.reports[0].options.breakers;
const rules = daily.reports.map(({ rule }) => [`\`${rule.name}\``, rule.label, rule.explanation]);
const sections = [
  { title: 'Daily candles', words: 'Breakers on.', file: daily },
  {
    title: 'Daily candles without breakers',
    words:
      'The same with every breaker off. Until 112 days of forecasts have been scored the edge counts as not measured, so the breakers kept every rule out of the first months of 2022; here it traded in them.',
    file: free,
  },
  {
    title: 'Daily candles, a day late',
    words:
      'Without breakers, and every decision carried out one day later. What is left shows how much hangs on trading at the very next open.',
    file: late,
  },
  { title: 'Bitcoin alone', words: 'Breakers on.', file: btc },
  { title: 'Hourly candles, a day ahead', words: 'Breakers on.', file: hourly },
];

writeFileSync(
  new URL('../docs/backtest.md', import.meta.url),
  `# Backtests

What acting on the forecasts would have led to, after costs, for every tracked rule, losing ones included. No order is ever sent to an exchange, and
**nothing here is investment advice**. The candles are real and not part of this project; with candles of your own the same commands give
the same tables. This page is written by \`scripts/backtest-page.mjs\` from the reports of \`npm run backtest\`.

What to read from it: holding lost in 2022 and 2023 taken together, so any rule that is often out of the market looks good beside it there, and bad beside it
in 2023, when holding gained. The coin flips have the same odds, sizes and turnover as the rule but not its timing, so they are the fairer measure. The
deflated Sharpe ratio allows for the number of variants tried. These are a few years of one market whose coins move together: the intervals are wide.

In daily candles the rules' timing did better than most coin flips in these two years; carried out a day late, much of that was gone. On
hourly candles in 2023 every rule made less than holding. No rule's Sharpe ratio is beyond what the best of so many variants shows by luck, so none of this is
evidence of a rule that earns money.

What is not blind: two constants of the model, the share of the net's median that is kept and the expected share of climatology, were chosen on daily
forecasts of 2021 and 2022 ([evaluation.md](evaluation.md)). 2023 had no part in them, nor had any hourly candle.

${sections.map(section).join('\n\n')}

## Rules

${table(['name', '', ''], rules)}

Thresholds, sizes, stops and breakers were set before the first run and none was changed after it. Rules of direction leave at a loss of three times the horizon's
expected volatility, at a gain of six times, or four times below the best price; the Kelly rules only at the loss.

## How it is counted

- **Forecasts** are the walk-forward ones of \`npm run evaluate\`: each from candles up to its origin, calibrated on outcomes known by then, by a model that was
  fitted and stopped on earlier candles. Earlier decisions are refused or left out.
- **Decision** at a candle's close, carried out at the next candle's open. Changes of exposure below ten points are not traded.
- **Costs**: a fee of ${100 * costs.feeShare} % and half a spread of ${100 * costs.spreadShare} % on every order, and slippage of ${costs.impact} × expected volatility × √(order ÷ usual volume of a candle).
  Funding is off unless \`--funding\` says otherwise; on perpetual futures one side pays the other.
- **Stops** work on highs and lows. Where a candle holds both, the worse came first; where it opens beyond a stop, the open is the price. Trailing stops follow finished candles.
- **Short** positions are as if they could always be had, at the same costs; many of these coins could not be sold short in those years.
- **Accounts**: ${capital.toLocaleString('en')} dollars in equal parts, one account a coin, no money moved between them. Limits act on each account.
- **Breakers**: out for ${breakers.drawdownPauseCandles} candles after losing ${100 * breakers.drawdown} % from the peak, for ${breakers.shockPauseCandles} after a candle of ${breakers.shockSigmas} times its expected move
  (hourly candles: ${hours.drawdownPauseCandles}, ${hours.shockPauseCandles} and ${hours.shockSigmas} times); out when candles are missing
  behind a decision, while the drift tests raise an alarm, and while the model's skill over climatology in the last 180 days cannot be told from none.
- **Holding** buys every coin after its first forecast and keeps it. **Volatility-targeted holding** sizes by the coin's own past volatility to 40 % a year, without a model.
- **Coin flip**: the exposures the rule aimed at, replayed from a random place on, the same for all coins, 100 times; without stops and breakers.
- **Sharpe, Sortino** from the returns per candle, 365 days a year. **Intervals**: 95 %, circular block bootstrap, blocks of 14 days or 168 hours, 1,000 resamples.
  **Deflated Sharpe**: Bailey & López de Prado 2014, over all tracked variants. The figures are held against empyrical-reloaded and vectorbt (\`scripts/reference_backtest.py\`).
- **Coins** are those whose history was sound when the span began. The folder was put together later, so coins that vanished from every exchange may be missing from it.

\`\`\`
npm run train -- --candles DIR --interval 1d --symbols ALL_BUT_28 --fit-until 2020-12-31 --stop-until 2021-12-31 --no-rehearsal --reproducible --out 1d.json
npm run train -- --candles DIR --interval 1h --fit-until 2021-12-31 --stop-until 2022-12-31 --no-rehearsal --reproducible --out 1h.json
\`\`\`

The 28 are those of [evaluation.md](evaluation.md).
`,
);
