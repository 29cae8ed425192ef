import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import type { LedgerEntry } from '../../../src/core/ledger.ts';
import { type CoinGlance, changeBetween, coinLine } from '../../../src/core/outlook.ts';
import { QUANTILE_LEVELS } from '../../../src/core/quantiles.ts';
import { DAY_MS, HOUR_MS } from '../../../src/core/time.ts';
import { createOutlookService } from '../../../src/services/outlook/outlook.ts';
import { believableReport, ORIGIN_MS } from '../../render/forecast/believable-report.ts';
import { sampleSubscription } from '../../support/subscriptions.ts';

const NOW_MS = ORIGIN_MS + 10 * 60_000;
const quantiles = (spread: number) => QUANTILE_LEVELS.map((level) => 100 * Math.exp(spread * (level - 0.5)));
const row = (symbol: string, originMs: number, spread: number, pUp: number): LedgerEntry => ({
  sequence: 1,
  cause: 'scheduled',
  hash: '',
  symbol,
  interval: '1h',
  horizon: '24h',
  originMs,
  targetMs: originMs + DAY_MS,
  lastPrice: 100,
  quantiles: quantiles(spread),
  pUp,
  climatology: null,
  model: 'm',
  source: 'binance',
  sentimentShare: null,
  issuedAtMs: originMs,
});
const glance = (symbol: string, ratio: number | null): CoinGlance => ({
  symbol,
  line: { ...coinLine(believableReport({ symbol })), ratio },
  problem: null,
});

describe('an outlook', () => {
  it('ranks coins by how far they may move against their usual; what is not known comes last', async () => {
    const failed: CoinGlance = { symbol: 'X', line: null, problem: new CandlecastError('CC_TIMEOUT', 'late') };
    const service = createOutlookService({
      glances: { glances: async () => [glance('A', 0.8), failed, glance('B', 1.5), glance('C', null)] },
      subscriptions: { byGuild: async () => [sampleSubscription({ symbols: ['A', 'B'] })] },
      ledger: { newestFrom: async () => null },
      symbols: ['T'],
      now: () => NOW_MS,
    });
    const found = await service.outlook('g');
    expect(found.glances.slice(0, 2).map(({ symbol }) => symbol)).toEqual(['B', 'A']);
    expect(found).toMatchObject({ isSubscribed: true, changes: [] });
  });

  it('is of the tracked coins where the server has subscribed to none', async () => {
    const asked: (readonly string[])[] = [];
    const service = createOutlookService({
      glances: {
        async glances(symbols) {
          asked.push(symbols);
          return [];
        },
      },
      subscriptions: { byGuild: async () => [] },
      ledger: { newestFrom: async () => null },
      symbols: Array.from({ length: 30 }, (_, i) => `T${i}`),
      now: () => NOW_MS,
    });
    expect(await service.outlook('g')).toMatchObject({ isSubscribed: false });
    await service.outlook(null);
    expect(asked.map((symbols) => symbols.length)).toEqual([20, 20]);
  });

  it('compares scheduled forecasts a day apart, and none that are older', async () => {
    const rows = [
      row('A', ORIGIN_MS, 0.2, 0.5),
      row('A', ORIGIN_MS - DAY_MS, 0.1, 0.5),
      row('B', ORIGIN_MS, 0.1, 0.5),
      row('B', ORIGIN_MS - DAY_MS - 4 * HOUR_MS, 0.5, 0.5),
      row('C', ORIGIN_MS - 4 * HOUR_MS, 0.1, 0.5),
    ];
    const service = createOutlookService({
      glances: { glances: async (symbols) => symbols.map((symbol) => glance(symbol, 1)) },
      subscriptions: { byGuild: async () => [] },
      ledger: {
        newestFrom: async (symbol, horizon, untilMs) =>
          horizon === '24h' ? (rows.find((one) => one.symbol === symbol && one.originMs <= untilMs) ?? null) : null,
      },
      symbols: ['A', 'B', 'C'],
      now: () => NOW_MS,
    });
    expect((await service.outlook(null)).changes).toEqual([{ symbol: 'A', width: 'wider', rise: null }]);
  });

  it.each([
    [0.1, 0.5, 0.12, 0.52, null, null],
    [0.1, 0.5, 0.14, 0.54, 'wider', 'likelier'],
    [0.14, 0.54, 0.1, 0.5, 'narrower', 'less likely'],
  ])('from a width of %d and a chance of %d to %d and %d: %s, %s', (w0, p0, w1, p1, width, rise) => {
    expect(changeBetween(row('A', 0, w0, p0), row('A', 1, w1, p1))).toEqual({ symbol: 'A', width, rise });
  });
});
