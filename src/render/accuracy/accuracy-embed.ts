import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import type {
  AccuracyReport,
  AccuracyScores,
  HorizonAccuracy,
  LiveAccuracy,
  LiveEstimate,
  PastCall,
} from '../../core/accuracy.ts';
import { cutText } from '../../core/cut-text.ts';
import { chosenHorizon, HORIZONS, type HorizonName } from '../../core/horizon.ts';
import { MISS_REASONS, type MissReason } from '../../core/ledger.ts';
import { BANDS, MEDIAN_INDEX } from '../../core/quantiles.ts';
import { FOOTER_MARK, type RecordHead, recordLine } from '../../core/record.ts';
import { recordText } from '../forecast/forecast-embed.ts';
import {
  escapeMarkdown,
  formatChange,
  formatCount,
  formatPercent,
  formatProbability,
  MINUS,
  NBSP,
  priceFormatter,
  timestamp,
} from '../format.ts';
import { fitEmbed, packLines } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;
const error = (logReturn: number) => `${(100 * logReturn).toFixed(2)}${NBSP}%`;
const share = (fraction: number) => `${(100 * fraction).toFixed(0)}${NBSP}%`;
/** Two models forecast one day, each from its own closes. */
const MODELS_OF_A_DAY: Partial<Record<HorizonName, string>> = { '24h': 'hourly model', '1d': 'daily model' };
const cases = (n: number) => `n${NBSP}=${NBSP}${formatCount(n)}`;

/** Builds the reply of `/accuracy`: the live record, each figure beside its baseline and its n; the card's evaluation apart. */
export function accuracyReply(report: AccuracyReport, chartPng: Uint8Array | null, head: RecordHead | null): Reply {
  const files =
    chartPng === null
      ? []
      : [
          {
            name: 'accuracy.png',
            contentType: 'image/png',
            data: chartPng,
            description: chartDescription(report),
          },
        ];
  return { embeds: [accuracyEmbed(report, chartPng !== null, head)], files, components: [] };
}

function accuracyEmbed(report: AccuracyReport, hasChart: boolean, head: RecordHead | null): APIEmbed {
  const live = report.horizons.find((one) => one.horizon === report.shown)!;
  const label = labelOf(report.shown);
  const who = whoText(report);
  const lines = [
    ...(report.simulated ? ['Simulated market: these prices are made up, and so is this record.'] : []),
    accuracySentence(live, report.days),
    ...(live.enough ? [] : [cardText(live)]),
    ...(report.past.length > 0 && !hasChart
      ? ['⚠️ The chart could not be drawn this time; the numbers are complete.']
      : []),
  ];
  const fields: APIEmbedField[] = [
    ...(live.scores ? scoreFields(live, live.scores, label) : []),
    ...callFields(report),
    ...(report.horizons.length > 1
      ? packLines(report.horizons.map(horizonLine)).map((value, i) => ({
          name: `Scheduled, ${report.live.length === 1 ? 'both models of one day' : 'every horizon'}${i === 0 ? '' : ', continued'}`,
          value,
        }))
      : []),
    { name: `What is in it, ${label}`, value: contents(live) },
    ...packLines(liveLines(report.live)).map((value, i) => ({
      name: i === 0 ? 'Asked for and posted: counted apart' : 'Asked for and posted, continued',
      value,
    })),
  ];
  return fitEmbed({
    title: `${report.simulated ? 'SIMULATED: ' : ''}Accuracy of ${who}, last ${report.days} days`,
    description: lines.join('\n'),
    color: report.simulated ? COLOUR.simulated : COLOUR.normal,
    fields,
    ...(hasChart ? { image: { url: 'attachment://accuracy.png' } } : {}),
    footer: { text: footer(head) },
  });
}

/** Such as `3 days`; of one day with the model that forecast it. */
function labelOf(horizon: HorizonName): string {
  const model = MODELS_OF_A_DAY[horizon];
  return model ? `1 day (${model})` : HORIZONS[horizon].label;
}

function whoText({ symbol, name, model }: AccuracyReport): string {
  const coin =
    symbol === null
      ? 'all tracked coins'
      : name && name !== symbol
        ? `${escapeMarkdown(cutText(name, 80))} (${symbol})`
        : symbol;
  return model === null ? coin : `${coin} by ${escapeMarkdown(model)}`;
}

