import { CandlecastError } from '../../core/errors.ts';

/** Throws `CC_ENGINE_SHAPE` with the message unless the condition holds. */
export function requireShape(condition: boolean, message: string): asserts condition {
  if (!condition) throw new CandlecastError('CC_ENGINE_SHAPE', message);
}

/** Throws `CC_ENGINE_SHAPE` unless the value is a whole number from `least` to `most`. */
export function requireWhole(name: string, value: number, least: number, most: number): void {
  requireShape(
    Number.isInteger(value) && value >= least && value <= most,
    `${name} must be a whole number from ${least} to ${most}, not ${value}.`,
  );
}
