import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/core/owner-report.ts';
import { digestText } from '../../../src/render/admin/digest-text.ts';

const WELL: Digest = {
  nowMs: Date.UTC(2026, 10, 30, 7),
  conditions: [],
  problem: null,
  forecasts: { issued: 2_250, missing: 0 },
  record: [{ horizon: '4h', n: 10_800, coverage80: 0.794, skillPct: 2.1 }],
  posts: { sent: 1_200, late: 3, failed: 0, skipped: 0 },
  interactions: { answered: 410, failed: 0 },
  sources: { ok: 4, failing: [] },
  models: [{ interval: '1d', version: '1d-20261121-8fda3f', trainedAtMs: Date.UTC(2026, 10, 21) }],
  space: { freeBytes: 50e9, usedBytes: 1.25e9, limitBytes: null },
  memoryBytes: 310e6,
  processes: 1,
};

describe('the digest', () => {
  it('begins with whether all is well, and gives each figure with what it stands on', () => {
    expect(digestText(WELL)).toBe(
      [
        '**All well.**',
        'Candlecast, the day up to 2026-11-30 07:00 UTC',
        'Forecasts: 2,250 recorded, 0 missing.',
        'Live record over 60 days (outcomes inside the 80 % range; loss against climatology):',
        '- 4h: 79.4 %, 2.1 % below (n = 10,800)',
        'Posts: 1,200 sent, 3 of them late; 0 failed, 0 skipped.',
        'Answers: 410 given, 0 failed.',
        'Sources: 4 answer.',
        'Model of 1d: 1d-20261121-8fda3f, trained 2026-11-21.',
        'Database: 1.3 GB, 50.0 GB free on its disk.',
        'Memory: 310 MB.',
      ].join('\n'),
    );
  });

  it('says first what is not well', () => {
    const text = digestText({
      ...WELL,
      conditions: [
        { name: 'clock', level: 2, text: 'The clock of the machine is 3 min ahead, so nothing is recorded.' },
      ],
      forecasts: { issued: 2_249, missing: 1 },
      posts: { sent: 1, late: 0, failed: 2, skipped: 0 },
      sources: { ok: 3, failing: ['kraken'] },
      models: [{ interval: '1h', version: null, trainedAtMs: null }],
      space: { freeBytes: 0.4e9, usedBytes: 9.6e9, limitBytes: 10e9 },
    });
    expect(text.split('\n')[0]).toBe('**Not all is well:** 1 thing needs you, 1 forecast is missing, 2 posts failed.');
    expect(text).toContain('\n- The clock of the machine is 3 min ahead');
    expect(text).toContain('Sources: 3 answer; failing: kraken.');
    expect(text).toContain('Model of 1h: none.');
    expect(text).toContain('Database: 9.6 GB, 400 MB left of 10.0 GB.');
  });

  it('claims nothing where nothing is known', () => {
    const text = digestText({
      ...WELL,
      forecasts: null,
      record: [],
      posts: null,
      interactions: null,
      problem: 'It is away.',
    });
    expect(text.split('\n')[0]).toBe('**Not all is well:** not everything could be read.');
    expect(text).toContain('Live record: too few forecasts are scored yet.');
    expect(text).not.toMatch(/Posts:|Answers:/);
  });

  it('fits into a message of Discord, however much there is to say', () => {
    const conditions = Array.from({ length: 60 }, (_, i) => ({
      name: `source ${i}`,
      level: 1,
      text: `The source number ${i} has failed for 2 hours: it answers with HTTP 503 again and again.`,
    }));
    expect(digestText({ ...WELL, conditions }).length).toBeLessThanOrEqual(2_000);
  });
});
