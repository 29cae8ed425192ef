import type { APIEmbedField } from 'discord-api-types/v10';
import type {
  AccuracyReport,
  AccuracyScores,
  HorizonAccuracy,
  LiveAccuracy,
  LiveEstimate,
  PastCall,
} from '../../core/accuracy.ts';
import { cutText } from '../../core/cut-text.ts';
import { chosenHorizon, HORIZONS, type HorizonName, horizonMs } from '../../core/horizon.ts';
import { MISS_REASONS, type MissReason } from '../../core/ledger.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { type Formats, MINUS, NBSP } from '../../language/formats.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { sectionName } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { packLines } from '../limits.ts';

/** Stands for a figure that there is none of. */
const NONE = '–';

/** A share as a whole percentage. */
export const shareOf = (fraction: number, formats: Formats): string => `${formats.number(100 * fraction, 0)}${NBSP}%`;

/** Whose forecasts a report is about. */
export function whoText({ symbol, name, model }: AccuracyReport, { t }: Translator): string {
  const coin =
    symbol === null
      ? t('accuracy.allCoins')
      : name && name !== symbol
        ? `${escapeMarkdown(cutText(name, 80))} (${symbol})`
        : symbol;
  return model === null ? coin : t('accuracy.byModel', { who: coin, model: escapeMarkdown(model) });
}

/** Such as `3 days`; of one day with the model that forecast it. */
function labelOf(horizon: HorizonName, { t, formats }: Translator): string {
  const ahead = formats.duration(horizonMs(HORIZONS[chosenHorizon(horizon)]));
  if (horizon === '24h') return t('accuracy.hourlyModel', { ahead });
  return horizon === '1d' ? t('accuracy.dailyModel', { ahead }) : ahead;
}

/** The evaluation on past data, marked as such. */
export function cardText({ card, horizon }: HorizonAccuracy, translator: Translator): string {
  const { t, formats } = translator;
  if (card === 'unknown') return t('accuracy.cardUnknown');
  if (card === null) return t('accuracy.cardNone', { ahead: labelOf(horizon, translator) });
  return t('accuracy.card', {
    size: formats.percent(Math.abs(card.skillPct)),
    side: card.skillPct < 0 ? 'higher' : 'lower',
    low: formats.signedPercent(card.skillLowPct),
    high: formats.signedPercent(card.skillHighPct),
    edge: card.edge ? 'yes' : 'no',
    coverage: formats.percent(card.coverage80 * 100),
    n: formats.count(card.n),
  });
}

/** Every figure of a report: the horizon shown in full, calls, the other horizons, what is in it, and what people asked for. */
export function accuracyFields(report: AccuracyReport, live: HorizonAccuracy, translator: Translator): APIEmbedField[] {
  const { t } = translator;
  const label = labelOf(report.shown, translator);
  const everyHorizon = t(report.live.length === 1 ? 'accuracy.oneDayField' : 'accuracy.everyHorizonField');
  const asked = t('accuracy.liveField');
  return [
    ...(live.scores ? scoreFields(live, live.scores, label, translator) : []),
    ...callFields(report, translator),
    ...(report.horizons.length > 1
      ? packLines(report.horizons.map((one) => horizonLine(one, translator))).map((value, i) => ({
          name: sectionName(everyHorizon, i, translator),
          value,
        }))
      : []),
    { name: t('accuracy.contentsField', { ahead: label }), value: contents(live, translator) },
    ...packLines(liveLines(report.live, translator)).map((value, i) => ({
      name: sectionName(asked, i, translator),
      value,
    })),
  ];
}

