import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { parseHorizon } from '../../core/horizon.ts';
import { translatorFor } from '../../language/translator.ts';
import {
  BACKTEST_PREFIX,
  type BacktestQuestion,
  backtestProgress,
  backtestReply,
  parseBacktestPress,
} from '../../render/backtest/backtest-embed.ts';
import type { View } from '../../render/details.ts';
import type { Reply } from '../../render/reply.ts';
import {
  type Caller,
  type Command,
  type CommandContext,
  type ComponentHandler,
  chartOrNull,
  type ShowProgress,
} from '../command.ts';
import { described } from '../localizations.ts';
import {
  DEFAULT_RULE,
  DETAILS_OPTION,
  EVERYWHERE,
  RULE_HORIZON_OPTION,
  RULE_OPTION,
  ruleChoices,
  SYMBOL_OPTION,
  symbolChoices,
  viewOf,
} from '../shared-options.ts';

const TIME_LIMIT_MS = 300_000;
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
      DETAILS_OPTION,
    ],
  },

  timeLimitMs: TIME_LIMIT_MS,

  autocomplete(focused, context, caller) {
    if (focused.name === 'symbol') return symbolChoices(focused.value, context);
    return ruleChoices(focused.value, caller, context);
  },

  execute(options, caller, context, progress, signal) {
    const question = {
      symbol: context.services.assets.resolve(String(options['symbol'] ?? '')).symbol,
      horizon: parseHorizon(String(options['horizon'] ?? DEFAULTS.horizon)).name,
      rule: String(options['rule'] ?? DEFAULTS.rule),
      days: Number(options['days'] ?? DEFAULTS.days),
    };
    return replyWithBacktest(question, viewOf(options), caller, context, progress, signal);
  },
};

/** The button under a backtest; from memory, unless a candle has closed since. */
export const backtestComponentHandler: ComponentHandler = {
  prefix: BACKTEST_PREFIX,
  load: 'heavy',
  timeLimitMs: TIME_LIMIT_MS,
  async execute({ rest }, caller, context, signal) {
    const { question, view } = parseBacktestPress(rest);
    return replyWithBacktest(question, view, caller, context, undefined, signal);
  },
};

async function replyWithBacktest(
  question: BacktestQuestion,
  view: View,
  caller: Caller,
  { services, charts }: CommandContext,
  progress: ShowProgress | undefined,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const translator = translatorFor(caller.locale);
  const show = (share: number, before = 0) => progress?.(backtestProgress(question.symbol, share, translator, before));
  const report = await services.backtest.run(question, (share) => show(share), {
    asker: caller,
    signal,
    onWait: (before) => show(0, before),
  });
  const chart = await chartOrNull(charts.backtestChart(report, 'dark', translator.locale));
  return backtestReply(report, chart, translator, view, question);
}
