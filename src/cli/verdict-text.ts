import { HORIZONS } from '../core/horizon.ts';
import type { PairedResult, PromotionVerdict } from '../core/promotion.ts';
import { textTable } from './text-table.ts';

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const signed = (value: number) => `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;

function cell(result: PairedResult | null): string {
  if (!result) return '–';
  const { skillPct, pValue } = result;
  return `${signed(skillPct.value)} % (${signed(skillPct.low)} … ${signed(skillPct.high)}), p ${pValue.toFixed(3)}`;
}

/** A verdict for a terminal: what was decided and why, the numbers, and what biases them. */
export function verdictText(version: string, verdict: PromotionVerdict): string {
  const head =
    verdict.outcome === 'promoted'
      ? `PROMOTED: ${version} serves from now on. ${verdict.reason}`
      : `KEPT, NOT SERVING: ${version}. ${verdict.reason}`;
  const lines = [head];
  if (verdict.fromMs !== null && verdict.toMs !== null && verdict.n > 0) {
    const against = verdict.against ? `the serving ${verdict.against} and ` : '';
    lines.push(
      `Measured beside ${against}climatology on the same origins, ${day(verdict.fromMs)} to ${day(verdict.toMs)}: n = ${verdict.n.toLocaleString('en')}, ${verdict.coins} coins.`,
    );
    const row = (name: string, n: number, one: Pick<PromotionVerdict, 'overServing' | 'overClimatology'>) => [
      name,
      n.toLocaleString('en'),
      cell(one.overServing),
      cell(one.overClimatology),
    ];
    const interval = version.startsWith('1h') ? '1h' : '1d';
    const nameOf = (steps: number) =>
      Object.values(HORIZONS).find((one) => one.interval === interval && one.steps === steps)?.name ?? String(steps);
    lines.push(
      textTable([
        ['horizon', 'n', 'over the serving model', 'over climatology'],
        ...verdict.horizons.map((one) => row(nameOf(one.steps), one.n, one)),
        row('all', verdict.n, verdict),
      ]),
    );
  }
  lines.push(...verdict.remarks);
  if (verdict.outcome === 'kept') {
    lines.push(`npm run model -- promote ${version} lets it serve all the same.`);
  }
  return lines.join('\n');
}
