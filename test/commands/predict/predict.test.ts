import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dispatch } from '../../../src/commands/dispatch.ts';
import { predictCommand } from '../../../src/commands/predict/predict.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import { CALLS_A_DAY } from '../../../src/core/calls.ts';
import { DAY_MS } from '../../../src/core/time.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { translatorFor } from '../../../src/language/translator.ts';
import { errorReply } from '../../../src/render/error-embed.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { createPredictService } from '../../../src/services/predict/predict.ts';
import { openStorage, type Storage } from '../../../src/storage/open-storage.ts';
import { ORIGIN_MS } from '../../render/forecast/believable-report.ts';
import { fakeContext, somebody } from '../fakes.ts';

let storage: Storage;
beforeEach(async () => {
  storage = await openStorage('sqlite::memory:', { now: () => ORIGIN_MS });
});
afterEach(() => storage.close());

/** Runs a line with the real service over a database in memory. */
function run(line: string, changes: Partial<typeof somebody> = {}): Promise<Reply> {
  const { context } = fakeContext();
  const predict = createPredictService({
    calls: storage.calls,
    forecast: context.services.forecast,
    clockIsRight: () => true,
    now: () => ORIGIN_MS,
  });
  return dispatch(
    line,
    { ...somebody, ...changes },
    { ...context, services: { ...context.services, predict } },
    COMMANDS,
  );
}
const text = (reply: Reply) => reply.embeds[0]!.description!.replaceAll('\u00a0', ' ');
const failure = (line: string, changes?: Partial<typeof somebody>) =>
  run(line, changes).catch((error: unknown) => error);

describe('/predict', () => {
  it('freezes a direction or a range, shows the bot’s beside it, and lists the person’s own', async () => {
    const up = text(await run('/predict up symbol:BTC horizon:3d confidence:70'));
    expect(up).toMatch(/BTC.*\$98,123.*70 %/);
    expect(text(await run('/predict down symbol:ETH'))).toMatch(/ETH.*60 %/);
    expect(text(await run('/predict range symbol:BTC low:90000 high:105000'))).toMatch(/\$90,000.*\$105,000/);
    expect(await storage.calls.ofPerson({ guildId: '2', userId: '1' }, 9)).toMatchObject([
      { call: { horizon: '1d', claim: { sort: 'range', low: 90_000, high: 105_000 } } },
      { call: { symbol: 'ETH', claim: { sort: 'direction', pUp: 0.4 } } },
      { call: { symbol: 'BTC', horizon: '3d', claim: { pUp: 0.7 } } },
    ]);
    expect(text(await run('/predict list')).split('\n').length).toBeGreaterThanOrEqual(3);
    expect(text(await run('/predict list', { userId: '9' }))).not.toContain('BTC');
    expect(predictCommand.isPrivate!({ subcommand: 'list' })).toBe(true);
    expect(predictCommand.isPrivate!({ subcommand: 'up' })).toBe(false);
  });

  it('refuses what cannot be frozen, outside of servers, and options that are out of range', async () => {
    for (const [line, code] of [
      ['/predict up symbol:BTC confidence:40', 'CC_USAGE'],
      ['/predict up symbol:BTC horizon:1h', 'CC_USAGE'],
      ['/predict range symbol:BTC low:100 high:90', 'CC_CALL_REFUSED'],
      ['/predict range symbol:BTC low:1 high:90', 'CC_CALL_REFUSED'],
      ['/predict up symbol:nosuch', 'CC_UNKNOWN_SYMBOL'],
      ['/predict leaderboard month:2026-13', 'CC_USAGE'],
    ] as const) {
      expect(await failure(line), line).toMatchObject({ code });
    }
    expect(await failure('/predict up symbol:BTC', { guildId: null })).toMatchObject({ code: 'CC_NOT_ALLOWED' });
    expect(await storage.ledger.verify()).toMatchObject({ heads: { calls: { number: 0 } }, problem: null });
  });

  it.each(LANGUAGES)('answers in %s within Discord’s limits, refusals too', async (locale) => {
    const asked = { locale };
    const { t } = translatorFor(locale);
    const replies: Reply[] = [await run('/predict leaderboard', asked), await run('/predict list', asked)];
    expect(text(replies[1]!)).toBe(t('predict.noCalls'));
    for (const symbol of ['BTC', 'ETH', 'SOL', 'XRP'])
      replies.push(await run(`/predict range symbol:${symbol} low:60000 high:140000 horizon:7d`, asked));
    const refusals = [
      [await failure('/predict range symbol:BTC low:9 high:8', asked), t('predict.refusedOrder')],
      [
        await failure('/predict range symbol:BTC low:60000 high:140000 horizon:7d', asked),
        t('predict.refusedAgain', { symbol: 'BTC', horizon: '7d' }),
      ],
    ] as [unknown, string][];
    replies.push(await run('/predict up symbol:BTC', asked));
    refusals.push([await failure('/predict up symbol:ETH', asked), t('predict.refusedDay', { count: CALLS_A_DAY })]);
    // One that was scored, and two that are void.
    await storage.calls.end(
      [
        { number: 1, event: { kind: 'outcome', scores: { actualPrice: 1e5, source: 'x', score: 1, bot: 1, toss: 1 } } },
        { number: 2, event: { kind: 'void', reason: 'other-coin' } },
        { number: 3, event: { kind: 'void', reason: 'no-price' } },
      ],
      ORIGIN_MS + 8 * DAY_MS,
    );
    replies.push(await run('/predict list', asked), await run('/predict leaderboard month:2026-11', asked));
    for (const reply of replies) {
      expect(limitProblems(reply)).toEqual([]);
      expect(text(reply)).not.toMatch(/undefined|NaN|\{/);
    }
    for (const [error, said] of refusals) {
      const reply = errorReply(error, 'ref', { locale, isOwner: false });
      expect(text(reply).split('\n')[0]).toBe(said);
      expect(limitProblems(reply)).toEqual([]);
    }
  });
});
