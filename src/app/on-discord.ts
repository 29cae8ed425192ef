import { COMMANDS, COMPONENT_HANDLERS, OWNER_COMMANDS } from '../commands/registry.ts';
import type { Config } from '../config.ts';
import type { CandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { holdsGuild, type ShardRange, shardWords } from '../core/shards.ts';
import type { Clock, Sleep } from '../core/time.ts';
import { createFactWriter, createSharedKnowledge, type FactWriter } from '../discord/channel-facts.ts';
import { type DiscordLink, startDiscord } from '../discord/client.ts';
import { createRedactor } from '../discord/error-funnel.ts';
import { createGreeter, type Greeter } from '../discord/greeter.ts';
import { createPublisher, type Publisher } from '../discord/publisher.ts';
import { openRestLink } from '../discord/rest-connection.ts';
import { translatorFor } from '../language/translator.ts';
import { errorReply } from '../render/error-embed.ts';
import { welcomeReply } from '../render/setup/setup-reply.ts';
import type { App } from './app.ts';

/** What a process needs to be on Discord. */
export interface OnDiscordOptions {
  readonly app: App;
  readonly config: Config;
  readonly token: string;
  readonly logger: Logger;
  readonly now: Clock;
  readonly sleep: Sleep;
  readonly random: () => number;
  /** Prints a line for the person who started the program. */
  readonly say: (line: string) => void;
  /** Called when Discord ends the connection for good. */
  readonly onFatal: (error: CandlecastError) => void;
  /** Gives up connecting. */
  readonly signal: AbortSignal;
}

/** Connects the gateway, answers commands, and starts the jobs of this process. Returns what disconnects. Throws as `startDiscord`. */
export async function connectToDiscord(options: OnDiscordOptions): Promise<() => Promise<void>> {
  const { app, config, token, logger, now, sleep, random, say, onFatal, signal } = options;
  const { privacy, witness, serverSettings } = app.context.services;
  const { siblings } = app;
  const { SHARDS } = config;
  let publisher: Publisher | null = null;
  let greeter: Greeter | null = null;
  let facts: FactWriter | null = null;
  let held: ShardRange | null = SHARDS ?? null;
  let complete = false;
  const ending = new AbortController();
  const turn = siblings?.holdShards(SHARDS, say);
  /** Others see that the shards are connected; what the gateway knows of channels is written down for them. */
  const announce = (): void => {
    if (!complete || !publisher) return;
    void siblings?.processes.beat();
    facts?.start();
  };
  /** Starts jobs and posts; while Discord is down they run as far as they can. */
  const begin = ({ rest, knowledge, knowsGuild, status }: DiscordLink): void => {
    if (publisher) return;
    const posting = createPublisher({ rest, knowledge, now, logger, redact: createRedactor(token) });
    publisher = posting;
    greeter = createGreeter({
      settings: serverSettings,
      makeMessage: (locale) => welcomeReply(app.context.links, translatorFor(locale)),
      systemChannel: knowledge.systemChannel,
      port: posting,
      sleep,
      logger,
      signal: ending.signal,
    });
    siblings?.processes.connect(() => {
      const { ready, total } = status().shards;
      return { shards: held, connected: total > 0 && ready === total, waits: turn?.waitsFor() != null };
    });
    if (siblings?.channelFacts) {
      const { channelFacts: store, notices } = siblings;
      const onWritten = (guildId: string) => notices.publish('channel-facts-changed', guildId);
      const { signal } = ending;
      facts = createFactWriter({ knowledge, isKnown: knowsGuild, store, onWritten, sleep, logger, signal });
      app.onPostedTo(facts.notePostedTo);
    }
    privacy.connect(posting.isMember);
    witness.connect(posting.read);
    app.start(posting, () => {
      const { problems, ...connections } = status();
      const problem = posting.problem();
      return { ...connections, problems: problem === null ? problems : [...problems, problem] };
    });
    announce();
  };
  // Others see that this process waits for its shards.
  siblings?.processes.connect(() => ({ shards: held, connected: false, waits: turn?.waitsFor() != null }));
  siblings?.processes.start();
  const bot = await startDiscord({
    token,
    logger,
    sleep,
    random,
    applicationId: config.DISCORD_APPLICATION_ID,
    apiUrl: config.DISCORD_API_URL,
    shards: SHARDS,
    turn,
    devGuildId: config.DISCORD_DEV_GUILD_ID,
    ownerIds: config.OWNER_IDS,
    commands: COMMANDS,
    ownerCommands: OWNER_COMMANDS,
    components: COMPONENT_HANDLERS,
    context: app.context,
    metrics: app.metrics,
    clockCheck: app.clockCheck,
    limit: app.cluster.limit,
    identify: app.cluster.identify,
    starts: app.cluster.starts,
    keyValue: app.keyValue,
    errorReply,
    onFatal,
    onOutage(link) {
      say('Discord does not answer; trying again until it does. The log says why.');
      begin(link);
    },
    onComplete({ user, guilds }, shards) {
      held = shards;
      complete = true;
      announce();
      const which = SHARDS ? ` with ${shardWords(shards)}` : '';
      say(`Connected to Discord as ${user.tag}${which}, in ${guilds.cache.size} servers. Type /forecast there.`);
      void privacy.syncServers(new Set(guilds.cache.keys()), (guildId) => holdsGuild(shards, guildId));
    },
    onJoined: (server) => void greeter?.(server),
    onMembership: (guildId, isMember) => void (isMember ? privacy.serverJoined(guildId) : privacy.serverLeft(guildId)),
    onChange(guildId) {
      publisher?.forgetRefusals(guildId);
      facts?.note(guildId);
    },
    signal,
  });
  begin(bot);
  return async () => {
    ending.abort();
    await bot.stop();
  };
}

/** Starts the jobs of a process that posts without a gateway. Returns what ends its requests. Throws as `openRestLink`. */
export async function postWithoutGateway(options: OnDiscordOptions): Promise<() => Promise<void>> {
  const { app, config, token, logger, now, sleep, onFatal } = options;
  const { privacy, witness } = app.context.services;
  const siblings = app.siblings!;
  const channelFacts = siblings.channelFacts!;
  const apiUrl = config.DISCORD_API_URL;
  const link = openRestLink({
    token,
    apiUrl,
    clockCheck: app.clockCheck,
    metrics: app.metrics,
    limit: app.cluster.limit,
    logger,
    now,
    sleep,
    onFatal,
  });
  const { rest } = link;
  const ending = new AbortController();
  const knowledge = createSharedKnowledge({
    facts: {
      changedSince: channelFacts.changedSince,
      connected: async () =>
        (await siblings.processes.alive()).flatMap(({ shards, connected }) => (shards && connected ? [shards] : [])),
    },
    selfId: link.selfId,
    sleep,
    logger,
    signal: ending.signal,
  });
  const posting = createPublisher({ rest, knowledge, now, logger, redact: createRedactor(token) });
  privacy.connect(posting.isMember);
  witness.connect(posting.read);
  await knowledge.refresh();
  app.start(posting, () => {
    const problems = [link.problem(), posting.problem()].filter((one) => one !== null);
    return { shards: { ready: 0, total: 0 }, problems };
  });
  knowledge.follow(posting.forgetRefusals);
  siblings.notices.subscribe('channel-facts-changed', () => void knowledge.refresh());
  return async () => {
    ending.abort();
    link.stop();
  };
}
