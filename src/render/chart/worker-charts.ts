import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Piscina } from 'piscina';
import { builtUrl } from '../../core/build-path.ts';
import { CandlecastError } from '../../core/errors.ts';
import { HORIZONS } from '../../core/horizon.ts';
import { type Logger, silentLogger } from '../../core/logger.ts';
import { QUANTILE_LEVELS } from '../../core/quantiles.ts';
import { DAY_MS } from '../../core/time.ts';
import { accuracyChartInput } from '../accuracy/accuracy-chart-input.ts';
import { backtestChartInput } from '../backtest/backtest-chart.ts';
import { paperChartInput } from '../paper/paper-chart.ts';
import { sentimentChartInput } from '../sentiment/sentiment-chart.ts';
import { type FanChartInput, fanChartInput } from './chart-input.ts';
import type { ChartRenderer } from './chart-renderer.ts';
import type { ChartTask } from './charts.ts';

/** Settings of {@link createChartRenderer}; every one has a default. */
export interface ChartRendererOptions {
  /** Worker threads; 1 draws about fifteen charts a second. */
  readonly threads?: number;
  /** Finished charts kept, about 80 kB each. */
  readonly cacheSize?: number;
  /** Charts that may wait at once; the next is refused with `CC_BUSY`. */
  readonly maxWaiting?: number;
  /** Longest a chart may take, waiting included. */
  readonly timeoutMs?: number;
  readonly logger?: Logger;
}

/** A flat picture that makes the worker load its libraries and fonts before the first person asks. */
const warmUpInput: FanChartInput = {
  symbol: 'BTC',
  name: 'Bitcoin',
  horizon: HORIZONS['1d'],
  originMs: DAY_MS * 30,
  targetMs: DAY_MS * 31,
  lastPrice: 100,
  quantiles: QUANTILE_LEVELS.map((level) => 99 + 2 * level),
  fan: [
    { timeMs: DAY_MS * 30, quantiles: QUANTILE_LEVELS.map(() => 100) },
    { timeMs: DAY_MS * 31, quantiles: QUANTILE_LEVELS.map((level) => 99 + 2 * level) },
  ],
  history: Array.from({ length: 30 }, (_, day) => ({
    openTimeMs: DAY_MS * day,
    open: 100,
    high: 102,
    low: 98,
    close: 101,
    volume: 1,
  })),
  simulated: true,
};

/** Says what a failed task means; piscina's own failures differ by their words only. */
function drawingError(cause: unknown, timedOut: boolean, closing: boolean): CandlecastError {
  const details = { cause, retryable: true };
  const words = cause instanceof Error ? cause.message : '';
  if (closing) return new CandlecastError('CC_STOPPING', 'No chart is drawn any more.', details);
  if (timedOut) return new CandlecastError('CC_TIMEOUT', 'The chart could not be drawn in time.', details);
  if (/worker exited|terminating worker/i.test(words)) {
    return new CandlecastError('CC_WORKER_DIED', 'The chart worker ended while it drew.', details);
  }
  return new CandlecastError('CC_INTERNAL', 'The chart could not be drawn.', { cause });
}

/**
 * Starts the chart worker, warms it up and returns the renderer. Equal pictures are drawn once and kept; the same picture
 * asked for twice at the same time is one task. Every chart throws `CC_TIMEOUT`, `CC_BUSY`, `CC_WORKER_DIED` or, once closed,
 * `CC_STOPPING`, all retryable; `CC_INTERNAL` for what cannot be drawn.
 */
export function createChartRenderer(options: ChartRendererOptions = {}): ChartRenderer {
  const { threads = 1, cacheSize = 200, maxWaiting = 64, timeoutMs = 10_000, logger = silentLogger } = options;
  const pool = new Piscina({
    filename: builtUrl('./chart-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    // Drawing needs no settings, and so holds no secrets.
    env: {},
  });
  const finished = new LRUCache<string, Promise<Uint8Array>>({ max: cacheSize });
  let closing = false;
  let underWay = 0;

  async function draw(task: ChartTask): Promise<Uint8Array> {
    if (closing) throw new CandlecastError('CC_STOPPING', 'No chart is drawn any more.', { retryable: true });
    if (underWay >= threads + maxWaiting) {
      throw new CandlecastError('CC_BUSY', 'Too many charts are being drawn.', { retryable: true });
    }
    const signal = AbortSignal.timeout(timeoutMs);
    underWay++;
    try {
      return (await pool.run(task, { signal })) as Uint8Array;
    } catch (cause) {
      throw drawingError(cause, signal.aborted, closing);
    } finally {
      underWay--;
    }
  }

  // Without a listener an error between two tasks would end the process; the pool replaces the worker by itself.
  pool.on('error', (error: unknown) => logger.error({ err: error }, 'the chart worker failed'));
  void draw({ name: 'fan', input: warmUpInput, theme: 'dark' }).catch((error: unknown) => {
    if (!closing) logger.warn({ err: error }, 'the chart worker could not be warmed up');
  });

  /** Draws what is not drawn yet. */
  function drawn(task: ChartTask): Promise<Uint8Array> {
    const identity = createHash('sha1').update(JSON.stringify(task)).digest('base64');
    const known = finished.get(identity);
    if (known) return known;
    const drawing = draw(task);
    finished.set(identity, drawing);
    drawing.catch((error: unknown) => {
      if (finished.peek(identity) === drawing) finished.delete(identity);
      logger.warn({ err: error, chart: task.name }, 'a chart could not be drawn');
    });
    return drawing;
  }

  return {
    fanChart: (report, theme) => drawn({ name: 'fan', input: fanChartInput(report), theme }),
    backtestChart: (report, theme) => drawn({ name: 'backtest', input: backtestChartInput(report), theme }),
    paperChart: (report, theme) => drawn({ name: 'backtest', input: paperChartInput(report), theme }),
    sentimentChart: (report, theme) => drawn({ name: 'sentiment', input: sentimentChartInput(report), theme }),
    accuracyChart: (report, theme) => drawn({ name: 'accuracy', input: accuracyChartInput(report), theme }),
    async close() {
      closing = true;
      await pool.destroy();
    },
  };
}
