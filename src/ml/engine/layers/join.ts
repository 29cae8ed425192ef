import { roundUp } from '../parameter-plan.ts';
import { type Activations, type Builder, gradientRowsOf, type Layer, learns, type Run, rowsOf } from './layer.ts';

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
