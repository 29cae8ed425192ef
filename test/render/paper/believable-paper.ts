import { CandlecastError } from '../../../src/core/errors.ts';
import type { PaperReport } from '../../../src/core/paper.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import type { PaperService } from '../../../src/services/paper/paper.ts';

const FROM_MS = Date.UTC(2026, 10, 9);

/** A portfolio of two coins after so many days. */
export function believablePaper(overrides: Partial<PaperReport> = {}, days = 12): PaperReport {
  const random = seededRandom(5);
  let [equity, hold] = [10_000, 10_000];
  const marks = Array.from({ length: days }, (_, i) => {
    equity *= 1 + 0.02 * (random() - 0.45);
    hold *= 1 + 0.05 * (random() - 0.42);
    if (i === days - 1) [equity, hold] = [10_120, 10_340];
    return { timeMs: FROM_MS + (i + 1) * DAY_MS, equity, hold };
  });
  const markedMs = days === 0 ? null : FROM_MS + days * DAY_MS;
  return {
    portfolio: {
      id: 'mi3k2a0001',
      guildId: '2',
      rule: 'pup-threshold',
      horizon: '1d',
      symbols: ['BTC', 'ETH'],
      capital: 10_000,
      startedBy: '1',
      startedMs: FROM_MS - DAY_MS / 3,
      stoppedMs: null,
    },
    ruleLabel: 'P(up) threshold, long or out',
    ruleExplanation: 'Buys when the chance of a rise is 52 % or more and sells when it falls to 50 %.',
    interval: '1d',
    nowMs: FROM_MS + days * DAY_MS + DAY_MS / 4,
    fromMs: FROM_MS,
    markedMs,
    equity: days === 0 ? 10_000 : 10_120,
    hold: days === 0 ? 10_000 : 10_340,
    changes: [],
    positions: [
      {
        symbol: 'BTC',
        equity: 5_210,
        capital: 5_000,
        exposure: 1,
        entryPrice: 88_120.4,
        lastClose: 91_004,
        heldBack: null,
        pausedUntilMs: null,
      },
      {
        symbol: 'ETH',
        equity: 4_910,
        capital: 5_000,
        exposure: 0,
        entryPrice: 0,
        lastClose: 3_010.5,
        heldBack: 'volatility-shock',
        pausedUntilMs: FROM_MS + 14 * DAY_MS,
      },
    ],
    costs: 31.27,
    fills: 5,
    recent: [
      {
        symbol: 'BTC',
        fill: {
          timeMs: FROM_MS + 9 * DAY_MS,
          side: 'buy',
          units: 0.057,
          price: 88_120.4,
          fee: 5.02,
          slippage: 1.3,
          reason: 'decision',
        },
      },
      {
        symbol: 'ETH',
        fill: {
          timeMs: FROM_MS + 8 * DAY_MS,
          side: 'sell',
          units: 1.61,
          price: 3_052.2,
          fee: 4.91,
          slippage: 1.2,
          reason: 'volatility-shock',
        },
      },
    ],
    trips: [{ timeMs: FROM_MS + 8 * DAY_MS, symbol: 'ETH', breaker: 'volatility-shock' }],
    markEveryMs: DAY_MS,
    marks,
    simulated: false,
    ...overrides,
  };
}

/** Paper portfolios of one server each, without candles: they begin, stand and end. */
export function fakePaper(simulated = false): PaperService {
  const kept = new Map<string, PaperReport>();
  const none = () => new CandlecastError('CC_PAPER_NONE', 'This server has no paper portfolio.');
  const report = async (guildId: string) => {
    const found = kept.get(guildId);
    if (!found) throw none();
    return found;
  };
  return {
    report,
    async start({ guildId, userId, symbols = ['BTC', 'ETH'], rule, horizon, capital = 10_000 }) {
      if (kept.get(guildId)?.portfolio.stoppedMs === null) {
        throw new CandlecastError('CC_PAPER_RUNNING', 'This server has a paper portfolio already.');
      }
      const base = believablePaper({ simulated });
      const portfolio = { ...base.portfolio, guildId, symbols, rule, capital, startedBy: userId };
      kept.set(guildId, { ...base, portfolio: { ...portfolio, horizon: horizon as '1d' } });
      return report(guildId);
    },
    async stop(guildId) {
      const running = await report(guildId);
      if (running.portfolio.stoppedMs !== null) throw none();
      kept.set(guildId, { ...running, portfolio: { ...running.portfolio, stoppedMs: running.nowMs } });
      return report(guildId);
    },
    step: async () => ({ steps: 0 }),
  };
}
