import { addOdds, type OddsDay, type OddsStepSums, type OddsSums } from '../core/odds-record.ts';

/** Sums as they are kept: of each sort `[unscored, compared, squared, usual squared, [step, n, stated, happened], …]`. */
type PackedStep = [number, number, number, number];
type PackedSort = [number, number, number, number, ...PackedStep[]];
export type Packed = readonly [PackedSort, PackedSort];

/** Sums are kept to a millionth, which is far less than what they can tell. */
const rounded = (value: number) => Math.round(value * 1e6) / 1e6;

/** The sums of a day as they are kept. */
export function textOf({ end, touch }: Pick<OddsDay, 'end' | 'touch'>): string {
  const packed = [end, touch].map(({ unscored, compared, squared, usualSquared, steps }): PackedSort => {
    const ofSteps = steps.map(({ step, n, stated, happened }): PackedStep => [step, n, rounded(stated), happened]);
    return [unscored, compared, rounded(squared), rounded(usualSquared), ...ofSteps];
  });
  return JSON.stringify(packed);
}

/** The sums of rows together, as they are kept. */
export function totalOf(rows: readonly { readonly sums: string }[]): string {
  const all = rows.map(({ sums }) => sumsOf(sums));
  return textOf({ end: addOdds(all.map(({ end }) => end)), touch: addOdds(all.map(({ touch }) => touch)) });
}

const sumsOf = (text: string) => unpacked(JSON.parse(text) as Packed);

/** The sums that were kept. */
export function unpacked([end, touch]: Packed): Pick<OddsDay, 'end' | 'touch'> {
  const of = ([unscored, compared, squared, usualSquared, ...steps]: PackedSort): OddsSums => ({
    unscored,
    compared,
    squared,
    usualSquared,
    steps: steps.map(([step, n, stated, happened]): OddsStepSums => ({ step, n, stated, happened })),
  });
  return { end: of(end), touch: of(touch) };
}
