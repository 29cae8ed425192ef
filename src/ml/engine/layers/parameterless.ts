import {
  type Activations,
  type Builder,
  gradientRowsOf,
  type Layer,
  learns,
  type Run,
  roundUp,
  rowsOf,
} from './layer.ts';

/** Joins the trunk's output with the context: [trunk | context | zeros]. The context itself is written by `cutContext`. */
export class Join implements Layer {
  readonly output: Activations;
  readonly #input: Activations;

  constructor(builder: Builder, input: Activations, context: number) {
    this.#input = input;
    const { channels, width } = input;
    const column = (channel: number) => (channel < channels ? input.column(channel) : width + channel - channels);
    this.output = builder.activations(
      { steps: 1, channels: channels + context, width: roundUp(width + context, 8), column },
      learns(input),
    );
  }

  /** First column of the context. */
  get contextColumn(): number {
    return this.#input.width;
  }

  forward(run: Run): void {
    const x = this.#input;
    const y = this.output;
    run.kernels.copyRows(rowsOf(run, x), x.stride, rowsOf(run, y), y.stride, x.width, run.samples);
  }

  backward(run: Run): void {
    const x = this.#input;
    if (!learns(x)) return;
    const from = gradientRowsOf(run, this.output);
    run.kernels.copyRows(from, this.output.width, gradientRowsOf(run, x), x.width, x.width, run.samples);
  }

  refresh(): void {}
}

/** Puts the steps of each sample side by side. Padded channels stay where they are; `column` gives the new place of a channel. */
export class Flatten implements Layer {
  readonly output: Activations;
  readonly #input: Activations;

  constructor(builder: Builder, input: Activations) {
    this.#input = input;
    const { steps, channels, width } = input;
    const column = (channel: number) => Math.floor(channel / channels) * width + input.column(channel % channels);
    this.output = builder.activations(
      { steps: 1, channels: steps * channels, width: steps * width, column },
      learns(input),
    );
  }

  forward(run: Run): void {
    const x = this.#input;
    const y = this.output;
    for (let step = 0; step < x.steps; step++) {
      const from = rowsOf(run, x) + step * run.samples * x.stride * 4;
      const to = rowsOf(run, y) + step * x.width * 4;
      run.kernels.copyRows(from, x.stride, to, y.stride, x.width, run.samples);
    }
  }

  backward(run: Run): void {
    const x = this.#input;
    const y = this.output;
    if (!learns(x)) return;
    for (let step = 0; step < x.steps; step++) {
      const from = gradientRowsOf(run, y) + step * x.width * 4;
      const to = gradientRowsOf(run, x) + step * run.samples * x.width * 4;
      run.kernels.copyRows(from, y.width, to, x.width, x.width, run.samples);
    }
  }

  refresh(): void {}
}

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