/** The evaluation on past data, marked as such. */
function cardText({ card, horizon }: HorizonAccuracy): string {
  if (card === 'unknown') return '⚠️ What the model’s card says could not be read; `/status` says why.';
  if (card === null) return `The model that serves has no evaluation at ${labelOf(horizon)} either.`;
  return `What the model’s card says instead:\n${recordText(card)}`;
}

function scoreFields(live: HorizonAccuracy, scores: AccuracyScores, label: string): APIEmbedField[] {
  const { n } = live;
  const { coverage, direction, skillPct, brier, noChange, mase } = scores;
  const fields: APIEmbedField[] = [
    {
      name: `Ranges held, ${label}`,
      value:
        coverage.map((band) => `**${100 * band.nominal}${NBSP}%** held ${shareText(band)}`).join('\n') +
        `\n${cases(n)}`,
      inline: true,
    },
    {
      name: 'Direction',
      value: `${shareText(direction)}: ${directionVerdict(direction)}\nthe commoner side: ${(100 * direction.baseRate).toFixed(0)}${NBSP}%\n${cases(n)}`,
      inline: true,
    },
    {
      name: 'Skill over climatology',
      value: skillPct
        ? `${skillText(skillPct)}: ${edgeVerdict(skillPct)}\n${cases(scores.compared)}`
        : 'Climatology had too little history.',
      inline: true,
    },
    {
      name: 'Error of the median',
      value: [
        `RMSE ${error(scores.rmse)} (no change ${error(noChange.rmse)}), MAE ${error(scores.mae)} (no change ${error(noChange.mae)})`,
        ...(mase === null
          ? []
          : [
              `MASE ${mase.toFixed(2)}, where 1 is the coin’s usual move over ${HORIZONS[chosenHorizon(live.horizon)].label}`,
            ]),
        cases(n),
      ].join('\n'),
    },
  ];
  const steps = live.enough ? scores.calibration : [];
  const calibration = steps.map(
    ({ pUp, rises, n: count }) => `said ${(100 * pUp).toFixed(0)}${NBSP}%: rose ${shareText(rises)}, ${cases(count)}`,
  );
  const brierLine = `Brier score ${brier.score.toFixed(4)} (always saying the share of rises: ${brier.baseRate.toFixed(4)}), ${cases(n)}`;
  return [...fields, { name: 'P(up)', value: [brierLine, ...calibration].join('\n') }];
}

function callFields({ best, worst, last, symbol }: AccuracyReport): APIEmbedField[] {
  const fields: APIEmbedField[] = [];
  if (last) fields.push({ name: 'What we said last time', value: callText(last, symbol === null) });
  // With one call, it would be both.
  if (best && worst && (best.originMs !== worst.originMs || best.symbol !== worst.symbol)) {
    fields.push({ name: 'Best call', value: callText(best, symbol === null) });
    fields.push({ name: 'Worst call', value: callText(worst, symbol === null) });
  }
  return fields;
}

function callText(call: PastCall, named: boolean): string {
  const price = priceFormatter(call.lastPrice);
  const { lower, upper } = BANDS[1];
  const held =
    call.band === 50 || call.band === 80
      ? `inside the ${call.band}${NBSP}% range`
      : call.band === 95
        ? `outside the 80${NBSP}% range, inside the 95${NBSP}% one`
        : `outside the 95${NBSP}% range`;
  return [
    `${named ? `**${call.symbol}** ` : ''}${timestamp(call.originMs, 'f')} at ${price(call.lastPrice)}, for ${timestamp(call.targetMs, 'f')}:`,
    `80${NBSP}% range ${price(call.quantiles[lower]!)} to ${price(call.quantiles[upper]!)}, median ${price(call.quantiles[MEDIAN_INDEX]!)}, P(up) ${formatProbability(call.pUp)}.`,
    `It became **${price(call.actualPrice)}** (${formatChange(call.lastPrice, call.actualPrice)}), ${held}${call.revised ? '; scored again after a correction' : ''}.`,
  ].join('\n');
}

