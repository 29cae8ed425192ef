import type { Message } from '../language/message.ts';
import type { Asset } from './asset.ts';
import type { Candle, Interval } from './candle.ts';
import type { ExchangeRate } from './currency.ts';
import type { Horizon, HorizonName } from './horizon.ts';
import type { SourceFailure } from './market.ts';
import type { ScheduledEvent } from './market-events.ts';
import type { SentimentPart } from './sentiment.ts';
import type { UnconfirmedPrice } from './unconfirmed-price.ts';

/** A caveat about one forecast, in words a member of a Discord server understands. */
export interface ForecastNote {
  readonly code:
    | 'simulated'
    | 'renamed'
    | 'unconfirmed-price'
    | 'stale-candles'
    | 'no-live-price'
    | 'one-model'
    | 'midnight-days'
    | 'source-down'
    | 'gaps'
    | 'bad-candles'
    | 'unseen-coin'
    | 'short-history'
    | 'out-of-range'
    | 'shock'
    | 'doubtful-history'
    | 'climatology'
    | 'old-model'
    | 'fallback-model'
    | 'no-edge'
    | 'no-market-context'
    | 'missing-input'
    | 'announcement'
    | 'not-recorded';
  readonly severity: 'info' | 'warning';
  readonly message: Message;
  /** What an owner of the bot can do about it; it is shown to owners alone. */
  readonly advice?: Message;
}

/** A scheduled announcement inside a forecast's span, for which it is wider. */
export interface AnnouncementAhead extends Pick<ScheduledEvent, 'kind' | 'atMs' | 'expected'> {
  /** How many times as wide the ranges are for it. */
  readonly factor: number;
}

/** How forecasts of this model at this horizon have scored, against climatology, always with n and the dates. */
export interface TrackRecord {
  /** `card`: from the model's evaluation when it was trained; `live`: from forecasts issued and scored since. */
  readonly kind: 'card' | 'live';
  readonly baseline: string;
  /** Percentage by which the mean pinball loss is below the baseline's, with its 95 % block-bootstrap interval. */
  readonly skillPct: number;
  readonly skillLowPct: number;
  readonly skillHighPct: number;
  /** Share of outcomes inside the 80 % band. */
  readonly coverage80: number;
  readonly n: number;
  readonly coins: number;
  /** First and last origin, ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** True when the interval of the skill lies above zero. */
  readonly edge: boolean;
}

/** The forecast distribution at one moment in the future: prices at QUANTILE_LEVELS, ascending. */
export interface FanPoint {
  readonly timeMs: number;
  readonly quantiles: readonly number[];
}

/** One of the models that a forecast was made by. */
export interface ForecastPart {
  readonly horizon: HorizonName;
  /** The model's version; `climatology` where that replaces it. */
  readonly model: string;
  /** Close of the newest candle that it read. */
  readonly candlesUntilMs: number;
}

/** The currency that one reader wants prices in; they are in dollars where there is no rate. */
export interface ShownIn {
  /** ISO 4217, never the dollar. */
  readonly wanted: string;
  /** What the prices of the report were multiplied with. */
  readonly rate: ExchangeRate | null;
}

