import { INTERVAL_MS, type Interval } from './candle.ts';
import { CandlecastError } from './errors.ts';
import type { DoubtKind } from './price-doubt.ts';
import { HOUR_MS, MINUTE_MS, utcTime } from './time.ts';

/** Why a price is unconfirmed: a doubt about the candle alone, or two sources that contradict each other. */
export type UnconfirmedKind = DoubtKind | 'disagreement';

/** A newest price of a coin that is not believed until another source or the next candle proves it. Its candles are not stored. */
export interface UnconfirmedPrice {
  readonly symbol: string;
  readonly interval: Interval;
  /** Of the first doubted candle, and of the newest one that came. */
  readonly openTimeMs: number;
  readonly newestOpenTimeMs: number;
  readonly kind: UnconfirmedKind;
  /** The first doubted close, and the confirmed close before it, in US dollars. */
  readonly price: number;
  readonly previousPrice: number;
  readonly source: string;
  /** What another source said for the first doubted candle; null where none answered. */
  readonly other: { readonly source: string; readonly price: number } | null;
  readonly foundAtMs: number;
  /** When the sources were asked last. */
  readonly askedAtMs: number;
}

/** A price that an owner has confirmed, and what came of it. */
export interface OwnerConfirmation {
  readonly price: UnconfirmedPrice;
  /** The close that is stored for its candle now, in US dollars; null where none is. */
  readonly close: number | null;
  /** Sources that did not answer; where there is no close they may still give the price. */
  readonly unanswered: readonly string[];
}

/** How often the sources are asked again about an unconfirmed price. */
export const CONFIRM_EVERY_MS = 5 * MINUTE_MS;

/** Close of the first doubted candle: since then the price is unconfirmed. */
export function unconfirmedSinceMs({ openTimeMs, interval }: UnconfirmedPrice): number {
  return openTimeMs + INTERVAL_MS[interval];
}

/** When the sources are asked again. */
export function askedAgainMs({ askedAtMs }: UnconfirmedPrice): number {
  return (Math.floor(askedAtMs / CONFIRM_EVERY_MS) + 1) * CONFIRM_EVERY_MS;
}

/** Why the price is not believed, in a sentence; `price` writes a dollar price. */
export function unconfirmedText(unconfirmed: UnconfirmedPrice, price: (value: number) => string = plainPrice): string {
  const { symbol, kind, source, other, previousPrice } = unconfirmed;
  const said = price(unconfirmed.price);
  const change = changeText(unconfirmed.price / previousPrice);
  const against = other
    ? ` ${other.source} says ${price(other.price)}.`
    : kind === 'stuck'
      ? ' No other source says that nothing was traded.'
      : ' No other source has confirmed it.';
  switch (kind) {
    case 'stuck':
      return `${source} repeats the last price of ${symbol}, ${said}, as if nothing had been traded.${against}`;
    case 'gap':
      return `${source} says ${said} for ${symbol}, ${change}, without a trade in between.${against}`;
    case 'jump':
    case 'disagreement':
      return `${source} says ${said} for ${symbol}, ${change}, far more than usual for it and the market.${against}`;
  }
}

/** A price that is unconfirmed for as long as this may be right although nothing will prove it: one source alone has a coin that was redenominated. */
const OWNER_AFTER_MS = HOUR_MS;

/** Whether the sources have been asked long enough that an owner may have to confirm a price. */
export const needsOwner = ({ foundAtMs, askedAtMs }: UnconfirmedPrice): boolean =>
  askedAtMs - foundAtMs >= OWNER_AFTER_MS;

/** How an owner confirms a price, in a sentence; null while the sources may still do so. */
export function ownerRemedy(price: UnconfirmedPrice): string | null {
  if (!needsOwner(price)) return null;
  const { symbol } = price;
  return `If the price is right, an owner of the bot confirms it with /admin confirm symbol:${symbol}.`;
}

/** What happens next, in a sentence or two. */
export function unconfirmedRemedy(unconfirmed: UnconfirmedPrice): string {
  const next = `sources are asked again at ${utcTime(askedAgainMs(unconfirmed))} UTC.`;
  const owner = ownerRemedy(unconfirmed);
  return owner === null ? `There is nothing to do: the ${next}` : `The ${next} ${owner}`;
}

/** The refusal of an answer that would need a price which is not confirmed. */
export function priceUnconfirmed(price: UnconfirmedPrice): CandlecastError {
  const message = `The newest price of ${price.symbol} is unconfirmed. ${unconfirmedText(price)}`;
  const { symbol, source } = price;
  const values = { symbol, source, price: { price: price.price }, previous: { price: price.previousPrice } };
  return new CandlecastError('CC_PRICE_UNCONFIRMED', message, {
    remedy: unconfirmedRemedy(price),
    retryable: true,
    said: { key: 'errors.unconfirmed', values },
    advice: { key: 'errors.askedAgain', values: { time: { timeMs: askedAgainMs(price), style: 't' } } },
  });
}

function changeText(ratio: number): string {
  if (ratio >= 2) return `${factor(ratio)} times the price before`;
  if (ratio <= 0.5) return `1/${factor(1 / ratio)} of the price before`;
  const pct = (100 * (ratio - 1)).toFixed(0);
  return `${ratio >= 1 ? '+' : '−'}${pct.replace('-', '')} % from the price before`;
}

const factor = (ratio: number) => (ratio >= 20 ? ratio.toFixed(0) : ratio.toFixed(1));

function plainPrice(value: number): string {
  return `$${value.toLocaleString('en-US', { maximumSignificantDigits: 5 })}`;
}
