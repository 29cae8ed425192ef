import { ApplicationIntegrationType, InteractionContextType } from 'discord.js';

/** Everywhere: servers, the bot's direct messages and private channels, installed to a server or to a user. */
export const EVERYWHERE = {
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM, InteractionContextType.PrivateChannel],
  integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
};
