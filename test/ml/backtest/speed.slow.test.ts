import { expect, it } from 'vitest';
import { DEFAULT_COSTS } from '../../../src/ml/backtest/account.ts';
import { NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import { trackViews } from '../../../src/ml/backtest/forecast-view.ts';
import { decide, ruleNamed } from '../../../src/ml/backtest/rules.ts';
import { runPortfolio, simulateCoin } from '../../../src/ml/backtest/simulate.ts';
import { fairGame, momentum, spanOf, trackOf } from './market.ts';

it.each([
  ['daily', 1_095, 1, 3],
  ['hourly', 26_280, 15, 1],
])('takes thirty coins through three years of %s candles: %i rows in %i s', (_, rows, limit, tries) => {
  const span = spanOf(rows);
  const tracks = Array.from({ length: 30 }, (_, i) => trackOf(fairGame(rows, i), momentum, `C${i}`));
  const rule = ruleNamed('pup-vol-target-short');
  const terms = {
    interval: '1d' as const,
    costs: DEFAULT_COSTS,
    breakers: NO_BREAKERS,
    band: rule.band,
    cooldownCandles: 1,
  };
  // Time of this process alone, and the best of several: the machine may have other things to do.
  const seconds = Array.from({ length: tries }, () => {
    const before = process.cpuUsage();
    const { equity } = runPortfolio(tracks, 10_000, (track, part) => {
      const views = trackViews(track, span, []);
      return simulateCoin(track, span, (row, current) => decide(rule, views[row]!, current), terms, part);
    });
    expect(equity).toHaveLength(rows);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  expect(Math.min(...seconds)).toBeLessThan(limit);
});
