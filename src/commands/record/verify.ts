import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { CandlecastError } from '../../core/errors.ts';
import { translatorFor } from '../../language/translator.ts';
import { verifyReply } from '../../render/record/verify-embed.ts';
import type { Caller, Command } from '../command.ts';
import { described } from '../localizations.ts';
import { quoteTyped, usageError } from '../options.ts';
import { EVERYWHERE } from '../shared-options.ts';

const LINK =
  /^<?https:\/\/(?:(?:canary|ptb)\.)?discord(?:app)?\.com\/channels\/(@me|\d{17,20})\/(\d{17,20})\/(\d{17,20})>?$/;
const MESSAGE_ID = /^\d{17,20}$/;
const NUMBER = /^#?([1-9]\d{0,9})$/;

/** What `record` names. */
type Named =
  | { readonly kind: 'forecast'; readonly sequence: number }
  | {
      readonly kind: 'message';
      /** Null in direct messages, undefined where the link does not say. */
      readonly guildId: string | null | undefined;
      readonly channelId: string;
      readonly messageId: string;
    };

/** `/verify`: whether the record bears out a forecast, or a message that the bot has posted. */
export const verifyCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'verify',
    ...described({
      en: 'Check that a forecast was recorded before its outcome, and what came of it',
      de: 'Prüfen, ob eine Prognose vor ihrem Ausgang aufgezeichnet wurde und was daraus wurde',
      es: 'Comprobar que un pronóstico se registró antes de su resultado, y en qué quedó',
      fr: 'Vérifier qu’une prévision a été notée avant son issue, et ce qu’il en est advenu',
      pt: 'Conferir se uma previsão foi registrada antes do resultado, e no que deu',
    }),
    ...EVERYWHERE,
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'record',
        ...described({
          en: 'Link of one of my posts or accuracy reports, or the number of a forecast',
          de: 'Link zu einem meiner Beiträge oder Berichte, oder die Nummer einer Prognose',
          es: 'Enlace a una de mis publicaciones o informes, o el número de un pronóstico',
          fr: 'Lien vers une de mes publications ou rapports, ou le numéro d’une prévision',
          pt: 'Link de uma publicação ou relatório meu, ou o número de uma previsão',
        }),
        required: true,
        min_length: 1,
        max_length: 150,
      },
    ],
  },

  async execute(options, caller, { services: { witness } }, _progress, signal) {
    const translator = translatorFor(caller.locale);
    const named = read(String(options['record']), caller);
    if (named.kind === 'forecast') return verifyReply(await witness.checkForecast(named.sequence), translator);
    requireReadable(named, caller);
    return verifyReply(await witness.checkMessage(named.channelId, named.messageId, signal), translator);
  },
};

function read(typed: string, caller: Caller): Named {
  const text = typed.trim();
  const number = NUMBER.exec(text)?.[1];
  if (number !== undefined) return { kind: 'forecast', sequence: Number(number) };
  const [, server, channelId, messageId] = LINK.exec(text) ?? [];
  if (server !== undefined) {
    return {
      kind: 'message',
      guildId: server === '@me' ? null : server,
      channelId: channelId!,
      messageId: messageId!,
    };
  }
  if (MESSAGE_ID.test(text) && caller.channelId !== null) {
    return { kind: 'message', guildId: undefined, channelId: caller.channelId, messageId: text };
  }
  throw usageError(
    `${quoteTyped(text)} is neither the link of a message nor the number of a forecast.`,
    verifyCommand.definition,
    [],
    { key: 'errors.verifyNeither', values: { typed: quoteTyped(text) } },
  );
}

/** Throws where the caller may not read the channel of a message: what is posted in one server is nobody's business in another. */
function requireReadable({ guildId, channelId }: Named & { readonly kind: 'message' }, caller: Caller): void {
  if (guildId !== undefined && guildId !== caller.guildId) {
    throw new CandlecastError(
      'CC_NOT_ALLOWED',
      guildId === null ? 'That is a direct message.' : 'That message is in another server.',
      {
        remedy: 'Use /verify where the message is, or give the number of a forecast.',
        said: { key: guildId === null ? 'errors.verifyDirect' : 'errors.verifyElsewhere' },
        advice: { key: 'errors.verifyThere' },
      },
    );
  }
  // They are there, and see what is written.
  if (channelId === caller.channelId) return;
  const channel = caller.guildId === null ? null : caller.channel(channelId);
  if (channel?.callerReads === true) return;
  // A channel that somebody cannot see is not told from one that does not exist.
  throw new CandlecastError('CC_NOT_ALLOWED', 'You or I cannot see that channel.', {
    remedy: 'Use /verify in the channel of the message, or give the number of a forecast.',
    said: { key: 'errors.channelHidden' },
    advice: { key: 'errors.verifyThere' },
  });
}