function horizonLine(live: HorizonAccuracy): string {
  const model = MODELS_OF_A_DAY[live.horizon];
  const name = model ? `**1d, ${model}**` : `**${live.horizon}**`;
  if (live.scores === null)
    return `${name} nothing due yet${live.waiting > 0 ? `, ${formatCount(live.waiting)} waiting` : ''}`;
  const { coverage, direction, skillPct } = live.scores;
  const parts = [
    `80${NBSP}% range held ${shareText(coverage[1]!)}`,
    ...(skillPct ? [`skill ${skillText(skillPct)}`] : []),
    `direction ${shareText(direction)}, base rate ${(100 * direction.baseRate).toFixed(0)}${NBSP}%`,
    cases(live.n),
  ];
  return `${name} ${parts.join('; ')}${live.enough ? '' : ' (few)'}`;
}

/** What people were shown and how it is counted: one horizon in lines, several a line each. */
function liveLines(records: readonly LiveAccuracy[]): string[] {
  const some = records.filter(({ asked, posted }) => asked + posted > 0);
  if (some.length === 0) return ['None in these days.'];
  const why =
    'These start at the moment of the question or post, from the price then. People ask when something happens, so they are not mixed with the above; of a coin, only the first in each hour counts.';
  const [only] = some;
  if (records.length === 1) return [why, ...liveParts(only!, true)];
  return [why, ...some.map((one) => `**${one.horizon}** ${liveParts(one, false).join('; ')}`)];
}

function liveParts(live: LiveAccuracy, inFull: boolean): string[] {
  const { n, coins, days, asked, posted, waiting, unscored, enough, scores } = live;
  const counted = (count: number, noun: string) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
  const rest = [
    ...(waiting > 0 ? [`${formatCount(waiting)} waiting`] : []),
    ...(unscored > 0 ? [`${formatCount(unscored)} could not be scored`] : []),
    `${formatCount(asked)} asked for and ${formatCount(posted)} posted in all`,
  ];
  if (scores === null) return [`nothing due yet; ${rest.join('; ')}`];
  const { coverage, direction, skillPct } = scores;
  const ranges = coverage.map((band) => {
    const held = inFull || band.nominal === 0.8 ? shareText(band) : share(band.value);
    return `${100 * band.nominal}${NBSP}% held ${held}`;
  });
  const verdict = inFull ? `: ${directionVerdict(direction)}` : '';
  return [
    `ranges: ${ranges.join(', ')}`,
    `direction ${shareText(direction)}${verdict}, the commoner side ${(100 * direction.baseRate).toFixed(0)}${NBSP}%`,
    ...(skillPct ? [`skill over climatology ${skillText(skillPct)}: ${edgeVerdict(skillPct)}`] : []),
    [`${cases(n)} of ${counted(coins, 'coin')} on ${counted(days, 'day')}${enough ? '' : ' (few)'}`, ...rest].join(
      '; ',
    ),
  ];
}

function contents(live: HorizonAccuracy): string {
  const some = (count: number, words: string, ofOne = words) =>
    count > 0 ? [`${formatCount(count)} ${count === 1 ? ofOne : words}`] : [];
  const dates =
    live.fromMs !== null && live.toMs !== null
      ? `, made ${timestamp(live.fromMs, 'D')} to ${timestamp(live.toMs, 'D')}`
      : '';
  const parts = [
    live.n === 0
      ? 'No scored forecast'
      : `${formatCount(live.n)} scheduled forecast${live.n === 1 ? '' : 's'} of ${formatCount(live.coins)} coin${live.coins === 1 ? '' : 's'} from ${formatCount(live.periods)} moment${live.periods === 1 ? '' : 's'}${dates}`,
    ...some(live.waiting, 'still waiting for their outcome', 'still waiting for its outcome'),
    ...missingText(live),
    ...some(live.unscored, 'could not be scored: no candle came'),
    ...some(
      live.revised,
      'were scored again after a candle was corrected',
      'was scored again after a candle was corrected',
    ),
    ...some(
      live.onDemand,
      'more were asked for from the same closes and are kept out',
      'more was asked for from the same close and is kept out',
    ),
  ];
  return `${parts.join('; ')}.`;
}

const WHY_MISSING: Readonly<Record<MissReason, string>> = {
  unconfirmed: 'because a price was not confirmed',
  'no-candle': 'because no source had the candle in time',
  database: 'because the database did not take them',
  late: 'because they came too late to count',
  clock: 'because the clock was wrong',
  model: 'because no model could forecast the coin',
  other: 'because of an error',
};

