// Asks how much of the daily backtests could have been had: who earned it, on which days, and what is left when orders are filled later, at
// other prices, or with Bitcoin's candles a day old. Writes JSON for scripts/backtest-page.mjs. Needs a build (`npm run build`).
//
//     node scripts/backtest-reach.mjs --candles DIR --model 1d.json --from 2022-01-01 --to 2023-12-31 [--headlines A.csv,B.csv] [--feargreed A.csv] --json OUT.json
//
// DIR holds 1d/, 1h/ and INDEX.csv (interval,symbol,source,…). Breakers are off throughout, and stops where nothing else is said, so that only
// the timing differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCandleFolder } from '../dist/cli/candle-folder.js';
import { list } from '../dist/cli/options.js';
import { readSentimentFiles } from '../dist/cli/sentiment-files.js';
import { DEFAULT_COSTS, NO_STOPS } from '../dist/ml/backtest/account.js';
import { holdRun } from '../dist/ml/backtest/benchmarks.js';
import { NO_BREAKERS } from '../dist/ml/backtest/breakers.js';
import { forecastCoin } from '../dist/ml/backtest/coin-track.js';
import { trackViews, viewAt } from '../dist/ml/backtest/forecast-view.js';
import { simpleReturns } from '../dist/ml/backtest/performance.js';
import { decide, RULES } from '../dist/ml/backtest/rules.js';
import { runPortfolio, simulateCoin } from '../dist/ml/backtest/simulate.js';
import { coinHistories } from '../dist/ml/data/coin-history.js';
import { createModelForecaster, createQuantileForecaster } from '../dist/ml/forecast/quantile-forecaster.js';
import { decodeModel } from '../dist/ml/model/model-file.js';
import { readModelFile } from '../dist/storage/model-store.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const text = { type: 'string' };
const { values } = parseArgs({
  options: { candles: text, model: text, from: text, to: text, headlines: text, feargreed: text, json: text },
});
const span = { interval: '1d', steps: 1, fromMs: Date.parse(values.from), toMs: Date.parse(values.to) + DAY };
const now = () => span.toMs + 2 * DAY;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
const known = (value) => !Number.isNaN(value);

