import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { BASE_CURRENCY, CURRENCIES } from '../../core/currency.ts';
import { TIMEFRAME_SHAPES, TIMEFRAMES, type Timeframe } from '../../core/timeframe.ts';
import type { Translator } from '../../language/translator.ts';
import { oldControlError } from '../details.ts';
import { forecastCustomId } from '../forecast/forecast-components.ts';
import type { Reply } from '../reply.ts';

/** What the custom ids of /chart start with. */
export const CANDLES_PREFIX = 'ch';

/** The candle chart that a button leads to. */
export interface CandlesPress {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Whether the forecast is drawn beside the candles. */
  readonly withFan: boolean;
  /** ISO 4217 code of the currency that was wanted; absent for the dollar. */
  readonly currency?: string | undefined;
}

/** Writes the state into a custom id, such as `ch:BTC:4h:fan`, `ch:BTC:4h:past` or in another currency than the dollar `ch:BTC:4h:past:EUR`. */
export function candlesCustomId({ symbol, timeframe, withFan, currency = BASE_CURRENCY }: CandlesPress): string {
  const end = currency === BASE_CURRENCY ? '' : `:${currency}`;
  return `${CANDLES_PREFIX}:${symbol}:${timeframe}:${withFan ? 'fan' : 'past'}${end}`;
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseCandlesPress(rest: string): CandlesPress {
  const [symbol = '', name, shown, currency, ...more] = rest.split(':');
  const timeframe = TIMEFRAMES.find((known) => known === name);
  const isShown = shown === 'fan' || shown === 'past';
  const isCurrency = currency === undefined || CURRENCIES.some((code) => code === currency);
  if (!timeframe || !SYMBOL_PATTERN.test(symbol) || !isShown || !isCurrency || more.length > 0) {
    throw oldControlError('/chart');
  }
  return { symbol, timeframe, withFan: shown === 'fan', currency };
}

/** The buttons under a candle chart: the timeframes, the shown one marked, which draws it anew; the forecast beside the candles, and its card. */
export function candleComponents(shown: CandlesPress, { t }: Translator): Reply['components'] {
  const button = (label: string, custom_id: string, style: ButtonStyle.Primary | ButtonStyle.Secondary) =>
    ({ type: ComponentType.Button, style, label, custom_id }) as const;
  const timeframes = TIMEFRAMES.map((timeframe) =>
    button(
      timeframe,
      candlesCustomId({ ...shown, timeframe }),
      timeframe === shown.timeframe ? ButtonStyle.Primary : ButtonStyle.Secondary,
    ),
  );
  const { symbol, timeframe, withFan, currency = BASE_CURRENCY } = shown;
  const others = [
    button(
      t(withFan ? 'candles.hideFan' : 'candles.showFan'),
      candlesCustomId({ ...shown, withFan: !withFan }),
      ButtonStyle.Secondary,
    ),
    button(
      t('price.forecast'),
      forecastCustomId({ action: 'refresh', symbol, horizon: TIMEFRAME_SHAPES[timeframe].fan, currency }),
      ButtonStyle.Secondary,
    ),
  ];
  return [timeframes, others].map((components) => ({ type: ComponentType.ActionRow, components }));
}
