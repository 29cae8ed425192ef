import { INTERVAL_MS } from '../../core/candle.ts';
import type {
  CoinScores,
  HorizonEvaluation,
  HourScores,
  MonthScores,
  SentimentAblation,
} from '../../core/evaluation.ts';
import { horizonName } from '../../core/horizon.ts';
import { BANDS } from '../../core/quantiles.ts';
import { DAY_MS, HOUR_MS, utcMonth } from '../../core/time.ts';
import { evaluationScores } from '../scoring/evaluation-scores.ts';
import { createScoreBook, mergeScoreBook, type PeriodPlace, type ScoreBook } from '../scoring/score-book.ts';
import { type AblationBooks, type CoinEvaluation, periodCount } from './evaluate-coin.ts';
import type { EvaluationSpan } from './forecast-origins.ts';

/** A coin's 80 % band may miss its nominal coverage by this much. */
const TOLERANCE = 0.03;
const REGIMES = ['calm', 'volatile', 'afterCrash', 'announcement'] as const;
const ABLATION_PARTS = ['all', 'known', 'headlines'] as const;

/** The evaluation of one part of a coin's origins, and where they lie among the origins of the report. */
export interface PlacedEvaluation {
  readonly evaluation: CoinEvaluation;
  readonly place: PeriodPlace;
}

/** Collects coins' evaluations one after the other and makes the horizons of a report. */
export interface ReportAssembler {
  /** Takes in all the parts of a coin. */
  add(parts: readonly PlacedEvaluation[]): void;
  horizons(): HorizonEvaluation[];
}

/**
 * Makes an assembler of a report with an origin every `periodMs`; where that is less than a candle, the horizons are split by hour of the
 * day too. `seen` tells whether the model was trained on a coin, `crashesKnown` whether Bitcoin's candles were there to find crashes in.
 */
export function createReportAssembler(
  span: EvaluationSpan,
  periodMs: number,
  baselines: readonly string[],
  seen: (symbol: string) => boolean,
  crashesKnown: boolean,
): ReportAssembler {
  const periods = periodCount(span, periodMs);
  const originMs = Float64Array.from({ length: periods }, (_, i) => span.fromMs + i * periodMs);
  const byHour = periodMs < INTERVAL_MS[span.interval];
  const book = () => createScoreBook(periods, baselines);
  const sheets = span.steps.map(() => ({
    pooled: book(),
    seen: book(),
    unseen: book(),
    calm: book(),
    volatile: book(),
    afterCrash: book(),
    announcement: book(),
    coins: [] as CoinScores[],
    sentiment: null as AblationBooks | null,
    hours: new Map<number, ScoreBook>(),
  }));
  const scores = (one: ScoreBook) => evaluationScores(one, span.interval, originMs, periodMs);
  /** The periods of an hour's book are days, from the first origin of the report at that hour on. */
  const addHour = (hours: Map<number, ScoreBook>, part: ScoreBook, { first, every }: PeriodPlace) => {
    const own = first % every;
    const firstMs = originMs[own]!;
    const hour = (firstMs % DAY_MS) / HOUR_MS;
    const sum = hours.get(hour) ?? createScoreBook(Math.ceil((periods - own) / every), baselines);
    mergeScoreBook(sum, part, { first: (first - own) / every, every: 1 });
    hours.set(hour, sum);
  };
  const hourScores = (hours: ReadonlyMap<number, ScoreBook>): HourScores[] =>
    [...hours]
      .sort(([a], [b]) => a - b)
      .map(([hour, one]) => {
        const firstMs = originMs.find((ms) => ms % DAY_MS === hour * HOUR_MS)!;
        const daysMs = Float64Array.from({ length: one.periods }, (_, i) => firstMs + i * DAY_MS);
        return { hour, ...evaluationScores(one, span.interval, daysMs) };
      });
  const addAblation = (sheet: { sentiment: AblationBooks | null }, books: AblationBooks | null, place: PeriodPlace) => {
    if (!books) return;
    const own = () =>
      createScoreBook(
        periods,
        books.all.baselines.map((one) => one.name),
      );
    sheet.sentiment ??= { all: own(), known: own(), headlines: own() };
    for (const part of ABLATION_PARTS) mergeScoreBook(sheet.sentiment[part], books[part], place);
  };
  const ablation = (one: ScoreBook): SentimentAblation => {
    const { n, coins, baselines } = scores(one);
    return { n, coins, worthPct: baselines[0]?.skillPct ?? null, pValue: baselines[0]?.pValue ?? null };
  };
  const coinScores = (symbol: string, all: ScoreBook): CoinScores => {
    const own = scores(all);
    const miss = Math.abs(own.coverage[1]!.share - BANDS[1].coverage);
    return { symbol, seen: seen(symbol), within3Points: own.n > 0 && miss <= TOLERANCE, ...own };
  };
  return {
    add(parts) {
      const symbol = parts[0]?.evaluation.symbol;
      if (symbol === undefined) return;
      sheets.forEach((sheet, at) => {
        const coin = book();
        for (const { evaluation, place } of parts) {
          const books = evaluation.horizons[at]!;
          mergeScoreBook(coin, books.all, place);
          if (byHour) addHour(sheet.hours, books.all, place);
          for (const part of REGIMES) mergeScoreBook(sheet[part], books[part], place);
          addAblation(sheet, books.sentiment, place);
        }
        mergeScoreBook(sheet.pooled, coin);
        mergeScoreBook(seen(symbol) ? sheet.seen : sheet.unseen, coin);
        if (coin.model.n > 0) sheet.coins.push(coinScores(symbol, coin));
      });
    },
    horizons: () =>
      sheets.map((sheet, at) => {
        const within = sheet.coins.filter((coin) => coin.within3Points).length;
        return {
          steps: span.steps[at]!,
          name: horizonName(span.interval, span.steps[at]!),
          pooled: scores(sheet.pooled),
          seen: scores(sheet.seen),
          unseen: scores(sheet.unseen),
          calm: scores(sheet.calm),
          volatile: scores(sheet.volatile),
          afterCrash: crashesKnown ? scores(sheet.afterCrash) : null,
          announcement: sheet.announcement.model.n > 0 ? scores(sheet.announcement) : null,
          coverage80Within3Points: {
            coins: within,
            of: sheet.coins.length,
            share: sheet.coins.length > 0 ? within / sheet.coins.length : 0,
          },
          ...(sheet.sentiment
            ? {
                sentiment: {
                  all: ablation(sheet.sentiment.all),
                  known: ablation(sheet.sentiment.known),
                  headlines: ablation(sheet.sentiment.headlines),
                },
              }
            : {}),
          ...(byHour ? { hours: hourScores(sheet.hours) } : {}),
          months: months(sheet.pooled, originMs),
          coins: sheet.coins,
        };
      }),
  };
}

function months(book: ScoreBook, originMs: Float64Array): MonthScores[] {
  const sums = new Map<string, { n: number; pinball: number; inside: number[] }>();
  originMs.forEach((ms, period) => {
    const n = book.count[period]!;
    if (n === 0) return;
    const month = utcMonth(ms);
    const sum = sums.get(month) ?? { n: 0, pinball: 0, inside: BANDS.map(() => 0) };
    sum.n += n;
    sum.pinball += book.loss[period]!;
    book.inside.forEach((column, i) => {
      sum.inside[i]! += column[period]!;
    });
    sums.set(month, sum);
  });
  return [...sums].map(([month, { n, pinball, inside }]) => ({
    month,
    n,
    coverage: inside.map((count) => count / n),
    pinball: pinball / n,
  }));
}
