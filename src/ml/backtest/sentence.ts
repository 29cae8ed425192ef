import type { BacktestBenchmark, BacktestReport } from '../../core/backtest.ts';

const percent = (share: number) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;

/** The coins of a backtest in words: "BTC", "BTC and ETH", "30 coins in equal parts". */
export function coinsText(symbols: readonly string[]): string {
  if (symbols.length > 2) return `${symbols.length} coins in equal parts`;
  return symbols.join(' and ');
}

type Parts = Pick<BacktestReport, 'symbols' | 'statistics'> & { readonly benchmarks: readonly BacktestBenchmark[] };

/** The result in one plain sentence: against holding, whether chance explains it, and against coin flips. */
export function backtestSentence({ symbols, statistics, benchmarks }: Parts): string {
  const hold = benchmarks.find(({ name }) => name === 'hold')!;
  const draws = benchmarks.find(({ name }) => name === 'coin-flip')!.draws!;
  const [own, other] = [statistics.totalReturn, hold.statistics.totalReturn];
  const holding = `holding ${coinsText(symbols)}`;
  if (statistics.timeInMarket === 0) {
    return `This rule never held anything, while ${holding} made ${percent(other)} after costs.`;
  }
  const against = `(${percent(own)} against ${percent(other)})`;
  const { low, high } = hold.difference!;
  const chance = low <= 0 && high >= 0 ? ', a difference within chance' : '';
  const verb = own < 0 && other < 0 ? 'lost' : 'made';
  const word = own === other ? 'as much as' : own > other === (verb === 'made') ? 'more than' : 'less than';
  const flips = `it did better than ${Math.round(100 * draws.beaten)} of 100 coin flips`;
  return `After costs this rule ${verb} ${word} ${holding} ${against}${chance}; ${flips} with the same turnover.`;
}
