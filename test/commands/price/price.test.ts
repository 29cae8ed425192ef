import { describe, expect, it } from 'vitest';
import { dispatch, press } from '../../../src/commands/dispatch.ts';
import { priceCommand } from '../../../src/commands/price/price.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import { LANGUAGES } from '../../../src/language/languages.ts';
import { limitProblems } from '../../../src/render/limits.ts';
import type { Reply } from '../../../src/render/reply.ts';
import { fakeContext, somebody } from '../fakes.ts';

const text = (reply: Reply) => reply.embeds[0]!.description!.replaceAll('\u00a0', ' ');
const ids = ({ components }: Reply) =>
  components.flatMap((row) => row.components).map((one) => ('custom_id' in one ? one.custom_id : ''));
const run = (line: string, context = fakeContext().context) => dispatch(line, somebody, context, COMMANDS);

describe('/price', () => {
  it('says first what one coin costs and how it has moved, with a picture', async () => {
    const reply = await run('/price BTC');
    expect(text(reply).split('\n')[0]).toMatch(/^\*\*\$60,000\*\* · \+2\.\d % in 24 hours$/);
    expect(text(reply)).toMatch(/In 24 hours between \$58,\d+ and \$60,\d+/);
    expect(reply.files).toMatchObject([{ name: 'prices.png', description: expect.stringContaining('Bitcoin') }]);
    expect(text(reply)).not.toContain('simulated.');
  });

  it('answers several at once, with spaces or commas, and names the one that it does not know', async () => {
    for (const line of ['/price BTC ETH nosuch', '/price symbols:"BTC, ETH, nosuch"']) {
      const lines = text(await run(line)).split('\n');
      expect(lines).toHaveLength(3);
      expect(lines[0]).toContain('**BTC** $60,000');
      expect(lines[1]).toContain('**ETH** $3,000');
      expect(lines[2]).toContain('**nosuch**: There is no coin');
    }
    await expect(run('/price nosuch')).rejects.toMatchObject({ code: 'CC_UNKNOWN_SYMBOL' });
  });

  it('converts at the reference rate and says it, or says why it cannot', async () => {
    for (const line of ['/price BTC/EUR', '/price BTC EUR', '/price BTC currency:euro', '/price BTCEUR']) {
      const reply = await run(line);
      expect(text(reply)).toContain('**€55,200**');
      expect(text(reply)).toMatch(/1 USD = 0.92\d* EUR \(reference rate of \d+ \w+ 20\d\d\)/);
    }
    await expect(run('/price BTC/GBP')).rejects.toMatchObject({ code: 'CC_RATE_MISSING' });
    const mixed = text(await run('/price symbols:"BTC, ETH/GBP"'));
    expect(mixed).toContain('**$60,000**');
    expect(mixed).toContain('**ETH**: I have no exchange rate for GBP');
  });

  it('gives one coin in another by their two prices', async () => {
    const reply = await run('/price ETH/BTC');
    expect(reply.embeds[0]!.title).toContain('ETH/BTC');
    expect(text(reply)).toContain('**0.050000 BTC**');
    expect(ids(reply)).toContain('pr:r:USD:ETH/BTC');
    await expect(run('/price BTC/BTC')).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('takes coin and currency from the person’s settings where nothing is named', async () => {
    const { context } = fakeContext();
    await expect(run('/price', context)).rejects.toMatchObject({ code: 'CC_USAGE' });
    await run('/me set symbol:ETH currency:EUR', context);
    expect(text(await run('/price', context))).toContain('**€2,760');
    expect(text(await run('/price BTC USD', context))).toContain('**$60,000**');
  });

  it('is refreshed, and shows time and source, by buttons that hold all state', async () => {
    const { context } = fakeContext();
    const reply = await run('/price BTC ETH', context);
    expect(ids(reply)).toEqual(['fc:refresh:BTC:1d', 'fc:refresh:ETH:1d', 'pr:r:USD:BTC,ETH', 'pr:d:USD:BTC,ETH']);
    const details = await press('pr:d:USD:BTC,ETH', [], somebody, context);
    expect(text(details)).toMatch(/BTC: last trade <t:\d+:f>, from simulated\./);
    expect(text(await press('pr:r:USD:BTC,ETH', [], somebody, context))).toBe(text(reply));
    await expect(press('pr:x:USD:BTC', [], somebody, context)).rejects.toMatchObject({ code: 'CC_USAGE' });
  });

  it('shows ten coins at most', async () => {
    await expect(run('/price BTC ETH XRP BNB SOL DOGE TRX ADA LINK XLM BCH')).rejects.toMatchObject({
      code: 'CC_USAGE',
    });
  });

  it.each(LANGUAGES)('fits into Discord’s limits in %s', async (locale) => {
    const { context } = fakeContext();
    const caller = { ...somebody, locale };
    for (const line of [
      '/price BTC',
      '/price symbols:"BTC, ETH/BTC, SOL/EUR, XRP, BNB, DOGE, TRX, ADA, LINK, nosuch"',
    ]) {
      const reply = await dispatch(line, caller, context, COMMANDS);
      expect(limitProblems(reply)).toEqual([]);
    }
  });

  it('suggests coins after those that were typed, with commas or spaces, and currencies', () => {
    const { context } = fakeContext();
    const suggest = (name: string, value: string) =>
      priceCommand.autocomplete!({ name, value }, context, somebody).map((choice) => choice.value);
    expect(suggest('symbols', 'BTC, ET')[0]).toBe('BTC, ETH');
    expect(suggest('symbols', 'BTC ET')[0]).toBe('BTC ETH');
    expect(suggest('currency', 'brl')).toEqual(['BRL']);
  });
});
