import {
  ApplicationCommandAutocompleteCallbackRequestSchema,
  CreateMessageInteractionCallbackRequestSchema,
  IncomingWebhookRequestPartialSchema,
  IncomingWebhookUpdateRequestPartialSchema,
  UpdateMessageInteractionCallbackRequestSchema,
} from 'discord-api-spec/zod';
import { MessageFlags, InteractionResponseType as ResponseType } from 'discord-api-types/v10';
import {
  ApiError,
  alreadyAcknowledged,
  invalidForm,
  invalidWebhookToken,
  unknownInteraction,
  unknownMessage,
  unknownWebhook,
} from './api-error.ts';
import { schemaProblems } from './message-rules.ts';
import { applyRequest, blankMessage, type MessageRequest, type SentMessage } from './messages.ts';
import type { RequestBody } from './request-body.ts';
import { Waiter } from './waiter.ts';

export type InteractionKind = 'command' | 'autocomplete' | 'component';

/** The first response of the bot. */
export interface Acknowledgement {
  readonly type: ResponseType;
  readonly ephemeral: boolean;
}

const FIRST_RESPONSE_MS = 3_000;
const TOKEN_LIFE_MS = 15 * 60_000;
const MAX_USER_INSTALL_FOLLOW_UPS = 5;
const ALLOWED: Readonly<Record<InteractionKind, readonly ResponseType[]>> = {
  command: [ResponseType.ChannelMessageWithSource, ResponseType.DeferredChannelMessageWithSource],
  autocomplete: [ResponseType.ApplicationCommandAutocompleteResult],
  component: [
    ResponseType.ChannelMessageWithSource,
    ResponseType.DeferredChannelMessageWithSource,
    ResponseType.DeferredMessageUpdate,
    ResponseType.UpdateMessage,
  ],
};

/** What an interaction is made with. */
export interface InteractionSetup {
  readonly id: string;
  readonly token: string;
  readonly kind: InteractionKind;
  readonly channelId: string;
  /** The message a component hangs on. */
  readonly source: SentMessage | null;
  /** The app is only on the person's account: five follow-ups at most. */
  readonly userInstallOnly: boolean;
  readonly now: () => number;
  readonly newId: () => string;
  readonly store: (message: SentMessage) => void;
}

/** One interaction as Discord keeps it: what may still be answered, and what has been. */
export class LoopbackInteraction {
  /** The first response. */
  readonly acknowledged = new Waiter<Acknowledgement>();
  /** The reply in full, or the message after its edit. */
  readonly answered = new Waiter<SentMessage>();
  readonly followedUp = new Waiter<SentMessage>();
  readonly choices = new Waiter<readonly { readonly name: string; readonly value: string | number }[]>();
  /** How often somebody tried to give a first response; the second try is refused. */
  responses = 0;
  /** To how many connections it was sent. */
  receivers = 0;
  readonly id: string;
  readonly token: string;
  readonly #setup: InteractionSetup;
  readonly #createdAtMs: number;
  #acknowledgement: Acknowledgement | null = null;
  #original: SentMessage | null = null;
  #followUps = 0;

  constructor(setup: InteractionSetup) {
    this.id = setup.id;
    this.token = setup.token;
    this.#setup = setup;
    this.#createdAtMs = setup.now();
  }

  get original(): SentMessage | null {
    return this.#original;
  }

  /** POST /interactions/{id}/{token}/callback */
  respond(body: RequestBody): void {
    const { kind, now, newId, channelId, source } = this.#setup;
    this.responses++;
    if (this.#acknowledgement) throw alreadyAcknowledged();
    if (now() - this.#createdAtMs > FIRST_RESPONSE_MS) throw unknownInteraction();
    const { type, data = {} } = (body.json ?? {}) as { type?: ResponseType; data?: MessageRequest };
    if (type === undefined || !ALLOWED[kind].includes(type)) {
      throw invalidForm([`type: ${type} does not answer an interaction of the kind ${kind}`]);
    }
    const ephemeral = ((data.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
    const flags = ephemeral ? MessageFlags.Ephemeral : 0;
    if (type === ResponseType.ApplicationCommandAutocompleteResult) {
      refuseUnless(schemaProblems(ApplicationCommandAutocompleteCallbackRequestSchema, body.json));
      const { choices = [] } = data as { choices?: { name: string; value: string | number }[] };
      refuseUnless(choices.flatMap(({ name }, i) => (name.trim() ? [] : [`data.choices.${i}.name: is required`])));
      this.choices.push(choices);
    } else if (type === ResponseType.ChannelMessageWithSource) {
      refuseUnless(schemaProblems(CreateMessageInteractionCallbackRequestSchema, body.json));
      this.#keep(applyRequest(blankMessage(newId(), channelId, flags), data, body, newId));
    } else if (type === ResponseType.DeferredChannelMessageWithSource) {
      refuseUnless(schemaProblems(CreateMessageInteractionCallbackRequestSchema, body.json));
      this.#original = blankMessage(newId(), channelId, flags | MessageFlags.Loading);
    } else {
      refuseUnless(schemaProblems(UpdateMessageInteractionCallbackRequestSchema, body.json));
      if (!source) throw invalidForm(['type: there is no message to update']);
      this.#original = source;
      if (type === ResponseType.UpdateMessage) this.#keep(applyRequest(source, data, body, newId));
    }
    this.#acknowledgement = { type, ephemeral };
    this.acknowledged.push(this.#acknowledgement);
  }

  /** PATCH /webhooks/{application}/{token}/messages/@original */
  edit(body: RequestBody): SentMessage {
    const original = this.#answerable();
    refuseUnless(schemaProblems(IncomingWebhookUpdateRequestPartialSchema, body.json));
    return this.#keep(applyRequest(original, body.json as MessageRequest, body, this.#setup.newId));
  }

  /** POST /webhooks/{application}/{token} */
  followUp(body: RequestBody): SentMessage {
    this.#answerable();
    refuseUnless(schemaProblems(IncomingWebhookRequestPartialSchema, body.json));
    if (this.#setup.userInstallOnly && ++this.#followUps > MAX_USER_INSTALL_FOLLOW_UPS) {
      throw new ApiError(400, 40094, 'This interaction has reached the maximum number of follow-up messages.');
    }
    const json = body.json as MessageRequest;
    const { newId, channelId, store } = this.#setup;
    const blank = blankMessage(newId(), channelId, (json.flags ?? 0) & MessageFlags.Ephemeral);
    const message = applyRequest(blank, json, body, newId);
    store(message);
    this.followedUp.push(message);
    return message;
  }

  /** GET /webhooks/{application}/{token}/messages/@original */
  read(): SentMessage {
    return this.#answerable();
  }

  #answerable(): SentMessage {
    if (this.#setup.now() - this.#createdAtMs > TOKEN_LIFE_MS) throw invalidWebhookToken();
    if (!this.#acknowledgement) throw unknownWebhook();
    if (!this.#original) throw unknownMessage();
    return this.#original;
  }

  #keep(message: SentMessage): SentMessage {
    this.#original = message;
    this.#setup.store(message);
    this.answered.push(message);
    return message;
  }
}

function refuseUnless(problems: readonly string[]): void {
  if (problems.length > 0) throw invalidForm(problems);
}
