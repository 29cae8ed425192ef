// Writes docs/backtest.md from reports of `npm run backtest -- … --json`:
// node scripts/backtest-page.mjs DAILY.json WITHOUT-BREAKERS.json LATE.json BTC.json HOURLY.json REACH.json
// The last one is what scripts/backtest-reach.mjs found.
import { readFileSync, writeFileSync } from 'node:fs';
import { day, published, signed, table } from './page-format.mjs';

const percent = (share, digits = 1) => signed(100 * share, digits);
const plain = (share) => (share === null ? '–' : (100 * share).toFixed(0));
const range = (interval, scale = 1, digits = 2) =>
  interval
    ? `${signed(scale * interval.value, digits)} (${signed(scale * interval.low, digits)} to ${signed(scale * interval.high, digits)})`
    : '–';
const benchmark = (report, name) => report.benchmarks.find((one) => one.name === name);

/** A difference in points, bold where its interval excludes 0. */
const difference = (interval) =>
  interval.low > 0 || interval.high < 0 ? `**${range(interval, 100, 0)}**` : range(interval, 100, 0);

function statisticsRow(name, one) {
  return [
    name,
    percent(one.totalReturn),
    range(one.sharpe),
    one.sortino === null ? '–' : signed(one.sortino, 2),
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
    'maximum drawdown, % (days)',
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
    const { probability } = report.deflatedSharpe;
    return [
      `\`${report.rule.name}\``,
      difference(benchmark(report, 'hold').difference),
      difference(benchmark(report, 'volatility-hold').difference),
      `${percent(draws.median)} (${percent(draws.low)} to ${percent(draws.high)}); ${Math.round(100 * draws.beaten)}`,
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

${words} ${first.n.coins} ${first.n.coins === 1 ? 'coin' : 'coins'}, ${first.n.decisions.toLocaleString('en')} forecasts ${first.horizon} ahead, ${day(first.fromMs)} to ${day(first.toMs - 1)}. The model was trained on candles until ${day(first.model.stopUntilMs - 1)}.

Holding made ${percent(hold.totalReturn)} %. Of ${reports.length} rules ${reports.length - lost.length} made at least as much, ${reports.length - behind.length} at least as much as the median coin flip, and ${ahead.length} as much as 95 of 100. A deflated Sharpe of 0.95 or more: ${list(beyond)}; luck alone is expected to give the best of ${luck.variants} variants a Sharpe ratio of ${luck.luckSharpe.toFixed(2)}.

${table(head, rows)}

${table(['', 'growth a year − holding’s, points (95 %)', '− volatility-targeted holding’s', 'coin flips: median (5 to 95 %), %; beaten of 100', 'deflated Sharpe'], against)}

\`\`\`
${published(command)}
\`\`\``;
}

const names = (list) => (list.length === 0 ? 'none' : list.map((name) => `\`${name}\``).join(', '));

/** How the most traded third did beside the other two, all rules together. */
function mostTraded(groups) {
  const [most, ...others] = groups.filter(({ name }) => /third/.test(name));
  const total = ({ gains }) => Object.values(gains).reduce((sum, value) => sum + value, 0);
  return others.every((other) => total(other) > total(most))
    ? 'less'
    : others.some((other) => total(other) > total(most))
      ? 'no more'
      : 'more';
}

/** How much of the gains the ten best days were. */
function tenDays(days) {
  const left = Object.values(days).filter(({ gain }) => gain > 0);
  if (left.every(({ without10 }) => without10 <= 0)) return 'all';
  if (left.every(({ gain, without10 }) => without10 < 0.15 * gain)) return 'nearly all';
  throw new Error('The page says that ten days were nearly all there was; they were not.');
}

/** Where the daily gains come from, and what is left of them with later fills. */
function reachSection(found) {
  const rules = Object.keys(found.fills[0].gains);
  const across = (gains) => rules.map((name) => percent(gains[name]));
  const head = rules.map((name) => `\`${name}\``);
  const { later, days, future, groups, fills } = found;
  const [all] = groups;
  const ended = groups.find(({ name, lastMs }) => /^Yahoo/.test(name) && lastMs < daily.reports[0].toMs);
  const gained = (gains) => rules.filter((name) => gains[name] > 0);
  const hour = (hours) => later.runs.find((one) => one.hours === hours).gains;
  const best = rules.reduce((one, name) => (hour(0)[name] > hour(0)[one] ? name : one));
  const close = fills.find(({ name }) => name === 'next close').gains;
  const lagged = fills.find(({ name }) => /Bitcoin/.test(name)).gains;
  const open = fills[0].gains;
  const gainers = gained(open);
  const basis = (value) => value.toFixed(0);
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const marketOf = mean(gainers.map((name) => days[name].market));
  const choiceOf = mean(gainers.map((name) => days[name].choice));
  return `## How much of this could be had

The daily gains by market, liquidity, time and price of the fill, and day. Stops and breakers are off except in two lines. All figures are returns in %, after costs, ${day(daily.reports[0].fromMs)} to ${day(daily.reports[0].toMs - 1)}.

**No look-ahead was found.**

- Every candle after ${day(found.plantedMs)} of ${future.coins} coins and of Bitcoin was changed: ${future.changedBefore} of ${future.compared.toLocaleString('en')} earlier forecasts changed.
- The daily closes of the ${later.coins} coins with hourly candles differ by ${basis(later.apart.same)} basis points (median) from Binance spot's hourly close at the same time, and by ${basis(later.apart.hourBefore)} and ${basis(later.apart.hourAfter)} from the closes an hour before and after.
- With Bitcoin's candles a day late ${rules.filter((name) => lagged[name] > open[name]).length} of ${rules.length} rules made more, so the gains do not come from knowing Bitcoin's close early. That this change alone moves \`${best}\` by ${Math.abs(100 * (lagged[best] - open[best])).toFixed(0)} points shows how much chance is in these figures.
- Filled at spot prices where the forecast uses a perpetual's candles, \`${best}\` made ${percent(hour(0)[best])}, against ${percent(later.own[best])} at the candles' own opens: the gains are not bid-ask bounce.

By market and dollars traded (Yahoo's aggregates lost; the most traded coins made ${mostTraded(groups)} than the others):

${table(
  ['coins', '', 'dollars a day', 'open = last close, %', 'holding', ...head],
  groups.map((group) => [
    group.name,
    group.coins,
    group.dollars >= 1e6 ? `${(group.dollars / 1e6).toFixed(0)} m` : `${(group.dollars / 1e3).toFixed(0)} k`,
    plain(group.sameOpen),
    percent(group.hold),
    ...across(group.gains),
  ]),
)}
${
  ended
    ? `
The candles of the ${ended.coins} Yahoo coins end on ${day(ended.lastMs - 1)}. After that their ${plain(ended.coins / all.coins)} % of the capital is idle, for the rules and for holding, so holding all coins loses less here than holding only those traded throughout.
`
    : ''
}
**The gain is quick.** A daily candle opens at the close before it, or a basis point away, so a fill at the open is a fill at the price the forecast has just used. Nobody can trade that: the bot
itself writes its forecast minutes later. The ${later.coins} coins with hourly candles, forecast from daily ones and filled hours late:

${table(
  ['hours late', ...head],
  later.runs.map(({ hours, gains }) => [hours, ...across(gains)]),
)}

One hour cost \`${best}\` ${(100 * (hour(0)[best] - hour(1)[best])).toFixed(0)} of its ${(100 * hour(0)[best]).toFixed(0)} points. After a day these still gained: ${names(gained(hour(24)))}. All coins, filled at other prices:

${table(
  ['filled at', ...head],
  fills.map(({ name, gains }) => [name, ...across(gains)]),
)}

Stops fill at their level however fast the price falls through it, less spread and slippage. In a crash nobody is filled there.

**It is one bet on few days.** On the ${found.daysCoins} Binance coins, without the rule's best days, and with the gain before costs split into market timing (mean exposure × mean return) and coin selection (the rest; both
summed over days without compounding):

${table(
  ['', 'return', 'without the 5 best days', 'without the 10 best', 'market timing, points', 'coin selection, points'],
  rules.map((name) => {
    const one = days[name];
    return [
      `\`${name}\``,
      percent(one.gain),
      percent(one.without5),
      percent(one.without10),
      percent(one.market, 0),
      percent(one.choice, 0),
    ];
  }),
)}

