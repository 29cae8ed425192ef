import { readdirSync, readFileSync } from 'node:fs';

/**
 * Ids of the processes that a process has started and that still run, of all or of those that do one kind of work; empty where the system has no
 * /proc.
 */
export function childrenOf(parent: number, noun?: string): number[] {
  return numbers('/proc').filter((pid) => {
    const [, state, ppid] = /\) (\S) (\d+)/.exec(read(`/proc/${pid}/stat`)) ?? [];
    if (Number(ppid) !== parent || state === 'Z') return false;
    return noun === undefined || read(`/proc/${pid}/cmdline`).split('\0').includes(noun);
  });
}

/** Threads of a process; 0 when it has ended. */
export const threadsOf = (pid: number): number => numbers(`/proc/${pid}/task`).length;

function numbers(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The text of a file; empty where it is gone, as the process it belongs to may be. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
