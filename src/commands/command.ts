import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord.js';
import { asCandlecastError } from '../core/errors.ts';
import type { Asker } from '../core/fair-queue.ts';
import type { Links } from '../core/links.ts';
import type { Logger } from '../core/logger.ts';
import type { Preferences } from '../core/settings.ts';
import type { Clock } from '../core/time.ts';
import type { AssetDirectory } from '../market/assets.ts';
import type { ChartRenderer } from '../render/chart/chart-renderer.ts';
import type { Reply } from '../render/reply.ts';
import type { AccuracyService } from '../services/accuracy/accuracy.ts';
import type { AdminService } from '../services/admin/admin.ts';
import type { StatusService } from '../services/admin/status.ts';
import type { PersonalAlertService } from '../services/alerts/personal-alerts.ts';
import type { BacktestService } from '../services/backtest/backtest.ts';
import type { CandleService } from '../services/candles/candles.ts';
import type { ExplanationService } from '../services/forecast/explain.ts';
import type { ForecastService } from '../services/forecast/forecast.ts';
import type { DriftReports } from '../services/models/drift.ts';
import type { ModelInfoService } from '../services/models/model-info.ts';
import type { OddsService } from '../services/odds/odds.ts';
import type { OddsRecordService } from '../services/odds/odds-record.ts';
import type { OutlookService } from '../services/outlook/outlook.ts';
import type { PaperService } from '../services/paper/paper.ts';
import type { PredictService } from '../services/predict/predict.ts';
import type { PreferenceService } from '../services/preferences/preferences.ts';
import type { PriceService } from '../services/price/price.ts';
import type { PrivacyService } from '../services/privacy/privacy.ts';
import type { RecordPartService } from '../services/record/record-part.ts';
import type { WitnessService } from '../services/record/witness.ts';
import type { SentimentService } from '../services/sentiment/sentiment.ts';
import type { ServerSettingsService } from '../services/setup/server-settings.ts';
import type { PublishingService } from '../services/subscriptions/publishing.ts';
import type { SubscriptionService } from '../services/subscriptions/subscriptions.ts';
import type { GlanceService } from '../services/watch/glances.ts';
import type { WatchService } from '../services/watch/watch.ts';

/** What commands, jobs and the console call. Built in app.ts. */
export interface Services {
  readonly assets: AssetDirectory;
  readonly price: PriceService;
  readonly candles: CandleService;
  readonly forecast: ForecastService;
  readonly explanation: ExplanationService;
  readonly odds: OddsService;
  readonly oddsRecord: OddsRecordService;
  readonly alerts: PersonalAlertService;
  readonly sentiment: SentimentService;
  readonly backtest: BacktestService;
  readonly paper: PaperService;
  readonly accuracy: AccuracyService;
  readonly subscriptions: SubscriptionService;
  readonly publishing: PublishingService;
  readonly preferences: PreferenceService;
  readonly serverSettings: ServerSettingsService;
  readonly privacy: PrivacyService;
  readonly glances: GlanceService;
  readonly watch: WatchService;
  readonly outlook: OutlookService;
  readonly predict: PredictService;
  readonly witness: WitnessService;
  readonly recordParts: RecordPartService;
  readonly status: StatusService;
  readonly admin: AdminService;
  readonly modelInfo: ModelInfoService;
  readonly drift: DriftReports;
}

/** What every command may use. */
export interface CommandContext {
  readonly services: Services;
  readonly charts: ChartRenderer;
  readonly now: Clock;
  /** Whether the market is a simulated one. */
  readonly simulated: () => boolean;
  /** Logs the cause of every part missing from a reply. */
  readonly logger: Logger;
  /** Addresses that people are shown. */
  readonly links: Links;
  /** Bot version, for /help and /status. */
  readonly version: string;
}

/** A channel of the caller's server, and whether the bot can post in it. */
export interface CallerChannel {
  readonly id: string;
  readonly name: string;
  /** `voice` is the text chat of a voice or stage channel; a `forum` takes messages in its posts alone, and `other` none at all. */
  readonly kind: 'text' | 'announcement' | 'thread' | 'voice' | 'forum' | 'other';
  /** Permissions that the bot needs for a post with a chart and lacks there, as Discord's settings name them; null when not known. */
  readonly missing: readonly string[] | null;
  /** Permissions that the caller lacks to post there; null when not known. */
  readonly callerMissing: readonly string[] | null;
  /** Whether the caller can read what was written there; null when not known. */
  readonly callerReads: boolean | null;
}

