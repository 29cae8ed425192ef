import type { APIEmbedField } from 'discord-api-types/v10';
import type { Interval } from '../../core/candle.ts';
import type { AskedProgress, PairedResult, PromotionVerdict } from '../../core/promotion.ts';
import type { OwnerConfirmation } from '../../core/unconfirmed-price.ts';
import {
  escapeMarkdown,
  formatCount,
  formatDuration,
  formatPrice,
  formatSignedPercent,
  NBSP,
  timestamp,
} from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = { working: 0x5b8def, done: 0x3fc7ae, kept: 0x8a93a6 } as const;
const BAR = 20;

const nameOf = (interval: Interval) => (interval === '1h' ? 'hourly' : 'daily');

function reply(title: string, description: string, color: number, fields: APIEmbedField[] = []): Reply {
  return { embeds: [fitEmbed({ title, description, color, fields })], files: [], components: [] };
}

function bar(share: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * BAR);
  return `${'▰'.repeat(full)}${'▱'.repeat(BAR - full)} ${Math.floor(share * 100)}${NBSP}%`;
}

/** How far a retraining is. */
export function retrainProgressReply(interval: Interval, progress: AskedProgress): Reply {
  const title = `Retraining the ${nameOf(interval)} model`;
  if (progress.stage === 'training') {
    const left = progress.secondsLeft === null ? '' : `, ${formatDuration(progress.secondsLeft * 1_000)} left at most`;
    return reply(title, `Step 2 of 3, training${left}\n${bar(progress.share)}`, COLOUR.working);
  }
  if (progress.stage === 'asked')
    return reply(title, 'The trainer has been asked, and begins within seconds.', COLOUR.working);
  const { stage, done, of } = progress;
  const step =
    stage === 'candles' ? 'Step 1 of 3, reading candles' : 'Step 3 of 3, measuring it against the serving model';
  return reply(title, `${step}: ${done} of ${of} coins\n${bar(of > 0 ? done / of : 0)}`, COLOUR.working);
}

/** The reply when a retraining takes longer than the message can be edited. */
export function retrainGoesOnReply(interval: Interval): Reply {
  return reply(
    `Retraining the ${nameOf(interval)} model goes on`,
    'It takes longer than this message can be edited. /status shows how far it is, and /model whether the new one serves.',
    COLOUR.working,
  );
}

function paired(name: string, result: PairedResult | null): APIEmbedField {
  const value = result
    ? `${formatSignedPercent(result.skillPct.value)} (95${NBSP}%: ${formatSignedPercent(result.skillPct.low)} to ${formatSignedPercent(result.skillPct.high)}), p = ${result.pValue.toFixed(3)}`
    : 'not compared';
  return { name, value };
}

/** What the gate decided about a retrained model, with its numbers. */
export function retrainVerdictReply(interval: Interval, version: string | null, verdict: PromotionVerdict): Reply {
  const promoted = verdict.outcome === 'promoted';
  const title = promoted ? `A new ${nameOf(interval)} model serves` : `The ${nameOf(interval)} model stays`;
  const named = version === null ? '' : `\nThe new model is ${escapeMarkdown(version)}.`;
  const anyway = promoted || version === null ? '' : ' /admin promote lets it serve all the same.';
  const fields: APIEmbedField[] =
    verdict.n > 0 && verdict.fromMs !== null && verdict.toMs !== null
      ? [
          paired(
            `Skill over ${verdict.against === null ? 'the serving model' : escapeMarkdown(verdict.against)}`,
            verdict.overServing,
          ),
          paired('Skill over climatology', verdict.overClimatology),
          {
            name: 'Measured on',
            value: `${formatCount(verdict.n)} forecasts of ${formatCount(verdict.coins)} coins, ${timestamp(verdict.fromMs, 'D')} to ${timestamp(verdict.toMs, 'D')}`,
          },
        ]
      : [];
  if (verdict.remarks.length > 0)
    fields.push({ name: 'To bear in mind', value: verdict.remarks.map(escapeMarkdown).join('\n') });
  return reply(
    title,
    `${escapeMarkdown(verdict.reason)}${named}${anyway}`,
    promoted ? COLOUR.done : COLOUR.kept,
    fields,
  );
}

/** What serves after a change by hand; null: the model that comes with Candlecast. */
export function servingReply(interval: Interval, version: string | null, how: 'rolled back' | 'promoted'): Reply {
  const what = version === null ? 'The model that comes with Candlecast' : escapeMarkdown(version);
  const undo = how === 'promoted' ? ' /admin rollback brings back the one before.' : '';
  return reply(
    how === 'promoted' ? `Promoted for ${nameOf(interval)} candles` : `Rolled back for ${nameOf(interval)} candles`,
    `${what} serves now.${undo}`,
    COLOUR.done,
  );
}

/** What came of prices that an owner has confirmed; at least one. */
export function confirmedPriceReply(confirmations: readonly OwnerConfirmation[]): Reply {
  const { symbol } = confirmations[0]!.price;
  const all = confirmations.every(({ close }) => close !== null);
  const lines = confirmations.map(({ price, close, unanswered }) => {
    const what = price.interval === '1h' ? 'Hours' : 'Days';
    if (close === null) {
      const why =
        unanswered.length > 0
          ? `no answer came from ${unanswered.map(escapeMarkdown).join(', ')}`
          : `no source gives ${formatPrice(price.price)} any more`;
      return `${what}: ${why}, so that nothing has changed.`;
    }
    return `${what}: ${formatPrice(close)} (before ${formatPrice(price.previousPrice)}) is believed, and so is what follows it.`;
  });
  return reply(
    all
      ? `The price of ${escapeMarkdown(symbol)} is confirmed`
      : `Not every price of ${escapeMarkdown(symbol)} could be confirmed`,
    lines.join('\n'),
    all ? COLOUR.done : COLOUR.kept,
  );
}
