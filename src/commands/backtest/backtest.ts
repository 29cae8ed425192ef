import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { parseHorizon } from '../../core/horizon.ts';
import { backtestProgress, backtestReply } from '../../render/backtest/backtest-embed.ts';
import { type Command, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import {
  DEFAULT_RULE,
  EVERYWHERE,
  RULE_HORIZON_OPTION,
  RULE_OPTION,
  ruleChoices,
  SYMBOL_OPTION,
  symbolChoices,
} from '../shared-options.ts';

const DEFAULTS = { horizon: '1d', rule: DEFAULT_RULE, days: 365 } as const;

/** `/backtest`: a trading rule on past forecasts, after costs, compared with holding and with random trades. */
export const backtestCommand: Command = {
  load: 'heavy',
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'backtest',
    ...described({
      en: 'What trading a coin by these forecasts would have led to, after costs',
      de: 'Was Handeln nach diesen Prognosen nach Kosten gebracht hätte',
      es: 'Qué habría dado operar una moneda según estos pronósticos, tras costes',
      fr: 'Ce qu’aurait donné suivre ces prévisions, frais compris',
      pt: 'O que teria rendido operar por estas previsões, após os custos',
    }),
    ...EVERYWHERE,
    options: [
      SYMBOL_OPTION,
      RULE_HORIZON_OPTION,
      RULE_OPTION,
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'days',
        ...described({
          en: 'How far back (default: 365); days the model learnt from are left out',
          de: 'Wie weit zurück (Standard: 365); Tage, aus denen das Modell lernte, zählen nicht',
          es: 'Cuántos días atrás (por defecto: 365); sin los días de los que aprendió el modelo',
          fr: 'Sur combien de jours (par défaut : 365) ; sans ceux dont le modèle a appris',
          pt: 'Quantos dias para trás (padrão: 365); sem os dias com que o modelo aprendeu',
        }),
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

  async execute(options, caller, context, progress, signal) {
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
      { asker: caller, signal, onWait: (before) => progress?.(backtestProgress(symbol, 0, before)) },
    );
    return backtestReply(report, await chartOrNull(context.charts.backtestChart(report, 'dark')));
  },
};
