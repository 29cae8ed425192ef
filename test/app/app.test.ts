import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { dispatch } from '../../src/commands/dispatch.ts';
import { localCaller } from '../../src/console/guild.ts';
import { appsOfFiles, NOW_MS } from '../support/app-of-files.ts';

const build = appsOfFiles();

const jobNames = async (app: App) => (await app.context.services.status.status()).jobs.map((job) => job.name);

describe('the app on candles from files', () => {
  let app: App;
  beforeAll(async () => {
    app = await build('never');
  });
  afterAll(() => app.close());

  it('answers /forecast with a chart', async () => {
    const reply = await dispatch('/forecast symbol:BTC horizon:1d', localCaller('en-GB'), app.context);
    expect(JSON.stringify(reply.embeds)).toContain('BTC');
    expect(reply.files).toHaveLength(1);
  });

  it('answers /status from its own parts', async () => {
    expect(await app.context.services.status.status()).toMatchObject({
      version: '1.2.3',
      node: process.version,
      nowMs: NOW_MS,
      surface: 'console',
      simulated: false,
      trackedSymbols: 2,
      database: { kind: 'sqlite', ok: true, problem: null },
      models: [{ problem: null }, { problem: null }],
      jobsProblem: null,
      training: null,
    });
    expect(app).toMatchObject({ simulation: null, timeMachine: null });
  });
});

describe('the app', () => {
  it('makes a report of the record some time after its start, before anybody asks for one', async () => {
    const app = await build('never');
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const report = vi.spyOn(app.context.services.accuracy, 'report');
    app.start();
    expect(report).not.toHaveBeenCalled();
    const [makeReports] = timers.mock.calls.find(([, ms]) => ms === 20_000)!;
    timers.mockRestore();
    makeReports();
    await vi.waitFor(() => expect(report).toHaveBeenCalledTimes(2), 30_000);
    await expect(report.mock.results[1]!.value).resolves.toMatchObject({ days: 60, symbol: null });
    await app.close();
  });

  it('schedules every job of docs/jobs.md, with files none of the ledger, simulated no retraining', async () => {
    const files = await build('never');
    const simulated = await build('always');
    const [ofFiles, ofSimulation] = [await jobNames(files), await jobNames(simulated)];
    expect(simulated.simulation).toContain('simulated market');
    expect(simulated.timeMachine).not.toBeNull();
    await Promise.all([files.close(), simulated.close()]);
    const page = readFileSync(new URL('../../docs/jobs.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
      cell!.split(', ').map((name) => name.replaceAll('`', '')),
    );
    // The candles of files and of a simulated market cost nothing to fetch when they are needed, and announcements are of the real market.
    const ofLive = ['ingest-hours', 'ingest-training', 'read-calendars'];
    // Nobody owns these bots.
    const ofOwners = ['check-alarms', 'daily-digest'];
    expect([...new Set([...ofFiles, ...ofSimulation, ...ofLive, ...ofOwners])].sort()).toEqual(listed.sort());
    expect(listed.filter((name) => !ofFiles.includes(name))).toEqual([
      ...ofOwners,
      'ingest-hours',
      'ingest-training',
      'issue-forecasts-1d',
      'issue-forecasts-1h',
      'read-calendars',
      'score-calls',
      'score-forecasts',
      'score-odds',
    ]);
    expect(listed.filter((name) => !ofSimulation.includes(name))).toEqual([
      ...ofOwners,
      'ingest-hours',
      'ingest-training',
      'learn-widths-1d',
      'learn-widths-1h',
      'read-calendars',
      'retrain-1d',
      'retrain-1h',
    ]);
  });
});
