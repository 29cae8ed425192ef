import type { Command, ComponentHandler } from './command.ts';

/** Every slash command, in the order /help lists them. */
export const COMMANDS = [] as const satisfies readonly Command[];

/** Everything that answers a button or a select. */
export const COMPONENT_HANDLERS = [] as const satisfies readonly ComponentHandler[];