function scoreFields(
  live: HorizonAccuracy,
  scores: AccuracyScores,
  label: string,
  translator: Translator,
): APIEmbedField[] {
  const { t, formats } = translator;
  const { coverage, direction, skillPct, brier, noChange, mase } = scores;
  const n = formats.count(live.n);
  const cases = t('accuracy.cases', { n });
  const share = (estimate: LiveEstimate) => shareText(estimate, translator);
  const error = (logReturn: number) => `${formats.number(100 * logReturn, 2)}${NBSP}%`;
  const bands = coverage.map((band) =>
    t('accuracy.bandHeld', { band: `${100 * band.nominal}${NBSP}%`, share: share(band) }),
  );
  const steps = live.enough ? scores.calibration : [];
  return [
    { name: t('accuracy.rangesField', { ahead: label }), value: [...bands, cases].join('\n'), inline: true },
    {
      name: t('accuracy.directionField'),
      value: [
        t('accuracy.direction', { share: share(direction), verdict: t(directionVerdict(direction)) }),
        t('accuracy.baseRate', { share: shareOf(direction.baseRate, formats) }),
        cases,
      ].join('\n'),
      inline: true,
    },
    {
      name: t('accuracy.skillField'),
      value:
        skillPct === null
          ? t('accuracy.skillUnknown')
          : [
              t('accuracy.skill', { change: errorChange(skillPct, translator), verdict: t(edgeVerdict(skillPct)) }),
              t('accuracy.cases', { n: formats.count(scores.compared) }),
            ].join('\n'),
      inline: true,
    },
    {
      name: t('accuracy.errorField'),
      value: [
        t('accuracy.errors', {
          rmse: error(scores.rmse),
          noRmse: error(noChange.rmse),
          mae: error(scores.mae),
          noMae: error(noChange.mae),
        }),
        ...(mase === null
          ? []
          : [
              t('accuracy.mase', {
                value: formats.number(mase, 2),
                ahead: formats.duration(horizonMs(HORIZONS[chosenHorizon(live.horizon)])),
              }),
            ]),
        cases,
      ].join('\n'),
    },
    {
      name: t('accuracy.chanceField'),
      value: [
        t('accuracy.brier', { score: formats.number(brier.score, 4), base: formats.number(brier.baseRate, 4), n }),
        ...steps.map(({ pUp, rises, n: count }) =>
          t('accuracy.calibration', { said: shareOf(pUp, formats), share: share(rises), n: formats.count(count) }),
        ),
      ].join('\n'),
    },
  ];
}

function callFields({ best, worst, last }: AccuracyReport, translator: Translator): APIEmbedField[] {
  const { t } = translator;
  const field = (name: MessageKey, call: PastCall) => ({ name: t(name), value: callText(call, translator) });
  return [
    ...(last ? [field('accuracy.lastField', last)] : []),
    // With one call, it would be both.
    ...(best && worst && (best.originMs !== worst.originMs || best.symbol !== worst.symbol)
      ? [field('accuracy.bestField', best), field('accuracy.worstField', worst)]
      : []),
  ];
}

function callText(call: PastCall, { t, formats }: Translator): string {
  const price = formats.prices(call.lastPrice);
  const { lower, upper } = BANDS[1];
  const became = { price: price(call.actualPrice), change: formats.change(call.lastPrice, call.actualPrice) };
  const inside = call.band === 50 || call.band === 80;
  return [
    t('accuracy.callStart', {
      symbol: call.symbol,
      origin: timestamp(call.originMs, 'f'),
      price: price(call.lastPrice),
      target: timestamp(call.targetMs, 'f'),
    }),
    t('accuracy.callRange', {
      low: price(call.quantiles[lower]!),
      high: price(call.quantiles[upper]!),
      median: price(call.quantiles[MEDIAN_INDEX]!),
      chance: formats.probability(call.pUp),
    }),
    inside
      ? t('accuracy.callInside', { ...became, band: `${call.band}${NBSP}%` })
      : t(call.band === 95 ? 'accuracy.callBetween' : 'accuracy.callOutside', became),
    ...(call.revised ? [t('accuracy.callRevised')] : []),
  ].join('\n');
}

function horizonLine(live: HorizonAccuracy, translator: Translator): string {
  const { t, formats } = translator;
  const { horizon, scores } = live;
  const isDay = horizon === '1d' || horizon === '24h';
  const name = isDay ? labelOf(horizon, translator) : horizon;
  if (scores === null) return t('accuracy.horizonNone', { name, waiting: formats.count(live.waiting) });
  return t('accuracy.horizonLine', {
    name,
    share: shareText(scores.coverage[1]!, translator),
    change: scores.skillPct ? errorChange(scores.skillPct, translator) : NONE,
    direction: shareText(scores.direction, translator),
    base: shareOf(scores.direction.baseRate, formats),
    n: formats.count(live.n),
    few: live.enough ? 'no' : 'yes',
  });
}

/** What people were shown and how it is counted: one horizon in lines, several a line each. */
function liveLines(records: readonly LiveAccuracy[], translator: Translator): string[] {
  const { t } = translator;
  const some = records.filter(({ asked, posted }) => asked + posted > 0);
  if (some.length === 0) return [t('accuracy.liveNone')];
  const inFull = records.length === 1;
  return [t('accuracy.liveWhy'), ...some.map((one) => liveParts(one, inFull, translator).join(inFull ? '\n' : '; '))];
}

