import type { RollingForecaster } from '../forecast/rolling-forecaster.ts';
import { climatologyBaseline } from './climatology.ts';
import { garchBaseline } from './garch.ts';
import { harBaseline } from './har.ts';
import { ewmaBaseline, randomWalkBaseline } from './random-walk.ts';

/** Every baseline that a model is measured against, in the order of tables. */
export const BASELINES: readonly RollingForecaster[] = [
  randomWalkBaseline,
  climatologyBaseline,
  ewmaBaseline,
  garchBaseline,
  harBaseline,
];
