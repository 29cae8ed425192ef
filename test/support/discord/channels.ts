import { CreatePrivateChannelRequestSchema, MessageCreateRequestSchema } from 'discord-api-spec/zod';
import { ApiError, invalidForm, unknownMessage } from './api-error.ts';
import { schemaProblems } from './message-rules.ts';
import { applyRequest, type MessageRequest as BaseRequest, blankMessage, type SentMessage } from './messages.ts';
import type { RequestBody } from './request-body.ts';

const MAX_NONCE_LENGTH = 25;

/** How a channel is, besides being there. */
export interface ChannelSetup {
  readonly announcement?: boolean;
  /** Answers everything with 403 and this code, such as 50013. */
  readonly refuses?: number | null;
  /** Its history can be read, but no message is taken, as in private with a person who takes none. */
  readonly isClosed?: boolean;
  /** Without Read Message History its messages come back as an empty list. */
  readonly historyHidden?: boolean;
  /** The server whose list names it; default none. */
  readonly guildId?: string;
  /** Default a text channel; threads are listed as active ones. */
  readonly type?: number;
}

/** One message somebody could see in a channel. */
export interface ChannelPost {
  readonly message: SentMessage;
  readonly nonce: string | null;
  readonly atMs: number;
  crossposted: boolean;
  /** When it was changed last, as Discord tells it. */
  editedMs?: number;
  /** Who wrote it, where that is not the bot. */
  readonly author?: object;
  readonly isReply?: boolean;
}

/** Kinds of channel that are threads. */
const THREADS: ReadonlySet<number> = new Set([10, 11, 12]);

interface Channel {
  setup: ChannelSetup;
  readonly posts: ChannelPost[];
  /** Answers to commands, by message id; they are in the history beside the posts. */
  readonly replies: Map<string, ChannelPost>;
}

interface MessageRequest extends BaseRequest {
  readonly nonce?: string | number;
  readonly enforce_nonce?: boolean;
  readonly allowed_mentions?: { readonly parse?: readonly string[] };
}

/** The channels of the loopback Discord: messages with nonces, history, crossposts, direct messages. Unknown ones are 10003. */
export class LoopbackChannels {
  /** How long an enforced nonce is remembered; Discord says "a few minutes". */
  nonceKeptMs = 3 * 60_000;
  readonly #channels = new Map<string, Channel>();
  readonly #closedToDms = new Set<string>();
  readonly #now: () => number;
  readonly #newId: () => string;

  constructor(now: () => number, newId: () => string) {
    this.#now = now;
    this.#newId = newId;
  }

  /** Makes a channel, or changes what it is like. */
  put(id: string, setup: ChannelSetup = {}): void {
    const known = this.#channels.get(id);
    if (known) known.setup = setup;
    else this.#channels.set(id, { setup, posts: [], replies: new Map() });
  }

  delete(id: string): void {
    this.#channels.delete(id);
  }

  /** That person takes no direct messages. */
  closeDms(userId: string): void {
    this.#closedToDms.add(userId);
  }

  /** What can be seen in a channel, the oldest first. */
  posts(id: string): readonly ChannelPost[] {
    return this.#channels.get(id)?.posts ?? [];
  }

