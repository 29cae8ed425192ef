import type { GatedInput } from './gated-input.ts';
import {
  type Activations,
  type Builder,
  gradientRowsOf,
  type Layer,
  learns,
  type ParameterBlock,
  panelPlace,
  type Run,
  roundUp,
  rowsOf,
} from './layer.ts';

/** What a dense layer is made of. */
export interface DenseOptions {
  readonly units: number;
  readonly activation: 'relu' | 'tanh' | 'linear';
}

/** A fully connected layer. `addition`, if there is one, adds to its sums before the activation. */
export class Dense implements Layer {
  readonly output: Activations;
  readonly #input: Activations;
  readonly #activation: DenseOptions['activation'];
  readonly #width: number;
  readonly #kernel: ParameterBlock;
  readonly #bias: ParameterBlock;
  readonly #transposed: number;
  readonly #addition: GatedInput | null;

  constructor(
    builder: Builder,
    name: string,
    input: Activations,
    options: DenseOptions,
    addition: GatedInput | null = null,
  ) {
    const { plan } = builder;
    const { units } = options;
    this.#input = input;
    this.#addition = addition;
    this.#activation = options.activation;
    this.#width = roundUp(units, 8);
    const depth = input.stride;
    this.#kernel = plan.kernel(depth, this.#width);
    this.#bias = plan.bias(this.#width);
    this.#transposed = learns(input) ? plan.transposed(input.width * this.#width) : -1;
    plan.tensor(`${name}/kernel`, [input.channels, units], this.#kernel, (channel, unit) =>
      panelPlace(depth, input.column(channel!), unit!),
    );
    plan.tensor(`${name}/bias`, [units], this.#bias, (unit) => unit!);
    this.output = builder.activations({ steps: 1, channels: units, width: this.#width }, true);
  }

  forward(run: Run): void {
    const { kernels, samples } = run;
    const x = this.#input;
    const y = this.output;
    const to = rowsOf(run, y);
    const weights = run.params + this.#kernel.at * 4;
    const bias = run.params + this.#bias.at * 4;
    kernels.matmul(rowsOf(run, x), x.stride, 1, 0, x.stride, weights, bias, 0, to, y.stride, samples, this.#width);
    this.#addition?.add(run, to, y.stride);
    if (this.#activation !== 'linear') kernels[this.#activation](to, y.stride, this.#width, samples);
  }

  backward(run: Run): void {
    const { kernels, samples } = run;
    const x = this.#input;
    const y = this.output;
    const width = this.#width;
    const dy = gradientRowsOf(run, y);
    if (this.#activation !== 'linear') {
      kernels[`${this.#activation}Backward`](rowsOf(run, y), y.stride, dy, width, width, samples);
    }
    this.#addition?.backward(run, dy, width);
    kernels.columnSums(dy, width, width, samples, run.gradient + this.#bias.at * 4);
    const dWeights = run.gradient + this.#kernel.at * 4;
    kernels.matmulGradient(rowsOf(run, x), x.stride, x.stride, dy, width, width, samples, dWeights, x.stride * 8);
    if (!learns(x)) return;
    const dx = gradientRowsOf(run, x);
    const panels = run.transposed + this.#transposed * 4;
    kernels.matmul(dy, width, 1, 0, width, panels, run.zeros, 0, dx, x.width, samples, x.width);
  }

  refresh(run: Run): void {
    if (this.#transposed < 0) return;
    const x = this.#input;
    const to = run.transposed + this.#transposed * 4;
    run.kernels.transposePanels(run.params + this.#kernel.at * 4, x.stride, 0, x.width, this.#width, to);
  }
}
