import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ComponentType, GatewayIntentBits, InteractionType } from 'discord-api-types/v10';
import { shardOfGuild } from '../../../src/core/shards.ts';
import { LoopbackChannels } from './channels.ts';
import { LoopbackGateway } from './gateway.ts';
import { type InteractionKind, LoopbackInteraction } from './interaction.ts';
import { messageJson, type SentMessage } from './messages.ts';
import {
  type Asking,
  BOT_USER,
  channelOf,
  commandData,
  DM_CHANNEL_ID,
  type GivenOption,
  GUILD_ID,
  guildPayload,
  interactionPayload,
  pressData,
  readyPayload,
} from './payloads.ts';
import { type Fault, LoopbackRest } from './rest.ts';
import { snowflakes } from './snowflake.ts';

/** How a loopback Discord is set up. */
export interface LoopbackSetup {
  readonly token: string;
  /** The clock of its limits (3 s, 15 min). */
  readonly now: () => number;
  readonly heartbeatIntervalMs?: number;
  readonly allowedIntents?: number;
  /**
   * Servers whose events go to the shards that hold them, `(id >> 22) % n`, in however many processes. Absent: one server, whose events go to whoever
   * has connected last.
   */
  readonly guildIds?: readonly string[];
  /** How many shards may identify at once; absent: any number. */
  readonly maxConcurrency?: number;
}

const UNPRIVILEGED_INTENTS = GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages;

/**
 * A Discord on 127.0.0.1 that a real discord.js client connects to: gateway and REST, refusing what Discord refuses. Its
 * messages outlive a client, so that old buttons can be pressed after a restart.
 */
export class LoopbackDiscord {
  readonly gateway: LoopbackGateway;
  readonly rest: LoopbackRest;
  readonly channels: LoopbackChannels;
  /** For `apiUrl`; ends in `/api`. */
  readonly apiUrl: string;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #interactions = new Map<string, LoopbackInteraction>();
  readonly #messages = new Map<string, SentMessage>();
  readonly #isRouted: boolean;
  readonly #close: () => Promise<void>;

  private constructor(setup: LoopbackSetup, server: ReturnType<typeof createServer>, port: number) {
    const { token, now, guildIds } = setup;
    this.#isRouted = guildIds !== undefined;
    const guildsOf = ([shard, count]: readonly [number, number]) =>
      guildIds ? guildIds.filter((id) => shardOfGuild(id, count) === shard) : shard === 0 ? [GUILD_ID] : [];
    this.#now = now;
    this.#newId = snowflakes(now);
    this.apiUrl = `http://127.0.0.1:${port}/api`;
    this.channels = new LoopbackChannels(now, this.#newId);
    this.rest = new LoopbackRest({
      token,
      channels: this.channels,
      maxConcurrency: setup.maxConcurrency,
      gatewayUrl: () => `ws://127.0.0.1:${port}`,
      interaction: (interactionToken) => this.#interactions.get(interactionToken),
      toJson: (message) => this.#toJson(message),
      newId: this.#newId,
      now,
    });
    if (guildIds) {
      this.rest.guilds.clear();
      for (const id of guildIds) this.rest.guilds.add(id);
    }
    this.gateway = new LoopbackGateway({
      server,
      token,
      heartbeatIntervalMs: setup.heartbeatIntervalMs ?? 41_250,
      allowedIntents: setup.allowedIntents ?? UNPRIVILEGED_INTENTS,
      ready: (sessionId, shard) => readyPayload(sessionId, `ws://127.0.0.1:${port}/resume`, shard, guildsOf(shard)),
      shards: () => this.rest.shards,
      greeting: (shard) =>
        (guildIds ? guildsOf(shard) : [GUILD_ID]).map((id) => {
          const channels = guildIds ? this.channels.ofGuild(id, false) : [];
          return { t: 'GUILD_CREATE', d: guildPayload(id, channels.length > 0 ? { channels } : {}) };
        }),
      maxConcurrency: setup.maxConcurrency,
    });
    server.on('request', (request, response) => void this.rest.handle(request, response));
    this.#close = () =>
      new Promise((resolve) => {
        this.gateway.close();
        server.close(() => resolve());
        server.closeAllConnections();
      });
  }

  static async start(setup: LoopbackSetup): Promise<LoopbackDiscord> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LoopbackDiscord(setup, server, (server.address() as AddressInfo).port);
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Makes the next matching requests fail with a status. */
  fail(fault: Fault): void {
    this.rest.faults.push({ fault, left: fault.times });
  }

  /** The message as it is now, edits included. */
  message(id: string): SentMessage {
    const message = this.#messages.get(id);
    if (!message) throw new Error(`there is no message ${id}`);
    return message;
  }

  /** Somebody calls a slash command. */
  command(name: string, options: readonly GivenOption[] = [], asking: Asking = {}): LoopbackInteraction {
    const data = commandData(this.#newId(), name, options, asking);
    return this.#inject('command', InteractionType.ApplicationCommand, { data }, asking, null);
  }

  /** Somebody types in the option that is focused. */
  autocomplete(name: string, options: readonly GivenOption[], asking: Asking = {}): LoopbackInteraction {
    const nested = options.flatMap((option) => [option, ...(option.options ?? [])]);
    if (!nested.some(({ focused }) => focused)) throw new Error('no option is focused');
    const data = commandData(this.#newId(), name, options, asking);
    return this.#inject('autocomplete', InteractionType.ApplicationCommandAutocomplete, { data }, asking, null);
  }

  /** Somebody presses a button of a message, or with `values` chooses in its select; it has to be there. */
  press(
    messageId: string,
    customId: string,
    values: readonly string[] | null = null,
    asking: Asking = {},
  ): LoopbackInteraction {
    const source = this.message(messageId);
    const type = values === null ? ComponentType.Button : ComponentType.StringSelect;
    const components = source.components.flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []));
    if (
      !components.some(
        (component) => component.type === type && 'custom_id' in component && component.custom_id === customId,
      )
    ) {
      throw new Error(`the message has no component ${customId}`);
    }
    const extra = { data: pressData(customId, values), message: this.#toJson(source) };
    return this.#inject('component', InteractionType.MessageComponent, extra, asking, source);
  }

  #inject(
    kind: InteractionKind,
    type: InteractionType,
    extra: object,
    asking: Asking,
    source: SentMessage | null,
  ): LoopbackInteraction {
    const id = this.#newId();
    const interaction = new LoopbackInteraction({
      id,
      token: `interaction-token-of-${id}`,
      kind,
      channelId: asking.place === 'dm' ? DM_CHANNEL_ID : channelOf(asking.guildId ?? GUILD_ID),
      source,
      userInstallOnly: (asking.installed ?? (asking.place === 'dm' ? 'user' : 'guild')) === 'user',
      now: this.#now,
      newId: this.#newId,
      store: (message) => {
        this.#messages.set(message.id, message);
        this.channels.reply(message);
      },
    });
    this.#interactions.set(interaction.token, interaction);
    const payload = { ...interactionPayload(id, interaction.token, type, asking), ...extra };
    // Direct messages belong to the first shard.
    if (this.#isRouted) {
      const guildId = asking.place === 'dm' ? '0' : (asking.guildId ?? GUILD_ID);
      interaction.receivers = this.gateway.route(guildId, 'INTERACTION_CREATE', payload);
    } else this.gateway.dispatch('INTERACTION_CREATE', payload);
    return interaction;
  }

  #toJson(message: SentMessage): object {
    return messageJson(message, BOT_USER, 'https://cdn.discordapp.test', this.#now);
  }
}
