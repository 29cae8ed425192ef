import type { BacktestBenchmark, BacktestReport } from '../../core/backtest.ts';

const percent = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;

/** The coins of a backtest in words: "BTC", "BTC and ETH", "30 coins in equal parts". */
function coinsText(symbols: readonly string[]): string {
  if (symbols.length > 2) return `${symbols.length} coins in equal parts`;
  return symbols.join(' and ');
}

/** Chance that a Sharpe ratio is more than the luck of the best of all variants, from which on it is not put down to luck. */
const BEYOND_LUCK = 0.95;

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
  const luck = own > 0 && (probability ?? 0) < BEYOND_LUCK;
  const tried = luck ? `; the best of ${variants} variants tried could do as well by luck` : '';
  return `After costs this rule ${result} ${against}${chance} and ${flips}${tried}.`;
}
