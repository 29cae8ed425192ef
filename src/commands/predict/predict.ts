import { ApplicationCommandType } from 'discord.js';
import { type Claim, DEFAULT_CONFIDENCE } from '../../core/calls.ts';
import { CandlecastError } from '../../core/errors.ts';
import { callListReply, callReply, leaderboardReply } from '../../render/predict/predict-embed.ts';
import type { Command, OptionValues } from '../command.ts';
import { described } from '../localizations.ts';
import { MANAGERS_ONLY } from '../permissions.ts';
import { subcommand, symbolChoices } from '../shared-options.ts';
import { DIRECTION_OPTIONS, MONTH_OPTION, RANGE_OPTIONS } from './predict-options.ts';

// For every member of a server, to which a leaderboard belongs.
const { contexts, integration_types } = MANAGERS_ONLY;

/** `/predict`: a member's own calls, frozen and scored beside the bot's. */
export const predictCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'predict',
    ...described({
      en: 'Make your own call; it is frozen and scored beside mine',
      de: 'Ein eigener Tipp, festgehalten und neben meinem gewertet',
      es: 'Haz tu propio pronóstico; se fija y se puntúa junto al mío',
      fr: 'Faites votre pronostic ; il est figé et noté à côté du mien',
      pt: 'Faça seu palpite; ele é fixado e avaliado ao lado do meu',
    }),
    contexts,
    integration_types,
    options: [
      subcommand(
        'up',
        {
          en: 'The price will be higher',
          de: 'Der Kurs wird höher sein',
          es: 'El precio estará más alto',
          fr: 'Le cours sera plus haut',
          pt: 'O preço estará mais alto',
        },
        DIRECTION_OPTIONS,
      ),
      subcommand(
        'down',
        {
          en: 'The price will not be higher',
          de: 'Der Kurs wird nicht höher sein',
          es: 'El precio no estará más alto',
          fr: 'Le cours ne sera pas plus haut',
          pt: 'O preço não estará mais alto',
        },
        DIRECTION_OPTIONS,
      ),
      subcommand(
        'range',
        {
          en: 'A range that should hold 8 times in 10',
          de: 'Eine Spanne, die 8 von 10 Mal halten soll',
          es: 'Un rango que debería cumplirse 8 de cada 10 veces',
          fr: 'Une fourchette qui devrait tenir 8 fois sur 10',
          pt: 'Uma faixa que deve valer 8 em cada 10 vezes',
        },
        RANGE_OPTIONS,
      ),
      subcommand('list', {
        en: 'Your calls and what came of them',
        de: 'Deine Tipps und was daraus wurde',
        es: 'Tus pronósticos y qué pasó',
        fr: 'Vos pronostics et leurs résultats',
        pt: 'Seus palpites e o que aconteceu',
      }),
      subcommand(
        'leaderboard',
        {
          en: 'Who of this server is better than me, and how sure that is',
          de: 'Wer auf diesem Server besser ist als ich, und wie sicher das ist',
          es: 'Quién de este servidor lo hace mejor que yo, y con qué seguridad',
          fr: 'Qui de ce serveur fait mieux que moi, et avec quelle certitude',
          pt: 'Quem deste servidor é melhor que eu, e com que certeza',
        },
        [MONTH_OPTION],
      ),
    ],
  },

  isPrivate: (options) => options['subcommand'] === 'list',

  autocomplete: ({ name, value }, context) => (name === 'symbol' ? symbolChoices(value, context) : []),

  async execute(options, { guildId, userId, isOwner, locale }, { services: { predict } }, _progress, signal) {
    if (guildId === null)
      throw new CandlecastError('CC_NOT_ALLOWED', 'Calls belong to a server.', {
        said: { key: 'errors.needsServer' },
        advice: { key: 'errors.inviteMe' },
      });
    const maker = { guildId, userId };
    const name = String(options['subcommand']);
    if (name === 'list') return callListReply(await predict.list(maker), locale);
    const { month, symbol = '', horizon = '1d' } = options;
    if (name === 'leaderboard')
      return leaderboardReply(await predict.leaderboard(guildId, month === undefined ? null : String(month)), locale);
    const request = { symbol: String(symbol), horizon: String(horizon), claim: claimOf(name, options) };
    return callReply(await predict.call(maker, request, { asker: isOwner ? undefined : maker, signal }), locale);
  },
};

function claimOf(name: string, { low, high, confidence }: OptionValues): Claim {
  if (name === 'range') return { sort: 'range', low: Number(low), high: Number(high) };
  const sure = confidence === undefined ? DEFAULT_CONFIDENCE : Number(confidence) / 100;
  return { sort: 'direction', pUp: name === 'up' ? sure : 1 - sure };
}
