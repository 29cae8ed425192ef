// Adds up the trades of a backtest from their file and compares with what its report says: node .ci/check-backtest.mjs BACKTEST.json TRADES.csv
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const { format, command, reports } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
assert.equal(format, 1);
assert.match(command, /^npm run backtest -- /);
assert.ok(reports.length > 0, 'there is a report');
const [header, ...lines] = readFileSync(process.argv[3], 'utf8').trim().split('\n');
const names = header.split(',');
assert.deepEqual(names.slice(0, 5), ['rule', 'symbol', 'side', 'opened', 'closed']);
const trades = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
assert.ok(
  trades.every(({ rule }) => reports.some((report) => report.rule.name === rule)),
  'every trade is of a rule that was reported',
);

const STEP = { '1d': 86_400_000, '1h': 3_600_000 };
const near = (value, expected, within, what) =>
  assert.ok(Math.abs(value - expected) <= within, `${what}: ${value} against ${expected}`);

for (const report of reports) {
  const { rule, equity, statistics, n, options, fromMs, toMs, symbols, benchmarks, sentence } = report;
  const said = (text) => `${rule.name}: ${text}`;
  const mine = trades.filter((trade) => trade.rule === rule.name);

  // One plain sentence, with the rule's own return in it where it ever held anything.
  assert.match(sentence, /^[A-Z][^\n]*\.$/, said('a sentence comes first'));
  assert.equal(sentence.split(/[.!?](?=\s|$)/).filter(Boolean).length, 1, said('it is one sentence'));
  const own = `${statistics.totalReturn < 0 ? '−' : '+'}${Math.abs(100 * statistics.totalReturn).toFixed(1)} %`;
  if (statistics.timeInMarket > 0) assert.ok(sentence.includes(own), said(`the sentence says ${own}: ${sentence}`));
  else assert.equal(mine.length, 0, said('what was never in the market traded nothing'));

  // The account: from the capital to the capital and what all trades made.
  const series = [equity.rule, equity.hold, equity.volatilityHold, equity.coinFlip];
  for (const one of series) {
    assert.equal(one.length, n.periods + 1);
    near(one[0], options.capital, 0.01, said('the capital at the start'));
    assert.ok(one.every((value) => Number.isFinite(value) && value >= 0));
  }
  assert.equal(equity.stepMs, STEP[report.interval]);
  assert.equal(n.periods * equity.stepMs, toMs - fromMs, said('periods fill the span'));
  assert.ok(fromMs >= report.model.stopUntilMs, said('nothing was decided on what the model learnt from'));
  const profit = mine.reduce((sum, trade) => sum + Number(trade.profit), 0);
  near(equity.rule.at(-1) - equity.rule[0], profit, 0.02, said('profits of all trades'));
  near(statistics.totalReturn, equity.rule.at(-1) / equity.rule[0] - 1, 1e-5, said('total return'));

  // Its trades: each alone, and no two of a coin at once.
  const finished = mine.filter(({ closed }) => closed !== '');
  assert.equal(statistics.trades, finished.length, said('finished trades'));
  const won = finished.filter((trade) => Number(trade.profit) > 0);
  if (finished.length === 0) assert.equal(statistics.hitRate, null);
  else near(statistics.hitRate, won.length / finished.length, 1e-12, said('hit rate'));
  const [gains, losses] = [1, -1].map((side) =>
    finished.reduce((sum, trade) => sum + Math.max(side * Number(trade.profit), 0), 0),
  );
  if (losses > 0) near(statistics.profitFactor, gains / losses, 1e-9 * (gains / losses + 1), said('profit factor'));
  else assert.equal(statistics.profitFactor, null);
  for (const [reason, count] of [
    ['stop-loss', n.stops.loss],
    ['take-profit', n.stops.profit],
    ['trailing-stop', n.stops.trailing],
  ]) {
    assert.equal(mine.filter((trade) => trade.reason === reason).length, count, said(reason));
  }
  assert.ok(
    mine.every(({ side }) => side === 'long' || rule.short),
    said('short only where it may be'),
  );
  for (const symbol of symbols) {
    const list = mine.filter((trade) => trade.symbol === symbol);
    let freeFrom = fromMs;
    list.forEach(({ opened, closed }, i) => {
      const openedMs = Date.parse(opened);
      assert.ok(
        openedMs >= freeFrom && openedMs < toMs,
        said(`${symbol} was opened at ${opened} while it held a position`),
      );
      assert.equal((openedMs - fromMs) % equity.stepMs, 0, said('positions are opened when a candle opens'));
      assert.ok(closed !== '' || i === list.length - 1, said('only the last position of a coin is open'));
      freeFrom = closed === '' ? toMs : Date.parse(closed);
      assert.ok(freeFrom >= openedMs && freeFrom <= toMs);
    });
  }
  const { fees, slippage } = statistics.costs;
  assert.ok(mine.length === 0 || (fees > 0 && slippage > 0), said('trading costs something'));

  // How many: coins, decisions, and the trades that the report shows.
  assert.equal(n.coins, symbols.length);
  assert.equal(new Set(symbols).size, symbols.length);
  assert.ok(mine.every(({ symbol }) => symbols.includes(symbol)));
  assert.ok(n.decisions > 0 && n.decisions <= n.coins * n.periods, said(`${n.decisions} decisions`));
  const held = Object.values(n.heldBack).reduce((sum, count) => sum + count, 0);
  assert.ok(held <= n.coins * n.periods);
  assert.equal(report.trades.length, Math.min(mine.length, 200));
  assert.deepEqual(
    benchmarks.map(({ name }) => name),
    ['hold', 'volatility-hold', 'coin-flip'],
  );
  near(benchmarks[0].statistics.totalReturn, equity.hold.at(-1) / equity.hold[0] - 1, 1e-5, said('holding'));
  process.stdout.write(
    `${rule.name}: ${mine.length} trades made ${profit.toFixed(2)} dollars, ${n.decisions} decisions on ${n.coins} coins\n`,
  );
}
