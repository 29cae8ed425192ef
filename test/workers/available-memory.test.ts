import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { availableMemory } from '../../src/workers/available-memory.ts';

const MB = 2 ** 20;
/** Reads from a table of files. */
const files = (table: Readonly<Record<string, string>>) => (file: string) => table[file] ?? null;

describe('the memory that may still be taken', () => {
  it('is what a container of version 2 leaves, without the files it has cached', () => {
    const read = files({
      '/proc/self/cgroup': '0::/docker/1a2b\n',
      '/sys/fs/cgroup/docker/1a2b/memory.max': `${64 * MB}`,
      '/sys/fs/cgroup/docker/1a2b/memory.current': `${40 * MB}`,
      '/sys/fs/cgroup/docker/1a2b/memory.stat': `anon 1\ninactive_file ${3 * MB}\nactive_file ${1 * MB}\n`,
    });
    expect(availableMemory(read)).toBe(28 * MB);
  });

  it('is that of version 1, also where the container shows only its own root', () => {
    const group = '4:memory:/docker/1a2b\n3:cpu,cpuacct:/docker/1a2b';
    const table = {
      'memory.limit_in_bytes': `${64 * MB}`,
      'memory.usage_in_bytes': `${60 * MB}`,
      'memory.stat': `cache 0\ntotal_inactive_file ${MB}\ntotal_active_file 0`,
    };
    const at = (folder: string) => Object.fromEntries(Object.entries(table).map(([k, v]) => [`${folder}/${k}`, v]));
    for (const folder of ['/sys/fs/cgroup/memory/docker/1a2b', '/sys/fs/cgroup/memory']) {
      expect(availableMemory(files({ '/proc/self/cgroup': group, ...at(folder) }))).toBe(5 * MB);
    }
  });

  it('is the least that any enclosing group leaves, and never less than nothing', () => {
    const table = {
      '/proc/self/cgroup': '0::/a/b',
      '/sys/fs/cgroup/a/b/memory.max': 'max',
      '/sys/fs/cgroup/a/b/memory.current': `${9 * MB}`,
      '/sys/fs/cgroup/a/memory.max': `${20 * MB}`,
      '/sys/fs/cgroup/a/memory.current': `${12 * MB}`,
    };
    expect(availableMemory(files(table))).toBe(8 * MB);
    expect(availableMemory(files({ ...table, '/sys/fs/cgroup/a/memory.current': `${21 * MB}` }))).toBe(0);
  });

  it('is the machine’s where nothing limits it', () => {
    const unlimited = files({
      '/proc/self/cgroup': '4:memory:/',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1',
    });
    for (const read of [unlimited, files({})]) {
      const found = availableMemory(read);
      expect(found).toBeGreaterThan(0);
      expect(Math.abs(found - freemem()) / freemem()).toBeLessThan(0.5);
    }
  });
});
