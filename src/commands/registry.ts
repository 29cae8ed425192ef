import { accuracyCommand } from './accuracy.ts';
import { adminCommand } from './admin.ts';
import { backtestCommand } from './backtest.ts';
import type { Command, ComponentHandler } from './command.ts';
import { forecastCommand } from './forecast.ts';
import { forecastComponentHandler } from './forecast-components.ts';
import { createHelpCommand } from './help.ts';
import { modelCommand } from './model.ts';
import { paperCommand } from './paper.ts';
import { sentimentCommand } from './sentiment.ts';
import { statusCommand } from './status.ts';
import { subscribeCommand } from './subscribe.ts';
import { subscriptionComponentHandler } from './subscription-components.ts';
import { subscriptionsCommand } from './subscriptions.ts';

const described = [
  forecastCommand,
  accuracyCommand,
  sentimentCommand,
  backtestCommand,
  paperCommand,
  modelCommand,
  subscribeCommand,
  subscriptionsCommand,
  statusCommand,
] as const satisfies readonly Command[];

/** Every slash command, in the order /help lists them. */
export const COMMANDS = [...described, createHelpCommand(described)] as const satisfies readonly Command[];

/** Commands for the bot's owners: registered in the developers' server alone, and offered in the console. */
export const OWNER_COMMANDS = [adminCommand] as const satisfies readonly Command[];

/** Everything that answers a button or a select. */
export const COMPONENT_HANDLERS = [
  forecastComponentHandler,
  subscriptionComponentHandler,
] as const satisfies readonly ComponentHandler[];
