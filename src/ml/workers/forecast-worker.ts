import { builtInEngine } from '../model/backend.ts';
import { createForecastAnswerer } from './answer-forecasts.ts';

/** Entry of the pool's threads. */
export default createForecastAnswerer(() => builtInEngine);
