import {
  CALL_HORIZONS,
  CALLS_A_DAY,
  type Call,
  type Claim,
  type Leaderboard,
  type RecordedCall,
  type Standing,
} from '../../core/calls.ts';
import { CandlecastError } from '../../core/errors.ts';
import type { Asking } from '../../core/fair-queue.ts';
import { parseHorizon } from '../../core/horizon.ts';
import { LIVE_GRACE_MS } from '../../core/ledger.ts';
import { BANDS } from '../../core/quantiles.ts';
import type { Clock } from '../../core/time.ts';
import { unconfirmedText } from '../../core/unconfirmed-price.ts';
import type { Message } from '../../language/message.ts';
import { callSkill } from '../../ml/scoring/call-skill.ts';
import type { CallMaker, CallRepository, MemberCall } from '../../storage/call-repository.ts';
import type { ForecastService } from '../forecast/forecast.ts';

/** Takes members' calls, and compares them with the bot's. */
export interface PredictService {
  /**
   * Freezes a call at the price now, beside the bot's forecast of the same moment. Throws `CC_CALL_REFUSED`, `CC_PRICE_UNCONFIRMED`, `CC_CLOCK_WRONG`, as
   * forecasts do, and `CC_DATABASE`.
   */
  call(
    maker: CallMaker,
    request: { readonly symbol: string; readonly horizon: string; readonly claim: Claim },
    asking?: Asking,
  ): Promise<Call>;
  /** A person's newest calls. Throws `CC_DATABASE`. */
  list(maker: CallMaker): Promise<readonly RecordedCall[]>;
  /** The tables of a month such as `2026-11` (calls that came due in it, UTC), or of all time. Throws `CC_USAGE`, `CC_DATABASE`. */
  leaderboard(guildId: string, month: string | null): Promise<Leaderboard>;
}

/** What the service is built from. */
export interface PredictParts {
  readonly calls: CallRepository;
  /** Forecasts that are recorded, since they are shown. */
  readonly forecast: ForecastService;
  readonly clockIsRight: () => boolean;
  readonly now: Clock;
}

const LISTED = 10;
const MAX_CALLS = 20_000;
/** A range further off than this many times the price is a slip of the keyboard. */
const FURTHEST = 10;

/** Makes the service. */
export function createPredictService({ calls, forecast, clockIsRight, now }: PredictParts): PredictService {
  return {
    async call(maker, { symbol, horizon, claim }, asking) {
      const { name } = parseHorizon(horizon);
      if (!CALL_HORIZONS.some((known) => known === name))
        throw refused('A call is for 1d, 3d or 7d.', { key: 'predict.refusedHorizon' });
      if (!clockIsRight()) throw new CandlecastError('CC_CLOCK_WRONG', 'The clock of this machine is wrong.');
      const report = await forecast.forecast({ symbol, horizon: name }, asking);
      if (report.unconfirmed) throw new CandlecastError('CC_PRICE_UNCONFIRMED', unconfirmedText(report.unconfirmed));
      const { originMs, targetMs, lastPrice, price, quantiles, climatology } = report;
      const nowMs = now();
      if (nowMs - originMs > LIVE_GRACE_MS || originMs - price.atMs > LIVE_GRACE_MS || nowMs >= targetMs)
        throw refused('No source has a trade of the last five minutes.', { key: 'predict.refusedPrice' });
      if (claim.sort === 'range') checkRange(claim, lastPrice);
      const { lower, upper } = BANDS[1];
      const band = (prices: readonly number[]) => ({ low: prices[lower]!, high: prices[upper]! });
      const call: Call = {
        symbol: report.asset.symbol,
        horizon: name,
        originMs,
        targetMs,
        lastPrice,
        source: price.source,
        claim,
        bot: { pUp: report.pUp, ...band(quantiles), model: report.model.version },
        usual: climatology && band(climatology),
      };
      const taken = await calls.add(maker, call, nowMs);
      if (taken === 'day-full') {
        const said = { key: 'predict.refusedDay', values: { count: CALLS_A_DAY } } as const;
        throw refused(`You have made ${CALLS_A_DAY} calls here today (UTC) already.`, said);
      }
      if (taken === 'again') {
        const said = { key: 'predict.refusedAgain', values: { symbol: call.symbol, horizon: name } } as const;
        throw refused(`You have called ${call.symbol} for ${name} here today already.`, said);
      }
      return call;
    },

    list: (maker) => calls.ofPerson(maker, LISTED),

    async leaderboard(guildId, month) {
      const [fromMs, toMs] = month === null ? [0, Number.MAX_SAFE_INTEGER] : monthOf(month);
      const found = await calls.ofServer(guildId, fromMs, toMs, MAX_CALLS);
      return { month, direction: standings(found, 'direction'), range: standings(found, 'range') };
    },
  };
}

function checkRange({ low, high }: { readonly low: number; readonly high: number }, price: number): void {
  if (!(low > 0 && high > low)) {
    throw refusedRange('The lower price of a range must be below the higher one.', { key: 'predict.refusedOrder' });
  }
  if (low < price / FURTHEST || high > price * FURTHEST) {
    throw refusedRange('That range is too far from the price.', { key: 'predict.refusedFar' });
  }
}

function monthOf(text: string): readonly [number, number] {
  const found = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(text.trim());
  if (!found) {
    throw new CandlecastError('CC_USAGE', 'A month is written like 2026-11.', {
      remedy: 'Give a month like 2026-11.',
      said: { key: 'predict.refusedMonth' },
      advice: { key: 'errors.callAgain' },
    });
  }
  const [year, month] = [Number(found[1]), Number(found[2])];
  return [Date.UTC(year, month - 1), Date.UTC(year, month)];
}

/** The members with scored calls of one sort: the best against the bot first, then those with too few calls, most calls first. */
function standings(found: readonly MemberCall[], sort: Claim['sort']): readonly Standing[] {
  const members = new Map<string, MemberCall[]>();
  for (const one of found) {
    if (one.call.claim.sort !== sort || one.end?.kind !== 'outcome') continue;
    members.set(one.userId, [...(members.get(one.userId) ?? []), one]);
  }
  const lossesOf = (own: readonly MemberCall[], baseline: 'bot' | 'toss') =>
    own.flatMap(({ call: { originMs, targetMs }, end }) => {
      const against = end?.kind === 'outcome' ? end.scores[baseline] : null;
      if (end?.kind !== 'outcome' || against === null) return [];
      return [{ originMs, targetMs, loss: end.scores.score, baseline: against }];
    });
  return [...members]
    .map(([userId, own]) => ({
      userId,
      calls: own.length,
      againstBot: callSkill(lossesOf(own, 'bot')),
      againstToss: callSkill(lossesOf(own, 'toss')),
    }))
    .sort((a, b) => (b.againstBot?.value ?? -1e9) - (a.againstBot?.value ?? -1e9) || b.calls - a.calls);
}

const refused = (message: string, said: Message) => new CandlecastError('CC_CALL_REFUSED', message, { said });
const refusedRange = (message: string, said: Message) =>
  new CandlecastError('CC_CALL_REFUSED', message, {
    said,
    remedy: 'Give a lower price and a higher one, both near the price now.',
    advice: { key: 'predict.rangeAdvice' },
  });
