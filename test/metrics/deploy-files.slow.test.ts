import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createPrometheus } from '../../src/metrics/prometheus.ts';
import { PROMISED_NAMES } from './promised-names.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const shown = createPrometheus({ version: '0', role: 'all' });
const known = new Set(shown.names());
const board = JSON.parse(read('deploy/grafana/candlecast.json')) as { readonly panels: readonly Panel[] };
const boardExpressions = board.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const rules = read('deploy/prometheus/alerts.yml');

/** Names of metrics in expressions; those of a histogram's series are its own. */
function metricsIn(text: string): readonly string[] {
  const named = [...text.matchAll(/\b(?:candlecast|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);
  return [...new Set(named.map((name) => (known.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''))))];
}

describe('the board', () => {
  it('names only metrics that the program shows', () => {
    expect(metricsIn(boardExpressions.join('\n')).filter((name) => !known.has(name))).toEqual([]);
  });

  it('shows every metric that operators were promised', () => {
    const named = metricsIn(boardExpressions.join('\n'));
    expect(PROMISED_NAMES.filter((name) => !named.includes(name))).toEqual([]);
  });

  it('has panels with ids of their own that do not overlap, each with a question', () => {
    const { panels } = board;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const overlaps = panels.flatMap((a, i) =>
      panels.slice(i + 1).flatMap((b) => {
        const [p, q] = [a.gridPos, b.gridPos];
        const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y;
        return apart ? [] : [`${a.title} and ${b.title}`];
      }),
    );
    expect(overlaps).toEqual([]);
    const empty = panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0);
    expect(empty.map(({ title }) => title)).toEqual([]);
    expect(panels.every(({ gridPos }) => gridPos.x + gridPos.w <= 24)).toBe(true);
  });
});

describe('the alert rules', () => {
  it('name only metrics that the program shows', () => {
    expect(metricsIn(rules).filter((name) => !known.has(name))).toEqual([]);
  });

  it('each say what is wrong and what to do', () => {
    const each = rules.split(/^ {6}- alert: /m).slice(1);
    expect(each.length).toBeGreaterThan(10);
    for (const rule of each) {
      const name = rule.split('\n', 1)[0]!;
      expect(rule, name).toMatch(/^ {10}summary: /m);
      expect(rule, name).toMatch(/^ {10}remedy: /m);
      expect(rule, name).toMatch(/severity: (critical|warning|info)/);
    }
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  it.skipIf(!promtool)('hold what they promise, by promtool (needs promtool)', () => {
    const at = { cwd: `${root}/deploy/prometheus`, encoding: 'utf8' } as const;
    expect(execFileSync('promtool', ['check', 'config', 'prometheus.yml'], at)).toContain('SUCCESS');
    expect(execFileSync('promtool', ['test', 'rules', 'alerts_test.yml'], at)).toContain('SUCCESS');
  });
});

describe('docs/metrics.md', () => {
  it('explains every metric of ours, and no other', () => {
    const page = read('docs/metrics.md');
    const named = new Set([...page.matchAll(/`(candlecast_[a-z_]+)`/g)].map(([, name]) => name!));
    const ours = [...known].filter((name) => name.startsWith('candlecast_'));
    expect(ours.filter((name) => !named.has(name))).toEqual([]);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });
});
