import type { ForecastReport } from '../../core/forecast.ts';
import type { UnissuedForecast } from '../../core/ledger.ts';
import type { ForecastService, LedgerService } from '../services.ts';

/** What the ledger keeps of a report. */
export function toUnissued(report: ForecastReport): UnissuedForecast {
  return {
    symbol: report.asset.symbol,
    interval: report.horizon.interval,
    horizon: report.horizon.name,
    originMs: report.originMs,
    targetMs: report.targetMs,
    lastPrice: report.lastPrice,
    quantiles: report.quantiles,
    pUp: report.pUp,
    climatology: report.climatology,
    model: report.model.version,
    source: report.data.source,
    sentimentShare: report.sentiment?.share ?? null,
  };
}

/** The same forecasts, each written down before it is handed on: no surface can show one that is not in the ledger. */
export function recordingForecastService(
  inner: ForecastService,
  ledger: Pick<LedgerService, 'record'>,
): ForecastService {
  return {
    async forecast(request) {
      const report = await inner.forecast(request);
      await ledger.record(report);
      return report;
    },
  };
}
