import {
  type Activations,
  type BufferLayout,
  type Builder,
  gateStrideFor,
  gradientRowsOf,
  type Layer,
  learns,
  type ParameterBlock,
  panelPlace,
  type Run,
  roundUp,
  rowsOf,
  SHARD,
} from './layer.ts';

/** The buffer's rows leave room for the hidden state and its reset part: [input | hidden | reset ∘ hidden]. */
export const gruBufferLayout = (units: number): BufferLayout => ({ extra: 2 * roundUp(units, 8), before: 0, after: 0 });

/**
 * Gated recurrent unit (Cho et al. 2014; gates z, r, h as in Keras), giving its last hidden state. The reset gate acts before the
 * recurrent product (`reset_after: false`), the only kind that TensorFlow.js opens.
 */
export class Gru implements Layer {
  readonly output: Activations;
  readonly #input: Activations;
  readonly #units: number;
  readonly #gateStride: number;
  readonly #kernel: ParameterBlock;
  readonly #bias: ParameterBlock;
  readonly #transposed: number;
  readonly #gates: number;
  readonly #dHidden: number;
  readonly #dReset: number;

  constructor(builder: Builder, name: string, input: Activations, units: number) {
    const { plan } = builder;
    this.#input = input;
    this.#units = roundUp(units, 8);
    const padded = this.#units;
    const inputs = input.width;
    const depth = inputs + padded;
    const width = padded * 3;
    this.#gateStride = gateStrideFor(width);
    this.#kernel = plan.kernel(depth, width);
    this.#bias = plan.bias(width);
    this.#transposed = plan.transposed((padded + (learns(input) ? inputs : 0)) * width);
    // The kernel of z and r, then the candidate's input rows, then its hidden rows; see assembly/gru.ts.
    const candidateInput = depth * padded * 2;
    const candidateHidden = candidateInput + inputs * padded;
    const gate = (column: number) => {
      const unit = column % units;
      return (unit >> 2) * 8 + (column < units ? 0 : 4) + (unit & 3);
    };
    plan.tensor(`${name}/kernel`, [input.channels, 3 * units], this.#kernel, (channel, column) => {
      const row = input.column(channel!);
      if (column! < 2 * units) return panelPlace(depth, row, gate(column!));
      return candidateInput + panelPlace(inputs, row, column! - 2 * units);
    });
    plan.tensor(`${name}/recurrent_kernel`, [units, 3 * units], this.#kernel, (unit, column) => {
      if (column! < 2 * units) return panelPlace(depth, inputs + unit!, gate(column!));
      return candidateHidden + panelPlace(padded, unit!, column! - 2 * units);
    });
    plan.tensor(`${name}/bias`, [3 * units], this.#bias, (column) =>
      column! < 2 * units ? gate(column!) : 2 * padded + column! - 2 * units,
    );
    this.#gates = builder.room(input.steps * SHARD * this.#gateStride);
    this.#dHidden = builder.room(SHARD * padded);
    this.#dReset = builder.room(SHARD * padded);
    this.output = builder.activations({ steps: 1, channels: units, width: padded }, true);
  }

  forward(run: Run): void {
    const x = this.#input;
    run.kernels.gruForward(
      rowsOf(run, x),
      x.width,
      x.stride,
      x.steps,
      run.samples,
      run.params + this.#kernel.at * 4,
      run.params + this.#bias.at * 4,
      run.workspace + this.#gates,
      this.#gateStride,
      this.#units,
      rowsOf(run, this.output),
      this.output.stride,
    );
  }

  backward(run: Run): void {
    const x = this.#input;
    run.kernels.gruBackward(
      rowsOf(run, x),
      x.width,
      x.stride,
      x.steps,
      run.samples,
      run.transposed + this.#transposed * 4,
      learns(x) ? 1 : 0,
      run.workspace + this.#gates,
      this.#gateStride,
      this.#units,
      gradientRowsOf(run, this.output),
      this.output.width,
      run.workspace + this.#dHidden,
      run.workspace + this.#dReset,
      learns(x) ? gradientRowsOf(run, x) : 0,
      x.width,
      run.zeros,
      run.gradient + this.#kernel.at * 4,
      run.gradient + this.#bias.at * 4,
    );
  }

  refresh(run: Run): void {
    const { kernels } = run;
    const inputs = this.#input.width;
    const units = this.#units;
    const depth = inputs + units;
    const gates = run.params + this.#kernel.at * 4;
    const candidateInput = gates + depth * units * 8;
    const candidateHidden = candidateInput + inputs * units * 4;
    let to = run.transposed + this.#transposed * 4;
    kernels.transposePanels(candidateHidden, units, 0, units, units, to);
    to += units * units * 4;
    kernels.transposePanels(gates, depth, inputs, units, units * 2, to);
    if (!learns(this.#input)) return;
    to += units * units * 8;
    kernels.transposePanels(gates, depth, 0, inputs, units * 2, to);
    to += inputs * units * 8;
    kernels.transposePanels(candidateInput, inputs, 0, inputs, units, to);
  }
}
