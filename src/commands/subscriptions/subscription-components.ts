import { parseSubscriptionPress, SUBSCRIPTION_PREFIX } from '../../render/subscriptions/subscription-components.ts';
import type { ComponentHandler } from '../command.ts';
import { performSubscriptionAction } from './subscription-actions.ts';

/** The buttons and the select of /subscribe and /subscriptions. */
export const subscriptionComponentHandler: ComponentHandler = {
  prefix: SUBSCRIPTION_PREFIX,
  async execute(press, caller, context) {
    const { action, id } = parseSubscriptionPress(press.rest);
    return performSubscriptionAction(action, action === 'show' ? (press.values[0] ?? '') : id, caller, context);
  },
};
