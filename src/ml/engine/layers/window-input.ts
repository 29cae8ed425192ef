import { type Activations, type Run, rowsOf } from './layer.ts';

/** Rows in memory from which windows are cut: address, floats per row, and the address of each window's last row number. */
export interface RowSource {
  readonly rows: number;
  readonly features: number;
  readonly ends: number;
}

/** Cuts the shard's windows out of the rows into the first layer's input. */
export function cutWindows(run: Run, source: RowSource, x: Activations): void {
  const { rows, features, ends } = source;
  run.kernels.gather(rows, features, ends, run.samples, x.steps, rowsOf(run, x), x.stride, x.width);
}

/** Puts the context of each sample beside the trunk's output, from column `first` on. */
export function cutContext(run: Run, source: RowSource, x: Activations, first: number): void {
  const { rows, features, ends } = source;
  const to = rowsOf(run, x) + first * 4;
  run.kernels.gather(rows, features, ends, run.samples, 1, to, x.stride, x.width - first);
}
