/** The other end of a child process's channel. */
export interface ParentProcess<Answer> {
  say(answer: Answer): void;
}

/**
 * Takes messages from the process that started this one, in their order, and ends with it: when the channel closes, for whatever
 * reason, nobody is left to answer. Throws when this process was not started with a channel.
 */
export function listenToParent<Request, Answer>(
  onRequest: (request: Request, parent: ParentProcess<Answer>) => void,
): void {
  if (!process.send) throw new Error('This file is started by Candlecast, not by hand.');
  process.on('disconnect', () => process.exit());
  // Ctrl+C reaches the whole group; the parent decides what becomes of the work.
  process.on('SIGINT', () => {});
  const parent: ParentProcess<Answer> = {
    say: (answer) => {
      process.send?.(answer);
    },
  };
  process.on('message', (request) => onRequest(request as Request, parent));
}