/** The person who called a command or pressed a control, and where. */
export interface Caller extends Asker {
  readonly isOwner: boolean;
  readonly channelId: string | null;
  /** BCP 47, such as `en-GB`: of the person's Discord; of the language they chose with /me once a command runs. */
  readonly locale: string;
  /** BCP 47 of the server's language, as Discord has it; absent or null outside of servers and where it is not known. */
  readonly guildLocale?: string | null;
  /** What the person has chosen with /me; nothing before a command runs. */
  readonly preferences: Preferences;
  /** Whether the person has Manage Server or Administrator where it was asked; false outside of servers. */
  readonly mayManageServer: boolean;
  /** A channel of this server, from the interaction and the cache, without a request; null when it is not known. */
  channel(id: string): CallerChannel | null;
}

/**
 * Option values by option name. The name of a subcommand is under `subcommand`, that of its group under `group`; a channel is
 * given by its id.
 */
export type OptionValues = Readonly<Record<string, string | number | boolean>>;

/** One choice of an autocompletion; 100 characters each at most. */
export interface Choice {
  readonly name: string;
  readonly value: string;
}

/**
 * Shows the progress of a long command in place of the progress before it; the answer replaces it. May be called any number of
 * times, and the surface limits how often it is shown. Returns at once and never throws.
 */
export type ShowProgress = (reply: Reply) => void;

/** How much work an answer is: `light` ones come from memory, `heavy` ones compute for seconds or minutes. */
export type CommandLoad = 'light' | 'usual' | 'heavy';

/** One slash command, the same on Discord, in the console page and in the terminal. */
export interface Command {
  readonly definition: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** Decided before deferring: whether only the caller sees the reply. Default: everyone. */
  isPrivate?(options: OptionValues): boolean;
  /** Suggests values of an option from memory, without a request; 25 at most. */
  autocomplete?(
    focused: { readonly name: string; readonly value: string },
    context: CommandContext,
    caller: Caller,
  ): readonly Choice[];
  /** Time limit of an answer; default one minute, at most 14.5 minutes: afterwards Discord takes no more edits. */
  readonly timeLimitMs?: number;
  /** Default `usual`. */
  readonly load?: CommandLoad;
  /** Whether its replies hold no figure of the market; all others begin with the word that the market is simulated, where it is. */
  readonly isAboutPeople?: boolean;
  execute(
    options: OptionValues,
    caller: Caller,
    context: CommandContext,
    /** Absent where progress is not shown. */
    progress?: ShowProgress,
    /** Aborted once nobody waits for the answer any more: then the work stops. */
    signal?: AbortSignal,
  ): Promise<Reply>;
}

/**
 * Answers a button or a select. Its custom ids are `prefix:rest` (100 characters at most) and hold all the state,
 * so that they still work after a restart. The reply replaces the message of the button or select, unless it is private.
 */
export interface ComponentHandler {
  readonly prefix: string;
  /** As those of a command. */
  readonly timeLimitMs?: number;
  readonly load?: CommandLoad;
  readonly isAboutPeople?: boolean;
  /** Whether the reply is a new message that only the person who pressed sees, decided by the rest of the custom id. Default: it is not. */
  isPrivate?(rest: string): boolean;
  execute(
    press: { readonly rest: string; readonly values: readonly string[] },
    caller: Caller,
    context: CommandContext,
    signal?: AbortSignal,
  ): Promise<Reply>;
}

/** Waits for a chart; null when it cannot be drawn. The renderer has logged why, and the reply is sent without the chart. */
export async function chartOrNull(drawing: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await drawing;
  } catch {
    return null;
  }
}

/**
 * Waits for a part that a message can be sent without; `unknown` when it fails, and the message then says so. The failure is
 * logged here and nowhere else, as `message` with `facts` about what was looked up.
 */
export async function valueOrUnknown<T>(
  part: Promise<T>,
  { logger }: { readonly logger: Logger },
  facts: object,
  message: string,
): Promise<T | 'unknown'> {
  try {
    return await part;
  } catch (failure) {
    const error = asCandlecastError(failure);
    logger.warn({ ...facts, code: error.code, err: error }, message);
    return 'unknown';
  }
}