function liveParts(live: LiveAccuracy, inFull: boolean, translator: Translator): string[] {
  const { t, formats } = translator;
  const { n, coins, days, enough, scores } = live;
  const rest = {
    waiting: formats.count(live.waiting),
    unscored: formats.count(live.unscored),
    asked: formats.count(live.asked),
    posted: formats.count(live.posted),
  };
  const name = `**${live.horizon}**`;
  if (scores === null) return [t('accuracy.liveNothingDue', { name, ...rest })];
  const { coverage, direction, skillPct } = scores;
  const held = (index: 0 | 1 | 2) => {
    const band = coverage[index]!;
    return inFull || index === 1 ? shareText(band, translator) : shareOf(band.value, formats);
  };
  return [
    t('accuracy.liveRanges', { name, b50: held(0), b80: held(1), b95: held(2) }),
    t('accuracy.liveDirection', {
      share: shareText(direction, translator),
      verdict: t(directionVerdict(direction)),
      base: shareOf(direction.baseRate, formats),
    }),
    ...(skillPct
      ? [t('accuracy.liveSkill', { change: errorChange(skillPct, translator), verdict: t(edgeVerdict(skillPct)) })]
      : []),
    t('accuracy.liveCases', { n: formats.count(n), coins, days, few: enough ? 'no' : 'yes', ...rest }),
  ];
}

const WHY_MISSING: Readonly<Record<MissReason, MessageKey>> = {
  unconfirmed: 'accuracy.missedUnconfirmed',
  'no-candle': 'accuracy.missedCandle',
  database: 'accuracy.missedDatabase',
  late: 'accuracy.missedLate',
  clock: 'accuracy.missedClock',
  model: 'accuracy.missedModel',
  other: 'accuracy.missedOther',
};

/** What the figures of a horizon are made of and what is not in them, a sentence a line. */
function contents(live: HorizonAccuracy, { t, formats }: Translator): string {
  const { n, coins, periods, fromMs, toMs, missing, expected, missedFor, waiting, unscored, revised, onDemand } = live;
  const dates = { from: timestamp(fromMs ?? 0, 'D'), to: timestamp(toMs ?? 0, 'D') };
  const known = MISS_REASONS.map((reason) => ({ n: missedFor[reason] ?? 0, key: WHY_MISSING[reason] }));
  const unknown = missing - known.reduce((sum, one) => sum + one.n, 0);
  const reasons = [{ n: unknown, key: 'accuracy.missedDown' as const }, ...known].filter((one) => one.n > 0);
  return [
    n === 0 || fromMs === null || toMs === null
      ? t('accuracy.contentsNone')
      : t('accuracy.contents', { n, coins, periods, ...dates }),
    ...(waiting > 0 ? [t('accuracy.waiting', { count: waiting })] : []),
    ...(missing > 0
      ? [
          t('accuracy.contentsMissing', { missing: formats.count(missing), expected: formats.count(expected) }),
          ...reasons.map((one) => `• ${t(one.key, { n: formats.count(one.n) })}`),
        ]
      : []),
    ...(unscored > 0 ? [t('accuracy.unscored', { count: formats.count(unscored) })] : []),
    ...(revised > 0 ? [t('accuracy.revised', { count: revised })] : []),
    ...(onDemand > 0 ? [t('accuracy.onDemand', { count: onDemand })] : []),
  ].join('\n');
}

/** A share with its interval, such as `79 % (75 to 83)`. */
function shareText({ value, low, high }: LiveEstimate, { t, formats }: Translator): string {
  if (low === null || high === null) return shareOf(value, formats);
  const whole = (fraction: number) => formats.number(100 * fraction, 0);
  return t('reply.interval', { value: shareOf(value, formats), low: whole(low), high: whole(high) });
}

/** By how much the error differs from that of repeating the past, for a skill in per cent with its interval: `−1.2 % (−2.6 to +0.3)` for +1.2. */
function errorChange({ value, low, high }: LiveEstimate, { t, formats }: Translator): string {
  const signed = (skill: number) => `${skill > 0 ? MINUS : '+'}${formats.number(Math.abs(skill), 1)}`;
  const shown = `${signed(value)}${NBSP}%`;
  return low === null || high === null
    ? shown
    : t('reply.interval', { value: shown, low: signed(high), high: signed(low) });
}

/** The direction's interval in words, against always naming the more frequent side. */
export function directionVerdict({ low, high, baseRate }: LiveEstimate & { readonly baseRate: number }): MessageKey {
  if (low === null || high === null) return 'accuracy.tooFew';
  if (low > baseRate) return 'accuracy.directionBetter';
  return high < baseRate ? 'accuracy.directionWorse' : 'accuracy.directionChance';
}

/** The skill's interval in words. */
export function edgeVerdict({ low, high }: LiveEstimate): MessageKey {
  if (low === null || high === null) return 'accuracy.tooFew';
  if (low > 0) return 'accuracy.edgeYes';
  return high < 0 ? 'accuracy.edgeWorse' : 'accuracy.edgeNo';
}
