import type { BreakerName } from '../core/backtest.ts';
import type { Interval } from '../core/candle.ts';
import { INTERVAL_MS, lastFinalOpenMs } from '../core/candle.ts';
import { CandlecastError } from '../core/errors.ts';
import type { HorizonName } from '../core/horizon.ts';
import { HORIZONS, parseHorizon } from '../core/horizon.ts';
import type { Logger } from '../core/logger.ts';
import type { PaperEvent, PaperPortfolio, PaperReport } from '../core/paper.ts';
import type { Clock } from '../core/time.ts';
import { DAY_MS } from '../core/time.ts';
import { exposureOf, newAccount } from '../ml/backtest/account.ts';
import { ruleNamed } from '../ml/backtest/rules/registry.ts';
import type { MarkedPortfolio, NewPaperEvent, PaperRepository } from '../storage/paper-repository.ts';
import type { CandleRepository, LedgerRepository } from '../storage/repositories.ts';
import type { CoinPart } from './paper-step.ts';
import { stepCoin, toAccount, toPart, usualDollars, worthOf } from './paper-step.ts';
import type { AssetDirectory, PaperService } from './services.ts';

/** A coin whose candle is missing holds the others up for so many candles; then it is left as it is for that one. */
const PATIENCE_CANDLES = 2;
/** Candles read before a step, for the usual volume. */
const LOOK_BACK_MS: Readonly<Record<Interval, number>> = { '1d': 31 * DAY_MS, '1h': 8 * DAY_MS };
const MOST_SYMBOLS = 10;
const CAPITAL = { least: 100, most: 1e9, usual: 10_000 } as const;
/** Closes worked through at one call, so that a long downtime does not hold the other jobs up. */
const MOST_STEPS = 500;
const RECENT_FILLS = 8;
const RECENT_TRIPS = 5;
const CHART_MARKS = 400;

