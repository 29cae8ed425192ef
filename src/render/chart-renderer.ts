import type { ForecastReport } from '../core/forecast.ts';

/** Colours of a chart; the picture brings its own background, so either reads on either. */
export type ChartTheme = 'dark' | 'light';

/** Draws charts off the calling thread. */
export interface ChartRenderer {
  /** PNG bytes of the fan chart. */
  fanChart(report: ForecastReport, theme: ChartTheme): Promise<Uint8Array>;
  close(): Promise<void>;
}
