import { stepNames } from '../../features/build.ts';
import type { STEP_FEATURES } from '../../features/step-features.ts';

const NEUTRAL: Readonly<Record<(typeof STEP_FEATURES)[number], number>> = {
  return: 0,
  logRange: 0,
  closePlace: 0,
  relativeVolume: 0,
  present: 1,
  btcReturn: 0,
  btcLogRange: 0,
  btcPresent: 1,
};

/** A candle that tells the net nothing, in the order of `stepNames`. */
export const NEUTRAL_STEP: readonly number[] = stepNames.map((name) => NEUTRAL[name as keyof typeof NEUTRAL]);
