import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';

/** The names that the two versions of Linux's control groups give to the same facts. */
interface GroupFiles {
  readonly root: string;
  readonly limit: string;
  readonly usage: string;
  /** Lines of `memory.stat` that count cached files, which the kernel gives up when memory is short. */
  readonly cached: readonly string[];
}

const VERSION_1: GroupFiles = {
  root: '/sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  cached: ['total_inactive_file', 'total_active_file'],
};
const VERSION_2: GroupFiles = {
  root: '/sys/fs/cgroup',
  limit: 'memory.max',
  usage: 'memory.current',
  cached: ['inactive_file', 'active_file'],
};
/** Larger limits than any machine's memory stand for none. */
const NO_LIMIT_BYTES = 2 ** 50;

/**
 * Bytes that this process and those it starts may still take: what the machine has free, and no more than the container or service leaves, of
 * all the limits that enclose it. On systems without control groups it is the machine's alone.
 */
export function availableMemory(read: (file: string) => string | null = readText): number {
  const groups = read('/proc/self/cgroup') ?? '';
  const left = groups.split('\n').flatMap((line) => {
    // Such as `4:memory:/docker/1a2b` in version 1, `0::/docker/1a2b` in version 2.
    const [, controllers, path] = line.split(':');
    if (path === undefined) return [];
    if (controllers === '') return leftIn(VERSION_2, path, read);
    return controllers?.split(',').includes('memory') ? leftIn(VERSION_1, path, read) : [];
  });
  return Math.max(0, Math.min(freemem(), ...left));
}

/** What each group from `path` up to the root leaves. In a container the path is the host's, and only the root is there. */
function leftIn(files: GroupFiles, path: string, read: (file: string) => string | null): number[] {
  const left: number[] = [];
  for (let at = path; ; at = dirname(at)) {
    const number = (file: string) => Number(read(join(files.root, at, file)) ?? Number.NaN);
    const [limit, usage] = [number(files.limit), number(files.usage)];
    if (limit < NO_LIMIT_BYTES && usage >= 0) {
      const stat = read(join(files.root, at, 'memory.stat')) ?? '';
      const facts = new Map(stat.split('\n').map((line) => line.split(' ') as [string, string]));
      const cached = files.cached.reduce((sum, name) => sum + Number(facts.get(name) ?? 0), 0);
      left.push(limit - usage + cached);
    }
    if (at === '/' || at === '.') return left;
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
