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

/** The input's rows leave room for the hidden state, so that [input | hidden] is one operand without copying. */
export const lstmBufferLayout = (units: number): BufferLayout => ({ extra: roundUp(units, 8), before: 0, after: 0 });

/** Column of a unit's gate: the four gates of four units lie side by side. */
const gateColumn = (gate: number, unit: number): number => (unit >> 2) * 16 + gate * 4 + (unit & 3);

/** Long short-term memory (Hochreiter & Schmidhuber 1997; gates i, f, c, o as in Keras), giving its last hidden state. */
export class Lstm implements Layer {
  readonly output: Activations;
  readonly #input: Activations;
  readonly #units: number;
  readonly #gateStride: number;
  readonly #kernel: ParameterBlock;
  readonly #bias: ParameterBlock;
  readonly #transposed: number;
  readonly #gates: number;
  readonly #cells: number;
  readonly #dHidden: number;
  readonly #dCell: number;

  constructor(builder: Builder, name: string, input: Activations, units: number) {
    const { plan } = builder;
    this.#input = input;
    this.#units = roundUp(units, 8);
    const width = this.#units * 4;
    this.#gateStride = gateStrideFor(width);
    const depth = input.stride;
    this.#kernel = plan.kernel(depth, width);
    this.#bias = plan.bias(width);
    this.#transposed = plan.transposed((this.#units + (learns(input) ? input.width : 0)) * width);
    const gate = (column: number) => gateColumn(Math.floor(column / units), column % units);
    plan.tensor(`${name}/kernel`, [input.channels, 4 * units], this.#kernel, (channel, column) =>
      panelPlace(depth, input.column(channel!), gate(column!)),
    );
    plan.tensor(`${name}/recurrent_kernel`, [units, 4 * units], this.#kernel, (unit, column) =>
      panelPlace(depth, input.width + unit!, gate(column!)),
    );
    plan.tensor(`${name}/bias`, [4 * units], this.#bias, (column) => gate(column!));
    this.#gates = builder.room(input.steps * SHARD * this.#gateStride);
    this.#cells = builder.room((input.steps + 1) * SHARD * this.#units);
    this.#dHidden = builder.room(SHARD * this.#units);
    this.#dCell = builder.room(SHARD * this.#units);
    this.output = builder.activations({ steps: 1, channels: units, width: this.#units }, true);
  }

  forward(run: Run): void {
    const x = this.#input;
    run.kernels.lstmForward(
      rowsOf(run, x),
      x.stride,
      x.steps,
      run.samples,
      run.params + this.#kernel.at * 4,
      run.params + this.#bias.at * 4,
      run.workspace + this.#gates,
      this.#gateStride,
      run.workspace + this.#cells,
      this.#units,
      rowsOf(run, this.output),
      this.output.stride,
    );
  }

  backward(run: Run): void {
    const x = this.#input;
    run.kernels.lstmBackward(
      rowsOf(run, x),
      x.stride,
      x.steps,
      run.samples,
      run.transposed + this.#transposed * 4,
      learns(x) ? x.width : 0,
      run.workspace + this.#gates,
      this.#gateStride,
      run.workspace + this.#cells,
      this.#units,
      gradientRowsOf(run, this.output),
      this.output.width,
      run.workspace + this.#dHidden,
      run.workspace + this.#dCell,
      learns(x) ? gradientRowsOf(run, x) : 0,
      x.width,
      run.zeros,
      run.gradient + this.#kernel.at * 4,
      run.gradient + this.#bias.at * 4,
    );
  }

  refresh(run: Run): void {
    const x = this.#input;
    const first = learns(x) ? 0 : x.width;
    run.kernels.transposePanels(
      run.params + this.#kernel.at * 4,
      x.stride,
      first,
      x.stride - first,
      this.#units * 4,
      run.transposed + this.#transposed * 4,
    );
  }
}
