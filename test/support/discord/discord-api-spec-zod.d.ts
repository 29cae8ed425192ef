/** The package ships its Zod schemas as JavaScript without types; these are the ones the loopback Discord checks with. */
declare module 'discord-api-spec/zod' {
  import type { ZodMiniType } from 'zod/mini';

  export const ApplicationCommandAutocompleteCallbackRequestSchema: ZodMiniType<unknown>;
  export const ApplicationCommandUpdateRequestSchema: ZodMiniType<unknown>;
  export const CreatePrivateChannelRequestSchema: ZodMiniType<unknown>;
  export const MessageCreateRequestSchema: ZodMiniType<unknown>;
  export const CreateMessageInteractionCallbackRequestSchema: ZodMiniType<unknown>;
  export const IncomingWebhookRequestPartialSchema: ZodMiniType<unknown>;
  export const IncomingWebhookUpdateRequestPartialSchema: ZodMiniType<unknown>;
  export const UpdateMessageInteractionCallbackRequestSchema: ZodMiniType<unknown>;
}
