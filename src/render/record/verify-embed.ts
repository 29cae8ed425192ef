import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import { chosenHorizon, HORIZONS } from '../../core/horizon.ts';
import { BANDS } from '../../core/quantiles.ts';
import { recordLine } from '../../core/record.ts';
import type { ChainCheck, CheckedForecast, CheckedMessage, RecordCheck } from '../../core/record-audit.ts';
import {
  escapeMarkdown,
  formatChange,
  formatCount,
  formatDuration,
  formatProbability,
  NBSP,
  priceFormatter,
  timestamp,
} from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = { holds: 0x3ba55d, open: 0x5563c8, contradicted: 0xd83c3e } as const;

/** Builds the reply of `/verify`: whether the record bears a forecast or a message out, then what it was and what came of it. */
export function verifyReply(check: RecordCheck): Reply {
  const { message, forecasts, chain } = check;
  const problem = message?.problem ?? chain.problem;
  const isOpen = forecasts.some(({ outcome }) => outcome === null);
  const fields: APIEmbedField[] = [
    ...forecasts.map((one) => forecastField(one, check)),
    { name: 'How this was checked', value: howText(message, chain) },
  ];
  const embed: APIEmbed = {
    title: titleOf(check),
    description: [
      sentence(check, problem),
      ...(check.isKept ? [] : ['Prices are simulated or from files here, and this record ends with the program.']),
    ].join('\n'),
    color: problem !== null ? COLOUR.contradicted : isOpen ? COLOUR.open : COLOUR.holds,
    fields,
    footer: { text: 'npm run record -- verify checks everything · Not investment advice' },
  };
  return { embeds: [fitEmbed(embed)], files: [], components: [] };
}

function titleOf({ message, forecasts, isShown }: RecordCheck): string {
  if (message === null) return `Forecast ${forecasts[0]!.entry.sequence} of the record`;
  return isShown && forecasts.length === 1
    ? `A message with forecast ${forecasts[0]!.entry.sequence}`
    : `A message with record ${message.head.forecasts}`;
}

/** The one sentence that a member of a chat needs. */
function sentence({ message, forecasts, chain, isShown }: RecordCheck, problem: string | null): string {
  if (problem !== null) {
    const what = message?.problem ? problem : `${problem[0]!.toUpperCase()}${problem.slice(1)}.`;
    return `❌ **The record does not bear this out.** ${escapeMarkdown(what)}`;
  }
  if (chain.upTo === null) {
    return '⚠️ What is checked here is in the record as it was written; how the record goes on from there is too long to be checked in a reply.';
  }
  if (message !== null && !isShown) {
    return `✅ **The record still leads through this message**, sent ${timestamp(message.sentMs, 'f')}: its head stands for everything up to forecast ${message.head.forecasts}.`;
  }
  const known = forecasts.every(({ outcome }) => outcome !== null);
  return forecasts.length === 1
    ? `✅ **This forecast was written down before its outcome ${known ? 'was' : 'is'} known**, and nothing about it was changed since.`
    : `✅ **These ${forecasts.length} forecasts were written down before their outcomes ${known ? 'were' : 'are'} known**, and nothing about them was changed since.`;
}

function forecastField({ entry, outcome }: CheckedForecast, { isShown, nowMs }: RecordCheck): APIEmbedField {
  const price = priceFormatter(entry.lastPrice);
  const [, eighty, widest] = BANDS;
  const range = ({ lower, upper }: { readonly lower: number; readonly upper: number }) =>
    `${price(entry.quantiles[lower]!)} to ${price(entry.quantiles[upper]!)}`;
  const ahead = formatDuration(entry.targetMs - entry.issuedAtMs);
  const lines = [
    `Written down ${timestamp(entry.issuedAtMs, 'f')}, ${ahead} before its moment, ${timestamp(entry.targetMs, 'f')}`,
    `80${NBSP}% range **${range(eighty)}**, 95${NBSP}% range ${range(widest)}, chance of a rise ${formatProbability(entry.pUp)}; from ${price(entry.lastPrice)} (${escapeMarkdown(entry.source)})`,
    outcomeLine({ entry, outcome }, nowMs),
    `By ${escapeMarkdown(entry.model)}`,
  ];
  const what = `${entry.symbol}, ${HORIZONS[chosenHorizon(entry.horizon)].label} ahead`;
  return {
    name: isShown ? `Forecast ${entry.sequence}: ${what}` : `The last forecast in it, ${entry.sequence}: ${what}`,
    value: lines.join('\n'),
  };
}

function outcomeLine({ entry, outcome }: CheckedForecast, nowMs: number): string {
  if (outcome === null) {
    return entry.targetMs > nowMs
      ? `Still open: it comes due ${timestamp(entry.targetMs, 'R')}`
      : `It came due ${timestamp(entry.targetMs, 'R')} and is not scored yet`;
  }
  const price = priceFormatter(entry.lastPrice);
  const where = outcome.band === null ? `outside the 95${NBSP}% range ❌` : `inside the ${outcome.band}${NBSP}% range`;
  const revised = outcome.revision > 0 ? ', scored again after its candle was corrected' : '';
  return `Came to **${price(outcome.actualPrice)}** (${formatChange(entry.lastPrice, outcome.actualPrice)}), ${where} (${escapeMarkdown(outcome.source)}${revised})`;
}

function howText(message: CheckedMessage | null, { forecasts, checkpoints, upTo, isComplete }: ChainCheck): string {
  const lines: string[] = [];
  if (message) {
    const edited = message.editedMs === null ? '' : `, and edited ${timestamp(message.editedMs, 'f')}`;
    lines.push(
      `[The message](${message.url}) is dated ${timestamp(message.sentMs, 'f')} by Discord${edited}; it carries ${recordLine(message.head)}.`,
    );
  }
  const counted = `${formatCount(forecasts)} forecast${forecasts === 1 ? '' : 's'} and ${formatCount(checkpoints)} checkpoint${checkpoints === 1 ? '' : 's'}`;
  if (upTo) {
    lines.push(
      `The hashes of ${counted} were computed anew, up to checkpoint ${upTo.number} of ${timestamp(upTo.atMs, 'f')}${isComplete ? ', the newest' : '; there are later ones'}.`,
    );
  } else {
    lines.push(`The hashes of ${counted} were computed anew.`);
  }
  return lines.join('\n');
}