/** What the paper service is built from. */
export interface PaperParts {
  readonly paper: PaperRepository;
  readonly ledger: Pick<LedgerRepository, 'newestFrom'>;
  readonly candles: Pick<CandleRepository, 'range'>;
  readonly assets: Pick<AssetDirectory, 'resolve'>;
  /** The tracked coins: only they are forecast at every close. */
  readonly symbols: readonly string[];
  /** What forbids positions in every coin of an interval at a horizon now: an alarm of drift, or no measurable edge. */
  readonly health: (interval: Interval, horizon: HorizonName) => Promise<BreakerName | null>;
  /** Told of breakers that tripped, so that the server's channels hear of it. Never throws. */
  readonly announce: (portfolio: PaperPortfolio, trips: readonly PaperEvent['body'][], atMs: number) => Promise<void>;
  readonly simulated: () => boolean;
  readonly now: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Makes the paper service. Portfolios follow the forecasts of the ledger, whoever asked for them, and stored candles. */
export function createPaperService(parts: PaperParts): PaperService {
  const { paper, ledger, candles, assets, now, logger } = parts;

  /** Steps one portfolio to its next close; false where that is not there yet, or another process did it. */
  async function stepOnce(portfolio: MarkedPortfolio, blocked: BreakerName | null): Promise<boolean> {
    const { interval, steps } = HORIZONS[portfolio.horizon];
    const step = INTERVAL_MS[interval];
    const openMs = portfolio.markedMs;
    const closeMs = openMs + step;
    const newestMs = lastFinalOpenMs(now(), interval);
    if (openMs > newestMs) return false;
    const rule = ruleNamed(portfolio.rule);
    const capital = portfolio.capital / portfolio.symbols.length;
    const kept = await paper.accounts(portfolio.id);
    const coins = await Promise.all(
      kept.map(async (account) => {
        const [known, entry] = await Promise.all([
          candles.range(account.symbol, interval, openMs - LOOK_BACK_MS[interval], openMs),
          ledger.newestFrom(account.symbol, portfolio.horizon, openMs),
        ]);
        const candle = known.find(({ openTimeMs }) => openTimeMs === openMs) ?? null;
        return { part: toPart(account), candle, entry, dollarVolume: usualDollars(known, openMs, interval) };
      }),
    );
    const late = newestMs - openMs >= PATIENCE_CANDLES * step;
    if (!late && coins.some(({ candle }) => candle === null)) return false;
    const stepped = coins.map((coin) => stepCoin({ ...coin, blocked, rule, interval, steps, capital }));
    const next = stepped.map(({ part }) => part);
    const events: NewPaperEvent[] = stepped.flatMap(({ events: bodies }) =>
      bodies.map((body) => ({ timeMs: body.kind === 'fill' ? body.fill.timeMs : closeMs, body })),
    );
    const { equity, hold } = total(next, capital);
    events.push({ timeMs: closeMs, body: { kind: 'mark', equity, hold } });
    if (!(await paper.advance(portfolio.id, openMs, closeMs, next.map(toAccount), events))) return false;
    const trips = events.map(({ body }) => body).filter(({ kind }) => kind === 'trip');
    if (trips.length > 0) await parts.announce(portfolio, trips, closeMs);
    return true;
  }

  async function report(guildId: string): Promise<PaperReport> {
    const portfolio = await paper.newest(guildId);
    if (!portfolio) {
      throw new CandlecastError('CC_PAPER_NONE', 'This server has no paper portfolio.', {
        remedy: 'Somebody who may manage the server can begin one with /paper start.',
      });
    }
    const [kept, fills, trips, marks, filled] = await Promise.all([
      paper.accounts(portfolio.id),
      paper.events(portfolio.id, 'fill', RECENT_FILLS),
      paper.events(portfolio.id, 'trip', RECENT_TRIPS),
      paper.events(portfolio.id, 'mark', CHART_MARKS),
      paper.count(portfolio.id, 'fill'),
    ]);
    const { interval } = HORIZONS[portfolio.horizon];
    const capital = portfolio.capital / portfolio.symbols.length;
    const own = kept.map(toPart);
    const rule = ruleNamed(portfolio.rule);
    const nowMs = now();
    return {
      portfolio,
      ruleLabel: rule.label,
      ruleExplanation: rule.explanation,
      interval,
      nowMs,
      markedMs: marks.length === 0 ? null : portfolio.markedMs,
      ...total(own, capital),
      positions: own.map(({ symbol, state, lastClose }) => ({
        symbol,
        equity: state.equity,
        capital,
        exposure: exposureOf(state),
        entryPrice: state.entryPrice,
        lastClose,
        heldBack: state.heldBack ?? (state.pausedUntilMs > nowMs ? state.pausedBy : null),
        pausedUntilMs: state.pausedUntilMs > nowMs ? state.pausedUntilMs : null,
      })),
      costs: own.reduce((sum, { state }) => sum + state.fees + state.slippage, 0),
      fills: filled,
      recent: fills.flatMap(({ body }) => (body.kind === 'fill' ? [{ symbol: body.symbol, fill: body.fill }] : [])),
      trips: trips.flatMap(({ body, timeMs }) =>
        body.kind === 'trip' ? [{ timeMs, symbol: body.symbol, breaker: body.breaker }] : [],
      ),
      marks: marks
        .flatMap(({ body, timeMs }) => (body.kind === 'mark' ? [{ timeMs, equity: body.equity, hold: body.hold }] : []))
        .reverse(),
      simulated: parts.simulated(),
    };
  }

  return {
    report,

    async start({ guildId, userId, symbols, rule, horizon, capital = CAPITAL.usual }) {
      const { name, interval } = parseHorizon(horizon);
      const chosen = ruleNamed(rule);
      if (!(capital >= CAPITAL.least && capital <= CAPITAL.most)) {
        throw new CandlecastError('CC_USAGE', `The capital must be between $${CAPITAL.least} and $${CAPITAL.most}.`);
      }
      const coins = [...new Set(symbols.map((text) => assets.resolve(text).symbol))];
      const untracked = coins.filter((symbol) => !parts.symbols.includes(symbol));
      if (coins.length === 0 || coins.length > MOST_SYMBOLS || untracked.length > 0) {
        const wrong =
          untracked.length > 0
            ? `${untracked.join(', ')} ${untracked.length === 1 ? 'is' : 'are'} not tracked, so no forecast is issued at every close.`
            : `A paper portfolio has 1 to ${MOST_SYMBOLS} coins.`;
        throw new CandlecastError('CC_USAGE', wrong, {
          remedy: `Name coins among ${parts.symbols.slice(0, 12).join(', ')}${parts.symbols.length > 12 ? ' …' : ''}.`,
        });
      }
      const startedMs = now();
      const step = INTERVAL_MS[interval];
      const portfolio: PaperPortfolio = {
        id: `${startedMs.toString(36)}${Math.floor(parts.random() * 36 ** 4)
          .toString(36)
          .padStart(4, '0')}`,
        guildId,
        rule: chosen.name,
        horizon: name,
        symbols: coins,
        capital,
        startedBy: userId,
        startedMs,
        stoppedMs: null,
      };
      const part = capital / coins.length;
      const accounts = coins.map((symbol) =>
        toAccount({ symbol, state: newAccount(part), holdUnits: 0, lastClose: 0 }),
      );
      // The candle that is open now began before; the first that counts is the next one.
      const begun = await paper.start(portfolio, Math.ceil(startedMs / step) * step, accounts);
      if (!begun) {
        throw new CandlecastError('CC_PAPER_RUNNING', 'This server has a paper portfolio already.', {
          remedy: '/paper status shows it, /paper stop ends it.',
        });
      }
      return report(guildId);
    },

    async stop(guildId, userId) {
      if (!(await paper.stop(guildId, userId, now()))) {
        throw new CandlecastError('CC_PAPER_NONE', 'No paper portfolio runs in this server.');
      }
      return report(guildId);
    },

    async step(signal) {
      let steps = 0;
      const blocked = new Map<HorizonName, BreakerName | null>();
      for (const portfolio of await paper.active()) {
        const { horizon } = portfolio;
        if (!blocked.has(horizon)) blocked.set(horizon, await parts.health(HORIZONS[horizon].interval, horizon));
        let at = portfolio;
        for (let i = 0; i < MOST_STEPS; i++) {
          signal.throwIfAborted();
          if (!(await stepOnce(at, blocked.get(horizon)!))) break;
          at = { ...at, markedMs: at.markedMs + INTERVAL_MS[HORIZONS[horizon].interval] };
          steps++;
        }
      }
      if (steps > 0) logger.debug({ steps }, 'paper portfolios were marked to market');
      return { steps };
    },
  };
}

function total(parts: readonly CoinPart[], capital: number): { readonly equity: number; readonly hold: number } {
  return parts
    .map((part) => worthOf(part, capital))
    .reduce((sum, one) => ({ equity: sum.equity + one.equity, hold: sum.hold + one.hold }), { equity: 0, hold: 0 });
}
