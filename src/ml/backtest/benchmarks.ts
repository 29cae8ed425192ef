import type { BacktestBenchmark, BacktestTrade } from '../../core/backtest.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { seededRandom } from '../../core/random.ts';
import { BLOCK_PERIODS } from '../scoring/evaluation-scores.ts';
import { type Decision, NO_STOPS, type TradingTerms } from './account.ts';
import { NO_BREAKERS } from './breakers.ts';
import type { BacktestSpan, CoinTrack } from './coin-track.ts';
import { candlesPerYear, type ForecastView } from './forecast-view.ts';
import { growthDifference, tradingStatistics } from './performance.ts';
import { VOLATILITY_TARGET, type VolatilityTarget } from './rules.ts';
import { type Decider, newRunRecord, type PortfolioRun, runColumns, runPortfolio, simulateCoin } from './simulate.ts';

/** A run over all coins and its trades. */
export interface BenchmarkRun extends PortfolioRun {
  readonly trades: readonly BacktestTrade[];
}

/** What every benchmark is run on: the rule's coins, forecast moments, capital and costs. */
export interface BenchmarkSetting {
  readonly tracks: readonly CoinTrack[];
  readonly views: readonly (readonly (ForecastView | null)[])[];
  readonly span: BacktestSpan;
  readonly terms: TradingTerms;
  readonly capital: number;
}

/** A decider that follows a plan of exposures, with costs by the coin's own past volatility. No stops, no breakers. */
function planned(track: CoinTrack, span: BacktestSpan, exposureAt: (row: number) => number): Decider {
  const step = INTERVAL_MS[span.interval];
  const nothing = { originMs: 0, exposure: 0, candleVolatility: 0, dollarVolume: 0 };
  // One object for all rows: coin flips ask for millions of decisions, and an account reads one at a time.
  const decision = { ...nothing, stops: NO_STOPS, blocked: null };
  return (row): Decision => {
    decision.originMs = span.fromMs + row * step;
    decision.exposure = exposureAt(row);
    decision.candleVolatility = Number.isNaN(track.sigma[row]!) ? 0 : track.sigma[row]!;
    decision.dollarVolume = track.dollarVolume[row]!;
    return decision;
  };
}

function run(
  { tracks, span, terms, capital }: BenchmarkSetting,
  band: number,
  planOf: (coin: number) => (row: number) => number,
  withTrades = true,
): BenchmarkRun {
  const record = withTrades ? newRunRecord() : undefined;
  // Only the sum over coins is kept, so that they share their columns.
  const columns = runColumns(tracks[0]?.rows ?? 0);
  const plain = { ...terms, breakers: NO_BREAKERS, cooldownCandles: 0, band };
  const portfolio = runPortfolio(tracks, capital, (track, part, coin) =>
    simulateCoin(track, span, planned(track, span, planOf(coin)), plain, part, record, columns),
  );
  return { ...portfolio, trades: record?.trades ?? [] };
}

/** Row of a coin's first forecast; before it no decision is possible. */
const firstForecast = (views: readonly (ForecastView | null)[]) => {
  const first = views.findIndex((view) => view !== null);
  return first < 0 ? Number.POSITIVE_INFINITY : first;
};

/** Buys every coin after its first forecast with its whole part and keeps it. */
export function holdRun(setting: BenchmarkSetting): BenchmarkRun {
  return run(setting, Number.POSITIVE_INFINITY, (coin) => {
    const first = firstForecast(setting.views[coin]!);
    return (row) => (row >= first ? 1 : 0);
  });
}

/** Always long, sized by the coin's own past volatility (EWMA, no model) to the volatility aimed for. */
export function volatilityHoldRun(
  setting: BenchmarkSetting,
  { yearly, cap }: VolatilityTarget,
  band: number,
): BenchmarkRun {
  const root = Math.sqrt(candlesPerYear(setting.span.interval));
  return run(setting, band, (coin) => {
    const first = firstForecast(setting.views[coin]!);
    const { sigma } = setting.tracks[coin]!;
    return (row) => (row >= first && sigma[row]! > 0 ? Math.min(cap, yearly / (sigma[row]! * root)) : 0);
  });
}

/**
 * Coin flips with the rule's own odds, sizes and turnover: each draw replays the exposures that the rule's accounts aimed at, beginning at
 * a random place of the span (the same for all coins) and wrapping around, so their timing does not depend on the forecasts. `targets`
 * are the exposures aimed at by coin and row. Returns the draws in ascending order of total return, without trades.
 */