Without the best 10 of ${days[rules[0]].days} days these still gained: ${names(rules.filter((name) => days[name].without10 > 0))}. For the ${gainers.length} rules with a gain, market timing made ${percent(marketOf, 0)} points in the mean and coin selection ${percent(choiceOf, 0)}:
${found.daysCoins} coins are not ${found.daysCoins} bets. (Any account is worse without its best days; here ten days were ${tenDays(days)} of the gain.)

**What remains with late fills.** Filled at the next close, a day after the forecast, these still gained: ${names(gained(close))}; two days after it: ${names(gained(fills.find(({ name }) => name === 'two days late').gains))}.
The forecasts lean against the day before: the correlation of expected return over risk with that day's return is ${signed(found.signal.before, 2)}, with the next day's ${signed(found.signal.next, 2)} and with the one after ${signed(found.signal.after, 2)}. The gains
came quickly, on few days of two years, and cannot be told from the luck of the best of ${daily.reports[0].deflatedSharpe.variants} variants. Do not expect the daily tables' returns.

\`\`\`
${published(found.command)}
\`\`\``;
}

const paths = process.argv.slice(2);
if (paths.length !== 6) {
  process.stderr.write(
    'Usage: node scripts/backtest-page.mjs DAILY.json WITHOUT-BREAKERS.json LATE.json BTC.json HOURLY.json REACH.json\n',
  );
  process.exit(2);
}
const [daily, free, late, btc, hourly, reach] = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')));
const { costs, breakers, capital } = daily.reports[0].options;
const hours = hourly.reports[0].options.breakers;
const rules = daily.reports.map(({ rule }) => [`\`${rule.name}\``, rule.label, rule.explanation]);
const sections = [
  { title: 'Daily candles', words: 'Breakers on.', file: daily },
  {
    title: 'Daily candles without breakers',
    words:
      'Every breaker off. With breakers on, no rule could trade in the first months of 2022, because the edge counts as not measured until 112 days of forecasts have been scored.',
    file: free,
  },
  {
    title: 'Daily candles, a day late',
    words:
      'Without breakers, every order filled one day later. The difference shows how much depends on the first open.',
    file: late,
  },
  { title: 'Bitcoin alone', words: 'Breakers on.', file: btc },
  { title: 'Hourly candles, a day ahead', words: 'Breakers on.', file: hourly },
];

