import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from './load-tensorflow.ts';

/** The part of tfjs-node's backend through which any of TensorFlow's own operations can be called. */
interface NativeBackend {
  readonly binding: {
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_FLOAT: number;
    readonly TF_INT64: number;
    createTensor(shape: readonly number[], type: number, data: Int32Array): number;
    deleteTensor(id: number): void;
    executeOp(name: string, attributes: readonly object[], inputs: readonly number[], outputs: number): object[];
  };
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(output: object): Tensor;
}

/** Whether the backend in use is native TensorFlow, which has an LSTM over all steps as one operation. */
export const hasFusedLstm = (tf: TensorFlow): boolean => tf.getBackend() === 'tensorflow';

/**
 * The last hidden state of an LSTM over `x` [n, steps, channels] with gates in the order i f c o, as TensorFlow's BlockLSTMV2: one
 * call instead of a dozen for each step, which is where tfjs-node's time goes otherwise.
 */
export function fusedLstm(tf: TensorFlow, x: Tensor3D, kernel: Tensor2D, recurrent: Tensor2D, bias: Tensor1D): Tensor {
  const backend = tf.backend() as unknown as NativeBackend;
  const [n, steps, channels] = x.shape;
  const [units] = recurrent.shape;
  const operation = tf.customGrad((...given) => {
    // The last argument keeps tensors for the gradient.
    const save = given.pop() as unknown as (tensors: Tensor[]) => void;
    const [input, inputKernel, recurrentKernel, offset] = given as Tensor[] as [Tensor3D, Tensor2D, Tensor2D, Tensor1D];
    const inputs = [tf.transpose(input, [1, 0, 2]), tf.concat([inputKernel, recurrentKernel], 0), offset];
    const states = runOverSteps(backend, 'BlockLSTMV2', steps, operands(tf, n, units, inputs), 7);
    save([...inputs, ...states]);
    const value = tf.reshape(tf.slice(states[6]!, [steps - 1, 0, 0], [1, n, units]), [n, units]);
    const gradFunc = (slope: Tensor, saved: Tensor[]) => {
      const before = tf.zeros([steps - 1, n, units]);
      const dHidden = steps > 1 ? tf.concat([before, tf.expandDims(slope, 0)], 0) : tf.expandDims(slope, 0);
      const dCells = tf.zeros([steps, n, units]);
      const known = [...operands(tf, n, units, saved.slice(0, 3)), ...saved.slice(3), dCells, dHidden];
      const gradients = runOverSteps(backend, 'BlockLSTMGradV2', steps, known, 8);
      const [dInput, , , dKernels, , , , dBias] = gradients as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      return [
        tf.transpose(dInput, [1, 0, 2]),
        tf.slice(dKernels, [0, 0], [channels, 4 * units]),
        tf.slice(dKernels, [channels, 0], [units, 4 * units]),
        dBias,
      ];
    };
    return { value, gradFunc };
  });
  return operation(x, kernel, recurrent, bias);
}

/** x, first cell and hidden state (zeros), kernels, peepholes (none), bias: what both operations take after the number of steps. */
function operands(tf: TensorFlow, n: number, units: number, [x, kernels, bias]: readonly Tensor[]): Tensor[] {
  const state = tf.zeros([n, units]);
  const peephole = tf.zeros([units]);
  return [x!, state, state, kernels!, peephole, peephole, peephole, bias!];
}

function runOverSteps(
  backend: NativeBackend,
  name: 'BlockLSTMV2' | 'BlockLSTMGradV2',
  steps: number,
  inputs: readonly Tensor[],
  outputs: number,
): Tensor[] {
  const { binding } = backend;
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'use_peephole', type: binding.TF_ATTR_BOOL, value: false },
    ...(name === 'BlockLSTMV2' ? [{ name: 'cell_clip', type: binding.TF_ATTR_FLOAT, value: 0 }] : []),
  ];
  // A 64-bit number, which TensorFlow.js has no tensors for: low word, high word.
  const count = binding.createTensor([], binding.TF_INT64, Int32Array.of(steps, 0));
  try {
    const made = binding.executeOp(name, attributes, [count, ...backend.getInputTensorIds(inputs)], outputs);
    return made.map((output) => backend.createOutputTensor(output));
  } finally {
    binding.deleteTensor(count);
  }
}
