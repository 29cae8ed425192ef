import { afterEach, beforeEach, expect, it } from 'vitest';
import { CandlecastError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { MINUTE_MS } from '../../../src/core/time.ts';
import { createWitnessService } from '../../../src/services/record/witness.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { START_MS } from '../../support/candles.ts';
import { unissued } from '../../support/ledger.ts';

let storage: Storage;
let nowMs: number;
beforeEach(async () => {
  nowMs = START_MS + MINUTE_MS;
  storage = await openStorage('sqlite::memory:', { now: () => nowMs });
});
afterEach(() => storage.close());

const parts = () => ({ ...storage, isKept: true, now: () => nowMs, logger: silentLogger });
const append = (...symbols: string[]) =>
  storage.ledger.append(
    symbols.map((symbol) => unissued({ symbol })),
    'scheduled',
  );

it('holds what was recorded before it was asked for, and none is given while the record is empty', async () => {
  const { head } = createWitnessService(parts());
  expect(await head()).toBeNull();
  await append('BTC', 'ETH');
  const first = await head();
  expect(first).toEqual({ forecasts: 2, digits: expect.stringMatching(/^[0-9a-f]{20}$/) });
  expect(await head()).toEqual(first);
  await append('SOL');
  expect(await head()).toMatchObject({ forecasts: 3 });
});

it('is none of files and of the simulated market, whose record ends with the program', async () => {
  await append('BTC');
  const { head } = createWitnessService({ ...parts(), isKept: false });
  expect(await head()).toBeNull();
});

it('is none while the database fails, and the log says why', async () => {
  const down = new CandlecastError('CC_DATABASE', 'The disk is full.');
  const logged: object[] = [];
  const logger = { ...silentLogger, error: (facts: object) => logged.push(facts) };
  const record = { checkpoint: () => Promise.reject(down) };
  expect(await createWitnessService({ ...parts(), record, logger }).head()).toBeNull();
  expect(logged).toEqual([{ code: 'CC_DATABASE', err: down }]);
});
