import { describe, expect, it } from 'vitest';
import type { ForecastNote } from '../../../src/core/forecast.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { withDetails } from '../../../src/render/forecast/forecast-details.ts';
import { forecastReply } from '../../../src/render/forecast/forecast-embed.ts';
import { createExplanationService } from '../../../src/services/forecast/explain.ts';
import { ENGLISH } from '../../support/english.ts';
import { believableReport, ORIGIN_MS } from './believable-report.ts';

const ago = { timeMs: ORIGIN_MS - 3 * DAY_MS, style: 'R' } as const;
const STALE: ForecastNote = {
  code: 'climatology',
  severity: 'warning',
  message: { key: 'notes.climatologyOld', values: { ago } },
};
const reader = { translator: ENGLISH };
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
  notes: [STALE],
};

describe('the reply when climatology stands in', () => {
  it('says so on the card and in the details, and names no model', () => {
    const card = forecastReply(report, null, reader);
    expect(card.embeds[0]!.description).toContain(
      'No model could be used: this only repeats how the coin moved before.',
    );
    expect(card.embeds[0]!.description).toContain('Nothing is known yet about how often such ranges hold.');
    const embed = withDetails(card, report, null, reader).embeds[1]!;
    expect(JSON.stringify(embed)).toMatch(/no model’s forecast but climatology.*the newest candle closed <t:\d+:R>/i);
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
