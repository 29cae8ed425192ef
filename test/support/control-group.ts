import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group with limits, for the programs of a test. */
export interface ControlGroup {
  /** Command that starts another one inside the group. */
  readonly enter: readonly string[];
  /** Most memory that all programs of the group took together, bytes. */
  peakBytes(): number;
  remove(): void;
}

interface Limits {
  readonly memoryBytes?: number;
  /** Share of one core. */
  readonly cpu?: number;
}

/** Makes a group; null where this user or system cannot. */
export function makeControlGroup(name: string, limits: Limits): ControlGroup | null {
  const folders: string[] = [];
  const make = (controller: 'memory' | 'cpu', files: Readonly<Record<string, string>>) => {
    const folder = join(parentOf(controller), `${name}-${process.pid}`);
    mkdirSync(folder, { recursive: true });
    if (!folders.includes(folder)) folders.push(folder);
    for (const [file, value] of Object.entries(files)) writeFileSync(join(folder, file), value);
    return folder;
  };
  try {
    const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
    const { memoryBytes, cpu } = limits;
    if (memoryBytes !== undefined) {
      make('memory', { [unified ? 'memory.max' : 'memory.limit_in_bytes']: String(memoryBytes) });
    }
    if (cpu !== undefined) {
      const [quota, period] = [Math.round(cpu * 100_000), 100_000];
      if (unified) make('cpu', { 'cpu.max': `${quota} ${period}` });
      else make('cpu', { 'cpu.cfs_period_us': String(period), 'cpu.cfs_quota_us': String(quota) });
    }
    const joins = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
    const peakFile = unified ? 'memory.peak' : 'memory.max_usage_in_bytes';
    return {
      enter: ['sh', '-c', `${joins} && exec "$@"`, '--'],
      peakBytes: () => Number(readFileSync(join(folders[0]!, peakFile), 'utf8')),
      remove: () => {
        for (const folder of folders) rmdirSync(folder);
      },
    };
  } catch {
    return null;
  }
}

/** The folder of this process's own group. */
function parentOf(controller: string): string {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return '/sys/fs/cgroup';
  const own = lines.find((line) => line.split(':')[1]?.split(',').includes(controller))?.split(':')[2] ?? '/';
  const folder = join('/sys/fs/cgroup', controller, own);
  return existsSync(folder) ? folder : join('/sys/fs/cgroup', controller);
}
