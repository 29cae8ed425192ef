import { describe, expect, it } from 'vitest';
import { backtestCommand } from '../../../src/commands/backtest/backtest.ts';
import { dispatch } from '../../../src/commands/dispatch.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { RULES } from '../../../src/ml/backtest/rules.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import type { BacktestRequest, BacktestService } from '../../../src/services/backtest/backtest.ts';
import { fakeBacktests } from '../../render/backtest/believable-backtest.ts';
import { fakeContext, somebody } from '../fakes.ts';

function listening(options: Parameters<typeof fakeContext>[0] = {}) {
  const { context } = fakeContext(options);
  const asked: BacktestRequest[] = [];
  const backtest: BacktestService = {
    run: async (request, onProgress) => {
      asked.push(request);
      return fakeBacktests.run(request, onProgress);
    },
    rules: () => RULES,
  };
  return { asked, context: { ...context, services: { ...context.services, backtest } } };
}

describe('/backtest', () => {
  it('asks for a year of the one-day forecasts where nothing else is said, and for what is said', async () => {
    const { asked, context } = listening();
    await dispatch('/backtest bitcoin', somebody, context);
    await dispatch('/backtest symbol:ETH horizon:4h rule:vol-target days:90', somebody, context);
    expect(asked).toEqual([
      { symbol: 'BTC', horizon: '1d', rule: 'pup-threshold', days: 365 },
      { symbol: 'ETH', horizon: '4h', rule: 'vol-target', days: 90 },
    ]);
  });

  it('shows how far it is, then the result in a sentence, a table and a chart', async () => {
    const { context } = listening();
    const shown: Reply[] = [];
    const reply = await dispatch('/backtest BTC', somebody, context, undefined, (one) => shown.push(one));
    expect(shown.map(({ embeds }) => embeds[0]!.description)).toEqual([expect.stringContaining('50\u00a0%')]);
    expect(reply.embeds[0]!.description).toMatch(/^After costs, this rule came to \*\*[+−]\d/);
    expect(reply.files.map(({ name }) => name)).toEqual(['backtest.png']);
    expect(limitProblems(reply)).toEqual([]);
  });

  it('answers with the numbers when the chart cannot be drawn', async () => {
    const { context } = listening({ chartFails: true });
    const reply = await dispatch('/backtest BTC', somebody, context);
    expect(reply.files).toEqual([]);
    expect(reply.embeds[0]!.description).toContain('could not be drawn');
  });

  it.each(['days:6', 'days:1501', 'days:many', 'horizon:2d'])('refuses %s before anything runs', async (option) => {
    const { asked, context } = listening();
    const call = dispatch(`/backtest BTC ${option}`, somebody, context);
    await expect(call).rejects.toMatchObject({ code: 'CC_USAGE' });
    expect(asked).toEqual([]);
  });

  it('explains every rule in its choice, whole', () => {
    const { context } = listening();
    const choices = backtestCommand.autocomplete!({ name: 'rule', value: '' }, context, somebody);
    expect(choices.map(({ value }) => value)).toEqual(RULES.map(({ name }) => name));
    expect(choices[0]!.name).toBe('Buys when the chance of a rise is 52 % or more and sells when it falls to 50 %.');
    for (const locale of LANGUAGES) {
      const told = backtestCommand.autocomplete!({ name: 'rule', value: '' }, context, { ...somebody, locale });
      expect(Math.max(...told.map(({ name }) => name.length))).toBeLessThanOrEqual(100);
      expect(told[0]!.name === choices[0]!.name).toBe(locale === 'en');
    }
    const kelly = backtestCommand.autocomplete!({ name: 'rule', value: ' KELLY ' }, context, somebody);
    expect(kelly.map(({ value }) => value)).toEqual(['kelly-quarter', 'kelly-quarter-short']);
  });
});
