import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { CandlecastError } from '../../core/errors.ts';
import { CHOICES, chosenHorizon, HORIZON_NAMES, HORIZONS, type HorizonName } from '../../core/horizon.ts';
import type { Reply } from '../reply.ts';

/** What the custom ids of a forecast's components start with. */
export const FORECAST_PREFIX = 'fc';

const ACTIONS = ['horizon', 'refresh', 'why', 'hide'] as const;

/** The state held by a custom id of a forecast: what was pressed, and on which forecast. */
export interface ForecastPress {
  readonly action: (typeof ACTIONS)[number];
  readonly symbol: string;
  readonly horizon: HorizonName;
}

/** Writes the state into a custom id, such as `fc:refresh:BTC:1d`. */
export function forecastCustomId({ action, symbol, horizon }: ForecastPress): string {
  return `${FORECAST_PREFIX}:${action}:${symbol}:${horizon}`;
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseForecastPress(rest: string): ForecastPress {
  const [actionName, symbol = '', horizonName, ...more] = rest.split(':');
  const horizon = HORIZON_NAMES.find((name) => name === horizonName);
  const action = ACTIONS.find((name) => name === actionName);
  if (!action || !horizon || !SYMBOL_PATTERN.test(symbol) || more.length > 0) {
    throw new CandlecastError('CC_USAGE', 'This control belongs to another version of the bot.', {
      remedy: 'Use /forecast for a new one.',
    });
  }
  return { action, symbol, horizon };
}

/** Builds the horizon select, the shown horizon chosen, and the buttons: Refresh, and Why? or Hide why. */
export function forecastComponents(symbol: string, horizon: HorizonName, whyShown = false): Reply['components'] {
  return [
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.StringSelect,
          custom_id: forecastCustomId({ action: 'horizon', symbol, horizon }),
          placeholder: 'Horizon',
          options: CHOICES.map((name) => ({
            label: `${HORIZONS[name].label} ahead`,
            value: name,
            default: name === chosenHorizon(horizon),
          })),
        },
      ],
    },
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.Button,
          style: ButtonStyle.Secondary,
          custom_id: forecastCustomId({ action: 'refresh', symbol, horizon }),
          label: 'Refresh',
        },
        {
          type: ComponentType.Button,
          style: ButtonStyle.Secondary,
          custom_id: forecastCustomId({ action: whyShown ? 'hide' : 'why', symbol, horizon }),
          label: whyShown ? 'Hide why' : 'Why?',
        },
      ],
    },
  ];
}
