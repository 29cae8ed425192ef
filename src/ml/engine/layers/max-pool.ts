import { type Activations, type Builder, gradientRowsOf, type Layer, learns, type Run, rowsOf } from './layer.ts';

/** Maximum over `size` steps, without overlap; steps left over at the end are dropped, as TensorFlow's 'valid' does. */
export class MaxPool implements Layer {
  readonly output: Activations;
  readonly #input: Activations;
  readonly #size: number;

  constructor(builder: Builder, input: Activations, size: number) {
    this.#input = input;
    this.#size = size;
    const { channels, width, column } = input;
    const steps = Math.floor(input.steps / size);
    this.output = builder.activations({ steps, channels, width, column }, learns(input));
  }

  forward(run: Run): void {
    const x = this.#input;
    const y = this.output;
    run.kernels.maxPool(rowsOf(run, x), x.stride, rowsOf(run, y), y.stride, x.width, run.samples, y.steps, this.#size);
  }

  backward(run: Run): void {
    const x = this.#input;
    const y = this.output;
    if (!learns(x)) return;
    const dx = gradientRowsOf(run, x);
    const used = y.steps * this.#size;
    const stepBytes = run.samples * x.width * 4;
    run.kernels.clear(dx + used * stepBytes, (x.steps - used) * stepBytes);
    run.kernels.maxPoolBackward(
      rowsOf(run, x),
      x.stride,
      rowsOf(run, y),
      y.stride,
      dx,
      x.width,
      gradientRowsOf(run, y),
      y.width,
      x.width,
      run.samples,
      y.steps,
      this.#size,
    );
  }

  refresh(): void {}
}
