import { LRUCache } from 'lru-cache';
import { HOUR_MS } from '../../core/time.ts';
import { type SimulatedCoin, totalVolatility } from './coins.ts';
import { hourOf, hourStartMs } from './grid.ts';
import type { CoinSeries } from './price-model.ts';
import { StreamRandom, streamId } from './stream-random.ts';

/** Sentiment of a headline: negative, neutral, positive. */
export type Tone = -1 | 0 | 1;

/** Makes a title from the coin's name, the size of the move and the price, all as text. */
type Template = (coin: string, percent: string, price: string) => string;

/** Titles of news, by tone. */
const NEWS_TEMPLATES: Readonly<Record<Tone, readonly Template[]>> = {
  1: [
    (coin, percent) => `${coin} jumps ${percent}% as buyers return`,
    (coin, percent) => `${coin} rallies ${percent}% on strong demand`,
    (coin, percent, price) => `${coin} surges to ${price}, up ${percent}% in a day`,
    (coin, percent) => `Traders cheer as ${coin} gains ${percent}%`,
    (coin) => `Bulls in control: ${coin} extends its rally`,
    (coin, percent) => `${coin} soars ${percent}%, outpacing the market`,
    (coin, _percent, price) => `${coin} breaks out above ${price} amid heavy buying`,
    (coin, percent) => `Why ${coin} is up ${percent}% today`,
    (coin) => `${coin} rebounds sharply as optimism grows`,
    (coin, percent) => `Short sellers squeezed as ${coin} climbs ${percent}%`,
  ],
  [-1]: [
    (coin, percent) => `${coin} tumbles ${percent}% in heavy selling`,
    (coin, percent, price) => `${coin} drops to ${price}, down ${percent}% in a day`,
    (coin, percent) => `${coin} slides ${percent}% as traders take fright`,
    (coin) => `Bears in control: ${coin} extends its losses`,
    (coin, percent) => `${coin} plunges ${percent}%, liquidations mount`,
    (coin, percent) => `Why ${coin} is down ${percent}% today`,
    (coin, _percent, price) => `${coin} breaks below ${price} amid panic selling`,
    (coin) => `Fear spreads as ${coin} slumps`,
    (coin, percent) => `Leveraged longs wiped out as ${coin} falls ${percent}%`,
    (coin) => `${coin} sinks as investors flee risk`,
  ],
  0: [
    (coin) => `What to watch for ${coin} this week`,
    (coin, _percent, price) => `${coin} trades near ${price} in a quiet session`,
    (coin) => `${coin} developers publish their monthly update`,
    (coin) => `A beginner's guide to ${coin}`,
    (coin) => `${coin} holds steady while traders wait for data`,
    (coin) => `Conference brings ${coin} community together`,
    (coin) => `How ${coin} transaction fees work`,
    (coin) => `Exchange schedules maintenance of its ${coin} wallets`,
    (coin) => `Survey: who holds ${coin} and where`,
    (coin) => `${coin} node software gets a routine release`,
  ],
};

/** Titles of opinions, which follow no price move and name no number. */
const OPINION_TEMPLATES: Readonly<Record<-1 | 1, readonly Template[]>> = {
  1: [
    (coin) => `Analyst turns bullish on ${coin}`,
    (coin) => `Fund manager optimistic about ${coin} for the long run`,
    (coin) => `${coin} is undervalued, says investor`,
  ],
  [-1]: [
    (coin) => `Analyst turns bearish on ${coin}`,
    (coin) => `Fund manager warns of risks in ${coin}`,
    (coin) => `${coin} is overvalued, says investor`,
  ],
};

/** What people post, by tone. */
const POST_TEMPLATES: Readonly<Record<Tone, readonly Template[]>> = {
  1: [
    (coin, percent) => `${coin} up ${percent}%, feeling bullish`,
    (coin) => `${coin} is going to the moon 🚀`,
    (coin, percent) => `Woke up and ${coin} had pumped ${percent}%. Great day!`,
    (coin) => `Glad I kept buying ${coin}`,
    (coin, _percent, price) => `${coin} just broke ${price}! Amazing strength`,
  ],
  [-1]: [
    (coin, percent) => `${coin} down ${percent}%, this hurts`,
    (coin) => `Is anyone else worried about ${coin} crashing?`,
    (coin, percent) => `${coin} dumped ${percent}% and I am losing hope`,
    (coin) => `Sold my ${coin} at a loss, terrible week`,
    (coin, _percent, price) => `${coin} lost ${price}. Looks bearish`,
  ],
  0: [
    (coin) => `Daily discussion: ${coin}`,
    (coin) => `Which wallet do you use for ${coin}?`,
    (coin) => `Question about ${coin} fees`,
    (coin) => `Can someone explain how ${coin} works?`,
    (coin) => `How do you report ${coin} in your taxes?`,
  ],
};

/** A headline about one coin. */
export interface Headline {
  /** Stable and unique within its kind; base 36. */
  readonly id: string;
  readonly publishedMs: number;
  readonly title: string;
  readonly symbol: string;
  readonly tone: Tone;
  /** Uniform in [0, 1): decides which outlet publishes it. */
  readonly place: number;
}

