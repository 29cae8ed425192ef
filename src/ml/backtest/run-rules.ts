import type {
  BacktestBenchmark,
  BacktestReport,
  BacktestTrade,
  BreakerLimits,
  BreakerName,
  TradingCosts,
} from '../../core/backtest.ts';
import { INTERVAL_MS } from '../../core/candle.ts';
import { horizonName } from '../../core/horizon.ts';
import type { ModelCard } from '../model/card.ts';
import type { TradingTerms } from './account.ts';
import { type BenchmarkRun, benchmarkSet } from './benchmarks.ts';
import type { BacktestSpan, CoinTrack } from './coin-track.ts';
import { candlesPerYear, type ForecastView, trackViews, viewAt } from './forecast-view.ts';
import { modelHealth } from './model-health.ts';
import { deflatedSharpe, sharpeRatio, simpleReturns, tradingStatistics } from './performance.ts';
import { decide, RULES, type TradingRule } from './rules.ts';
import { newRunRecord, type RunRecord, runPortfolio, simulateCoin } from './simulate.ts';

/** Trades that a report holds. */
const REPORTED_TRADES = 200;

/** The data and settings that rules are run with. */
export interface RulesJob {
  readonly tracks: readonly CoinTrack[];
  readonly span: BacktestSpan;
  /** Rules to report; every tracked one is run all the same, because every one counts as tried. */
  readonly rules: readonly TradingRule[];
  readonly card: ModelCard;
  readonly capital: number;
  readonly costs: TradingCosts;
  readonly breakers: BreakerLimits;
  /** Candles by which every decision is carried out later, to measure how much a result depends on speed. */
  readonly delay: number;
  /** Coin flips of each rule. */
  readonly draws: number;
  readonly refused: BacktestReport['refused'];
  readonly notes: BacktestReport['notes'];
  readonly simulated: boolean;
}

/** One rule's report, and all of its trades. */
export interface RuleOutcome {
  readonly report: BacktestReport;
  readonly trades: readonly BacktestTrade[];
}

interface RuleRun extends BenchmarkRun {
  readonly rule: TradingRule;
  readonly record: RunRecord;
  /** Exposure aimed at, by coin and row. */
  readonly targets: readonly Float64Array[];
}

/** Runs every tracked rule over the coins' forecasts and reports those asked for. Coins without any forecast are left out. */
export function runRules(job: RulesJob, onRule: (done: number, of: number) => void = () => {}): RuleOutcome[] {
  const { span, card } = job;
  const health = modelHealth(
    job.tracks,
    span,
    card.evaluation?.records.find(({ steps }) => steps === span.steps),
  );
  const seen = job.tracks.map((track) => ({ track, views: trackViews(track, span, health) }));
  const usable = seen.filter(({ views }) => views.some((view) => view !== null));
  const unusable = seen.filter(({ views }) => views.every((view) => view === null));
  const refused = [
    ...job.refused,
    ...unusable.map(({ track }) => ({
      symbol: track.symbol,
      reason: 'No candle of the period could be forecast from.',
    })),
  ];
  if (usable.length === 0) return [];
  const tracks = usable.map(({ track }) => track);
  const views = usable.map((one) => one.views);
  const runs = [...new Set([...RULES, ...job.rules])].map((rule) => runRule(rule, job, tracks, views, health));
  const tried = runs.map(({ equity }) => sharpeRatio(simpleReturns(equity)) ?? 0);
  return job.rules.map((rule, i) => {
    const run = runs.find((one) => one.rule === rule)!;
    const outcome = reportOf(run, { ...job, refused }, tracks, views, tried);
    onRule(i + 1, job.rules.length);
    return outcome;
  });
}

const termsOf = (rule: TradingRule, { span, costs, breakers }: RulesJob): TradingTerms => ({
  interval: span.interval,
  costs,
  breakers,
  band: rule.band,
  // After a stop no position is opened until the forecast that the stopped one was based on has come due.
  cooldownCandles: span.steps,
});

function runRule(
  rule: TradingRule,
  job: RulesJob,
  tracks: readonly CoinTrack[],
  views: readonly (readonly (ForecastView | null)[])[],
  health: readonly (BreakerName | null)[],
): RuleRun {
  const record = newRunRecord();
  const targets: Float64Array[] = [];
  const terms = termsOf(rule, job);
  const delayMs = job.delay * INTERVAL_MS[job.span.interval];
  const portfolio = runPortfolio(tracks, job.capital, (track, part, coin) => {
    const decider = (row: number, current: number) => {
      const view = viewAt(views[coin]!, row - job.delay, health);
      if (!view) return null;
      const decision = decide(rule, view, current);
      // A decision delayed on purpose must not trip the breaker for stale data.
      return job.delay === 0 ? decision : { ...decision, originMs: decision.originMs + delayMs };
    };
    const run = simulateCoin(track, job.span, decider, terms, part, record);
    targets.push(run.target);
    return run;
  });
  return { ...portfolio, rule, record, targets, trades: record.trades };
}

