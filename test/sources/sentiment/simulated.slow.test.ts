import { describe, expect, it } from 'vitest';
import { simulatedSentiment } from '../../../src/app/sentiment-sources.ts';
import { KNOWN_ASSETS } from '../../../src/core/asset.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { createHeadlineIngest } from '../../../src/services/sentiment/headlines.ts';
import { openStorage } from '../../../src/storage/open-storage.ts';
import { startedSimulation } from '../simulated/running.ts';
import { patient } from './feeds.ts';

const simulation = await startedSimulation();
const { clock } = simulation;
const provider = { now: () => clock.nowMs, sleep: async () => {}, random: () => 0.5 };

describe('the simulated papers, Reddit and mood', () => {
  it('are read by the real adapters over HTTP', async () => {
    const { headlines, fearGreed } = simulatedSentiment(simulation.url, provider, silentLogger);
    expect(headlines.map(({ name }) => name)).toEqual([
      'market-wire.invalid',
      'coin-courier.invalid',
      'block-bulletin.invalid',
      'chain-gazette.invalid',
      'r/CryptoCurrency',
      'r/Bitcoin',
      'r/ethereum',
    ]);
    for (const source of headlines) {
      const found = await source.fetchHeadlines(patient);
      expect(found.length, source.name).toBeGreaterThan(5);
      for (const one of found) {
        expect(one.url, source.name).toMatch(/^https:\/\/[a-z-]+\.invalid\//);
        expect(one.publishedAtMs).toBeLessThanOrEqual(clock.nowMs);
        expect(one.title).not.toMatch(/[<>&]\w+;/);
      }
      expect(source.health().state).toBe('ok');
    }
    const days = await fearGreed.fetchDays(clock.nowMs - 400 * DAY_MS, patient);
    expect(days.length).toBeGreaterThan(380);
    expect(days.at(-1)!.timeMs).toBe(Math.floor(clock.nowMs / DAY_MS) * DAY_MS);
  });

  it.each([
    ['status 503', { kind: 'status', status: 503 }],
    ['429', { kind: 'status', status: 429, retryAfterS: 60 }],
    ['half a body', { kind: 'half-body' }],
    ['a page for people', { kind: 'html' }],
  ] as const)('cost only their own headlines when the papers answer with %s', async (_what, fault) => {
    const { headlines, fearGreed } = simulatedSentiment(simulation.url, provider, silentLogger);
    const storage = await openStorage('sqlite::memory:', { now: provider.now, market: 'simulated' });
    const ingest = createHeadlineIngest({
      sources: headlines,
      fearGreed,
      repository: storage.headlines,
      fearGreedRepository: storage.fearGreed,
      talkRepository: storage.talk,
      assets: () => KNOWN_ASSETS,
      now: provider.now,
      logger: silentLogger,
    });
    simulation.market.fail('news', fault);
    const broken = await ingest.ingest(patient);
    simulation.market.fail('news', null);
    expect(broken.failures.map(({ source }) => source).sort()).toEqual(
      headlines
        .slice(0, 4)
        .map(({ name }) => name)
        .sort(),
    );
    expect(broken.added).toBeGreaterThan(50);
    const health = Object.fromEntries(ingest.health().map(({ name, state }) => [name, state]));
    expect(health).toMatchObject({ 'r/Bitcoin': 'ok', 'fear-greed': 'ok' });
    expect(['degraded', 'down']).toContain(health['market-wire.invalid']);
    await storage.close();
  });

  it('speak of the coins they are about', async () => {
    const { headlines } = simulatedSentiment(simulation.url, provider, silentLogger);
    const storage = await openStorage('sqlite::memory:', { now: provider.now, market: 'simulated' });
    const ingest = createHeadlineIngest({
      sources: headlines,
      fearGreed: null,
      repository: storage.headlines,
      fearGreedRepository: storage.fearGreed,
      talkRepository: storage.talk,
      assets: () => KNOWN_ASSETS,
      now: provider.now,
      logger: silentLogger,
    });
    const { added, fetched } = await ingest.ingest(patient);
    expect(fetched).toBeGreaterThan(200);
    const kept = await storage.headlines.range(0, clock.nowMs);
    expect(kept).toHaveLength(added);
    expect(kept.filter(({ symbols }) => symbols.length > 0).length / kept.length).toBeGreaterThan(0.95);
    // A feed that is read for the first time shows days; what is older than two of them does not count, and hardly anything else.
    const aside = kept.filter(({ setAside }) => setAside !== null);
    expect(aside.filter(({ setAside }) => setAside !== 'old').length / added).toBeLessThan(0.02);
    expect(kept.length - aside.length).toBeGreaterThan(100);
    for (const { setAside, publishedAtMs, firstSeenMs } of kept)
      expect(setAside === 'old').toBe(publishedAtMs! < firstSeenMs - 2 * DAY_MS);
    await storage.close();
  });
});
