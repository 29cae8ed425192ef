import { ApplicationCommandType } from 'discord.js';
import type { Interval } from '../../core/candle.ts';
import { CandlecastError } from '../../core/errors.ts';
import { HOUR_MS } from '../../core/time.ts';
import {
  retrainGoesOnReply,
  retrainProgressReply,
  retrainVerdictReply,
  servingReply,
} from '../../render/admin/admin-embed.ts';
import type { Command } from '../command.ts';
import { ADMIN_SUBCOMMANDS } from './admin-options.ts';
import { ADMIN_WORDS } from './admin-words.ts';

const MOST_CHOICES = 25;

/** `/admin`: what owners may do with the models. Registered in the developers' server alone. */
export const adminCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'admin',
    description: 'Owners only: the models that serve',
    description_localizations: ADMIN_WORDS.admin,
    options: [...ADMIN_SUBCOMMANDS],
  },
  isPrivate: () => true,
  // As long as a surface allows; the service answers before.
  timeLimitMs: HOUR_MS,

  autocomplete(focused, { services }, caller) {
    if (focused.name !== 'version' || !caller.isOwner) return [];
    const typed = focused.value.trim().toLowerCase();
    return services.admin
      .recall()
      .filter((model) => model.version.toLowerCase().includes(typed))
      .slice(0, MOST_CHOICES)
      .map(({ version: value, outcome, serving }) => ({
        name: `${value} (${serving ? 'serving' : (outcome ?? 'not measured')})`,
        value,
      }));
  },

  async execute(options, caller, { services: { admin } }, progress) {
    if (!caller.isOwner) throw new CandlecastError('CC_NOT_ALLOWED', 'Only an owner of the bot may use that command.');
    const which: Interval = options['interval'] === '1h' ? '1h' : '1d';
    switch (options['subcommand']) {
      case 'retrain': {
        const answer = await admin.retrain(which, caller.userId, (step) =>
          progress?.(retrainProgressReply(which, step)),
        );
        if (answer.state === 'going-on') return retrainGoesOnReply(which);
        return retrainVerdictReply(which, answer.version, answer.verdict);
      }
      case 'rollback':
        return servingReply(which, await admin.rollback(which, caller.userId), 'rolled back');
      case 'promote': {
        const model = await admin.promote(String(options['version'] ?? ''), caller.userId);
        return servingReply(model.interval, model.version, 'promoted');
      }
      default:
        throw new CandlecastError('CC_USAGE', 'Say what to do: retrain, rollback or promote.');
    }
  },
};