function reportOf(
  run: RuleRun,
  job: RulesJob,
  tracks: readonly CoinTrack[],
  views: readonly (readonly (ForecastView | null)[])[],
  tried: readonly number[],
): RuleOutcome {
  const { span, card, costs, breakers, capital } = job;
  const { exposure: _, stopSigmas: __, band: ___, ...rule } = run.rule;
  const statistics = tradingStatistics(run, run.trades, span);
  const setting = { tracks, views, span, terms: termsOf(run.rule, job), capital };
  const others = benchmarkSet(setting, run, run.targets, run.rule.band, job.draws);
  const symbols = tracks.map(({ symbol }) => symbol);
  const { probability, expectedMaximum } = deflatedSharpe(simpleReturns(run.equity), tried);
  const trades = [...run.trades].sort((a, b) => a.openedMs - b.openedMs || a.symbol.localeCompare(b.symbol));
  const stopped = (reason: string) => trades.filter((trade) => trade.reason === reason).length;
  const periods = run.equity.length - 1;
  const parts = {
    symbols,
    statistics,
    benchmarks: others.benchmarks,
    deflatedSharpe: {
      probability,
      variants: tried.length,
      luckSharpe: expectedMaximum * Math.sqrt(candlesPerYear(span.interval)),
    },
  };
  const report: BacktestReport = {
    format: 1,
    sentence: backtestSentence(parts),
    notes: job.notes,
    simulated: job.simulated,
    rule,
    model: {
      version: card.version,
      fitUntilMs: card.data.fitUntilMs,
      stopUntilMs: card.data.stopUntilMs,
      stopFromMs: card.data.stopFromMs ?? null,
      description: card.data.description,
    },
    interval: span.interval,
    steps: span.steps,
    horizon: horizonName(span.interval, span.steps),
    options: { capital, costs, breakers, delayCandles: job.delay },
    fromMs: span.fromMs,
    toMs: span.fromMs + periods * INTERVAL_MS[span.interval],
    refused: job.refused,
    n: {
      coins: symbols.length,
      periods,
      decisions: views.reduce((sum, list) => sum + list.slice(0, -1).filter((view) => view !== null).length, 0),
      heldBack: run.record.heldBack,
      stops: {
        loss: stopped('stop-loss'),
        profit: stopped('take-profit'),
        trailing: stopped('trailing-stop'),
      },
    },
    equity: {
      stepMs: INTERVAL_MS[span.interval],
      rule: cents(run.equity),
      hold: cents(others.hold),
      volatilityHold: cents(others.volatilityHold),
      coinFlip: cents(others.coinFlip),
      price: tracks.length === 1 ? Array.from(tracks[0]!.close, (close) => (Number.isNaN(close) ? null : close)) : null,
    },
    trades: trades.slice(-REPORTED_TRADES),
    ...parts,
  };
  return { report, trades };
}

const cents = (equity: Float64Array) => Array.from(equity, (value) => Math.round(value * 100) / 100);

const percent = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;

/** The coins of a backtest in words: "BTC", "BTC and ETH", "30 coins in equal parts". */
function coinsText(symbols: readonly string[]): string {
  if (symbols.length > 2) return `${symbols.length} coins in equal parts`;
  return symbols.join(' and ');
}

/** Deflated Sharpe ratio (a probability) from which on the sentence does not mention luck. */
const MIN_DEFLATED_SHARPE = 0.95;

type Parts = Pick<BacktestReport, 'symbols' | 'statistics' | 'deflatedSharpe'> & {
  readonly benchmarks: readonly BacktestBenchmark[];
};

/** The result in one plain sentence: against holding, whether chance explains it, against coin flips, and after allowing for all variants tried. */
export function backtestSentence({ symbols, statistics, deflatedSharpe, benchmarks }: Parts): string {
  const hold = benchmarks.find(({ name }) => name === 'hold')!;
  const draws = benchmarks.find(({ name }) => name === 'coin-flip')!.draws!;
  const [own, other] = [statistics.totalReturn, hold.statistics.totalReturn];
  const holding = `holding ${coinsText(symbols)}`;
  if (statistics.timeInMarket === 0) {
    return `This rule never held anything, while ${holding} made ${percent(other)} after costs.`;
  }
  const verb = own < 0 ? 'lost' : 'made';
  const word = own === other ? 'as much as' : own > other === (verb === 'made') ? 'more than' : 'less than';
  const apart = own < 0 ? other > 0 : other < 0;
  const result = apart
    ? `${own < 0 ? 'lost' : 'gained'} while ${holding} ${own < 0 ? 'gained' : 'lost'}`
    : `${verb} ${word} ${holding}`;
  const against = `(${percent(own)} against ${percent(other)})`;
  const { low, high } = hold.difference!;
  const chance = low <= 0 && high >= 0 ? ', a difference within chance,' : '';
  const flips = `did better than ${Math.round(draws.n * draws.beaten)} of ${draws.n} coin flips with its turnover`;
  const { probability, variants } = deflatedSharpe;
  const luck = own > 0 && (probability ?? 0) < MIN_DEFLATED_SHARPE;
  const tried = luck ? `; the best of ${variants} variants tried could do as well by luck` : '';
  return `After costs this rule ${result} ${against}${chance} and ${flips}${tried}.`;
}
