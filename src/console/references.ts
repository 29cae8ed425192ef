import type { Clock } from '../core/time.ts';

/**
 * Makes short references that join what a person sees with what the log holds: the second in base 36 and a running
 * number, so that no two of one run, and none of another run, are alike.
 */
export function createReferences(now: Clock): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${Math.floor(now() / 1000).toString(36)}-${count.toString(36)}`.toUpperCase();
  };
}