/** What headlines are generated from: each coin's prices. */
export interface PriceHistory {
  readonly seed: number;
  all(): readonly Pick<CoinSeries, 'coin' | 'logPrice' | 'volatility'>[];
}

export type HeadlineKind = 'news' | 'posts';

const KINDS = {
  news: { templates: NEWS_TEMPLATES, rate: 1, ticker: '' },
  posts: { templates: POST_TEMPLATES, rate: 1.6, ticker: '$' },
} as const;

const HOURS_KEPT = 4_000;

/**
 * What is written about the simulated market. A headline about an hour appears in the hour after it and looks back only:
 * at that hour's return and at those of the 24 hours up to it. After a jump or on a strong day there are more, with the
 * sign of the move; the rest is neutral, and now and then an opinion of either sign that has no reason at all.
 */
export class HeadlineModel {
  readonly #model: PriceHistory;
  readonly #kind: HeadlineKind;
  readonly #stream: number;
  readonly #random = new StreamRandom();
  readonly #hours = new LRUCache<number, readonly Headline[]>({ max: HOURS_KEPT });

  constructor(model: PriceHistory, kind: HeadlineKind) {
    this.#model = model;
    this.#kind = kind;
    this.#stream = streamId(`headlines:${kind}`);
  }

  /** The newest headlines published at or before `nowMs` that pass, newest first, at most `limit`, none older than `oldestMs`. */
  latest(nowMs: number, oldestMs: number, limit: number, passes: (headline: Headline) => boolean): Headline[] {
    const found: Headline[] = [];
    for (let hour = hourOf(nowMs); hour >= Math.max(1, hourOf(oldestMs)); hour--) {
      for (const headline of this.#publishedIn(hour)) {
        if (headline.publishedMs > nowMs || headline.publishedMs < oldestMs || !passes(headline)) continue;
        if (found.push(headline) === limit) return found;
      }
    }
    return found;
  }

  /** Newest first. */
  #publishedIn(hour: number): readonly Headline[] {
    const kept = this.#hours.get(hour);
    if (kept) return kept;
    const made: Headline[] = [];
    this.#model.all().forEach((series, index) => {
      const headline = this.#about(series, index, hour - 1);
      if (headline) made.push(headline);
    });
    made.sort((a, b) => b.publishedMs - a.publishedMs || (a.id < b.id ? -1 : 1));
    this.#hours.set(hour, made);
    return made;
  }

  #about(series: ReturnType<PriceHistory['all']>[number], index: number, hour: number): Headline | null {
    const { coin } = series;
    const { rate, templates, ticker } = KINDS[this.#kind];
    const random = this.#random.seek(this.#model.seed, this.#stream ^ (index << 8), hour);
    const attention = rate / (1 + index / 4);
    const last = series.logPrice(hour);
    const hourReturn = last - series.logPrice(hour - 1);
    const dayReturn = last - series.logPrice(hour - 24);
    const strongHour = Math.abs(hourReturn) > 5 * series.volatility(hour);
    const strongDays = Math.abs(dayReturn) / (totalVolatility(coin) / Math.sqrt(365));
    const signed = coin.pegged ? 0 : attention * (strongHour ? 2 : 0.25 * Math.max(0, strongDays - 0.6));
    const opinion = coin.pegged ? 0 : attention * 0.02;
    const neutral = attention * 0.1;
    const move = strongHour ? hourReturn : dayReturn;
    let tone: Tone = 0;
    let template: Template;
    if (random.uniform() < Math.min(0.9, signed)) {
      tone = move > 0 ? 1 : -1;
      template = random.pick(templates[tone]);
    } else {
      const draw = random.uniform();
      if (draw >= opinion + neutral) return null;
      if (draw < opinion) {
        tone = random.uniform() < 0.5 ? 1 : -1;
        template = random.pick(OPINION_TEMPLATES[tone]);
      } else template = random.pick(templates[0]);
    }
    const percent = (100 * Math.abs(Math.expm1(move))).toFixed(1);
    return {
      id: (hour * 64 + index).toString(36),
      // To the second, as feeds give it, and always after the hour it is about.
      publishedMs: hourStartMs(hour + 1) + Math.floor(random.uniform() * (HOUR_MS / 1_000)) * 1_000,
      title: template(calledName(coin, ticker, random), percent, dollars(Math.exp(last))),
      symbol: coin.symbol,
      tone,
      place: random.uniform(),
    };
  }
}

function calledName(coin: SimulatedCoin, tickerPrefix: string, random: StreamRandom): string {
  const ways = [coin.name, `${coin.name} (${coin.symbol})`, `${tickerPrefix}${coin.symbol}`];
  return coin.name === coin.symbol ? coin.name : random.pick(ways);
}

/** Three to five meaningful digits, as headlines give prices. */
function dollars(price: number): string {
  if (price >= 1_000) return `$${Math.round(price).toLocaleString('en-US')}`;
  if (price >= 1) return `$${price.toFixed(2)}`;
  return `$${price.toFixed(2 - Math.floor(Math.log10(price)))}`;
}
