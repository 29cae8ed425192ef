import { type APIApplicationCommandOption, ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import { CandlecastError } from '../../core/errors.ts';
import type { DataOwner } from '../../core/privacy.ts';
import { translatorFor } from '../../language/translator.ts';
import {
  deletedReply,
  deletionReply,
  exportReply,
  keepReply,
  keptReply,
  PRIVACY_PREFIX,
  parsePrivacyPress,
} from '../../render/privacy/privacy-embed.ts';
import type { Caller, Command, ComponentHandler, OptionValues } from '../command.ts';
import { described, translatedChoice } from '../localizations.ts';
import { requireServerManager } from '../permissions.ts';
import { EVERYWHERE, subcommand } from '../shared-options.ts';

const WHOSE = {
  type: ApplicationCommandOptionType.String,
  name: 'whose',
  ...described({
    en: 'Yours (default), or this server’s (needs Manage Server)',
    de: 'Deine (Standard) oder die des Servers (Server verwalten nötig)',
    es: 'Los tuyos (por defecto) o los del servidor (requiere Gestionar servidor)',
    fr: 'Les vôtres (par défaut) ou celles du serveur (Gérer le serveur requis)',
    pt: 'Os seus (padrão) ou os do servidor (requer Gerenciar servidor)',
  }),
  choices: [
    translatedChoice('mine', { en: 'mine', de: 'meine', es: 'los míos', fr: 'les miennes', pt: 'os meus' }),
    translatedChoice('server', {
      en: 'this server’s',
      de: 'die des Servers',
      es: 'los del servidor',
      fr: 'celles du serveur',
      pt: 'os do servidor',
    }),
  ],
} satisfies APIApplicationCommandOption;

/** `/privacy`: what is kept about the person and the server; exports and deletes it. */
export const privacyCommand: Command = {
  isAboutPeople: true,
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'privacy',
    ...described({
      en: 'What this bot keeps about you; export or delete it',
      de: 'Was dieser Bot über dich speichert; ausgeben oder löschen',
      es: 'Qué guarda este bot sobre ti; exportarlo o borrarlo',
      fr: 'Ce que ce bot garde sur vous ; l’exporter ou le supprimer',
      pt: 'O que este bot guarda sobre você; exportar ou apagar',
    }),
    ...EVERYWHERE,
    options: [
      subcommand('show', {
        en: 'What is kept about you and this server',
        de: 'Was über dich und diesen Server gespeichert ist',
        es: 'Qué se guarda sobre ti y este servidor',
        fr: 'Ce qui est gardé sur vous et ce serveur',
        pt: 'O que é guardado sobre você e este servidor',
      }),
      subcommand(
        'export',
        {
          en: 'All of it as a file',
          de: 'Alles als Datei',
          es: 'Todo en un archivo',
          fr: 'Tout dans un fichier',
          pt: 'Tudo em um arquivo',
        },
        [WHOSE],
      ),
      subcommand(
        'delete',
        {
          en: 'Delete it, after asking once more',
          de: 'Löschen, nach einer Rückfrage',
          es: 'Borrarlo, tras confirmar',
          fr: 'Le supprimer, après confirmation',
          pt: 'Apagar, após confirmação',
        },
        [WHOSE],
      ),
    ],
  },

  isPrivate: () => true,

  async execute(options, caller, { services: { privacy } }) {
    const translator = translatorFor(caller.locale);
    const name = String(options['subcommand'] ?? 'show');
    if (name === 'show') {
      const person = await privacy.kept({ kind: 'person', userId: caller.userId });
      const { guildId } = caller;
      const server = guildId === null ? null : await privacy.kept({ kind: 'server', guildId });
      return keptReply(person, server, translator);
    }
    const of = ownerOf(options, caller);
    if (name === 'export') return exportReply(of.kind, await privacy.exportData(of), translator);
    return deletionReply(of, await privacy.kept(of), translator);
  },
};

function ownerOf(options: OptionValues, caller: Caller): DataOwner {
  if (options['whose'] !== 'server') return { kind: 'person', userId: caller.userId };
  return { kind: 'server', guildId: requireServerManager(caller, 'The data of a server').guildId };
}

/** The buttons of `/privacy delete`: only the one who asked, and of a server only somebody who still manages it. */
export const privacyComponentHandler: ComponentHandler = {
  isAboutPeople: true,
  prefix: PRIVACY_PREFIX,
  async execute(press, caller, { services: { privacy } }) {
    const of = parsePrivacyPress(press.rest);
    if (of === null) return keepReply(translatorFor(caller.locale));
    const mayDelete =
      of.kind === 'person'
        ? of.userId === caller.userId
        : requireServerManager(caller, 'The data of a server').guildId === of.guildId;
    if (!mayDelete) {
      throw new CandlecastError('CC_NOT_ALLOWED', 'That is not yours to delete.', {
        remedy: 'Use /privacy delete yourself.',
        said: { key: 'errors.notYours' },
        advice: { key: 'errors.notYoursAdvice' },
      });
    }
    return deletedReply(of.kind, await privacy.deleteData(of), translatorFor(caller.locale));
  },
};
