import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AccuracyReport } from '../../core/accuracy.ts';
import type { BacktestReport } from '../../core/backtest.ts';
import type { ForecastReport } from '../../core/forecast.ts';
import { HORIZONS } from '../../core/horizon.ts';
import { type Logger, silentLogger } from '../../core/logger.ts';
import type { OddsAnswer } from '../../core/odds.ts';
import type { OddsRecordReport } from '../../core/odds-record.ts';
import type { CoinGlance } from '../../core/outlook.ts';
import type { PaperReport } from '../../core/paper.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import type { SentimentReport } from '../../core/sentiment.ts';
import { DAY_MS } from '../../core/time.ts';
import { whileDrawing } from '../../core/under-way.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { builtUrl } from '../../workers/worker-channel.ts';
import { createWorkerPool } from '../../workers/worker-pool.ts';
import { accuracyChartInput } from '../accuracy/accuracy-chart-input.ts';
import { oddsRecordChartInput } from '../accuracy/odds-record-chart.ts';
import { type BacktestChartInput, backtestChartInput, drawdowns } from '../backtest/backtest-chart.ts';
import { coinsText, ruleLabelOf } from '../backtest/rule-text.ts';
import type { CandleChartInput } from '../candles/candle-chart-input.ts';
import { type FanChartInput, fanChartInput } from '../forecast/fan-chart-input.ts';
import { type OddsReader, oddsChartInput } from '../odds/odds-chart-input.ts';
import type { PriceChartInput } from '../price/price-chart.ts';
import { sentimentChartInput } from '../sentiment/sentiment-chart.ts';
import { coinTableInput } from '../watch/coin-table.ts';
import type { ChartTask, task } from './chart-task.ts';
import type { ChartTheme } from './chart-theme.ts';
import { fullDate } from './time-axis.ts';

