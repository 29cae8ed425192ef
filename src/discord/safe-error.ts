/** Takes secrets out of a text before it is logged. */
export type Redact = (text: string) => string;

/** Interaction and webhook tokens stand in the path of the URLs they are used in. */
const TOKEN_IN_PATH = /\b(webhooks|interactions)\/(\d{1,20})\/[\w.~-]{16,}/g;
const DEEPEST_CAUSE = 4;

/** A redactor that knows the bot token and the paths in which Discord puts the tokens of interactions. */
export function createRedactor(botToken: string): Redact {
  return (text) => {
    const withoutBot = botToken.length > 0 ? text.replaceAll(botToken, '[token]') : text;
    return withoutBot.replace(TOKEN_IN_PATH, '$1/$2/[token]');
  };
}

/**
 * What a log may hold about an error: name, message, stack, Discord's code and status, and the same of its causes.
 * Bodies and headers of requests, which discord.js keeps on its errors, are left out.
 */
export function describeError(error: unknown, redact: Redact, depth = 0): object {
  if (!(error instanceof Error)) return { message: redact(String(error)).slice(0, 500) };
  const { code, status, method, url } = error as Error & Record<'code' | 'status' | 'method' | 'url', unknown>;
  return {
    name: error.name,
    message: redact(error.message).slice(0, 2_000),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof method === 'string' ? { method } : {}),
    ...(typeof url === 'string' ? { url: redact(url) } : {}),
    ...(error.stack === undefined ? {} : { stack: redact(error.stack) }),
    ...(error.cause !== undefined && depth < DEEPEST_CAUSE
      ? { cause: describeError(error.cause, redact, depth + 1) }
      : {}),
  };
}
