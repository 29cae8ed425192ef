const DEEPEST_CAUSE = 4;

/**
 * What a log may hold about an error: name, message, stack and the same of its causes. Other properties are left out,
 * because HTTP clients keep request headers, and with them keys, on their errors.
 */
export function errorFacts(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: String(error).slice(0, 500) };
  return {
    name: error.name,
    message: error.message.slice(0, 2_000),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause !== undefined && depth < DEEPEST_CAUSE ? { cause: errorFacts(error.cause, depth + 1) } : {}),
  };
}
