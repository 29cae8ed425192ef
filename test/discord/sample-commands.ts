import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  ButtonStyle,
  ComponentType,
  InteractionContextType,
} from 'discord.js';
import type { Command, ComponentHandler } from '../../src/commands/command.ts';
import type { Reply } from '../../src/render/reply.ts';
import { textReply } from './bot.ts';

/** A PNG of one pixel. */
export const PIXEL_PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const everywhere = {
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM, InteractionContextType.PrivateChannel],
  integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
};

/** What a forecast's reply looks like to Discord: embed, picture, select, button. */
export function chartReply(symbol: string, horizon: string): Reply {
  const name = `${symbol}-${horizon}.png`;
  return {
    embeds: [
      {
        title: `${symbol} in ${horizon}`,
        fields: [{ name: 'Median', value: '$1' }],
        image: { url: `attachment://${name}` },
        footer: { text: 'Not financial advice' },
      },
    ],
    files: [{ name, contentType: 'image/png', data: new Uint8Array(PIXEL_PNG), description: `Chart of ${symbol}` }],
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.StringSelect,
            custom_id: `chart:${symbol}`,
            options: ['1d', '3d', '7d'].map((value) => ({ label: value, value, default: value === horizon })),
          },
        ],
      },
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            style: ButtonStyle.Secondary,
            custom_id: `refresh:${symbol}|${horizon}`,
            label: 'Refresh',
          },
        ],
      },
    ],
  };
}

/** `/chart symbol [private]` with everything a reply may have. */
export const chartCommand: Command = {
  definition: {
    name: 'chart',
    description: 'Draws a chart',
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'symbol',
        description: 'A coin',
        required: true,
        autocomplete: true,
      },
      { type: ApplicationCommandOptionType.Boolean, name: 'private', description: 'Only you see it' },
    ],
    ...everywhere,
  },
  isPrivate: (options) => options['private'] === true,
  autocomplete: ({ value }) =>
    ['BTC', 'BCH', 'ETH']
      .filter((symbol) => symbol.startsWith(value))
      .map((symbol) => ({ name: `${symbol} coin`, value: symbol })),
  execute: async (options) => chartReply(String(options['symbol']), '1d'),
};

/** The select under a chart: another horizon for the same coin. */
export const chartSelect: ComponentHandler = {
  prefix: 'chart',
  execute: async ({ rest, values }) => chartReply(rest, values[0] ?? '1d'),
};

/** The button under a chart. */
export const refreshButton: ComponentHandler = {
  prefix: 'refresh',
  execute: async ({ rest }) => {
    const [symbol = '', horizon = ''] = rest.split('|');
    return chartReply(symbol, horizon);
  },
};

/** A command without options that does what the test says. */
export function commandThat(name: string, execute: Command['execute'], extra: Partial<Command> = {}): Command {
  return { definition: { name, description: `Does ${name}`, ...everywhere }, execute, ...extra };
}

/** A command that runs until the test lets it go on, and says when it was started. */
export function heldCommand(name: string): {
  command: Command;
  started: Promise<void>;
  release: () => void;
  runs: () => number;
} {
  let release: () => void = () => undefined;
  let begin: () => void = () => undefined;
  let runs = 0;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const command = commandThat(name, async () => {
    runs++;
    begin();
    await gate;
    return textReply('done');
  });
  return { command, started, release, runs: () => runs };
}