  /** A person writes something. */
  say(id: string, content: string): SentMessage {
    const message = { ...blankMessage(this.#newId(), id, 0), content };
    const author = {
      id: '1100000000000000077',
      username: 'reader',
      discriminator: '0',
      global_name: null,
      avatar: null,
    };
    this.#open(id).posts.push({ message, nonce: null, atMs: this.#now(), crossposted: false, author });
    return message;
  }

  /** An answer to a command stands in its channel, and is dated when the command was called. */
  reply(message: SentMessage): void {
    const channel = this.#channels.get(message.channelId);
    if (!channel || message.ephemeral) return;
    const post = { message, nonce: null, atMs: this.#now(), crossposted: false, isReply: true };
    channel.replies.set(message.id, post);
  }

  /** Somebody with the bot's token changes a message, which Discord dates. */
  edit(id: string, messageId: string, change: (message: SentMessage) => SentMessage): void {
    const { posts } = this.#open(id);
    const at = posts.findIndex(({ message }) => message.id === messageId);
    posts[at] = { ...posts[at]!, message: change(posts[at]!.message), editedMs: this.#now() };
  }

  /** Somebody deletes a message. */
  remove(id: string, messageId: string): void {
    const { posts } = this.#open(id);
    posts.splice(
      posts.findIndex(({ message }) => message.id === messageId),
      1,
    );
  }

  /** GET /guilds/{id}/channels, or its active threads. */
  ofGuild(guildId: string, threads: boolean): readonly object[] {
    return [...this.#channels]
      .filter(([, { setup }]) => setup.guildId === guildId && THREADS.has(setup.type ?? 0) === threads)
      .map(([id, { setup }]) => ({ id, type: setup.type ?? 0, guild_id: guildId, name: `channel-${id.slice(-3)}` }));
  }

  /** Direct messages to a person. */
  directPosts(userId: string): readonly ChannelPost[] {
    return this.posts(`9${userId.slice(1)}`);
  }

  /** POST /users/@me/channels */
  openDm(body: RequestBody): object {
    refuseUnless(schemaProblems(CreatePrivateChannelRequestSchema, body.json));
    const { recipient_id: userId } = body.json as { recipient_id: string };
    const id = `9${userId.slice(1)}`;
    this.put(id, { isClosed: this.#closedToDms.has(userId) });
    return { id, type: 1, last_message_id: null, recipients: [] };
  }

  /** POST /channels/{id}/messages */
  create(id: string, body: RequestBody): SentMessage {
    const channel = this.#open(id);
    if (channel.setup.isClosed) throw new ApiError(403, 50007, 'Cannot send messages to this user');
    const json = body.json as MessageRequest;
    refuseUnless(schemaProblems(MessageCreateRequestSchema, json));
    const nonce = json.nonce === undefined ? null : String(json.nonce);
    if (nonce !== null && nonce.length > MAX_NONCE_LENGTH)
      throw invalidForm([`nonce: longer than ${MAX_NONCE_LENGTH}`]);
    if (json.enforce_nonce && nonce === null) throw invalidForm(['enforce_nonce: there is no nonce']);
    // A bot that posts by itself has no business pinging anybody.
    if (json.allowed_mentions?.parse?.length !== 0) throw invalidForm(['allowed_mentions: expected to be none']);
    const nowMs = this.#now();
    if (json.enforce_nonce) {
      const before = channel.posts.find((post) => post.nonce === nonce && nowMs - post.atMs < this.nonceKeptMs);
      if (before) return before.message;
    }
    const message = applyRequest(blankMessage(this.#newId(), id, 0), json, body, this.#newId);
    channel.posts.push({ message, nonce, atMs: nowMs, crossposted: false });
    return message;
  }

  /** GET /channels/{id}/messages, the newest first; nonces are not kept in the history. */
  history(id: string, query: URLSearchParams): readonly ChannelPost[] {
    const channel = this.#open(id);
    if (channel.setup.historyHidden) return [];
    const limit = Number(query.get('limit') ?? 50);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw invalidForm(['limit: 1 to 100']);
    const messages = [...channel.posts, ...channel.replies.values()].sort((a, b) =>
      Number(BigInt(a.message.id) - BigInt(b.message.id)),
    );
    const [after, before] = [query.get('after'), query.get('before')];
    if (before !== null) {
      return messages
        .filter(({ message }) => BigInt(message.id) < BigInt(before))
        .slice(-limit)
        .reverse();
    }
    if (after === null) return messages.slice(-limit).reverse();
    return messages
      .filter(({ message }) => BigInt(message.id) > BigInt(after))
      .slice(0, limit)
      .reverse();
  }

  /** GET /channels/{id}/messages/{message} */
  one(id: string, messageId: string): ChannelPost {
    const { setup, posts, replies } = this.#open(id);
    const found = posts.find(({ message }) => message.id === messageId) ?? replies.get(messageId);
    if (setup.historyHidden) throw new ApiError(403, 50013, 'Missing Permissions');
    if (!found) throw unknownMessage();
    return found;
  }

  /** POST /channels/{id}/messages/{message}/crosspost */
  crosspost(id: string, messageId: string): SentMessage {
    const channel = this.#open(id);
    const post = channel.posts.find(({ message }) => message.id === messageId);
    if (!post) throw unknownMessage();
    if (!channel.setup.announcement) throw new ApiError(400, 50068, 'Invalid message type');
    if (post.crossposted) throw new ApiError(400, 40033, 'This message was already crossposted');
    post.crossposted = true;
    return post.message;
  }

  #open(id: string): Channel {
    const channel = this.#channels.get(id);
    if (!channel) throw new ApiError(404, 10003, 'Unknown Channel');
    const { refuses } = channel.setup;
    if (refuses != null) throw new ApiError(403, refuses, 'Refused');
    return channel;
  }
}

function refuseUnless(problems: readonly string[]): void {
  if (problems.length > 0) throw invalidForm(problems);
}
