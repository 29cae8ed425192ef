import { randomUUID } from 'node:crypto';
import { alertMessage } from '../commands/alerts/alert-message.ts';
import { DISCORD_HOST } from '../core/clock-check.ts';
import { noMetrics } from '../core/metrics.ts';
import { translatorFor } from '../language/translator.ts';
import { digestText } from '../render/admin/digest-text.ts';
import { noticeReply } from '../render/alerts/alert-post.ts';
import { reasonText } from '../render/reason-text.ts';
import type { Reply } from '../render/reply.ts';
import type { AccuracyService } from '../services/accuracy/accuracy.ts';
import { createOwnerReports, type OwnerReports } from '../services/admin/owner-reports.ts';
import type { StatusService } from '../services/admin/status.ts';
import { type AlertService, createAlertService } from '../services/alerts/alerts.ts';
import { createPersonalAlertService, type PersonalAlertService } from '../services/alerts/personal-alerts.ts';
import { createPublishingService, type PublishingService } from '../services/subscriptions/publishing.ts';
import type { MakeMessage, SendPort } from '../services/subscriptions/publishing-port.ts';
import { createSubscriptionService, type SubscriptionService } from '../services/subscriptions/subscriptions.ts';
import type { AppData } from './data.ts';
import type { Forecasting } from './forecasting.ts';

/** Subscriptions, the posts they cause, and alerts. */
export interface Publishing {
  readonly subscriptions: SubscriptionService;
  readonly publishing: PublishingService;
  readonly alerts: AlertService;
  readonly personalAlerts: PersonalAlertService;
  /** Sets the port that posts are sent to. */
  connect(port: SendPort<Reply>): void;
  /** Sets what is called with a server of which this process has made another channel one that is posted to. */
  onPostedTo(listener: (guildId: string) => void): void;
}

/** Builds them; `makeMessage` is first called when a post is sent. */
export function buildPublishing(
  { options, storage, assets, cluster, keyValue, livePrices }: AppData,
  { unrecorded, ledger }: Pick<Forecasting, 'unrecorded' | 'ledger'>,
  makeMessage: MakeMessage<Reply>,
): Publishing {
  const { logger, random, metrics = noMetrics } = options;
  const { now } = options.clock;
  const { subscriptions, posts, leases, alertStates } = storage;
  const owner = randomUUID();
  const port = createLatePort<Reply>();
  let postedTo: (guildId: string) => void = () => undefined;
  const receiverNow = () => options.clock.check.nowAt(DISCORD_HOST);
  const sending = {
    subscriptions,
    posts,
    turn: cluster.turn,
    port,
    makeMessage,
    owner,
    now,
    receiverNow,
    logger,
    metrics,
    owners: { ids: options.config.OWNER_IDS, makeMessage: noticeReply },
    personal: { alerts: storage.personalAlerts, makeMessage: alertMessage },
  };
  return {
    subscriptions: createSubscriptionService({
      subscriptions,
      assets,
      drafts: keyValue('drafts'),
      onSaved: (guildId) => postedTo(guildId),
      now,
      random,
      logger,
    }),
    publishing: createPublishingService<Reply>(sending),
    alerts: createAlertService({
      subscriptions,
      alertStates,
      leases,
      forecast: (symbol, horizon, signal) => unrecorded.forecast({ symbol, horizon, follow: true }, { signal }),
      record: (report) => ledger.record(report, 'posted'),
      owner,
      logger,
    }),
    personalAlerts: createPersonalAlertService({
      alerts: storage.personalAlerts,
      assets,
      prices: livePrices,
      forecast: (symbol, horizon, asking) => unrecorded.forecast({ symbol, horizon, follow: true }, asking),
      record: (report) => ledger.record(report, 'posted'),
      onSaved: (guildId) => postedTo(guildId),
      random,
      now,
      logger,
    }),
    connect: port.connect,
    onPostedTo(listener) {
      postedTo = listener;
    },
  };
}

/** A port that is connected later: Discord connects after everything else is built. */
interface LatePort<Message> extends SendPort<Message> {
  connect(port: SendPort<Message>): void;
}

const NOT_YET = {
  kind: 'busy',
  reason: { key: 'refusals.notConnected' },
  retryAfterMs: 10_000,
  maybeSent: false,
} as const;

/** Makes a port that answers `busy` until it is connected. */
function createLatePort<Message>(): LatePort<Message> {
  let connected: SendPort<Message> | null = null;
  return {
    connect(port) {
      connected = port;
    },
    send: async (...post) => (connected ? connected.send(...post) : NOT_YET),
    find: async (...search) => (connected ? connected.find(...search) : { kind: 'busy', retryAfterMs: 10_000 }),
    findPrivate: async (...search) =>
      connected ? connected.findPrivate(...search) : { kind: 'busy', retryAfterMs: 10_000 },
    crosspost: async (...message) => (connected ? connected.crosspost(...message) : NOT_YET),
    notify: async (...notice) => (connected ? connected.notify(...notice) : NOT_YET),
  };
}

/** Builds what tells the owners of the bot how it is. */
export function buildOwnerReports(
  { options, storage }: Pick<AppData, 'options' | 'storage'>,
  parts: {
    readonly status: StatusService['status'];
    readonly accuracy: Pick<AccuracyService, 'report'>;
  },
): OwnerReports {
  const { config, logger } = options;
  const limitBytes = config.DATABASE_LIMIT_GB === undefined ? null : config.DATABASE_LIMIT_GB * 1e9;
  return createOwnerReports({
    owners: config.OWNER_IDS.length,
    status: parts.status,
    space: () => storage.space(limitBytes),
    alarms: storage.alarms,
    posts: storage.posts,
    schedule: storage.schedule,
    accuracy: () => parts.accuracy.report({}),
    interactions: storage.interactionCounts,
    memoryBytes: () => process.memoryUsage.rss(),
    digestText,
    reasonText: (reason) => reasonText(reason, translatorFor('en')),
    now: options.clock.now,
    logger,
  });
}
