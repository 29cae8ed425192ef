import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { CandlecastError } from '../../core/errors.ts';
import { MAX_CAPITAL, MIN_CAPITAL } from '../../core/paper.ts';
import { translatorFor } from '../../language/translator.ts';
import { paperReply } from '../../render/paper/paper-embed.ts';
import { type Command, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import { MANAGERS_ONLY, requireServerManager } from '../permissions.ts';
import {
  DEFAULT_RULE,
  RULE_HORIZON_OPTION,
  RULE_OPTION,
  ruleChoices,
  splitSymbols,
  subcommand,
  symbolListChoices,
} from '../shared-options.ts';

// Everybody may see the status. Discord can only guard a whole command, so `execute` guards start and stop.
const { contexts, integration_types } = MANAGERS_ONLY;
/** A chart needs two points. */
const MIN_MARKS = 2;

/** `/paper`: a portfolio of imagined money, one a server, that follows the live forecasts by a rule. */
export const paperCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'paper',
    ...described({
      en: 'A portfolio of imagined money that follows the live forecasts',
      de: 'Ein Depot mit gedachtem Geld, das den Prognosen folgt',
      es: 'Una cartera con dinero imaginario que sigue los pronósticos',
      fr: 'Un portefeuille fictif qui suit les prévisions',
      pt: 'Uma carteira com dinheiro imaginário que segue as previsões',
    }),
    contexts,
    integration_types,
    options: [
      subcommand(
        'start',
        {
          en: 'Begin one (needs Manage Server)',
          de: 'Eines beginnen (Server verwalten nötig)',
          es: 'Empezar una (requiere Gestionar servidor)',
          fr: 'En commencer un (Gérer le serveur requis)',
          pt: 'Começar uma (requer Gerenciar servidor)',
        },
        [
          {
            type: ApplicationCommandOptionType.String,
            name: 'symbols',
            ...described({
              en: 'Up to ten coins (default: BTC and ETH where tracked)',
              de: 'Bis zu zehn Coins (Standard: BTC und ETH, wenn verfolgt)',
              es: 'Hasta diez monedas (por defecto: BTC y ETH si se siguen)',
              fr: 'Dix cryptos au plus (par défaut : BTC et ETH si suivis)',
              pt: 'Até dez moedas (padrão: BTC e ETH, se acompanhadas)',
            }),
            autocomplete: true,
            max_length: 200,
          },
          RULE_OPTION,
          RULE_HORIZON_OPTION,
          {
            type: ApplicationCommandOptionType.Integer,
            name: 'capital',
            ...described({
              en: 'Imagined dollars at the start (default: 10,000)',
              de: 'Gedachte Dollar am Anfang (Standard: 10.000)',
              es: 'Dólares imaginarios al inicio (por defecto: 10 000)',
              fr: 'Dollars fictifs au départ (par défaut : 10 000)',
              pt: 'Dólares imaginários no início (padrão: 10.000)',
            }),
            min_value: MIN_CAPITAL,
            max_value: MAX_CAPITAL,
          },
        ],
      ),
      subcommand('status', {
        en: 'How it stands',
        de: 'Wie es steht',
        es: 'Cómo va',
        fr: 'Où il en est',
        pt: 'Como está',
      }),
      subcommand('stop', {
        en: 'End it (needs Manage Server)',
        de: 'Es beenden (Server verwalten nötig)',
        es: 'Terminarla (requiere Gestionar servidor)',
        fr: 'L’arrêter (Gérer le serveur requis)',
        pt: 'Encerrá-la (requer Gerenciar servidor)',
      }),
    ],
  },

  autocomplete: ({ name, value }, context, caller) =>
    name === 'rule' ? ruleChoices(value, caller, context) : name === 'symbols' ? symbolListChoices(value, context) : [],

  async execute(options, caller, { services: { paper }, charts }) {
    const name = String(options['subcommand'] ?? 'status');
    const { guildId, userId } = caller;
    if (guildId === null)
      throw new CandlecastError('CC_NOT_ALLOWED', 'Paper portfolios belong to a server.', {
        said: { key: 'errors.needsServer' },
        advice: { key: 'errors.inviteMe' },
      });
    if (name !== 'status') requireServerManager(caller, 'Changes to paper portfolios');
    const { symbols, rule = DEFAULT_RULE, horizon = '1d', capital } = options;
    const report = await (name === 'start'
      ? paper.start({
          guildId,
          userId,
          ...(symbols === undefined ? {} : { symbols: splitSymbols(String(symbols)) }),
          rule: String(rule),
          horizon: String(horizon),
          ...(capital === undefined ? {} : { capital: Number(capital) }),
        })
      : name === 'stop'
        ? paper.stop(guildId)
        : paper.report(guildId));
    const translator = translatorFor(caller.locale);
    if (report.marks.length < MIN_MARKS) return paperReply(report, null, translator);
    const chart = await chartOrNull(charts.paperChart(report, 'dark', translator.locale));
    return paperReply(report, chart ?? 'failed', translator);
  },
};
