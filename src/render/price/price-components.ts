import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { type CoinPrice, findCurrency } from '../../core/currency.ts';
import type { HorizonChoice } from '../../core/horizon.ts';
import type { Translator } from '../../language/translator.ts';
import { oldControlError, type View } from '../details.ts';
import { forecastCustomId } from '../forecast/forecast-components.ts';
import { LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';

/** What the custom ids of /price start with. */
export const PRICE_PREFIX = 'pr';

/** Which button under prices was pressed, with all that the prices were made from. */
export interface PricePress {
  readonly action: 'refresh' | 'details' | 'brief';
  readonly currency: string;
  /** Coins as they may be typed, such as `BTC,ETH/BTC`. */
  readonly coins: string;
}

const ACTIONS = { r: 'refresh', d: 'details', b: 'brief' } as const;
const LETTERS = { refresh: 'r', details: 'd', brief: 'b' } as const;
/** Buttons that lead to forecasts at most: one row. */
const MAX_FORECASTS = 5;

/** Reads what follows the prefix of a custom id; throws `CC_USAGE`. */
export function parsePricePress(rest: string): PricePress {
  const found = /^([rdb]):([A-Z]{3}):([A-Z0-9,/]{1,90})$/.exec(rest);
  if (found) return { action: ACTIONS[found[1] as keyof typeof ACTIONS], currency: found[2]!, coins: found[3]! };
  throw oldControlError('/price');
}

/** The rows of buttons under prices; without them where their state is longer than Discord takes. */
export function priceComponents(
  prices: readonly CoinPrice[],
  currency: string,
  view: View,
  horizon: HorizonChoice,
  { t }: Translator,
): Reply['components'] {
  const coins = prices.map(({ asset, currency: own }) => (own === currency ? asset.symbol : `${asset.symbol}/${own}`));
  const idOf = (action: PricePress['action']) => `${PRICE_PREFIX}:${LETTERS[action]}:${currency}:${coins.join(',')}`;
  if (idOf('refresh').length > LIMITS.customId) return [];
  const button = (label: string, custom_id: string, style: ButtonStyle.Primary | ButtonStyle.Secondary) =>
    ({ type: ComponentType.Button, style, label, custom_id }) as const;
  const symbols = [...new Set(prices.map(({ asset }) => asset.symbol))].slice(0, MAX_FORECASTS);
  // A price in another coin leads to the forecast in the currency of the others.
  const forecastCurrency = (wanted: string) =>
    findCurrency(prices.find(({ asset }) => asset.symbol === wanted)?.currency ?? '') ?? currency;
  const forecasts = symbols.map((symbol) =>
    button(
      symbols.length === 1 ? t('price.forecast') : t('price.forecastOf', { symbol }),
      forecastCustomId({ action: 'refresh', symbol, horizon, currency: forecastCurrency(symbol) }),
      ButtonStyle.Primary,
    ),
  );
  const details = view === 'brief' ? 'details' : 'brief';
  const own = [
    button(t('price.refresh'), idOf('refresh'), ButtonStyle.Secondary),
    button(t(view === 'brief' ? 'reply.details' : 'reply.less'), idOf(details), ButtonStyle.Secondary),
  ];
  const rows = symbols.length === 1 ? [[...forecasts, ...own]] : [forecasts, own];
  return rows.map((components) => ({ type: ComponentType.ActionRow, components }));
}