/** Such as `12 of 1,440 are missing and never filled in: 9 while the bot was down, 3 because a price was not confirmed`. */
function missingText({ missing, expected, missedFor }: HorizonAccuracy): string[] {
  if (missing === 0) return [];
  const known = MISS_REASONS.map((reason) => ({ n: missedFor[reason] ?? 0, why: WHY_MISSING[reason] }));
  const unknown = missing - known.reduce((sum, { n }) => sum + n, 0);
  const parts = [{ n: unknown, why: 'while the bot was down or could not write' }, ...known].filter(({ n }) => n > 0);
  const reasons = parts.map(({ n, why }) => `${formatCount(n)} ${why}`).join(', ');
  return [
    `${formatCount(missing)} of ${formatCount(expected)} due ${missing === 1 ? 'is' : 'are'} missing and never filled in: ${reasons}`,
  ];
}

function footer(head: RecordHead | null): string {
  const parts = ['Intervals: 95 %, block bootstrap over time', 'Not investment advice'];
  return [...parts, ...(head === null ? [] : [recordLine(head)])].join(FOOTER_MARK);
}

/** Alternative text of the chart, for people who cannot see it. */
function chartDescription(report: AccuracyReport): string {
  const inside = report.past.filter(({ band }) => band === 50 || band === 80).length;
  const what = report.symbol ?? 'all tracked coins';
  return `${report.simulated ? 'SIMULATED. ' : ''}Past scheduled forecasts of ${what}, ${labelOf(report.shown)} ahead, with what happened: ${formatCount(inside)} of ${formatCount(report.past.length)} outcomes lie inside their 80 % range.`;
}

/** A share with its interval, such as `79 % (75 to 83)`. */
function shareText({ value, low, high }: LiveEstimate): string {
  if (low === null || high === null) return share(value);
  return `${share(value)} (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
}

/** A skill in per cent with its interval and sign, such as `+1.2 % (−0.3 to +2.6)`. */
function skillText({ value, low, high }: LiveEstimate): string {
  const signed = (percent: number) => `${percent < 0 ? MINUS : '+'}${Math.abs(percent).toFixed(1)}`;
  return `${signed(value)}${NBSP}%${low === null || high === null ? '' : ` (${signed(low)} to ${signed(high)})`}`;
}

/** The direction's interval in words, against always naming the more frequent side. */
export function directionVerdict({ low, high, baseRate }: LiveEstimate & { readonly baseRate: number }): string {
  if (low === null || high === null) return 'too few cases to tell from chance';
  if (low > baseRate) return 'better than always saying the commoner side';
  return high < baseRate ? 'worse than always saying the commoner side' : 'no better than chance';
}

/** The skill's interval in words. */
export function edgeVerdict({ low, high }: LiveEstimate): string {
  if (low === null || high === null) return 'too few cases to tell from chance';
  if (low > 0) return 'a measurable edge';
  return high < 0 ? 'worse than climatology' : 'no measurable edge';
}

/** One sentence on one horizon of the live record: coverage, direction, skill; says so when there are too few cases. */
export function accuracySentence(live: HorizonAccuracy, days: number): string {
  const ahead = `${HORIZONS[chosenHorizon(live.horizon)].label} ahead`;
  const { n, scores } = live;
  if (n === 0 || scores === null) {
    const coming = live.waiting > 0 ? `; ${formatCount(live.waiting)} are waiting for their outcome` : '';
    return `No scheduled forecast ${ahead} has come due in the last ${days} days${coming}.`;
  }
  const band = scores.coverage[1]!;
  if (!live.enough) {
    const cases = `${formatCount(n)} scheduled forecast${n === 1 ? '' : 's'} ${ahead} from ${formatCount(live.periods)} moment${live.periods === 1 ? '' : 's'}`;
    return `Only ${cases} came due in the last ${days} days: too few to say how good they are. Of these the 80${NBSP}% range held ${share(band.value)}.`;
  }
  const edge =
    scores.skillPct === null
      ? ''
      : `; error ${formatPercent(Math.abs(scores.skillPct.value))} ${scores.skillPct.value < 0 ? 'higher' : 'lower'} than climatology, ${edgeVerdict(scores.skillPct)}`;
  return `Over ${days} days our 80${NBSP}% ranges ${ahead} held ${share(band.value)} of the time; direction ${directionVerdict(scores.direction)}${edge}.`;
}
