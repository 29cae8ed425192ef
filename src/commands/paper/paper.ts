import { ApplicationCommandType } from 'discord.js';
import { CandlecastError } from '../../core/errors.ts';
import { paperReply } from '../../render/paper/paper-embed.ts';
import { ruleChoices } from '../choices.ts';
import type { Command } from '../command.ts';
import { drawOrNull } from '../draw-or-null.ts';
import { MANAGERS_ONLY } from '../subscriptions/subscribe.ts';
import { completeSubscription, managedGuild, splitSymbols } from '../subscriptions/subscription-wish.ts';
import { PAPER_SUBCOMMANDS } from './paper-options.ts';
import { PAPER_WORDS } from './paper-words.ts';

// Everybody may look; Discord only guards whole commands, so starting and stopping is guarded below.
const { contexts, integration_types } = MANAGERS_ONLY;
/** A line needs two points. */
const FEWEST_MARKS = 2;

/** `/paper`: a portfolio of imagined money, one a server, that follows the live forecasts by a rule. */
export const paperCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'paper',
    description: 'A portfolio of imagined money that follows the live forecasts',
    description_localizations: PAPER_WORDS.paper,
    contexts,
    integration_types,
    options: PAPER_SUBCOMMANDS,
  },

  autocomplete: (focused, context, caller) =>
    focused.name === 'rule' ? ruleChoices(focused.value, context) : completeSubscription(focused, context, caller),

  async execute(options, caller, { services: { paper }, charts }) {
    const name = String(options['subcommand'] ?? 'status');
    const { guildId, userId } = caller;
    if (guildId === null) throw new CandlecastError('CC_NOT_ALLOWED', 'Paper portfolios belong to a server.');
    if (name !== 'status') managedGuild(caller, 'Changes to paper portfolios');
    const { symbols = 'BTC, ETH', rule = 'pup-threshold', horizon = '1d', capital } = options;
    const wish = { guildId, userId, symbols: splitSymbols(String(symbols)), rule: String(rule) };
    const report = await (name === 'start'
      ? paper.start({
          ...wish,
          horizon: String(horizon),
          ...(capital === undefined ? {} : { capital: Number(capital) }),
        })
      : name === 'stop'
        ? paper.stop(guildId, userId)
        : paper.report(guildId));
    if (report.marks.length < FEWEST_MARKS) return paperReply(report, null);
    return paperReply(report, (await drawOrNull(charts.paperChart(report, 'dark'))) ?? 'failed');
  },
};
