import { type Activations, type Builder, gradientRowsOf, type Layer, learns, type Run, rowsOf } from './layer.ts';

/** Puts the steps of each sample side by side. Padded channels stay where they are; `column` tells where a channel went. */
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
