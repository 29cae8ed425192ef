import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/core/time.ts';
import { DEFAULT_COSTS } from '../../../src/ml/backtest/account.ts';
import { NO_BREAKERS } from '../../../src/ml/backtest/breakers.ts';
import type { BacktestSpan, CoinTrack } from '../../../src/ml/backtest/coin-track.ts';
import { trackViews } from '../../../src/ml/backtest/forecast-view.ts';
import { decide, RULES, ruleNamed, type TradingRule } from '../../../src/ml/backtest/rules.ts';
import { newRunRecord, simulateCoin } from '../../../src/ml/backtest/simulate.ts';
import { type Forecast, fairGame, momentum, spanOf, trackOf } from './market.ts';

const FREE = { feeShare: 0, spreadShare: 0, impact: 0, fundingPerDay: 0 };

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

const ROWS = 200;
const prices = fairGame(ROWS, 5);
const track = trackOf(prices, momentum);
const map = (change: (value: number, row: number) => number, of = prices) => ({
  open: of.open.map(change),
  high: of.high.map(change),
  low: of.low.map(change),
  close: of.close.map(change),
});

describe.each(RULES)('$name', (rule) => {
  const whole = trade(rule, track, spanOf(ROWS));

  it('does the same a candle later when candles and forecasts come a candle later', () => {
    const late = trade(rule, track, spanOf(ROWS, Date.UTC(2022, 0, 2)));
    expect(late.equity).toEqual(whole.equity);
    const shifted = whole.record.trades.map((one) => ({
      ...one,
      openedMs: one.openedMs + DAY_MS,
      closedMs: one.closedMs && one.closedMs + DAY_MS,
    }));
    expect(late.record.trades).toEqual(shifted);
  });

  it.each([
    ['prices multiply', (value: number) => value * 10],
    ['prices vanish', () => Number.NaN],
    ['prices jump there and back', (value: number, row: number) => value * (row % 2 ? 3 : 1)],
  ])('is not touched before a planted future: %s', (_, change) => {
    const planted = 120;
    const future = map((value, row) => (row >= planted ? change(value, row) : value));
    const after = trade(rule, trackOf(future, momentum), spanOf(ROWS));
    expect(after.equity.slice(0, planted)).toEqual(whole.equity.slice(0, planted));
    expect(
      after.target
        .slice(0, planted + 1)
        .filter((target) => !Number.isNaN(target))
        .slice(0, planted),
    ).toEqual(whole.target.slice(0, planted));
    const early = (trades: typeof whole.record.trades) =>
      trades.filter((one) => one.closedMs !== null && one.closedMs < spanOf(ROWS).fromMs + (planted - 1) * DAY_MS);
    expect(early(after.record.trades)).toEqual(early(whole.record.trades));
  });
});

describe('a forecaster that knows the next candle', () => {
  const rule = ruleNamed('pup-threshold-short');
  /** Says at each row what the candle `ahead` of it will do. */
  const seer = (ahead: number): Forecast => {
    const { close } = prices;
    return (_, row) => {
      const [next, before] = [close[row + ahead], close[row + ahead - 1]];
      return [next && before ? Math.log(next / before) : 0, 0.03];
    };
  };
  const gain = (ahead: number) => trade(rule, trackOf(prices, seer(ahead)), spanOf(ROWS), FREE).account.equity / 10_000;

  it('grows rich, and one that is told a candle too late does not: the next open is what it trades at', () => {
    expect(gain(1)).toBeGreaterThan(20);
    expect(gain(0)).toBeLessThan(3);
    expect(gain(-1)).toBeLessThan(3);
  });
});
