/** The kernels that TypeScript calls. All addresses are bytes in the shared memory; nothing here allocates. */
export { initialise, multiplyAdds } from './simd';
export { columnSums, matmul, matmulGradient, transposePanels } from './matmul';
export { gruBackward, gruForward } from './gru';
export { lstmBackward, lstmForward } from './lstm';
export {
  clear, copyRows, dropout, gateBackward, gateForward, gather, maxPool, maxPoolBackward, relu, reluBackward, tanh, tanhBackward,
} from './elementwise';
export { linearLoss, quantileForward, quantileLoss } from './heads';
export { adamw, sumShards, sumSquares } from './optimizer';

/** Where the kernels' own constants end; the arena starts above it. */
export function arenaStart(): usize {
  return __heap_base;
}
