import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { parseHorizon } from '../../core/horizon.ts';
import { backtestProgress, backtestReply } from '../../render/backtest/backtest-embed.ts';
import { horizonChoices, ruleChoices, SYMBOL_OPTION, symbolChoices } from '../choices.ts';
import type { Command } from '../command.ts';
import { drawOrNull } from '../draw-or-null.ts';
import { DESCRIPTIONS } from '../localizations.ts';
import { EVERYWHERE } from '../reach.ts';

const DEFAULTS = { horizon: '1d', rule: 'pup-threshold', days: 365 } as const;

/** `/backtest`: what acting on the forecasts by a rule would have led to, after costs, beside holding and coin flips. */
export const backtestCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'backtest',
    description: 'What trading a coin by these forecasts would have led to, after costs',
    description_localizations: DESCRIPTIONS.backtest,
    ...EVERYWHERE,
    options: [
      SYMBOL_OPTION,
      {
        type: ApplicationCommandOptionType.String,
        name: 'horizon',
        description: 'Which forecasts decide (default: 1 day)',
        description_localizations: DESCRIPTIONS.backtestHorizon,
        choices: horizonChoices(),
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'rule',
        description: 'How a forecast becomes a position (default: long when a rise is likely)',
        description_localizations: DESCRIPTIONS.rule,
        autocomplete: true,
        max_length: 50,
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'days',
        description: 'How far back (default: 365); days the model learnt from are left out',
        description_localizations: DESCRIPTIONS.backtestDays,
        min_value: 7,
        max_value: 1_500,
      },
    ],
  },

  timeLimitMs: 300_000,

  autocomplete(focused, context) {
    if (focused.name === 'symbol') return symbolChoices(focused.value, context);
    return ruleChoices(focused.value, context);
  },

  async execute(options, _caller, context, progress) {
    const horizon = parseHorizon(String(options['horizon'] ?? DEFAULTS.horizon));
    const { symbol } = context.services.assets.resolve(String(options['symbol'] ?? ''));
    const report = await context.services.backtest.run(
      {
        symbol,
        horizon: horizon.name,
        rule: String(options['rule'] ?? DEFAULTS.rule),
        days: Number(options['days'] ?? DEFAULTS.days),
      },
      (share) => progress?.(backtestProgress(symbol, share)),
    );
    return backtestReply(report, await drawOrNull(context.charts.backtestChart(report, 'dark')));
  },
};
