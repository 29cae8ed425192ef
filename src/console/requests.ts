import { z } from 'zod';

/** Largest request body in bytes; a command with every option filled needs far less. */
export const MAX_BODY_BYTES = 16_384;

const name = z.string().min(1).max(100);
const value = z.union([z.string().max(2_000), z.number(), z.boolean()]);
const locale = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
  .catch('en-GB')
  .default('en-GB');

/** A command, either as a typed line or as its name and options. */
export const commandRequest = z.union([
  z.strictObject({ line: z.string().min(1).max(2_000), locale }),
  z.strictObject({ command: name, options: z.record(z.string().max(32), value), locale }),
]);

/** A press of a button or a choice in a select. */
export const pressRequest = z.strictObject({
  customId: z.string().min(1).max(100),
  values: z.array(z.string().max(100)).max(25),
  locale,
});

/** What was typed so far into an option. */
export const completionRequest = z.strictObject({ command: name, option: name, value: z.string().max(100) });

/** How far the clock is moved. */
export const clockRequest = z.strictObject({ hours: z.int().min(1).max(168) });

export type CommandRequest = z.infer<typeof commandRequest>;
export type PressRequest = z.infer<typeof pressRequest>;
export type CompletionRequest = z.infer<typeof completionRequest>;
