import type { AccuracyReport } from '../../core/accuracy.ts';
import type { BacktestReport } from '../../core/backtest.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import type { PaperReport } from '../../core/paper.ts';
import type { SentimentReport } from '../../core/sentiment.ts';

/** Colours of a chart; the picture brings its own background, so either reads on either. */
export type ChartTheme = 'dark' | 'light';

/** Draws charts off the calling thread. */
export interface ChartRenderer {
  /** PNG bytes of the fan chart. */
  fanChart(report: ForecastReport, theme: ChartTheme): Promise<Uint8Array>;
  /** PNG bytes of the gauges and the score over time. */
  sentimentChart(report: SentimentReport, theme: ChartTheme): Promise<Uint8Array>;
  /** PNG bytes of an account's gains and falls beside holding, and the trades on the price. */
  backtestChart(report: BacktestReport, theme: ChartTheme): Promise<Uint8Array>;
  /** PNG bytes of a paper portfolio's gains and falls beside holding. */
  paperChart(report: PaperReport, theme: ChartTheme): Promise<Uint8Array>;
  /** PNG bytes of past bands with what happened, and the calibration of P(up). */
  accuracyChart(report: AccuracyReport, theme: ChartTheme): Promise<Uint8Array>;
  close(): Promise<void>;
}
