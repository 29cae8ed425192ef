import { type APIEmbed, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { AccuracyQuery, AccuracyReport, HorizonAccuracy } from '../../core/accuracy.ts';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { chosenHorizon, HORIZON_NAMES, HORIZONS, type HorizonName, horizonMs } from '../../core/horizon.ts';
import { FOOTER_MARK, type RecordHead, type RecordPart, recordLine } from '../../core/record.ts';
import type { Translator } from '../../language/translator.ts';
import { detailsButton, oldControlError, titleOf, type View } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { accuracyFields, cardText, shareOf, whoText } from './accuracy-fields.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** What the custom ids of /accuracy start with. */
export const ACCURACY_PREFIX = 'acc';
/** So large a part of the forecasts missing is said before Details is pressed. */
const MANY_MISSING = 0.05;

/** How a reply of `/accuracy` is shown. */
export interface AccuracyLook {
  readonly view: View;
  /** What was asked, for the button; null where the reply has none. */
  readonly query: AccuracyQuery | null;
}

/** Builds the reply of `/accuracy`: one sentence and the chart, or in details every figure of the live record with its baseline and its n. */
export function accuracyReply(
  report: AccuracyReport,
  chartPng: Uint8Array | null,
  head: RecordHead | null,
  translator: Translator,
  { view, query }: AccuracyLook,
): Reply {
  const files =
    chartPng === null
      ? []
      : [
          {
            name: 'accuracy.png',
            contentType: 'image/png',
            data: chartPng,
            description: chartDescription(report, translator),
          },
        ];
  const components = query === null ? [] : accuracyButtons(query, 'forecasts', view, translator);
  // Without a button to get there, everything is shown.
  const shown = query !== null && components.length === 0 ? 'details' : view;
  const more = query === null && shown === 'brief';
  return { embeds: [accuracyEmbed(report, chartPng !== null, head, translator, shown, more)], files, components };
}

function accuracyEmbed(
  report: AccuracyReport,
  hasChart: boolean,
  head: RecordHead | null,
  translator: Translator,
  view: View,
  saysMore: boolean,
): APIEmbed {
  const { t } = translator;
  const live = report.horizons.find((one) => one.horizon === report.shown)!;
  const lines = [
    report.simulated ? t('accuracy.simulated') : '',
    ...accuracySentences(live, report.days, translator),
    live.enough ? '' : view === 'details' ? cardText(live, translator) : pastHeld(live, translator),
    report.past.length > 0 && !hasChart ? t('reply.chartMissing') : '',
    saysMore ? t('accuracy.moreInDetails') : '',
  ];
  const title = t('accuracy.title', { who: whoText(report, translator), days: report.days });
  const footer = [
    ...(view === 'details' ? [t('accuracy.intervals')] : []),
    t('common.notAdvice'),
    ...(head === null ? [] : [recordLine(head)]),
  ];
  return fitEmbed({
    title: titleOf(title, report.simulated, translator),
    description: lines.filter((line) => line !== '').join('\n'),
    color: report.simulated ? COLOUR.simulated : COLOUR.normal,
    ...(view === 'details' ? { fields: accuracyFields(report, live, translator) } : {}),
    ...(hasChart ? { image: { url: 'attachment://accuracy.png' } } : {}),
    footer: { text: footer.join(FOOTER_MARK) },
  });
}

/** How ranges held on past data, for a record that is still short; nothing where no model says so. */
function pastHeld({ card }: HorizonAccuracy, { t, formats }: Translator): string {
  return card === null || card === 'unknown'
    ? ''
    : t('accuracy.pastHeld', { share: shareOf(card.coverage80, formats) });
}

/** How one horizon of the live record did, a plain sentence a line: ranges, against repeating the past, direction; says so when there are too few cases. */
export function accuracySentences(live: HorizonAccuracy, days: number, { t, formats }: Translator): readonly string[] {
  const ahead = formats.duration(horizonMs(HORIZONS[chosenHorizon(live.horizon)]));
  const { n, scores } = live;
  const waiting = live.waiting > 0 ? t('accuracy.waiting', { count: live.waiting }) : '';
  if (n === 0 || scores === null) return [t('accuracy.none', { ahead, days }), waiting];
  const held = shareOf(scores.coverage[1]!.value, formats);
  if (!live.enough) return [t('accuracy.few', { n, ahead, days }), t('accuracy.fewHeld', { share: held }), waiting];
  const { direction, skillPct } = scores;
  const { low, high, baseRate } = direction;
  const right = { share: shareOf(direction.value, formats), base: shareOf(baseRate, formats) };
  const missing = { missing: formats.count(live.missing), expected: formats.count(live.expected) };
  return [
    t('accuracy.held', { days, ahead, share: held }),
    skillPct === null || skillPct.low === null || skillPct.high === null
      ? t('accuracy.notYetKnown')
      : skillPct.low > 0
        ? t('accuracy.closer', { size: formats.percent(skillPct.value) })
        : skillPct.high < 0
          ? t('accuracy.further', { size: formats.percent(-skillPct.value) })
          : t('accuracy.asGood'),
    low === null || high === null
      ? ''
      : low > baseRate
        ? t('accuracy.upDownBetter', right)
        : high < baseRate
          ? t('accuracy.upDownWorse', right)
          : t('accuracy.upDownChance'),
    live.missing > MANY_MISSING * live.expected ? t('accuracy.manyMissing', missing) : '',
  ];
}

/** Alternative text of the chart, for people who cannot see it. */
function chartDescription(report: AccuracyReport, translator: Translator): string {
  const { t, formats } = translator;
  const text = t('accuracy.chartDescription', {
    who: report.symbol ?? t('accuracy.allCoins'),
    ahead: formats.duration(horizonMs(HORIZONS[chosenHorizon(report.shown)])),
    inside: formats.count(report.past.filter(({ band }) => band === 50 || band === 80).length),
    n: formats.count(report.past.length),
  });
  return titleOf(text, report.simulated, translator);
}

/** What `/accuracy` is about: forecasts, or odds of levels. */
export type AccuracyPage = 'forecasts' | 'odds';

/** Views in custom ids; those of forecasts have the names that they had before there were others. */
const VIEWS = {
  forecasts: { brief: 'brief', details: 'details' },
  odds: { brief: 'odds', details: 'odds-details' },
} as const satisfies Record<AccuracyPage, Record<View, string>>;

/** The buttons under a report: every figure or fewer, and the other page; none where what was asked is too long for Discord. */
export function accuracyButtons(
  query: AccuracyQuery,
  page: AccuracyPage,
  view: View,
  translator: Translator,
): Reply['components'] {
  const other = page === 'odds' ? 'forecasts' : 'odds';
  const details = accuracyCustomId(query, VIEWS[page][view === 'brief' ? 'details' : 'brief']);
  const toOther = accuracyCustomId(query, VIEWS[other].brief);
  if (Math.max(details.length, toOther.length) > LIMITS.customId) return [];
  const otherButton = {
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    custom_id: toOther,
    label: translator.t(other === 'odds' ? 'oddsRecord.toOdds' : 'oddsRecord.toForecasts'),
  };
  const components = [detailsButton(details, view, translator), otherButton];
  return [{ type: ComponentType.ActionRow, components }];
}

/** Writes a question and what is asked for into a custom id, such as `acc:details:BTC:1d:60:`; `-` stands for what was not given. */
function accuracyCustomId({ symbol, horizon, days, model }: AccuracyQuery, view: string): string {
  return [ACCURACY_PREFIX, view, symbol ?? '-', horizon ?? '-', days ?? '-', model ?? ''].join(':');
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseAccuracyPress(rest: string): {
  readonly query: AccuracyQuery;
  readonly page: AccuracyPage;
  readonly view: View;
} {
  const [named, symbol = '', horizonName = '', days = '', ...model] = rest.split(':');
  const horizon: HorizonName | undefined = HORIZON_NAMES.find((name) => name === horizonName);
  const page: AccuracyPage = named?.startsWith('odds') ? 'odds' : 'forecasts';
  const view = (['brief', 'details'] as const).find((one) => VIEWS[page][one] === named);
  const isOurs =
    (symbol === '-' || SYMBOL_PATTERN.test(symbol)) &&
    (horizonName === '-' || horizon !== undefined) &&
    (days === '-' || /^\d{1,4}$/.test(days));
  if (!isOurs || !view) {
    throw oldControlError('/accuracy');
  }
  const name = model.join(':');
  const query = {
    ...(symbol === '-' ? {} : { symbol }),
    ...(horizon ? { horizon } : {}),
    ...(days === '-' ? {} : { days: Number(days) }),
    ...(name === '' ? {} : { model: name }),
  };
  return { query, page, view };
}

/** Coins that are named one by one. */
const MAX_NAMED = 12;

/** Builds the reply of `/accuracy export:True`: the file, what is in it, and how to verify it. */
export function recordPartReply(part: RecordPart, head: RecordHead | null, translator: Translator): Reply {
  const { t, formats } = translator;
  const { name, data, verifier, symbols, ofServer, days, forecasts, scored, cutBeforeMs, simulated } = part;
  const first = symbols.slice(0, MAX_NAMED).map(escapeMarkdown).join(', ');
  const more = symbols.length - MAX_NAMED;
  const list = more > 0 ? t('reply.andMore', { names: first, count: more }) : first;
  const names = ofServer ? t('accuracy.recordServerCoins', { names: list }) : list;
  const counts = { days, forecasts: formats.count(forecasts), scored: formats.count(scored) };
  const lines = [
    forecasts === 0 ? t('accuracy.recordNone', { names, days }) : t('accuracy.recordHolds', { names, ...counts }),
    ...(simulated ? [t('accuracy.simulated')] : []),
    ...(cutBeforeMs === null ? [] : [t('accuracy.recordCut', { time: timestamp(cutBeforeMs, 'f') })]),
    '',
    t('accuracy.recordHow', { name }),
  ];
  const title = ofServer ? t('accuracy.recordServerTitle') : t('accuracy.recordTitle', { names: list });
  return {
    embeds: [
      fitEmbed({
        title: titleOf(title, simulated, translator),
        description: lines.join('\n'),
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        footer: { text: [t('common.notAdvice'), ...(head === null ? [] : [recordLine(head)])].join(FOOTER_MARK) },
      }),
    ],
    files: [
      { name, contentType: 'application/gzip', data, description: t('accuracy.recordFile') },
      { name: 'verify.py', contentType: 'text/x-python', data: verifier, description: t('accuracy.recordScript') },
    ],
    components: [],
  };
}
