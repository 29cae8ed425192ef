import { headWidth, medianIndex, outputCount, outputsPerHorizon, tailWeight } from './layers/head.ts';
import type { HeadSpec, NetworkSpec, WeightTensor } from './types.ts';

/** A layer of a saved functional model, as TensorFlow.js writes it. */
interface LayerConfig {
  readonly name: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: readonly unknown[];
}

/** Name of a layer in the tower of an ensemble's member (counted from 0). */
export const towerName = (member: number, layer: string): string => `member${member + 1}_${layer}`;

const ZEROS = { class_name: 'Zeros', config: {} };
const INITIALIZERS = { kernel_initializer: ZEROS, bias_initializer: ZEROS };

/**
 * The topology of an ensemble in TensorFlow.js's format: inputs `window` and, if the network has them, `context`, `sentiment` and
 * `sentiment_known` (its masks); one tower per member; an average over them. Only layers that are part of plain TensorFlow.js.
 */
export function modelTopology(spec: NetworkSpec, members: number): object {
  const layers: LayerConfig[] = [];
  const add = (className: string, name: string, config: object, inputs: readonly string[]) => {
    const inbound = inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [];
    layers.push({ name, class_name: className, config: { name, trainable: true, ...config }, inbound_nodes: inbound });
    return name;
  };
  const input = (name: string, shape: readonly number[]) =>
    add('InputLayer', name, { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false }, []);
  const inputs = [input('window', [spec.window, spec.features])];
  if (spec.context > 0) inputs.push(input('context', [spec.context]));
  if (spec.sentiment) {
    const { inputs: all, masks } = spec.sentiment;
    inputs.push(input('sentiment', [all - masks]));
    if (masks > 0) inputs.push(input('sentiment_known', [masks]));
  }
  const towers = Array.from({ length: members }, (_, member) => {
    return addTower(spec, (className, name, config, from) => {
      const names = from.map((source) => (inputs.includes(source) ? source : towerName(member, source)));
      add(className, towerName(member, name), config, names);
      return name;
    });
  }).map((name, member) => towerName(member, name));
  const output = towers.length === 1 ? towers[0]! : add('Average', 'average', {}, towers);
  return {
    class_name: 'Model',
    config: {
      name: 'candlecast',
      layers,
      input_layers: inputs.map((name) => [name, 0, 0]),
      output_layers: [[output, 0, 0]],
    },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
}

type Add = (className: string, name: string, config: object, inputs: readonly string[]) => string;

function addTower(spec: NetworkSpec, add: Add): string {
  const counts = new Map<string, number>();
  const named = (type: string) => {
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    return `${type}_${count}`;
  };
  const dense = (name: string, units: number, activation: string, from: string) =>
    add('Dense', name, { units, activation, use_bias: true, ...INITIALIZERS }, [from]);
  let x = 'window';
  for (const layer of spec.trunk) {
    const name = named(layer.type);
    if (layer.type === 'conv1d') {
      const { filters, kernel, activation } = layer;
      const shape = { filters, kernel_size: [kernel], strides: [1], padding: 'same', dilation_rate: [1] };
      x = add('Conv1D', name, { ...shape, activation, use_bias: true, ...INITIALIZERS }, [x]);
    } else if (layer.type === 'maxPool') {
      const { size } = layer;
      x = add('MaxPooling1D', name, { pool_size: [size], strides: [size], padding: 'valid' }, [x]);
    } else if (layer.type === 'lstm') {
      const gates = { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true, unit_forget_bias: false };
      const rest = { ...INITIALIZERS, recurrent_initializer: ZEROS, return_sequences: false };
      x = add('LSTM', name, { units: layer.units, ...gates, ...rest }, [x]);
    } else if (layer.type === 'gru') {
      const gates = { activation: 'tanh', recurrent_activation: 'sigmoid', use_bias: true, reset_after: false };
      const rest = { ...INITIALIZERS, recurrent_initializer: ZEROS, return_sequences: false };
      x = add('GRU', name, { units: layer.units, ...gates, ...rest }, [x]);
    } else if (layer.type === 'flatten') x = add('Flatten', name, {}, [x]);
    else x = add('Dropout', name, { rate: layer.rate }, [x]);
  }
  if (spec.context > 0) x = add('Concatenate', 'join', { axis: -1 }, [x, 'context']);
  for (const layer of spec.dense) {
    const name = named(layer.type);
    if (name === 'dense_1' && layer.type === 'dense' && spec.sentiment) {
      const sums = dense(name, layer.units, 'linear', x);
      x = addGate(add, sums, layer.units, layer.activation, spec.sentiment.masks > 0);
    } else if (layer.type === 'dense') x = dense(name, layer.units, layer.activation, x);
    else x = add('Dropout', name, { rate: layer.rate }, [x]);
  }
  const { head } = spec;
  const z = dense('head', headWidth(head), 'linear', x);
  if (head.type === 'linear') return z;
  const fixed = { trainable: false, ...INITIALIZERS };
  const units = head.horizons * (head.levels.length - 1);
  const increments = add('Dense', 'increments', { units, activation: 'softplus', use_bias: true, ...fixed }, [z]);
  const both = add('Concatenate', 'curve', { axis: -1 }, [increments, z]);
  const sums = { units: outputCount(head), activation: 'linear', use_bias: false, ...fixed };
  return add('Dense', 'quantiles', sums, [both]);
}

/** The gated sentiment added to a dense layer's sums, and the activation after it. */
function addGate(add: Add, sums: string, units: number, activation: string, masked: boolean): string {
  const open = { units, activation: 'sigmoid', use_bias: true, ...INITIALIZERS };
  const all = masked
    ? add('Concatenate', 'sentiment_all', { axis: -1 }, ['sentiment', 'sentiment_known'])
    : 'sentiment';
  const gate = add('Dense', 'sentiment_gate', open, [all]);
  const plain = { units, activation: 'linear', use_bias: false, ...INITIALIZERS };
  const value = add('Dense', 'sentiment_value', plain, ['sentiment']);
  const gated = add('Multiply', 'sentiment_gated', {}, [gate, value]);
  const joined = add('Add', 'sentiment_joined', {}, [sums, gated]);
  return add('Activation', 'sentiment_activation', { activation }, [joined]);
}

/**
 * The quantile head as standard layers: a dense layer with a fixed kernel that gives every increment's scale (its bias is the learned
 * base curve) and one that sums increments outward from the location.
 */
export function fixedHeadTensors(head: HeadSpec & { type: 'quantile' }, base: Float32Array): WeightTensor[] {
  const { horizons, levels } = head;
  const steps = levels.length - 1;
  const perHorizon = outputsPerHorizon(head);
  const median = medianIndex(levels);
  const inputs = headWidth(head);
  const curve = horizons * steps;
  const increments = new Float32Array(inputs * curve);
  const outputs = horizons * levels.length;
  const sums = new Float32Array((curve + inputs) * outputs);
  for (let h = 0; h < horizons; h++) {
    for (let k = 0; k < steps; k++) {
      const column = h * steps + k;
      const side = k < median ? 1 : 2;
      increments[(h * perHorizon + side) * curve + column] = 1;
      increments[(h * perHorizon + 3) * curve + column] = tailWeight(levels, k);
      for (let level = 0; level < levels.length; level++) {
        const sign = k >= median && level > k ? 1 : k < median && level <= k ? -1 : 0;
        sums[column * outputs + h * levels.length + level] = sign;
      }
    }
    for (let level = 0; level < levels.length; level++) {
      sums[(curve + h * perHorizon) * outputs + h * levels.length + level] = 1;
    }
  }
  return [
    { name: 'increments/kernel', shape: [inputs, curve], data: increments },
    { name: 'increments/bias', shape: [curve], data: base },
    { name: 'quantiles/kernel', shape: [curve + inputs, outputs], data: sums },
  ];
}