/** Draws charts off the calling thread. */
export interface ChartRenderer {
  /** PNG bytes of the fan chart, with times in UTC or in the zone given; words and numbers as in the BCP 47 locale, default English. */
  fanChart(report: ForecastReport, theme: ChartTheme, timeZone?: string, locale?: string): Promise<Uint8Array>;
  /** PNG bytes of the fan up to the moment asked about, with the level drawn. */
  oddsChart(answer: OddsAnswer, theme: ChartTheme, reader: OddsReader): Promise<Uint8Array>;
  /** PNG bytes of the gauges and the score over time. */
  sentimentChart(report: SentimentReport, theme: ChartTheme, locale: string): Promise<Uint8Array>;
  /** PNG bytes of an account's returns and drawdowns beside holding, and the trades on the price. */
  backtestChart(report: BacktestReport, theme: ChartTheme, locale: string): Promise<Uint8Array>;
  /** PNG bytes of a paper portfolio's returns and drawdowns beside holding. */
  paperChart(report: PaperReport, theme: ChartTheme, locale: string): Promise<Uint8Array>;
  /** PNG bytes of past bands with what happened, and the calibration of P(up); words and numbers as in the BCP 47 locale. */
  accuracyChart(report: AccuracyReport, theme: ChartTheme, locale: string): Promise<Uint8Array>;
  /** PNG bytes of how often what odds said happened; words and numbers as in the BCP 47 locale. */
  oddsRecordChart(report: OddsRecordReport, theme: ChartTheme, locale: string): Promise<Uint8Array>;
  /** PNG bytes of a table of coins: price, change of a day, likely range, restlessness; in the language of a locale. */
  coinTable(glances: readonly CoinGlance[], title: string, theme: ChartTheme, locale: string): Promise<Uint8Array>;
  /** PNG bytes of prices with their lines; every word is in the input. */
  priceChart(input: PriceChartInput, theme: ChartTheme): Promise<Uint8Array>;
  /** PNG bytes of candles with volume, averages and maybe a fan; every word is in the input. */
  candleChart(input: CandleChartInput, theme: ChartTheme): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Settings of {@link createChartRenderer}; every one has a default. */
export interface ChartRendererOptions {
  /** Worker threads; 1 draws about fifteen charts a second. */
  readonly threads?: number;
  /** Finished charts kept, about 110 kB each. */
  readonly cacheSize?: number;
  /** Charts that may wait at once; the next is refused with `CC_BUSY`. */
  readonly maxWaiting?: number;
  /** Longest a chart may take, waiting included. */
  readonly timeoutMs?: number;
  readonly logger?: Logger;
  /** Pictures that other processes have drawn, by the hash of what is drawn. Neither method rejects. */
  readonly shared?: { get(key: string): Promise<Uint8Array | undefined>; set(key: string, png: Uint8Array): void };
}

/** A flat picture that makes the worker load its libraries and fonts before the first person asks. */
const warmUpInput: FanChartInput = {
  symbol: 'BTC',
  name: 'Bitcoin',
  horizon: HORIZONS['1d'],
  originMs: DAY_MS * 30,
  targetMs: DAY_MS * 31,
  lastPrice: 100,
  currency: 'USD',
  quantiles: QUANTILE_LEVELS.map((level) => 99 + 2 * level),
  fan: [
    { timeMs: DAY_MS * 30, quantiles: QUANTILE_LEVELS.map(() => 100) },
    { timeMs: DAY_MS * 31, quantiles: QUANTILE_LEVELS.map((level) => 99 + 2 * level) },
  ],
  history: Array.from({ length: 30 }, (_, day) => {
    const openTimeMs = DAY_MS * day;
    return { openTimeMs, candle: { openTimeMs, open: 100, high: 102, low: 98, close: 101, volume: 1 } };
  }),
  slotMs: DAY_MS,
  timeZone: 'UTC',
  locale: 'en-US',
  simulated: true,
};

/**
 * Starts the chart worker, warms it up and returns the renderer. Equal pictures are drawn once and kept; the same picture
 * asked for twice at the same time is one task. Every chart throws `CC_TIMEOUT`, `CC_BUSY`, `CC_WORKER_DIED` or, once closed,
 * `CC_STOPPING`, all retryable; `CC_INTERNAL` for what cannot be drawn.
 */
export function createChartRenderer(options: ChartRendererOptions = {}): ChartRenderer {
  const { threads = 1, cacheSize = 200, maxWaiting = 64, timeoutMs = 10_000, logger = silentLogger, shared } = options;
  const pool = createWorkerPool<typeof task>(builtUrl('./chart-task.js', import.meta.url), {
    setup: null,
    noun: 'chart',
    workers: threads,
    maxWaiting,
    timeoutMs,
  });
  const finished = new LRUCache<string, Promise<Uint8Array>>({ max: cacheSize });
  let closing = false;
  void pool.run('draw', { name: 'fan', input: warmUpInput, theme: 'dark' }).catch((error: unknown) => {
    if (!closing) logger.warn({ err: error }, 'the chart worker could not be warmed up');
  });

  /** The keys of reports' fan charts by theme, zone and locale: the same report needs no comparison of pictures. */
  const ofReports = new WeakMap<ForecastReport, Map<string, string>>();

  function fanChart(
    report: ForecastReport,
    theme: ChartTheme,
    timeZone = 'UTC',
    locale = 'en-US',
  ): Promise<Uint8Array> {
    const keys = ofReports.get(report) ?? new Map<string, string>();
    ofReports.set(report, keys);
    const look = `${theme} ${timeZone} ${locale}`;
    const key = keys.get(look);
    const known = key === undefined ? undefined : finished.get(key);
    if (known) return known;
    const chart: ChartTask = { name: 'fan', input: fanChartInput(report, timeZone, locale), theme };
    const made = key ?? keyOf(chart);
    keys.set(look, made);
    return drawn(chart, made);
  }

  /** Draws a chart that is not kept. */
  function drawn(chart: ChartTask, key = keyOf(chart)): Promise<Uint8Array> {
    const known = finished.get(key);
    if (known) return known;
    const drawing = shared ? takeOrDraw(chart, key) : pool.run('draw', chart);
    finished.set(key, drawing);
    drawing.catch((error: unknown) => {
      if (finished.peek(key) === drawing) finished.delete(key);
      logger.warn({ err: error, chart: chart.name }, 'a chart could not be drawn');
    });
    return drawing;
  }

  async function takeOrDraw(chart: ChartTask, key: string): Promise<Uint8Array> {
    const known = await shared?.get(key);
    if (known) return known;
    const png = await pool.run('draw', chart);
    shared?.set(key, png);
    return png;
  }

  return {
    fanChart: (report, theme, timeZone, locale) => whileDrawing(() => fanChart(report, theme, timeZone, locale)),
    oddsChart: (answer, theme, reader) =>
      whileDrawing(() => drawn({ name: 'odds', input: oddsChartInput(answer, reader), theme })),
    backtestChart: (report, theme, locale) =>
      whileDrawing(() => drawn({ name: 'backtest', input: backtestChartInput(report, translatorFor(locale)), theme })),
    paperChart: (report, theme, locale) =>
      whileDrawing(() => drawn({ name: 'backtest', input: paperChartInput(report, translatorFor(locale)), theme })),
    sentimentChart: (report, theme, locale) =>
      whileDrawing(() =>
        drawn({ name: 'sentiment', input: sentimentChartInput(report, translatorFor(locale)), theme }),
      ),
    priceChart: (input, theme) => whileDrawing(() => drawn({ name: 'price', input, theme })),
    candleChart: (input, theme) => whileDrawing(() => drawn({ name: 'candles', input, theme })),
    accuracyChart: (report, theme, locale) =>
      whileDrawing(() => drawn({ name: 'accuracy', input: accuracyChartInput(report, translatorFor(locale)), theme })),
    oddsRecordChart: (report, theme, locale) =>
      whileDrawing(() =>
        drawn({ name: 'oddsRecord', input: oddsRecordChartInput(report, translatorFor(locale)), theme }),
      ),
    coinTable: (glances, title, theme, locale) =>
      whileDrawing(() => drawn({ name: 'coins', input: coinTableInput(glances, title, translatorFor(locale)), theme })),
    async close() {
      closing = true;
      await pool.close();
    },
  };
}

function keyOf(chart: ChartTask): string {
  return createHash('sha1').update(JSON.stringify(chart)).digest('base64');
}

/** The part of a portfolio's report that its chart shows: the chart of a backtest without price and coin flips. */
export function paperChartInput(report: PaperReport, translator: Translator): BacktestChartInput {
  const { t, locale } = translator;
  const { portfolio, fromMs, markEveryMs, ruleLabel, simulated } = report;
  const { capital, symbols, horizon } = portfolio;
  const [first] = report.marks;
  // Thinned marks may start after the portfolio does.
  const whole = first === undefined || first.timeMs - markEveryMs === fromMs;
  const marks = whole ? [{ timeMs: fromMs, equity: capital, hold: capital }, ...report.marks] : report.marks;
  return {
    title: t('backtest.chartPaperTitle', {
      coins: coinsText(symbols, translator),
      rule: ruleLabelOf({ name: portfolio.rule, label: ruleLabel }, translator),
    }),
    subtitle: t('backtest.chartPaperSubtitle', {
      horizon,
      from: fullDate(marks[0]!.timeMs, locale),
      to: fullDate(marks.at(-1)!.timeMs, locale),
    }),
    locale,
    fromMs: marks[0]!.timeMs,
    stepMs: markEveryMs,
    rule: marks.map(({ equity }) => equity / capital - 1),
    hold: marks.map(({ hold }) => hold / capital - 1),
    coinFlip: null,
    subject: t('backtest.chartPortfolio'),
    drawdown: drawdowns(marks.map(({ equity }) => equity)),
    price: null,
    trades: [],
    simulated,
  };
}
