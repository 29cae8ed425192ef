import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { BASE_CURRENCY, CURRENCIES } from '../../core/currency.ts';
import { CHOICES, chosenHorizon, HORIZON_NAMES, HORIZONS, type HorizonName, horizonMs } from '../../core/horizon.ts';
import type { Translator } from '../../language/translator.ts';
import { ALERT_PREFIX } from '../alerts/personal-alert.ts';
import { oldControlError } from '../details.ts';
import type { Reply } from '../reply.ts';

/** What the custom ids of a forecast's components start with. */
export const FORECAST_PREFIX = 'fc';

const ACTIONS = ['horizon', 'refresh', 'why', 'details', 'hide', 'post'] as const;

/** The state held by a custom id of a forecast: what was pressed, and on which forecast. */
interface ForecastPress {
  readonly action: (typeof ACTIONS)[number];
  readonly symbol: string;
  readonly horizon: HorizonName;
  /** ISO 4217 code of what prices are shown in; left out: dollars. */
  readonly currency?: string;
}

/** Writes the state into a custom id, such as `fc:refresh:BTC:1d`, in another currency than the dollar `fc:refresh:BTC:1d:EUR`. */
export function forecastCustomId({ action, symbol, horizon, currency = BASE_CURRENCY }: ForecastPress): string {
  const end = currency === BASE_CURRENCY ? '' : `:${currency}`;
  return `${FORECAST_PREFIX}:${action}:${symbol}:${horizon}${end}`;
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseForecastPress(rest: string): ForecastPress {
  const [actionName, symbol = '', horizonName, currency, ...more] = rest.split(':');
  const horizon = HORIZON_NAMES.find((name) => name === horizonName);
  const action = ACTIONS.find((name) => name === actionName);
  const isCurrency = currency === undefined || CURRENCIES.some((code) => code === currency);
  if (!action || !horizon || !SYMBOL_PATTERN.test(symbol) || !isCurrency || more.length > 0) {
    throw oldControlError('/forecast');
  }
  return { action, symbol, horizon, ...(currency === undefined ? {} : { currency }) };
}

/** What the components under a forecast depend on besides its coin and horizon. */
export interface ComponentsLook {
  readonly translator: Translator;
  /** Whether the reader may have forecasts posted in the channel every day. */
  readonly mayPost?: boolean;
  /** What is shown under the card. */
  readonly shown?: 'why' | 'details' | null;
  /** As in the custom ids. */
  readonly currency?: string | undefined;
}

/** Builds the horizon select, the shown horizon chosen, and the buttons: what to do next with the forecast. */
export function forecastComponents(symbol: string, horizon: HorizonName, look: ComponentsLook): Reply['components'] {
  const { t, formats } = look.translator;
  const { shown = null, mayPost = false, currency = BASE_CURRENCY } = look;
  const buttonWith = (customId: string, label: string) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    custom_id: customId,
    label,
  });
  const button = (action: ForecastPress['action'], label: string) =>
    buttonWith(forecastCustomId({ action, symbol, horizon, currency }), label);
  return [
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.StringSelect,
          custom_id: forecastCustomId({ action: 'horizon', symbol, horizon, currency }),
          placeholder: t('card.horizon'),
          options: CHOICES.map((name) => ({
            label: t('card.ahead', { duration: formats.duration(horizonMs(HORIZONS[name])) }),
            value: name,
            default: name === chosenHorizon(horizon),
          })),
        },
      ],
    },
    {
      type: ComponentType.ActionRow,
      components: [
        button('refresh', t('card.refresh')),
        shown === 'why' ? button('hide', t('card.hideWhy')) : button('why', t('card.why')),
        shown === 'details' ? button('hide', t('card.hideDetails')) : button('details', t('card.details')),
        buttonWith(`${ALERT_PREFIX}:offer:${symbol}:${chosenHorizon(horizon)}`, t('alert.button')),
        ...(mayPost ? [button('post', t('card.postDaily'))] : []),
      ],
    },
  ];
}
