import { expect, it } from 'vitest';
import { HOUR_MS } from '../../src/core/time.ts';
import { priceUnconfirmed, unconfirmedRemedy } from '../../src/core/unconfirmed-price.ts';
import { START_MS } from '../support/candles.ts';
import { unconfirmedPrice } from '../support/unconfirmed.ts';

it('names the owner’s command once the sources have not confirmed a price for an hour', () => {
  const found = unconfirmedPrice('LUNC', '1h', START_MS);
  expect(unconfirmedRemedy(found)).toBe('There is nothing to do: the sources are asked again at 01:05 UTC.');
  const late = { ...found, askedAtMs: found.foundAtMs + HOUR_MS };
  expect(priceUnconfirmed(late)).toMatchObject({
    code: 'CC_PRICE_UNCONFIRMED',
    remedy:
      'The sources are asked again at 02:05 UTC. If the price is right, an owner of the bot confirms it with /admin confirm symbol:LUNC.',
  });
});