const source = new Map(
  readFileSync(join(values.candles, 'INDEX.csv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','))
    .filter(([interval]) => interval === '1d')
    .map(([, symbol, name]) => [symbol, name]),
);
const model = decodeModel(await readModelFile(values.model));
if (model.card.data.stopUntilMs > span.fromMs) throw new Error('The model learnt from candles of the span.');
const { series } = await readCandleFolder(values.candles, '1d', now, undefined, span.fromMs);
const said = await readSentimentFiles({
  headlines: list.parse(values.headlines ?? ''),
  feargreed: list.parse(values.feargreed ?? ''),
});
const coins = await coinHistories(series, '1d', said?.at);
const bitcoin = coins.find(({ symbol }) => symbol === 'BTC');
const setting = { ...span, window: model.card.window };
const forecaster = () => createModelForecaster(createQuantileForecaster(model));
const forecastAll = (list, btc) => {
  const own = forecaster();
  return list.map((coin) => forecastCoin(coin, { ...setting, btc }, own));
};
const viewsOf = (tracks) => tracks.map((track) => trackViews(track, span, []));

const made = forecastAll(coins, bitcoin);
const forecastable = viewsOf(made).map((views) => views.some((view) => view !== null));
const tracks = made.filter((_, i) => forecastable[i]);
// The same with every candle of Bitcoin's arriving a day late; Bitcoin itself is forecast from its own candles.
const late = { ...bitcoin, symbol: 'BTC a day late', raw: { ...bitcoin.raw, startMs: bitcoin.raw.startMs + DAY } };
const lagged = forecastAll(coins, late).filter((_, i) => forecastable[i]);

/** Runs a rule; `views` decide, `prices` are what its orders are filled at. */
function trade(rule, prices, views, delay = 0, stops = false) {
  const terms = { interval: '1d', costs: DEFAULT_COSTS, breakers: NO_BREAKERS, band: rule.band, cooldownCandles: 1 };
  const free = stops ? rule : { ...rule, stopSigmas: NO_STOPS };
  return runPortfolio(prices, 10_000, (track, part, coin) => {
    const decider = (row, current) => {
      const view = viewAt(views[coin], row - delay, []);
      return view ? decide(free, view, current) : null;
    };
    return simulateCoin(track, span, decider, terms, part);
  });
}
const gain = ({ equity }) => equity.at(-1) / equity[0] - 1;
const byRule = (measure) => Object.fromEntries(RULES.map((rule) => [rule.name, measure(rule)]));
const gains = (prices, views = viewsOf(prices), delay = 0, stops = false) =>
  byRule((rule) => gain(trade(rule, prices, views, delay, stops)));
const holding = (list) => {
  const terms = { interval: '1d', costs: DEFAULT_COSTS, breakers: NO_BREAKERS, band: 0, cooldownCandles: 0 };
  return gain(holdRun({ tracks: list, views: viewsOf(list), span, terms, capital: 10_000 }));
};

/** The same days with orders filled at another price of the day, up to whose close nothing else is looked at. */
const filledAt = (list, price) =>
  list.map((track) => {
    const open = track.open.map((_, row) => price(track, row));
    const high = open.map((value, row) => Math.max(value, track.close[row]));
    const low = open.map((value, row) => Math.min(value, track.close[row]));
    return { ...track, open, high, low };
  });

// Who earned it.
const binance = tracks.filter(({ symbol }) => /^binance/.test(source.get(symbol)));
// Yahoo's files count volume in dollars already.
const dollars = ({ symbol, dollarVolume, close }) =>
  median(
    [...dollarVolume]
      .map((volume, row) => (/^yahoo/.test(source.get(symbol)) ? volume / close[row] : volume))
      .filter((volume) => volume > 0),
  );
const byVolume = [...binance].sort((a, b) => dollars(b) - dollars(a));
const third = Math.ceil(byVolume.length / 3);
const groups = [
  ['all coins', tracks],
  ['Binance spot, as Bitcoin', tracks.filter(({ symbol }) => /^binance(30m)?_/.test(source.get(symbol)))],
  ['Binance perpetuals', tracks.filter(({ symbol }) => /^binanceperp/.test(source.get(symbol)))],
  ['Yahoo aggregates', tracks.filter(({ symbol }) => /^yahoo/.test(source.get(symbol)))],
  ['most traded third of Binance', byVolume.slice(0, third)],
  ['middle third', byVolume.slice(third, 2 * third)],
  ['least traded third', byVolume.slice(2 * third)],
].map(([name, list]) => ({
  name,
  coins: list.length,
  lastMs: Math.max(
    ...list.map(({ close }) => span.fromMs + close.reduce((last, value, row) => (known(value) ? row : last), 0) * DAY),
  ),
  dollars: median(list.map(dollars)),
  sameOpen: median(
    list.map(({ open, close }) => {
      const rows = [...open.keys()].filter((row) => row > 0 && known(open[row]) && known(close[row - 1]));
      return rows.filter((row) => open[row] === close[row - 1]).length / rows.length;
    }),
  ),
  hold: holding(list),
  gains: gains(list),
}));

// When the orders were filled.
const views = viewsOf(tracks);
const fills = [
  ['next open', gains(tracks, views)],
  [
    'middle of the next candle',
    gains(
      filledAt(tracks, ({ high, low }, row) => (high[row] + low[row]) / 2),
      views,
    ),
  ],
  [
    'next close',
    gains(
      filledAt(tracks, ({ close }, row) => close[row]),
      views,
    ),
  ],
  ['two days late', gains(tracks, views, 2)],
  ['next open, with stops', gains(tracks, views, 0, true)],
  ['a day late, with stops', gains(tracks, views, 1, true)],
  ['next open, Bitcoin’s candles a day late', gains(lagged)],
].map(([name, of]) => ({ name, gains: of }));

// Filled at hourly candles, which are of Binance's spot market also where the forecast is of a perpetual's candles.
const hours = await readCandleFolder(values.candles, '1h', now, undefined, span.fromMs);
const hourly = new Map(
  hours.series.map(({ symbol, candles }) => [symbol, new Map(candles.map((candle) => [candle.openTimeMs, candle]))]),
);
const both = tracks.filter(({ symbol }) => hourly.has(symbol));
const bothViews = viewsOf(both);
const openAt = (symbol, ms) => {
  // In an outage, the next hour that there is.
  for (let hour = 0; hour < 6; hour++) {
    const candle = hourly.get(symbol).get(ms + hour * HOUR);
    if (candle) return candle.open;
  }
  return Number.NaN;
};
const hoursLate = (late) =>
  both.map((track) => {
    const at = (row) => openAt(track.symbol, span.fromMs + row * DAY + late * HOUR);
    const kept = track.close.map((close, row) =>
      row > 0 && known(close) && known(at(row - 1)) ? at(row) : Number.NaN,
    );
    const open = kept.map((close, row) => (known(close) ? at(row - 1) : Number.NaN));
    kept[0] = track.close[0];
    return {
      ...track,
      open,
      close: kept,
      high: open.map((o, i) => Math.max(o, kept[i])),
      low: open.map((o, i) => Math.min(o, kept[i])),
    };
  });
const later = [0, 1, 2, 4, 8, 12, 18, 24].map((late) => ({ hours: late, gains: gains(hoursLate(late), bothViews) }));
const apart = (shift) =>
  median(
    both.map(({ symbol, close }) =>
      median(
        [...close.keys()].flatMap((row) => {
          const hour = hourly.get(symbol).get(span.fromMs + row * DAY + (shift - 1) * HOUR);
          return hour && known(close[row]) ? [1e4 * Math.abs(Math.log(hour.close / close[row]))] : [];
        }),
      ),
    ),
  );

// On which days, and whether it was the market or the choice among coins: every coin's exposure times the mean return, and times the rest.
const days = byRule((rule) => {
  const runs = [];
  const terms = { interval: '1d', costs: DEFAULT_COSTS, breakers: NO_BREAKERS, band: rule.band, cooldownCandles: 1 };
  const binanceViews = viewsOf(binance);
  const { equity } = runPortfolio(binance, 10_000, (track, part, coin) => {
    const decider = (row, current) => {
      const view = viewAt(binanceViews[coin], row, []);
      return view ? decide({ ...rule, stopSigmas: NO_STOPS }, view, current) : null;
    };
    const run = simulateCoin(track, span, decider, terms, part);
    runs.push(run);
    return run;
  });
  const logs = [...simpleReturns(equity)].map((value) => Math.log1p(value)).sort((a, b) => b - a);
  let [market, choice] = [0, 0];
  for (let row = 1; row < equity.length; row++) {
    const seen = binance.flatMap(({ open, close }, i) =>
      known(close[row]) && known(open[row]) ? [{ target: runs[i].target[row], move: close[row] / open[row] - 1 }] : [],
    );
    if (seen.length === 0) continue;
    const mean = seen.reduce((sum, { move }) => sum + move, 0) / seen.length;
    market += (seen.reduce((sum, { target }) => sum + target, 0) / seen.length) * mean;
    choice += seen.reduce((sum, { target, move }) => sum + target * (move - mean), 0) / seen.length;
  }
  const without = (best) => Math.expm1(logs.slice(best).reduce((sum, value) => sum + value, 0));
  return { gain: gain({ equity }), days: logs.length, without5: without(5), without10: without(10), market, choice };
});

// What a forecast goes with: its expected return over risk beside the moves of the day before, the next and the one after, in its own deviations.
function correlation(pairs) {
  const [x, y] = [0, 1].map((k) => pairs.reduce((sum, pair) => sum + pair[k], 0) / pairs.length);
  const sum = (of) => pairs.reduce((total, [a, b]) => total + of(a - x, b - y), 0);
  return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
}
const beside = (from, to) =>
  correlation(
    viewsOf(binance).flatMap((list, i) =>
      list.flatMap((view, row) => {
        const { close } = binance[i];
        const move = Math.log(close[row + to] / close[row + from]);
        return view && known(move) ? [[view.expectedReturn / view.volatility, move / view.candleVolatility]] : [];
      }),
    ),
  );
const signal = { before: beside(-1, 0), next: beside(0, 1), after: beside(1, 2) };

// A planted future with this very model: candles after a day in the middle are multiplied and shuffled, forecasts before it must not move.
const plantedRow = Math.floor((span.toMs - span.fromMs) / DAY / 2);
const plantedMs = span.fromMs + plantedRow * DAY;
const planted = (history) => {
  const { raw } = history;
  const first = Math.round((plantedMs - raw.startMs) / DAY);
  const change = (list) => list.map((value, row) => (row >= first ? value * (2 + (row % 3)) : value));
  const { open, high, low, close, volume } = raw;
  return {
    ...history,
    raw: {
      ...raw,
      open: change(open),
      high: change(high),
      low: change(low),
      close: change(close),
      volume: change(volume),
    },
  };
};
const probed = coins.filter((_, i) => i % 10 === 0 || coins[i] === bitcoin);
const [before, after] = [forecastAll(probed, bitcoin), forecastAll(probed.map(planted), planted(bitcoin))];
const future = { coins: probed.length, compared: 0, changedBefore: 0, changedAfter: 0 };
before.forEach(({ quantiles, rows }, i) => {
  const width = quantiles.length / rows;
  for (let row = 0; row < rows; row++) {
    if (Number.isNaN(quantiles[row * width])) continue;
    const changed = quantiles
      .slice(row * width, (row + 1) * width)
      .some((value, k) => value !== after[i].quantiles[row * width + k]);
    // Row r ends with the candle that closes at r days; the first planted one closes at plantedRow + 1.
    if (row > plantedRow) future.changedAfter += changed ? 1 : 0;
    else {
      future.compared++;
      future.changedBefore += changed ? 1 : 0;
    }
  }
});
if (future.changedBefore > 0) throw new Error(`${future.changedBefore} forecasts moved with candles after them.`);

const command = ['node scripts/backtest-reach.mjs', ...process.argv.slice(2)].join(' ');
writeFileSync(
  values.json,
  `${JSON.stringify({ command, model: model.card.version, groups, fills, later: { coins: both.length, own: gains(both, bothViews), apart: { same: apart(0), hourBefore: apart(-1), hourAfter: apart(1) }, runs: later }, signal, days, daysCoins: binance.length, future, plantedMs }, null, 1)}\n`,
);
