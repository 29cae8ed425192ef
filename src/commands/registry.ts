import { accuracyCommand, accuracyComponentHandler } from './accuracy/accuracy.ts';
import { adminCommand } from './admin/admin.ts';
import { createHelpCommand } from './admin/help.ts';
import { statusCommand, statusComponentHandler } from './admin/status.ts';
import { alertCommand, alertComponentHandler } from './alerts/alert.ts';
import { backtestCommand, backtestComponentHandler } from './backtest/backtest.ts';
import { chartCommand, chartComponentHandler } from './chart/chart.ts';
import type { Command, ComponentHandler } from './command.ts';
import { forecastCommand, forecastComponentHandler } from './forecast/forecast.ts';
import { meCommand, meComponentHandler } from './me/me.ts';
import { modelCommand, modelComponentHandler } from './models/model.ts';
import { oddsCommand, oddsComponentHandler } from './odds/odds.ts';
import { outlookCommand } from './outlook/outlook.ts';
import { paperCommand } from './paper/paper.ts';
import { predictCommand } from './predict/predict.ts';
import { priceCommand, priceComponentHandler } from './price/price.ts';
import { privacyCommand, privacyComponentHandler } from './privacy/privacy.ts';
import { verifyCommand } from './record/verify.ts';
import { sentimentCommand, sentimentComponentHandler } from './sentiment/sentiment.ts';
import { setupCommand, setupComponentHandler } from './setup/setup.ts';
import { subscribeCommand } from './subscriptions/subscribe.ts';
import { subscriptionComponentHandler, subscriptionsCommand } from './subscriptions/subscriptions.ts';
import { watchCommand } from './watch/watch.ts';

const described = [
  forecastCommand,
  oddsCommand,
  watchCommand,
  outlookCommand,
  priceCommand,
  chartCommand,
  predictCommand,
  alertCommand,
  accuracyCommand,
  verifyCommand,
  sentimentCommand,
  backtestCommand,
  paperCommand,
  modelCommand,
  setupCommand,
  subscribeCommand,
  subscriptionsCommand,
  statusCommand,
  meCommand,
  privacyCommand,
] as const satisfies readonly Command[];

/** Every slash command, in the order /help lists them. */
export const COMMANDS = [...described, createHelpCommand(described)] as const satisfies readonly Command[];

/** Commands for the bot's owners: registered in the developers' server alone, and offered in the console. */
export const OWNER_COMMANDS = [adminCommand] as const satisfies readonly Command[];

/** Everything that answers a button or a select. */
export const COMPONENT_HANDLERS = [
  forecastComponentHandler,
  accuracyComponentHandler,
  sentimentComponentHandler,
  backtestComponentHandler,
  modelComponentHandler,
  statusComponentHandler,
  oddsComponentHandler,
  alertComponentHandler,
  subscriptionComponentHandler,
  setupComponentHandler,
  privacyComponentHandler,
  meComponentHandler,
  priceComponentHandler,
  chartComponentHandler,
] as const satisfies readonly ComponentHandler[];