export function coinFlipRuns(
  setting: BenchmarkSetting,
  targets: readonly Float64Array[],
  band: number,
  draws: number,
  seed: number,
): { readonly totals: readonly number[]; readonly median: BenchmarkRun } {
  const random = seededRandom(seed);
  // Forecasts with a candle after them, and what was aimed at in that candle.
  const rows = setting.views.map((views, coin) => {
    const { close } = setting.tracks[coin]!;
    return views.flatMap((view, row) => (view && !Number.isNaN(close[row + 1] ?? Number.NaN) ? [row] : []));
  });
  const sequences = rows.map((list, coin) => list.map((row) => targets[coin]![row + 1]!));
  // Coins are run one after the other, so one plan at a time is enough.
  const shifted = new Float64Array(setting.tracks[0]?.rows ?? 0);
  const plan = (shift: number) => (coin: number) => {
    const sequence = sequences[coin]!;
    shifted.fill(0);
    const by = Math.floor(shift * sequence.length);
    rows[coin]!.forEach((row, i) => {
      shifted[row] = sequence[(i + by) % sequence.length]!;
    });
    return (row: number) => shifted[row]!;
  };
  const shifts = Array.from({ length: draws }, () => random());
  const outcomes = shifts
    .map((shift) => {
      const { equity } = run(setting, band, plan(shift), false);
      return { shift, total: equity[equity.length - 1]! / equity[0]! - 1 };
    })
    .sort((a, b) => a.total - b.total);
  const median = run(setting, band, plan(outcomes[outcomes.length >> 1]!.shift));
  return { totals: outcomes.map(({ total }) => total), median };
}

/** Changes of exposure that volatility-targeted holding does not trade. */
const BAND = 0.1;
const SEED = 1;
/** Returns closer than this are the same. */
const SAME = 1e-9;

/** The benchmarks of one rule and their equity curves. */
export interface BenchmarkSet {
  readonly benchmarks: readonly BacktestBenchmark[];
  readonly hold: Float64Array;
  readonly volatilityHold: Float64Array;
  readonly coinFlip: Float64Array;
}

/** Share of totals below one's own; those that are the same but for rounding count half. */
export function beatenShare(own: number, totals: readonly number[]): number {
  const wins = totals.map((total) => (Math.abs(total - own) <= SAME ? 0.5 : total < own ? 1 : 0) as number);
  return wins.reduce((sum, win) => sum + win, 0) / totals.length;
}

/** Runs every benchmark of a rule's run; `targets` are the exposures that the rule aimed at, by coin and row. */
export function benchmarkSet(
  setting: BenchmarkSetting,
  rule: BenchmarkRun,
  targets: readonly Float64Array[],
  band: number,
  draws: number,
): BenchmarkSet {
  const { span } = setting;
  const statistics = (run: BenchmarkRun) => tradingStatistics(run, run.trades, span);
  const against = (run: BenchmarkRun) =>
    growthDifference(rule.equity, run.equity, candlesPerYear(span.interval), BLOCK_PERIODS[span.interval]);
  const hold = holdRun(setting);
  const sized = volatilityHoldRun(setting, VOLATILITY_TARGET, BAND);
  const flips = coinFlipRuns(setting, targets, band, draws, SEED);
  const { totals } = flips;
  const own = rule.equity[rule.equity.length - 1]! / rule.equity[0]! - 1;
  const quantile = (level: number) => totals[Math.min(totals.length - 1, Math.floor(level * totals.length))]!;
  return {
    hold: hold.equity,
    volatilityHold: sized.equity,
    coinFlip: flips.median.equity,
    benchmarks: [
      {
        name: 'hold',
        label: 'Holding',
        explanation: 'Every coin bought with its whole part after its first forecast, and kept.',
        statistics: statistics(hold),
        difference: against(hold),
        draws: null,
      },
      {
        name: 'volatility-hold',
        label: 'Holding at a volatility target',
        explanation: `Always long, sized by each coin's own past volatility to ${Math.round(100 * VOLATILITY_TARGET.yearly)} % a year; no model.`,
        statistics: statistics(sized),
        difference: against(sized),
        draws: null,
      },
      {
        name: 'coin-flip',
        label: 'Coin flip',
        explanation:
          'The exposures that the rule aimed at, replayed from a random place on: its odds, sizes and turnover without its timing. Shown is the draw in the middle.',
        statistics: statistics(flips.median),
        difference: null,
        draws: {
          n: totals.length,
          low: quantile(0.05),
          median: quantile(0.5),
          high: quantile(0.95),
          beaten: beatenShare(own, totals),
        },
      },
    ],
  };
}
