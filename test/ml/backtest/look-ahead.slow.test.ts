import { describe, expect, it } from 'vitest';
import { DEFAULT_COSTS, NO_STOPS } from '../../../src/ml/backtest/account.ts';
import { NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import type { BacktestSpan, CoinTrack } from '../../../src/ml/backtest/coin-track.ts';
import { trackViews } from '../../../src/ml/backtest/forecast-view.ts';
import { meanAndDeviation } from '../../../src/ml/backtest/performance.ts';
import { decide, ruleNamed, type TradingRule } from '../../../src/ml/backtest/rules.ts';
import { newRunRecord, simulateCoin } from '../../../src/ml/backtest/simulate.ts';
import { fairGame, momentum, spanOf, trackOf } from './market.ts';

function trade(rule: TradingRule, track: CoinTrack, span: BacktestSpan, costs = DEFAULT_COSTS) {
  const views = trackViews(track, span, []);
  const record = newRunRecord();
  const terms = { interval: '1d' as const, costs, breakers: NO_BREAKERS, band: rule.band, cooldownCandles: 1 };
  const decider = (row: number, current: number) => {
    const view = views[row];
    return view ? decide(rule, view, current) : null;
  };
  return { ...simulateCoin(track, span, decider, terms, 10_000, record), record };
}

describe('a fair game over 1,000 seeds', () => {
  const SEEDS = 1_000;
  const LENGTH = 60;
  const variants: readonly TradingRule[] = [
    { ...ruleNamed('pup-threshold'), stopSigmas: NO_STOPS },
    { ...ruleNamed('pup-threshold-short'), stopSigmas: NO_STOPS },
    ruleNamed('vol-target'),
    { ...ruleNamed('kelly-quarter-short'), stopSigmas: NO_STOPS },
    // Lows are exact, highs are only so by themselves: stops that look at lows alone are a fair game, too.
    { ...ruleNamed('return-over-risk'), stopSigmas: { loss: 1.5, profit: 0, trailing: 2 } },
  ];

  it.each(variants)('earns nothing but its costs: $name', (rule) => {
    const span = spanOf(LENGTH);
    const profits: number[] = [];
    const gross: number[] = [];
    const costs: number[] = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const { account } = trade(rule, trackOf(fairGame(LENGTH, 70_000 + seed), momentum), span);
      const paid = account.fees + account.slippage;
      profits.push(account.equity - 10_000);
      gross.push(account.equity - 10_000 + paid);
      costs.push(paid);
    }
    const [mean, deviation] = meanAndDeviation(gross);
    expect(Math.abs(mean)).toBeLessThan((2 * deviation) / Math.sqrt(SEEDS));
    const [paid] = meanAndDeviation(costs);
    expect(paid).toBeGreaterThan(5);
    const [net, spread] = meanAndDeviation(profits);
    expect(Math.abs(net + paid)).toBeLessThan((2 * spread) / Math.sqrt(SEEDS));
    expect(deviation).toBeGreaterThan(100);
  });
});
