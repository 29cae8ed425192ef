import { chosenHorizon, type HorizonChoice, parseHorizon } from '../../core/horizon.ts';
import { parseMomentAhead } from '../../core/moment-ahead.ts';
import type { AlertRule } from '../../core/personal-alert.ts';
import type { AlertOffer } from '../../render/alerts/personal-alert.ts';
import type { Caller, Command, CommandContext, OptionValues } from '../command.ts';
import { zoneOf } from '../odds/odds-options.ts';
import { readNumber, usageError } from '../options.ts';
import { requirePostableChannel, requireServerManager } from '../permissions.ts';

/** Who sets an alert and where. */
export const madeBy = ({ userId, guildId, channelId, locale }: Caller) => ({
  userId,
  guildId,
  madeChannelId: channelId,
  locale,
});

/** Whose alerts a person may see and remove: their own, and those of the server's channels where they manage it. */
export const seenBy = ({ userId, guildId, mayManageServer }: Caller) => ({
  userId,
  guildId: mayManageServer ? guildId : null,
});

/** The channel that is to be told; null for the person. Throws `CC_NOT_ALLOWED`, `CC_CHANNEL`. */
export function channelOf(options: OptionValues, caller: Caller): string | null {
  const id = options['channel'];
  if (id === undefined) return null;
  requireServerManager(caller, 'Alerts to a channel');
  return requirePostableChannel(caller, String(id)).id;
}

/** The rule that the options of `/alert add` say; throws `CC_USAGE`. */
export function ruleOf(
  options: OptionValues,
  caller: Caller,
  { now }: CommandContext,
  definition: Command['definition'],
): AlertRule {
  const when = String(options['when'] ?? '');
  const level = (): number => {
    if (options['price'] === undefined) {
      throw usageError('That alert needs a price.', definition, ['add'], { key: 'errors.needsPrice' });
    }
    const price = readNumber(String(options['price']));
    if (price !== null && price > 0) return price;
    throw usageError('A price is a number above 0, such as 100000 or 95.5k.', definition, ['add'], {
      key: 'errors.pricePositive',
    });
  };
  switch (when) {
    case 'above':
    case 'below':
      return { kind: 'price', side: when, level: level() };
    case 'odds-above':
    case 'odds-below':
      return {
        kind: 'odds',
        direction: when === 'odds-above' ? 'above' : 'below',
        level: level(),
        byMs: parseMomentAhead(String(options['by'] ?? '7d'), now(), zoneOf(caller)),
        chance: Number(options['chance'] ?? 50) / 100,
        rises: true,
      };
    case 'restless':
      return { kind: 'restless' };
    default: {
      const coverage = options['range'] === 50 ? 50 : options['range'] === 95 ? 95 : 80;
      return { kind: 'range', coverage, horizon: chosenHorizon(parseHorizon(String(options['horizon'] ?? '1d')).name) };
    }
  }
}

/** The rule that a choice of the menu under a forecast stands for. */
export function offeredRule(
  offer: AlertOffer,
  horizon: HorizonChoice,
  { low, high }: { readonly low: number; readonly high: number },
): AlertRule {
  switch (offer) {
    case 'range80':
      return { kind: 'range', coverage: 80, horizon };
    case 'range95':
      return { kind: 'range', coverage: 95, horizon };
    case 'up':
      return { kind: 'price', side: 'above', level: high };
    case 'down':
      return { kind: 'price', side: 'below', level: low };
    case 'restless':
      return { kind: 'restless' };
  }
}
