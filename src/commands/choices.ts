import {
  type APIApplicationCommandOptionChoice,
  type APIApplicationCommandStringOption,
  ApplicationCommandOptionType,
} from 'discord.js';
import { HORIZON_NAMES, HORIZONS } from '../core/horizon.ts';
import type { Choice, CommandContext } from './command.ts';
import { DESCRIPTIONS, HORIZON_LABELS } from './localizations.ts';

/** Choices that Discord takes at once, and characters of each. */
const MOST_CHOICES = 25;
const LONGEST_CHOICE = 100;

/** The coins that match what was typed so far, such as `BTC (Bitcoin)`; answered from memory. */
export function symbolChoices(typed: string, context: CommandContext): readonly Choice[] {
  return context.services.assets.search(typed, MOST_CHOICES).map((asset) => ({
    name: (asset.name === asset.symbol ? asset.symbol : `${asset.symbol} (${asset.name})`).slice(0, LONGEST_CHOICE),
    value: asset.symbol,
  }));
}

/** The tracked trading rules that match what was typed so far, with what they do. */
export function ruleChoices(typed: string, context: CommandContext): readonly Choice[] {
  const wanted = typed.trim().toLowerCase();
  return context.services.backtest
    .rules()
    .filter(({ name, label, hint }) => [name, label, hint].some((text) => text.toLowerCase().includes(wanted)))
    .slice(0, MOST_CHOICES)
    .map(({ name, hint }) => ({ name: `${name}: ${hint}`.slice(0, LONGEST_CHOICE), value: name }));
}

/** Every horizon as a choice of an option, such as `1 day (1d)`, in the languages commands are described in. */
export function horizonChoices(): APIApplicationCommandOptionChoice<string>[] {
  return HORIZON_NAMES.map((name) => ({
    name: `${HORIZONS[name].label} (${name})`,
    name_localizations: Object.fromEntries(
      Object.entries(HORIZON_LABELS[name]).map(([locale, label]) => [locale, `${label} (${name})`]),
    ),
    value: name,
  }));
}

/** The option that names one coin, completed while it is typed. */
export const SYMBOL_OPTION = {
  type: ApplicationCommandOptionType.String,
  name: 'symbol',
  description: 'Ticker or name, such as BTC',
  description_localizations: DESCRIPTIONS.symbol,
  required: true,
  autocomplete: true,
  min_length: 1,
  max_length: 50,
} as const satisfies APIApplicationCommandStringOption;
