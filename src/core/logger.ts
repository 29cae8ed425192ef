/** The project's logger; pino satisfies it. The first argument holds facts, the second the message. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** A logger without output, for tests and one-shot commands. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
