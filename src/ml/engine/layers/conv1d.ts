import {
  type Activations,
  type BufferLayout,
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

/** Zero steps that 'same' padding puts before and after, as TensorFlow does (the odd one after). */
export const conv1dBufferLayout = (kernel: number): BufferLayout => {
  const before = Math.floor((kernel - 1) / 2);
  return { extra: 0, before, after: kernel - 1 - before };
};

/**
 * One-dimensional convolution with 'same' padding, stride 1. No im2col is written: in the time-major layout the rows of one
 * kernel position are the input's rows shifted by whole steps, so the matrix kernel reads them in place.
 */
export class Conv1D implements Layer {
  readonly output: Activations;
  readonly #input: Activations;
  readonly #taps: number;
  readonly #relu: boolean;
  readonly #width: number;
  readonly #kernel: ParameterBlock;
  readonly #bias: ParameterBlock;
  readonly #transposed: number;

  constructor(
    builder: Builder,
    name: string,
    input: Activations,
    spec: { readonly filters: number; readonly kernel: number; readonly activation: 'relu' | 'linear' },
  ) {
    const { plan } = builder;
    this.#input = input;
    this.#taps = spec.kernel;
    this.#relu = spec.activation === 'relu';
    this.#width = roundUp(spec.filters, 8);
    const depth = spec.kernel * input.width;
    this.#kernel = plan.kernel(depth, this.#width);
    this.#bias = plan.bias(this.#width);
    this.#transposed = learns(input) ? plan.transposed(depth * this.#width) : -1;
    plan.tensor(`${name}/kernel`, [spec.kernel, input.channels, spec.filters], this.#kernel, (tap, channel, filter) =>
      panelPlace(depth, tap! * input.width + input.column(channel!), filter!),
    );
    plan.tensor(`${name}/bias`, [spec.filters], this.#bias, (filter) => filter!);
    this.output = builder.activations({ steps: input.steps, channels: spec.filters, width: this.#width }, true);
  }

  forward(run: Run): void {
    const { kernels, samples } = run;
    const x = this.#input;
    const y = this.output;
    const stepBytes = samples * x.stride * 4;
    const first = run.workspace + x.at;
    kernels.clear(first, x.before * stepBytes);
    kernels.clear(first + (x.before + x.steps) * stepBytes, x.after * stepBytes);
    const rows = x.steps * samples;
    const to = rowsOf(run, y);
    const bias = run.params + this.#bias.at * 4;
    const weights = run.params + this.#kernel.at * 4;
    const tapStride = samples * x.stride;
    kernels.matmul(first, x.stride, this.#taps, tapStride, x.width, weights, bias, 0, to, y.stride, rows, this.#width);
    if (this.#relu) kernels.relu(to, y.stride, this.#width, rows);
  }

  backward(run: Run): void {
    const { kernels, samples } = run;
    const x = this.#input;
    const y = this.output;
    const rows = x.steps * samples;
    const dy = gradientRowsOf(run, y);
    const width = this.#width;
    if (this.#relu) kernels.reluBackward(rowsOf(run, y), y.stride, dy, width, width, rows);
    kernels.columnSums(dy, width, width, rows, run.gradient + this.#bias.at * 4);
    const dWeights = run.gradient + this.#kernel.at * 4;
    const panelStride = this.#taps * x.width * 8;
    for (let step = 0; step < x.steps; step += CHUNK_STEPS) {
      const part = Math.min(CHUNK_STEPS, x.steps - step);
      const from = dy + step * samples * width * 4;
      for (let tap = 0; tap < this.#taps; tap++) {
        const input = run.workspace + x.at + (step + tap) * samples * x.stride * 4;
        const to = dWeights + tap * x.width * 32;
        kernels.matmulGradient(input, x.stride, x.width, from, width, width, part * samples, to, panelStride);
      }
    }
    if (!learns(x)) return;
    const dx = run.workspace + x.gradientAt;
    const stepBytes = samples * x.width * 4;
    kernels.clear(dx, (x.before + x.steps + x.after) * stepBytes);
    for (let tap = 0; tap < this.#taps; tap++) {
      const panels = run.transposed + (this.#transposed + tap * x.width * width) * 4;
      const to = dx + tap * stepBytes;
      kernels.matmul(dy, width, 1, 0, width, panels, to, x.width, to, x.width, rows, x.width);
    }
  }

  refresh(run: Run): void {
    if (this.#transposed < 0) return;
    const x = this.#input;
    const weights = run.params + this.#kernel.at * 4;
    for (let tap = 0; tap < this.#taps; tap++) {
      const to = run.transposed + (this.#transposed + tap * x.width * this.#width) * 4;
      run.kernels.transposePanels(weights, this.#taps * x.width, tap * x.width, x.width, this.#width, to);
    }
  }
}

/** Steps per product of the kernel's gradient, so that its operands stay in the L1 cache. */
const CHUNK_STEPS = 4;
