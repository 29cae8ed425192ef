import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import { chosenHorizon, HORIZONS, horizonMs } from '../../core/horizon.ts';
import { BANDS } from '../../core/quantiles.ts';
import { recordLine } from '../../core/record.ts';
import type { ChainCheck, CheckedForecast, CheckedMessage, RecordCheck } from '../../core/record-audit.ts';
import { NBSP } from '../../language/formats.ts';
import type { Translator } from '../../language/translator.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = { holds: 0x3ba55d, open: 0x5563c8, contradicted: 0xd83c3e } as const;

/** Builds the reply of `/verify`: whether the record bears a forecast or a message out, then what it was and what came of it. */
export function verifyReply(check: RecordCheck, translator: Translator): Reply {
  const { t } = translator;
  const { message, forecasts, chain } = check;
  const problem = message?.problem ?? chain.problem;
  const isOpen = forecasts.some(({ outcome }) => outcome === null);
  const fields: APIEmbedField[] = [
    ...forecasts.map((one) => forecastField(one, check, translator)),
    { name: t('verify.howField'), value: howText(message, chain, translator) },
  ];
  const embed: APIEmbed = {
    title: titleOf(check, translator),
    description: [sentence(check, problem, translator), ...(check.isKept ? [] : [t('verify.notKept')])].join('\n'),
    color: problem !== null ? COLOUR.contradicted : isOpen ? COLOUR.open : COLOUR.holds,
    fields,
    footer: { text: t('common.notAdvice') },
  };
  return { embeds: [fitEmbed(embed)], files: [], components: [] };
}

function titleOf({ message, forecasts, isShown }: RecordCheck, { t }: Translator): string {
  if (message === null) return t('verify.forecastTitle', { number: `${forecasts[0]!.entry.sequence}` });
  return isShown && forecasts.length === 1
    ? t('verify.withForecastTitle', { number: `${forecasts[0]!.entry.sequence}` })
    : t('verify.withRecordTitle', { number: `${message.head.forecasts}` });
}

/** The one sentence that a member of a chat needs. */
function sentence(
  { message, forecasts, chain, isShown }: RecordCheck,
  problem: string | null,
  { t }: Translator,
): string {
  if (problem !== null) {
    const what = message?.problem ? problem : `${problem[0]!.toUpperCase()}${problem.slice(1)}.`;
    return t('verify.contradicted', { problem: escapeMarkdown(what) });
  }
  if (chain.upTo === null) return t('verify.tooLong');
  if (message !== null && !isShown) {
    return t('verify.leads', { time: timestamp(message.sentMs, 'f'), number: `${message.head.forecasts}` });
  }
  const known = forecasts.every(({ outcome }) => outcome !== null);
  return t('verify.writtenBefore', { count: forecasts.length, known: known ? 'yes' : 'no' });
}

function forecastField(
  { entry, outcome }: CheckedForecast,
  { isShown, nowMs }: RecordCheck,
  translator: Translator,
): APIEmbedField {
  const { t, formats } = translator;
  const price = formats.prices(entry.lastPrice);
  const [, eighty, widest] = BANDS;
  const lines = [
    t('verify.written', {
      time: timestamp(entry.issuedAtMs, 'f'),
      before: formats.duration(entry.targetMs - entry.issuedAtMs),
      target: timestamp(entry.targetMs, 'f'),
    }),
    t('verify.ranges', {
      low80: price(entry.quantiles[eighty.lower]!),
      high80: price(entry.quantiles[eighty.upper]!),
      low95: price(entry.quantiles[widest.lower]!),
      high95: price(entry.quantiles[widest.upper]!),
      chance: formats.probability(entry.pUp),
      price: price(entry.lastPrice),
      source: escapeMarkdown(entry.source),
    }),
    ...outcomeLines({ entry, outcome }, nowMs, translator),
    t('verify.byModel', { model: escapeMarkdown(entry.model) }),
  ];
  const name = t(isShown ? 'verify.forecastField' : 'verify.lastField', {
    number: `${entry.sequence}`,
    symbol: entry.symbol,
    ahead: formats.duration(horizonMs(HORIZONS[chosenHorizon(entry.horizon)])),
  });
  return { name, value: lines.join('\n') };
}

function outcomeLines({ entry, outcome }: CheckedForecast, nowMs: number, { t, formats }: Translator): string[] {
  if (outcome === null) {
    const time = timestamp(entry.targetMs, 'R');
    return [t(entry.targetMs > nowMs ? 'verify.open' : 'verify.unscored', { time })];
  }
  const values = {
    price: formats.prices(entry.lastPrice)(outcome.actualPrice),
    change: formats.change(entry.lastPrice, outcome.actualPrice),
    source: escapeMarkdown(outcome.source),
  };
  return [
    outcome.band === null
      ? t('verify.outside', values)
      : t('verify.inside', { ...values, band: `${outcome.band}${NBSP}%` }),
    ...(outcome.revision > 0 ? [t('verify.revised')] : []),
  ];
}

function howText(message: CheckedMessage | null, chain: ChainCheck, { t }: Translator): string {
  const { forecasts, checkpoints, upTo, isComplete } = chain;
  return [
    ...(message
      ? [
          t('verify.message', {
            url: message.url,
            sent: timestamp(message.sentMs, 'f'),
            edited: message.editedMs === null ? 'none' : timestamp(message.editedMs, 'f'),
            head: recordLine(message.head),
          }),
        ]
      : []),
    upTo
      ? t('verify.hashesUpTo', {
          forecasts,
          checkpoints,
          number: `${upTo.number}`,
          time: timestamp(upTo.atMs, 'f'),
          newest: isComplete ? 'yes' : 'no',
        })
      : t('verify.hashes', { forecasts, checkpoints }),
  ].join('\n');
}
