/** Takes secrets out of a text before it is logged. */
export type Redact = (text: string) => string;

const MAX_CAUSES = 4;

/**
 * The loggable facts of an error: name, message, stack, code, HTTP status, method and URL, and the same of its causes.
 * Other properties are left out, because HTTP clients keep request headers and bodies, and with them keys, on their errors.
 */
export function describeError(error: unknown, redact: Redact = (text) => text, depth = 0): object {
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
    ...(error.cause !== undefined && depth < MAX_CAUSES
      ? { cause: describeError(error.cause, redact, depth + 1) }
      : {}),
  };
}
