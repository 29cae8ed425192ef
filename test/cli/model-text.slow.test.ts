import { beforeAll, describe, expect, it } from 'vitest';
import { cardText } from '../../src/cli/model-text.ts';
import type { ModelCard } from '../../src/ml/model/card.ts';
import { encodeModel } from '../../src/ml/model/model-file.ts';
import { tinyModel } from '../support/tiny-model.ts';

let card: ModelCard;
beforeAll(async () => {
  const dates = { fitUntilMs: Date.UTC(2021, 2, 1), stopUntilMs: Date.UTC(2021, 7, 1) };
  ({ card } = encodeModel(await tinyModel({ ...dates, refit: true, treeShare: [0.5, 0.25, 0] })));
});

describe("a model's card in a terminal", () => {
  it('says what was learnt from, from when on only after it had decided, and how much is trees', () => {
    const lines = cardText(card).split('\n');
    expect(lines[1]).toContain(
      'learnt from candles to 2021-08-01, those since 2021-03-01 only after they had decided when to stop',
    );
    expect(lines[2]).toBe('Boosted trees give 50.0 % / 25.0 % / 0.0 % of every quantile, the nets the rest.');
  });

  it('says nothing of trees or of learning again where there was none', () => {
    const { trees: _, ...bare } = card;
    const { stopFromMs: __, ...data } = card.data;
    const text = cardText({ ...bare, data: { ...data, fitUntilMs: Date.UTC(2021, 2, 1) } });
    expect(text).toContain('learnt from candles to 2021-03-01, stopped on candles to 2021-08-01');
    expect(text).not.toMatch(/trees|since 2021-03/);
  });

  it('says how days that end at any hour did, and one day of both models, where that was measured', async () => {
    const { card: evaluated } = encodeModel(await tinyModel({ outOfSampleRefit: true }));
    const { records } = evaluated.evaluation!;
    const plain = cardText(evaluated);
    expect(plain).not.toContain('every hour');
    const estimate = { value: 1.25, low: 0.75, high: 1.75 };
    const combinedDay = {
      hoursShare: 0.5,
      record: { ...records[0]!, n: 4_321 },
      overDaily: estimate,
      overHourly: estimate,
    };
    const rollingDays = { description: 'Two coins in 2023.', records: [{ ...records[2]!, n: 1_234 }], combinedDay };
    const text = cardText({ ...evaluated, evaluation: { ...evaluated.evaluation!, rollingDays } });
    expect(text).toContain('Days that end at every hour. Two coins in 2023.');
    expect(text).toMatch(/7d +1,234/);
    expect(text).toMatch(/1d, both models +4,321/);
    expect(text).toContain('over the daily one alone: +1.25');
    const withoutHours = { description: 'Two coins in 2023.', records };
    expect(
      cardText({ ...evaluated, evaluation: { ...evaluated.evaluation!, rollingDays: withoutHours } }),
    ).not.toContain('both models');
  });
});
