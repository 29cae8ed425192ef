import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  type BaseInteraction,
  type ChatInputCommandInteraction,
  type CommandInteractionOption,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord.js';
import type { Caller, OptionValues } from '../commands/command.ts';
import { NO_PREFERENCES } from '../core/settings.ts';
import { callerChannel, takeGivenPermissions } from './channels.ts';

/** The caller of an interaction; `ownerIds` are the bot's owners. */
export function readCaller(interaction: BaseInteraction, ownerIds: ReadonlySet<string>): Caller {
  const given = takeGivenPermissions(interaction);
  return {
    userId: interaction.user.id,
    isOwner: ownerIds.has(interaction.user.id),
    guildId: interaction.guildId,
    channelId: interaction.channelId,
    locale: interaction.locale,
    guildLocale: interaction.guildLocale,
    preferences: NO_PREFERENCES,
    // Administrator includes every permission.
    mayManageServer: interaction.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false,
    channel: (id) => callerChannel(interaction, id, given),
  };
}

/**
 * The options a person gave, by name. Channels, users, roles and attachments are given by id; the name of a subcommand
 * is under `subcommand` and that of its group under `group`.
 */
export function readOptions(interaction: ChatInputCommandInteraction): OptionValues {
  const values: Record<string, string | number | boolean> = {};
  collect(interaction.options.data, values);
  return values;
}

function collect(options: readonly CommandInteractionOption[], into: Record<string, string | number | boolean>): void {
  for (const option of options) {
    if (option.type === ApplicationCommandOptionType.SubcommandGroup) into.group = option.name;
    else if (option.type === ApplicationCommandOptionType.Subcommand) into.subcommand = option.name;
    else if (option.value !== undefined) into[option.name] = option.value;
    if (option.options) collect(option.options, into);
  }
}

/**
 * Whether Discord forces the reply to be private: the app is installed to the person's account but not to
 * this server, and the person may not use external apps here. The bot then defers as private too, so that both agree.
 */
export function isForcedPrivate(interaction: BaseInteraction): boolean {
  const owners = interaction.authorizingIntegrationOwners;
  const onlyUserInstalled =
    owners?.[ApplicationIntegrationType.UserInstall] !== undefined &&
    owners[ApplicationIntegrationType.GuildInstall] === undefined;
  return (
    interaction.context === InteractionContextType.Guild &&
    onlyUserInstalled &&
    !(interaction.memberPermissions?.has(PermissionFlagsBits.UseExternalApps) ?? false)
  );
}
