import { describe, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { Sleep } from '../../../src/core/time.ts';
import { createGlanceService } from '../../../src/services/watch/glances.ts';
import { believableReport } from '../../render/forecast/believable-report.ts';

const never: Sleep = (_ms, signal) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
const reportOf = async ({ symbol }: { symbol: string }) => believableReport({ symbol, name: symbol });

describe('glances', () => {
  it('come in the order given, for one day ahead, also of a coin that has become another one', async () => {
    const asked: object[] = [];
    const service = createGlanceService({
      forecast: {
        async forecast(request) {
          asked.push(request);
          return reportOf(request);
        },
      },
      logger: silentLogger,
      sleep: never,
    });
    const found = await service.glances(['ETH', 'BTC']);
    expect(found.map(({ symbol, line }) => [symbol, line?.symbol])).toEqual([
      ['ETH', 'ETH'],
      ['BTC', 'BTC'],
    ]);
    expect(asked[0]).toEqual({ symbol: 'ETH', horizon: '1d', follow: true });
    const { line } = found[1]!;
    expect(line!.low).toBeLessThan(line!.price);
    expect(line!.ratio).toBeCloseTo(1.3);
    // Of hours, the close of exactly a day before.
    const report = believableReport({ symbol: 'BTC' });
    expect(line!.dayAgo).toBe(report.history.at(-25)!.close);
  });

  it('leave the others alone when one fails', async () => {
    const kept = createGlanceService({
      forecast: {
        async forecast(request) {
          if (request.symbol === 'BAD') throw new CandlecastError('CC_MARKET_HALTED', 'BAD is not traded.');
          return reportOf(request);
        },
      },
      logger: silentLogger,
      sleep: never,
    });
    const found = await kept.glances(['BAD', 'BTC']);
    expect(found[0]).toMatchObject({ symbol: 'BAD', line: null, problem: { code: 'CC_MARKET_HALTED' } });
    expect(found[1]!.line).not.toBeNull();
  });

  it('do not wait for a coin beyond the limit, and end with the caller', async () => {
    let over = () => undefined as unknown;
    const service = createGlanceService({
      forecast: {
        forecast: (request) => (request.symbol === 'SLOW' ? new Promise(() => undefined) : reportOf(request)),
      },
      logger: silentLogger,
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          over = () => resolve();
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
    });
    const asking = service.glances(['SLOW', 'BTC']);
    await Promise.resolve();
    over();
    expect(await asking).toMatchObject([
      { line: null, problem: { code: 'CC_TIMEOUT' } },
      { symbol: 'BTC', problem: null },
    ]);
    const caller = new AbortController();
    const stopped = service.glances(['SLOW'], { signal: caller.signal });
    caller.abort(new CandlecastError('CC_STOPPING', 'stop'));
    await expect(stopped).rejects.toMatchObject({ code: 'CC_STOPPING' });
  });
});
