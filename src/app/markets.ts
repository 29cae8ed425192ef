import type { Config } from '../config.ts';
import { lastFinalOpenMs } from '../core/candle.ts';
import { asCandlecastError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Clock, Sleep } from '../core/time.ts';
import { createMarketGateway, type MarketGateway } from '../market/failover.ts';
import type { MinuteGateway } from '../market/minute-failover.ts';
import { type SimulationThread, startSimulationThread } from '../sources/simulated/thread.ts';
import type { MovableClock } from './environment.ts';
import { configuredSources, type MarketSources, SIMULATED_TIMEOUT_MS, simulatedSources } from './market-sources.ts';

/** How long `npm start` without a token waits for any market source before it uses the simulated market. */
const PROBE_MS = 5_000;
/** The simulated market is the same on every machine and at every start. */
const SIMULATION_SEED = 20_260_101;

/** The settings that decide which market is used. */
export interface MarketChoice {
  readonly config: Config;
  /** `always`: the demo. `fallback`: only when no source answers within five seconds. `never`: with a token, and in scripts. */
  readonly simulate: 'always' | 'fallback' | 'never';
  readonly clock: MovableClock;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly onPhase?: (line: string) => void;
}

/** The market of this run. */
export interface OpenedMarket {
  readonly sources: MarketSources;
  readonly gateway: MarketGateway & MinuteGateway;
  /** URL of the simulated market, and the reason for it; null when the market is real. */
  readonly simulation: { readonly url: string; readonly reason: string } | null;
  close(): Promise<void>;
}

/** Chooses between the configured sources and the simulated market, and starts the latter where it is needed. */
export async function openMarket(choice: MarketChoice): Promise<OpenedMarket> {
  const { config, logger, clock, sleep, random, onPhase = () => undefined } = choice;
  // Which candles are closed is decided by the earlier of the clocks.
  const now = clock.check.checked;
  const provider = { now, sleep, random, ...(choice.metrics ? { metrics: choice.metrics } : {}) };
  const opened = (sources: MarketSources, running: SimulationThread | null, reason: string): OpenedMarket => ({
    sources,
    gateway: createMarketGateway({
      sources: sources.candles,
      now,
      logger,
      ...(running ? { deadlineMs: 2 * SIMULATED_TIMEOUT_MS } : {}),
    }),
    simulation: running && { url: running.url, reason },
    close: async () => running?.close(),
  });
  const simulate = async (reason: string): Promise<OpenedMarket> => {
    onPhase('Starting the simulated market …');
    const running = await startSimulationThread({ seed: SIMULATION_SEED, shiftMs: clock.shiftMs });
    return opened(simulatedSources(running.url, provider), running, reason);
  };
  if (choice.simulate === 'always' || config.MARKET_SOURCES.includes('simulated')) {
    return simulate('This is a simulated market: every price is invented.');
  }
  const real = opened(await configuredSources(config, { ...provider, clockCheck: clock.check }, logger), null, '');
  if (choice.simulate === 'never' || real.sources.market !== 'live') return real;
  onPhase(`Asking ${config.MARKET_SOURCES.join(', ')} for prices …`);
  const problem = await probe(real.gateway, now);
  if (!problem) return real;
  logger.warn({ reason: problem }, 'no market source answers; going on with the simulated market');
  return simulate(`No market source answers, so this is a simulated market: every price is invented. ${problem}`);
}

/** Null when a market source answers in time, else the reason in words. */
async function probe(gateway: MarketGateway, now: Clock): Promise<string | null> {
  const newest = lastFinalOpenMs(now(), '1d');
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    await gateway.fetchCandles({ symbol: 'BTC', interval: '1d', fromMs: newest, toMs: newest, signal });
    return null;
  } catch (error) {
    return signal.aborted ? 'None answered within five seconds.' : asCandlecastError(error).message;
  }
}
