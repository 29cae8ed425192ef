import { DiscordAPIError, HTTPError } from 'discord.js';
import type { Sleep } from '../core/time.ts';

/** discord.js itself retries a 5xx three times at once; these waits outlast a hiccup of some seconds. */
const WAITS_MS = [1_000, 4_000];

/** Sends an answer, and sends it again after a wait when Discord was busy or out of reach. Rejects with the last error. */
export async function deliver(send: () => Promise<unknown>, sleep: Sleep): Promise<void> {
  for (const waitMs of WAITS_MS) {
    try {
      await send();
      return;
    } catch (error) {
      if (!isTransient(error)) throw error;
      await sleep(waitMs);
    }
  }
  await send();
}

/** Whether the same request may succeed a moment later: Discord's 5xx, an aborted request, a broken connection. */
function isTransient(error: unknown): boolean {
  if (error instanceof DiscordAPIError) return false;
  if (error instanceof HTTPError) return error.status >= 500;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (error instanceof Error && error.name === 'AbortError') || /^(E[A-Z_]+|UND_ERR_[A-Z_]+)$/.test(code);
}
