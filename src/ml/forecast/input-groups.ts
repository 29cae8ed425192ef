import { INPUT_GROUPS, type InputGroup } from '../../core/forecast.ts';
import { stepNames } from '../features/build.ts';
import type { STEP_FEATURES } from '../features/step-features.ts';

/** The group of each number that every candle of a window carries. */
export const STEP_GROUPS: Readonly<Record<(typeof STEP_FEATURES)[number], InputGroup>> = {
  return: 'trend',
  logRange: 'volatility',
  closePlace: 'trend',
  relativeVolume: 'volume',
  present: 'history',
  btcReturn: 'bitcoin',
  btcLogRange: 'bitcoin',
  btcPresent: 'bitcoin',
};

const CONTEXT_NAMES: Readonly<Record<InputGroup, readonly string[]>> = {
  volatility: [
    'logSigma',
    ...[1, 5, 10, 22, 66, 180, 365].map((n) => `rangeVol${n}`),
    ...[5, 22, 66, 180, 365].map((n) => `returnVol${n}`),
    'medianReturn22',
    'medianReturn66',
    'medianRange22',
    'volOfVol22',
  ],
  trend: [
    ...[1, 5, 22, 66].map((n) => `momentum${n}`),
    ...[20, 50, 200].map((n) => `aboveSma${n}`),
    'rsi14',
    'macd',
    'macdHistogram',
    'drawdown',
    'skew66',
  ],
  volume: ['volume5to22', 'volume22to132'],
  bitcoin: [
    'ownToBtcSigma',
    'btcVol5to66',
    'btcVol22to365',
    'btcVol5toSigma',
    'btcMomentum1',
    'btcMomentum5',
    'btcCorrelation66',
    'btcKnown',
  ],
  calendar: [
    ...['week', 'day'].flatMap((period) => [1, 2, 3].flatMap((n) => [`${period}Sin${n}`, `${period}Cos${n}`])),
    'hourRange0to0',
    'hourRange1to1',
    'hourRange1to4',
  ],
  history: ['history'],
  onchain: ['marketCapUsd', 'activeAddresses', 'transactions'].flatMap((name) => [`${name}Change`, `${name}Known`]),
  // They enter the net through a gate of their own: see SENTIMENT_INPUTS.
  sentiment: [],
};

/** The group of each context input, by name. */
export const CONTEXT_GROUPS: ReadonlyMap<string, InputGroup> = new Map(
  INPUT_GROUPS.flatMap((group) => CONTEXT_NAMES[group].map((name) => [name, group] as const)),
);

/** For Bitcoin itself "Bitcoin" is no group: those inputs repeat its own candles and go with them. */
const OWN_GROUP_OF_BITCOIN: Readonly<Record<string, InputGroup>> = {
  btcReturn: 'trend',
  btcMomentum1: 'trend',
  btcMomentum5: 'trend',
  btcPresent: 'history',
  btcKnown: 'history',
};

/** The group an input counts to when `symbol` is forecast; an input unknown to this table counts as `history`, "other". */
export function inputGroup(name: string, symbol: string): InputGroup {
  const steps: Readonly<Record<string, InputGroup>> = STEP_GROUPS;
  const group = steps[name] ?? CONTEXT_GROUPS.get(name) ?? 'history';
  return group === 'bitcoin' && symbol === 'BTC' ? (OWN_GROUP_OF_BITCOIN[name] ?? 'volatility') : group;
}

const NEUTRAL: Readonly<Record<(typeof STEP_FEATURES)[number], number>> = {
  return: 0,
  logRange: 0,
  closePlace: 0,
  relativeVolume: 0,
  present: 1,
  btcReturn: 0,
  btcLogRange: 0,
  btcPresent: 1,
};

/** A candle that tells the net nothing, in the order of `stepNames`. */
export const NEUTRAL_STEP: readonly number[] = stepNames.map((name) => NEUTRAL[name as keyof typeof NEUTRAL]);