/** One forecast as it is shown, posted and recorded. Prices in US dollars, but for a reader in another currency: see `shownIn`. */
export interface ForecastReport {
  readonly asset: Asset;
  readonly horizon: Horizon;
  /** The moment it counts from: when it was asked for; of candles from files the newest close. */
  readonly originMs: number;
  /** The origin and the horizon's length. */
  readonly targetMs: number;
  /** The price at the origin. */
  readonly lastPrice: number;
  /** Where that price comes from: a source's last trade, or the newest close where no source tells its trades. */
  readonly price: { readonly kind: 'trade' | 'close'; readonly atMs: number; readonly source: string };
  /** The models whose forecasts went into it, those of hours first; one day comes from two. */
  readonly parts: readonly ForecastPart[];
  /** Prices at QUANTILE_LEVELS for the target time. */
  readonly quantiles: readonly number[];
  /** Probability that the price at the target is above the last price. */
  readonly pUp: number;
  /** From the origin (all quantiles at the last price) to the target; for the chart. */
  readonly fan: readonly FanPoint[];
  /** The newest complete candles before the origin, ascending, and their interval; for the chart. */
  readonly history: readonly Candle[];
  readonly historyInterval: Interval;
  /** Standard deviation of the log return over the horizon: forecast, and usual (trailing climatology). */
  readonly volatility: { readonly expected: number; readonly usual: number };
  /** Climatology's forecast from the same origin: prices at QUANTILE_LEVELS; null with too little history. */
  readonly climatology: readonly number[] | null;
  /** Null when the model has no evaluation for this horizon. */
  readonly record: TrackRecord | null;
  /** Sentiment's share of this forecast, and the skill it added in the evaluation; null or left out without a sentiment input. */
  readonly sentiment?: SentimentPart | null;
  readonly model: {
    /** `climatology` where climatology replaces a net; a note then gives the reason. */
    readonly version: string;
    readonly trainedAtMs: number;
    /** Last candle it was fitted or stopped on. */
    readonly dataUntilMs: number;
    readonly family: string;
    readonly members: number;
  };
  readonly data: { readonly source: string; readonly fetchedAtMs: number; readonly failures: readonly SourceFailure[] };
  readonly simulated: boolean;
  /** Null or left out where the ranges are not wider for one. */
  readonly announcement?: AnnouncementAhead | null;
  /** A price newer than the last one that is not believed yet; such a forecast is shown, and neither recorded nor alerted to. */
  readonly unconfirmed: UnconfirmedPrice | null;
  readonly notes: readonly ForecastNote[];
  /** When this report was made. */
  readonly issuedAtMs: number;
  /** Left out: in dollars. Of what is shown alone; what is recorded and posted never has it. */
  readonly shownIn?: ShownIn;
}

/** The groups of inputs that a forecast is explained by; every input of the model belongs to exactly one. */
export const INPUT_GROUPS = [
  'volatility',
  'trend',
  'bitcoin',
  'volume',
  'calendar',
  'history',
  'onchain',
  'sentiment',
] as const;
export type InputGroup = (typeof INPUT_GROUPS)[number];

/** The contribution of one group of inputs to a number of the forecast. */
interface GroupContribution {
  readonly group: InputGroup;
  readonly value: number;
}

/**
 * The attribution of one number of a forecast, from climatology's value to the shown one. `usual` + `reference` + the groups + `calibration` +
 * `adjustment` = `shown`, up to rounding.
 */
export interface Attribution {
  /** Climatology's value. */
  readonly usual: number;
  /** The net's output on neutral inputs, less `usual`. */
  readonly reference: number;
  /** Exact Shapley values of the model's input groups, in the order of INPUT_GROUPS. */
  readonly groups: readonly GroupContribution[];
  /** The contribution of the blend with climatology and of conformal calibration. */
  readonly calibration: number;
  /** What was changed after that: the widening after a shock or for inputs unlike the training data, and what {@link AdjustmentCause} names. */
  readonly adjustment: number;
  readonly shown: number;
}

/** The three numbers of a forecast at one horizon, each explained. */
export interface DistributionExplanation {
  /** Log of the forecast volatility relative to the usual one. */
  readonly width: Attribution;
  /** Log return from the last price to the median. */
  readonly median: Attribution;
  /** Probability that the price at the target is above the last price. */
  readonly pUp: Attribution;
}

/**
 * What the adjustment mostly stands for: the widening (`margin`), the hourly model with which one day is averaged (`hours`), or the price's move since
 * the close that the model read (`move`).
 */
export type AdjustmentCause = 'margin' | 'hours' | 'move';

/** The explanation of a coin's forecast. */
export interface ForecastExplanation extends DistributionExplanation {
  readonly symbol: string;
  readonly horizon: HorizonName;
  readonly originMs: number;
  readonly modelVersion: string;
  readonly simulated: boolean;
  readonly adjustmentCause: AdjustmentCause;
}
