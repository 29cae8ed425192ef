import type { Message } from '../language/message.ts';

/**
 * Why something was not done, such as a post: a message, which each reader gets in their own language, or plain words where there are no others,
 * such as those that an earlier version stored.
 */
export type Reason = Message | string;

/** A reason as text to store; two reasons are the same where their texts are. */
export function storedReason(reason: Reason): string;
export function storedReason(reason: Reason | null): string | null;
export function storedReason(reason: Reason | null): string | null {
  return reason === null || typeof reason === 'string' ? reason : JSON.stringify(reason);
}

/** Reads what {@link storedReason} wrote; anything else is plain words. */
export function parseReason(text: string): Reason;
export function parseReason(text: string | null): Reason | null;
export function parseReason(text: string | null): Reason | null {
  if (!text?.startsWith('{"key":"')) return text;
  try {
    return JSON.parse(text) as Message;
  } catch {
    // It only looks like one.
    return text;
  }
}

/** Whether two reasons are the same. */
export const isSameReason = (one: Reason | null, other: Reason | null): boolean =>
  storedReason(one) === storedReason(other);