const said = '--headlines coindesk.csv,cryptonews.csv --feargreed feargreed.csv';
const behind = hourly.reports.filter(
  (report) => report.statistics.totalReturn < benchmark(report, 'hold').statistics.totalReturn,
).length;
const of = hourly.reports.length;
const hourlyWords = `On hourly candles in 2023 ${behind === of ? 'every rule' : `${behind} of ${of} rules`} made less than holding.`;
const beyond = [daily, hourly].flatMap(({ reports }) =>
  reports.filter(({ deflatedSharpe }) => (deflatedSharpe.probability ?? 0) >= 0.95),
);
if (beyond.length > 0) throw new Error('A rule is beyond luck: the page must say so.');
const [atOnce, anHourLate] = [0, 1].map((late) => reach.later.runs.find(({ hours: one }) => one === late).gains);
const best = Object.keys(atOnce).reduce((one, name) => (atOnce[name] > atOnce[one] ? name : one));
const dayLate = Object.values(reach.later.runs.find(({ hours: one }) => one === 24).gains);
const dayGains = dayLate.filter((gain) => gain > 0).length;
const dayWords =
  dayGains === 0 ? 'none of the rules made a gain' : `${dayGains} of ${dayLate.length} rules made a gain`;
const hourWords = `the best rule made ${Math.round(100 * (1 - anHourLate[best] / atOnce[best]))} % less`;
const yahoo = reach.groups.find(({ name }) => /^Yahoo/.test(name));
if (Object.values(yahoo.gains).some((value) => value > 0)) {
  throw new Error('The page says that Yahoo’s coins lost; they did not.');
}
const luckWords = "No rule's Sharpe ratio is beyond what the best of so many variants shows by luck";

