import type { APIEmbedField } from 'discord-api-types/v10';
import { CHOICES } from '../../core/horizon.ts';
import { escapeMarkdown } from '../format.ts';
import { fitEmbed, packLines } from '../limits.ts';
import type { Reply } from '../reply.ts';

/** One command as `/help` lists it. */
export interface ListedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly name: string; readonly required: boolean }[];
}

/** Builds the reply of `/help`. */
export function helpReply(commands: readonly ListedCommand[], version: string): Reply {
  const lines = commands.map((command) => {
    const options = command.options.map((option) => (option.required ? option.name : `[${option.name}]`));
    return `**/${[command.name, ...options.map(escapeMarkdown)].join(' ')}**\n${command.description}`;
  });
  const fields: APIEmbedField[] = [
    ...packLines(lines).map((value, i) => ({ name: i === 0 ? 'Commands' : 'Commands, continued', value })),
    {
      name: 'Reading a forecast',
      value: [
        '**Ranges**: of 100 such forecasts, about 50, 80 or 95 should end inside the 50, 80 or 95 % range.',
        '**Median**: as likely to end above as below. It is usually close to the price now.',
        '**P(up)**: chance that the price at the target is above the price now.',
        '**Expected volatility**: size of a typical move until the target, beside what is usual for the coin.',
        '**Track record**: error (mean pinball loss) against climatology, which only repeats how the coin moved before.',
      ].join('\n'),
    },
    {
      name: 'What it cannot do',
      value:
        'It does not see news or crashes coming, and it hardly knows more about direction than chance. Where it has no measurable edge, it says so.',
    },
    {
      name: 'Horizons',
      value: `${CHOICES.join(', ')}, counted from the moment you ask, from the price of that minute. 24h is another name of 1d.`,
    },
  ];
  return {
    embeds: [
      fitEmbed({
        title: 'Candlecast',
        description:
          'Forecasts how far a coin’s price may move, as ranges with stated odds, and shows how such forecasts have scored.',
        color: 0x5563c8,
        fields,
        footer: { text: `Version ${version} · Not investment advice` },
      }),
    ],
    files: [],
    components: [],
  };
}
