import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { openStorage } from '../../src/storage/open-storage.ts';
import { describeAlarms } from '../contracts/alarms.ts';
import { describeJobRuns } from '../contracts/job-runs.ts';
import { describeServerSettings } from '../contracts/server-settings.ts';
import { START_MS } from '../support/candles.ts';

const now = () => START_MS;

describe('in a SQLite file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'candlecast-jobs-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  describeJobRuns(() => openStorage(`sqlite:${join(folder, 'candlecast.db')}`, { now }));
  describeAlarms(() => openStorage(`sqlite:${join(folder, 'alarms.db')}`, { now }));
  describeServerSettings(() => openStorage(`sqlite:${join(folder, 'settings.db')}`, { now }));
});
