import type { CalibrationState } from '../../src/core/calibration-state.ts';
import type { CalibrationStore } from '../../src/services/forecast/forecast-inputs.ts';

/** Keeps what calibration has learnt in memory, with what was kept for everybody to see. */
export function memoryCalibrations(): CalibrationStore & { readonly kept: Map<string, CalibrationState> } {
  const kept = new Map<string, CalibrationState>();
  const key = (symbol: string, interval: string, model: string, endHour: number) =>
    `${symbol} ${interval} ${model}${endHour === 0 ? '' : ` ${endHour}`}`;
  return {
    kept,
    get: async (symbol, interval, model, endHour = 0) => kept.get(key(symbol, interval, model, endHour)) ?? null,
    put: async (symbol, interval, model, state, endHour = 0) => {
      kept.set(key(symbol, interval, model, endHour), state);
    },
  };
}
