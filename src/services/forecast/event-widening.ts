import { INTERVAL_MS } from '../../core/candle.ts';
import type { AnnouncementAhead } from '../../core/forecast.ts';
import type { EventKind, EventSchedule } from '../../core/market-events.ts';
import { MEDIAN_INDEX } from '../../core/quantiles.ts';
import type { EventFactors } from '../../ml/calibration/event-width.ts';
import type { ModelCard } from '../../ml/model/card.ts';

/** Of a forecast from a close, what widening it takes. */
interface WidenedPart {
  readonly model: { readonly card: Pick<ModelCard, 'interval' | 'steps'> };
  readonly eventFactors: EventFactors;
  readonly climatologyReason: string | null;
}

/** The announcement that a forecast of so many candles from a moment is widened for; null where there is none, and where climatology answers. */
export function announcementAhead(
  schedule: EventSchedule,
  part: WidenedPart,
  steps: number,
  fromMs: number,
): AnnouncementAhead | null {
  const { interval, steps: horizons } = part.model.card;
  const factors = part.eventFactors[horizons.indexOf(steps)];
  if (part.climatologyReason !== null || !factors) return null;
  const event = schedule.within(fromMs, steps * INTERVAL_MS[interval], Object.keys(factors) as EventKind[]);
  return event && { kind: event.kind, atMs: event.atMs, factor: factors[event.kind]! };
}

/** Quantiles at QUANTILE_LEVELS with their distances from the median scaled; the same array where the factor is one. */
export function scaledAround(quantiles: readonly number[], factor: number): readonly number[] {
  if (factor === 1) return quantiles;
  const median = quantiles[MEDIAN_INDEX]!;
  return quantiles.map((value) => median + factor * (value - median));
}
