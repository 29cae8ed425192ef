import type { APIEmbedField } from 'discord-api-types/v10';
import type { AccuracyQuery } from '../../core/accuracy.ts';
import { cutText } from '../../core/cut-text.ts';
import { HORIZONS, horizonMs } from '../../core/horizon.ts';
import {
  ENOUGH_ODDS,
  type OddsRecordPart,
  type OddsRecordReport,
  type OddsReliability,
  type OddsStep,
} from '../../core/odds-record.ts';
import { FOOTER_MARK, type RecordHead, recordLine } from '../../core/record.ts';
import { MINUS } from '../../language/formats.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { titleOf, type View } from '../details.ts';
import { escapeMarkdown } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { accuracyButtons } from './accuracy-embed.ts';
import { shareOf } from './accuracy-fields.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;
/** A step with fewer odds is not taken to stand for all. */
const LEAST_TOLD = 30;

/** Builds the reply of `/accuracy odds:true`: how odds of levels held in two sentences and a diagram, or every step of them in details. */
export function oddsRecordReply(
  report: OddsRecordReport,
  chart: Uint8Array | null,
  head: RecordHead | null,
  translator: Translator,
  { view, query }: { readonly view: View; readonly query: AccuracyQuery },
): Reply {
  const { t } = translator;
  const { fixed, days, simulated } = report;
  const who = oddsWho(report, translator);
  const lines = [
    simulated ? t('accuracy.simulated') : '',
    ...oddsSentences(report, translator),
    hasDiagram(report) && chart === null ? t('reply.chartMissing') : '',
  ];
  const components = accuracyButtons(query, 'odds', view, translator);
  // Without a button to get there, everything is shown.
  const isFull = view === 'details' || components.length === 0;
  const footer = [
    ...(isFull && fixed.end.enough ? [t('accuracy.intervals')] : []),
    t('common.notAdvice'),
    ...(head === null ? [] : [recordLine(head)]),
  ];
  const embed = fitEmbed({
    title: titleOf(t('oddsRecord.title', { who, days }), simulated, translator),
    description: lines.filter((line) => line !== '').join('\n'),
    color: simulated ? COLOUR.simulated : COLOUR.normal,
    ...(isFull ? { fields: fieldsOf(report, translator) } : {}),
    ...(chart ? { image: { url: 'attachment://odds-record.png' } } : {}),
    footer: { text: footer.join(FOOTER_MARK) },
  });
  const description = titleOf(t('oddsRecord.picture', { who }), simulated, translator);
  const files = chart ? [{ name: 'odds-record.png', contentType: 'image/png', data: chart, description }] : [];
  return { embeds: [embed], files, components };
}

/** Whether there is enough of one sort for a diagram. */
export const hasDiagram = ({ fixed }: OddsRecordReport) => fixed.end.enough || fixed.touch.enough;

/** Whose odds a report is about, such as `Bitcoin (BTC), 3 days ahead`. */
export function oddsWho({ symbol, name, horizon, model }: OddsRecordReport, { t, formats }: Translator): string {
  const named = name && name !== symbol ? `${escapeMarkdown(cutText(name, 80))} (${symbol})` : symbol;
  const coin = named ?? t('accuracy.allCoins');
  const who = model === null ? coin : t('accuracy.byModel', { who: coin, model: escapeMarkdown(cutText(model, 60)) });
  return horizon === null ? who : t('oddsRecord.ahead', { who, ahead: formats.duration(horizonMs(HORIZONS[horizon])) });
}

/** The step that the sentence tells of: around 70 % where many odds are, else where most are. */
export function toldStep({ steps }: OddsReliability): OddsStep {
  const most = (of: readonly OddsStep[]) => of.reduce((best, one) => (one.n > best.n ? one : best));
  const likely = steps.filter(({ stated, n }) => stated >= 0.55 && stated <= 0.9 && n >= LEAST_TOLD);
  return most(likely.length > 0 ? likely : steps);
}

