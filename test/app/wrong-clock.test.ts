import { expect, it } from 'vitest';
import { unlessClockIsWrong } from '../../src/app/forecasting.ts';
import type { ClockStatus } from '../../src/core/clock-check.ts';
import { MINUTE_MS } from '../../src/core/time.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { unissued } from '../support/ledger.ts';

it('the record takes neither forecasts nor scores while the clock is wrong, and goes on once it is right', async () => {
  const forecast = unissued();
  const now = () => forecast.originMs + MINUTE_MS;
  const storage = await openStorage('sqlite::memory:', { now });
  let status: ClockStatus = { state: 'wrong', aheadMs: 10 * MINUTE_MS, hosts: ['Discord', 'binance'] };
  const { ledger, outcomes } = unlessClockIsWrong(storage, { status: () => status });
  await expect(ledger.append([forecast], 'scheduled')).rejects.toMatchObject({
    code: 'CC_CLOCK_WRONG',
    message: 'The clock of this machine is 10 min ahead by Discord, binance, so nothing is recorded.',
    remedy: expect.stringContaining('timedatectl'),
  });
  await expect(outcomes.add([{} as never])).rejects.toMatchObject({ code: 'CC_CLOCK_WRONG' });
  expect(await outcomes.add([])).toBe(0);
  expect(await ledger.head()).toBeNull();
  status = { ...status, state: 'off', aheadMs: 8_000 };
  expect(await ledger.append([forecast], 'scheduled')).toEqual(['appended']);
  await storage.close();
});

it('a row is refused for a close that has not come by the time of the sources', async () => {
  const forecast = unissued();
  const storage = await openStorage('sqlite::memory:', { now: () => forecast.originMs - 1_000 });
  expect(await storage.ledger.append([forecast], 'on-demand')).toEqual(['late']);
  await storage.close();
});