writeFileSync(
  new URL('../docs/backtest.md', import.meta.url),
  `# Backtests

What trading on the forecasts would have returned after costs, for every tracked rule, losing ones included. No order is ever sent to an exchange, and **nothing here is investment advice**.

- **${luckWords}**, so none of this is evidence of a rule that earns money.
- **${hourlyWords}**
- **Daily candles, 2022 and 2023:** the rules' timing beat most coin flips. No look-ahead was found, but nearly all of the gain came from market timing on a few days, and much of it from the first
  price after the forecast: on the coins with hourly candles, ${hourWords} with fills an hour late, and a day late ${dayWords} ([how much of this could be had](#how-much-of-this-could-be-had)).
- **Holding lost** over 2022 and 2023 together and gained in 2023. A rule that is often out of the market therefore looks good in the daily tables and bad in the hourly one. Coin flips have the rule's sizes and turnover
  without its timing and are the fairer comparison. The deflated Sharpe ratio allows for the number of variants tried.
- These are a few years of one market whose coins move together: the intervals are wide. A difference in bold has an interval without 0.

**Not fully out of sample:** the share of the net's median that is kept and the expected share of climatology were chosen on forecasts of 2021 and 2022 ([evaluation.md](evaluation.md)), the first half of the daily tables. The refit with the
stopping year was decided after its effect on 2022 was known.

Written by \`scripts/backtest-page.mjs\` from reports of \`npm run backtest\`. The candles are real and not part of this project; with your own candles the same commands give the same tables.

${sections.map(section).join('\n\n')}

${reachSection(reach)}

## Rules

${table(['name', '', ''], rules)}

Thresholds, sizes, stops and breakers were set before the first run and not changed after it. Direction rules exit at a loss of three times the horizon's expected volatility, at a gain of six times, or four times below the best
price; Kelly rules only at the loss.

## How it is counted

- **Forecasts** are walk-forward, as in \`npm run evaluate\`: from candles up to the origin, calibrated on outcomes known by then, by a model fitted and stopped on earlier candles. Decisions inside its training data are refused or left out.
- **Orders**: decided at a candle's close, of an hour or of a day at midnight UTC, unlike \`/forecast\`, which counts from now; filled at the next candle's open. Changes of exposure below ten points are not traded.
- **Costs**: a fee of ${100 * costs.feeShare} % and half a spread of ${100 * costs.spreadShare} % on every order, and slippage of ${costs.impact} × expected volatility × √(order ÷ usual volume of a candle). Funding is off without \`--funding\`; on perpetual futures one side pays the other.
- **Stops** use highs and lows. If a candle touches both, the worse comes first; if it opens beyond a stop, the open is the price. Trailing stops follow finished candles.
- **Short** positions are assumed always available at the same costs; many of these coins could not be sold short then.
- **Accounts**: ${capital.toLocaleString('en')} dollars in equal parts, one account per coin, no transfers. Limits act on each account.
- **Breakers**: out of the market for ${breakers.drawdownPauseCandles} candles after losing ${100 * breakers.drawdown} % from the peak, for ${breakers.shockPauseCandles} after a candle of ${breakers.shockSigmas} times its expected move
  (hourly candles: ${hours.drawdownPauseCandles}, ${hours.shockPauseCandles} and ${hours.shockSigmas} times); also while candles or forecasts are missing, while there is a drift alarm, and while the model's skill over climatology in the last 180 days cannot be told from none.
- **Holding** buys every coin after its first forecast. **Volatility-targeted holding** sizes by the coin's own past volatility to 40 % a year, without a model.
- **Coin flip**: the rule's target exposures, replayed from a random start, the same for all coins, 100 times, without stops and breakers.
- **Sharpe, Sortino**: returns per candle, 365 days a year. **Intervals**: 95 %, circular block bootstrap, blocks of 14 days or 168 hours, 1,000 resamples. **Deflated Sharpe**: Bailey & López de Prado 2014, over all tracked variants.
  The figures are checked against empyrical-reloaded and vectorbt (\`scripts/reference_backtest.py\`).
- **Coins**: those with a sound history at the start. The folder was put together later, so coins that vanished from every exchange may be missing (survivorship bias). When a coin's candles end, its part stays as it is. Volumes are taken
  as units of the coin; Yahoo's are dollars, so slippage in its 30 coins is wrong.

\`\`\`
npm run train -- --candles DIR --interval 1d ${said} --fit-until 2020-12-31 --stop-until 2021-12-31 --no-rehearsal --reproducible --out 1d.json
npm run train -- --candles DIR --interval 1h ${said} --fit-until 2021-12-31 --stop-until 2022-12-31 --no-rehearsal --reproducible --out 1h.json
\`\`\`
`,
);
