import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { oldControlError } from '../details.ts';
import { LIMITS } from '../limits.ts';

/** What the custom ids of the guided set-up start with. */
export const SETUP_PREFIX = 'setup';

/** Coins that the guided set-up takes; more are added with /subscriptions edit. */
export const MAX_SETUP_COINS = 5;

/** Zones to choose from, by their place in this list, which custom ids hold: only ever add at the end. */
export const SETUP_ZONES = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Madrid',
  'Europe/Paris',
  'Europe/Lisbon',
  'Europe/Istanbul',
  'Europe/Moscow',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/Mexico_City',
  'America/Bogota',
  'America/Sao_Paulo',
  'America/Argentina/Buenos_Aires',
  'Africa/Lagos',
  'Asia/Dubai',
  'Asia/Kolkata',
  'Asia/Jakarta',
  'Asia/Singapore',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Australia/Sydney',
] as const;

/** What has been chosen so far. It stands in the custom ids of the controls, so that they work after a restart. */
export interface SetupChoice {
  readonly channelId: string | null;
  readonly symbols: readonly string[];
  /** 0 to 23. */
  readonly hour: number;
  readonly timeZone: (typeof SETUP_ZONES)[number];
}

const ACTIONS = ['channel', 'coins', 'hour', 'zone', 'save'] as const;
export type SetupAction = (typeof ACTIONS)[number];

/** Writes the state into a custom id, such as `setup:coins:123.BTC-ETH.9.2`; coins that do not fit are left out. */
export function setupCustomId(action: SetupAction, { channelId, symbols, hour, timeZone }: SetupChoice): string {
  const id = (coins: readonly string[]) =>
    `${SETUP_PREFIX}:${action}:${channelId ?? ''}.${coins.join('-')}.${hour}.${SETUP_ZONES.indexOf(timeZone)}`;
  let kept = symbols;
  while (id(kept).length > LIMITS.customId) kept = kept.slice(0, -1);
  return id(kept);
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseSetupPress(rest: string): { readonly action: SetupAction; readonly choice: SetupChoice } {
  const [name, state = ''] = rest.split(':');
  const action = ACTIONS.find((known) => known === name);
  const [channelId = '', coins = '', hourText = '', zone = ''] = state.split('.');
  const symbols = coins === '' ? [] : coins.split('-');
  const hour = Number(hourText);
  const timeZone = SETUP_ZONES[Number(zone)];
  const isSound =
    /^[\w-]{0,32}$/.test(channelId) &&
    symbols.length <= MAX_SETUP_COINS &&
    symbols.every((symbol) => SYMBOL_PATTERN.test(symbol)) &&
    /^\d{1,2}$/.test(hourText) &&
    hour < 24;
  if (!action || !timeZone || !isSound) {
    throw oldControlError('/setup');
  }
  return { action, choice: { channelId: channelId === '' ? null : channelId, symbols, hour, timeZone } };
}
