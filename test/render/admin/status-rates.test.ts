import { expect, it } from 'vitest';
import type { RatesStatus } from '../../../src/core/status.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { statusReply } from '../../../src/render/admin/status-embed.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import { fakeContext } from '../../commands/fakes.ts';
import { ORIGIN_MS } from '../forecast/believable-report.ts';

const rates: RatesStatus = {
  newest: { day: '2026-11-20', source: 'ecb' },
  isOverdue: false,
  sources: [
    {
      name: 'ecb',
      kind: 'index',
      state: 'degraded',
      lastSuccessMs: ORIGIN_MS,
      lastFailure: { atMs: ORIGIN_MS, code: 'CC_SOURCE_HTTP', reason: 'It answered with status 503.' },
      retryAtMs: null,
    },
  ],
};

it.each(LANGUAGES)(
  'owners read in %s how new exchange rates are, and which sources fail; nobody else does',
  async (locale) => {
    const report = await fakeContext().context.services.status.status();
    const translator = translatorFor(locale);
    const name = translator.t('status.ratesField');
    for (const [change, icon] of [
      [{}, '🟢'],
      [{ isOverdue: true }, '🟠'],
      [{ newest: null, isOverdue: true }, '🟠'],
    ] as const) {
      const asked = { ...report, rates: { ...rates, ...change } };
      const reply = statusReply(asked, translator, 'owner', 'details');
      expect(limitProblems(reply)).toEqual([]);
      const field = reply.embeds[0]!.fields!.find((one) => one.name === name)!.value;
      expect(field.startsWith(icon)).toBe(true);
      expect(field).toContain('**ecb**');
      expect(field).toContain('503');
      const others = (['manager', 'member'] as const).map((reader) =>
        statusReply(asked, translator, reader, 'details'),
      );
      expect(JSON.stringify(others)).not.toContain(name);
    }
  },
);
