/**
 * Learning rate of every step of a one-cycle run (Smith & Topin 2018): from a tenth of the peak up to it over the first
 * 30 %, then down to a thousandth, both along a cosine.
 */
export function oneCycle(steps: number, peak: number): Float32Array {
  const rise = Math.max(1, Math.floor(steps * 0.3));
  const ease = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
  return Float32Array.from({ length: steps }, (_, step) =>
    step < rise
      ? ease(peak / 10, peak, step / rise)
      : ease(peak, peak / 1000, (step - rise) / Math.max(1, steps - rise)),
  );
}
