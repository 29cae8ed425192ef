import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { forecastReply } from '../../../src/render/forecast/forecast-embed.ts';
import { createExplanationService } from '../../../src/services/forecast/explain.ts';
import { believableReport, ORIGIN_MS } from './believable-report.ts';

const TEXT = "This is no model's forecast but climatology: the newest candle closed 3 days ago.";
const report = {
  ...believableReport(),
  record: null,
  model: {
    version: 'climatology',
    family: 'climatology',
    trainedAtMs: ORIGIN_MS,
    dataUntilMs: ORIGIN_MS,
    members: 1,
  },
  notes: [{ code: 'climatology', severity: 'warning', text: TEXT } as const],
};

describe('the reply when climatology stands in', () => {
  it('says so before anything else, once, and names no model', () => {
    const embed = forecastReply(report, null).embeds[0]!;
    expect(embed.description!.startsWith(TEXT)).toBe(true);
    expect(JSON.stringify(embed).split('no model').length - 1).toBe(2);
    const model = embed.fields!.find((field) => field.name === 'Model')!.value;
    expect(model).toMatch(/^climatology\nno model; the coin’s own past/);
    expect(model).not.toContain('trained');
  });

  it('has no why, and says that no model moved it', async () => {
    const never = () => {
      throw new Error('must not be asked');
    };
    const service = createExplanationService({
      widths: { tableFor: async () => null },
      market: { series: never, isStatic: never, observations: never },
      rolling: { candlesAt: never },
      calibrations: { get: never, put: never },
      models: { serving: never },
      pool: { explain: never },
      logger: silentLogger,
    });
    await expect(service.explain(report)).rejects.toMatchObject({
      message: expect.stringContaining('no model moved it'),
    });
  });
});
