import { type Activations, type Builder, gradientRowsOf, type Layer, learns, type Run, rowsOf } from './layer.ts';

/** Dropout, scaled while training so that forecasting is a plain copy. Each layer of a network has masks of its own. */
export class Dropout implements Layer {
  readonly output: Activations;
  readonly #input: Activations;
  readonly #rate: number;
  readonly #salt: number;

  constructor(builder: Builder, input: Activations, rate: number, index: number) {
    this.#input = input;
    this.#rate = rate;
    this.#salt = Math.imul(index + 1, 0x9e3779b9);
    const { steps, channels, width, column } = input;
    this.output = builder.activations({ steps, channels, width, column }, learns(input));
  }

  forward(run: Run): void {
    const x = this.#input;
    const y = this.output;
    this.#apply(run, rowsOf(run, x), x.stride, rowsOf(run, y), y.stride);
  }

  backward(run: Run): void {
    const x = this.#input;
    if (!learns(x)) return;
    this.#apply(run, gradientRowsOf(run, this.output), x.width, gradientRowsOf(run, x), x.width);
  }

  refresh(): void {}

  #apply(run: Run, from: number, fromStride: number, to: number, toStride: number): void {
    const { width, steps } = this.#input;
    const rows = steps * run.samples;
    if (run.dropout === null || this.#rate === 0) {
      run.kernels.copyRows(from, fromStride, to, toStride, width, rows);
    } else {
      const [keyA, keyB] = run.dropout;
      run.kernels.dropout(from, fromStride, to, toStride, width, rows, this.#rate, keyA ^ this.#salt, keyB);
    }
  }
}