/** What the sentence about a record says: what was said, how often it happened, and over how many odds and days. */
export function toldValues(reliability: OddsReliability, { formats }: Translator) {
  const { stated, happened, n } = toldStep(reliability);
  return {
    said: shareOf(stated, formats),
    happened: shareOf(happened.value, formats),
    n: formats.count(n),
    days: reliability.days,
  };
}

const countsOf = ({ reliability, unscored }: OddsRecordPart, { formats }: Translator) => ({
  n: formats.count(reliability?.n ?? 0),
  days: reliability?.days ?? 0,
  unscored: formats.count(unscored),
});

/** How fixed odds held, a plain sentence a line: at the moment, on the way, and beside the usual moves. */
function oddsSentences({ fixed }: OddsRecordReport, translator: Translator): readonly string[] {
  const { t, formats } = translator;
  const { end, touch } = fixed;
  const told = (key: MessageKey, { reliability, enough }: OddsRecordPart) =>
    enough && reliability ? [t(key, toldValues(reliability, translator))] : [];
  if (!end.enough) {
    const { n: need, days: needDays } = ENOUGH_ODDS;
    const { n, days } = countsOf(end, translator);
    return [t('oddsRecord.few', { n, days, need, needDays }), ...told('oddsRecord.touched', touch)];
  }
  const skill = end.reliability?.againstUsual?.skillPct;
  return [
    ...told('oddsRecord.held', end),
    ...(skill
      ? [
          skill.low > 0
            ? t('oddsRecord.closer', { size: formats.percent(skill.value) })
            : skill.high < 0
              ? t('oddsRecord.further', { size: formats.percent(-skill.value) })
              : t('oddsRecord.asGood'),
        ]
      : []),
    ...(touch.enough
      ? told('oddsRecord.touched', touch)
      : [t('oddsRecord.fewTouched', { n: countsOf(touch, translator).n, days: countsOf(touch, translator).days })]),
  ];
}

function fieldsOf({ fixed, asked }: OddsRecordReport, translator: Translator): APIEmbedField[] {
  const { t } = translator;
  const field = (name: MessageKey, part: OddsRecordPart) => ({
    name: t(name),
    value: figures(part, translator).join('\n'),
  });
  return [
    field('oddsRecord.endField', fixed.end),
    field('oddsRecord.touchField', fixed.touch),
    field('oddsRecord.askedEndField', asked.end),
    field('oddsRecord.askedTouchField', asked.touch),
    { name: t('oddsRecord.whatField'), value: t('oddsRecord.what') },
  ];
}

function figures(part: OddsRecordPart, translator: Translator): string[] {
  const { t, formats } = translator;
  const { reliability, enough } = part;
  const counts = countsOf(part, translator);
  if (!reliability || !enough) return [t('oddsRecord.notEnough', counts)];
  const { gap, againstUsual, steps } = reliability;
  const share = ({ value, low, high }: OddsStep['happened']) =>
    `${shareOf(value, formats)} (${formats.number(100 * low, 0)}–${shareOf(high, formats)})`;
  const skill = againstUsual?.skillPct;
  const signed = (value: number) => `${value < 0 ? MINUS : ''}${formats.number(Math.abs(value), 1)}`;
  return [
    t('oddsRecord.cases', counts),
    t('oddsRecord.gap', { gap: formats.number(100 * gap, 1) }),
    ...(againstUsual && skill
      ? [
          t('oddsRecord.brier', {
            odds: formats.number(againstUsual.odds, 4),
            usual: formats.number(againstUsual.usual, 4),
            skill: `${formats.percent(skill.value)} (${signed(skill.low)} … ${formats.percent(skill.high)})`,
            n: formats.count(againstUsual.n),
          }),
        ]
      : []),
    ...steps.map(({ stated, happened, n }) =>
      t('oddsRecord.step', { said: shareOf(stated, formats), share: share(happened), n: formats.count(n) }),
    ),
  ];
}
