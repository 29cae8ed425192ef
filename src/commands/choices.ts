import type { Choice, CommandContext } from './command.ts';

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
