import { asCandlecastError, type CandlecastError, ERROR_CATALOGUE, UnknownNameError } from '../core/errors.ts';
import { escapeMarkdown } from './format.ts';
import { clip, fitEmbed } from './limits.ts';
import type { Reply } from './reply.ts';

/** Errors that are a plain answer rather than a failure. */
const PLAIN_ANSWERS: ReadonlySet<string> = new Set([
  'CC_UNKNOWN_SYMBOL',
  'CC_COIN_CHANGED',
  'CC_STABLECOIN',
  'CC_MARKET_HALTED',
  'CC_UNKNOWN_HORIZON',
  'CC_HISTORY_TOO_SHORT',
  'CC_HISTORY_UNSOUND',
  'CC_PRICE_UNCONFIRMED',
  'CC_USAGE',
  'CC_NOT_ALLOWED',
  'CC_BUSY',
  'CC_STOPPING',
  'CC_RECORD_UNKNOWN',
]);

const TITLES: Partial<Record<CandlecastError['code'], string>> = {
  CC_UNKNOWN_SYMBOL: 'No such coin',
  CC_COIN_CHANGED: 'This coin has changed',
  CC_STABLECOIN: 'No forecast for a stablecoin',
  CC_UNKNOWN_HORIZON: 'No such horizon',
  CC_HISTORY_TOO_SHORT: 'Too little history',
  CC_HISTORY_UNSOUND: 'These prices are not sound',
  CC_MARKET_HALTED: 'Not traded at present',
  CC_CANDLES_STALE: 'Prices are too old',
  CC_PRICE_UNCONFIRMED: 'The newest price is unconfirmed',
  CC_SOURCE_UNAVAILABLE: 'No prices right now',
  CC_USAGE: 'Please check the command',
  CC_NOT_ALLOWED: 'Not allowed',
  CC_BUSY: 'Busy',
  CC_STOPPING: 'Restarting',
  CC_RECORD_UNKNOWN: 'Not in the record',
  CC_TIMEOUT: 'That took too long',
  CC_INTERNAL: 'Something went wrong',
};

/** The nearest coins, when the error's context has some. */
function suggestions(error: CandlecastError): string | null {
  if (!(error instanceof UnknownNameError) || error.suggestions.length === 0) return null;
  const names = error.suggestions.slice(0, 5).map((name) => `**${escapeMarkdown(clip(name, 60))}**`);
  if (error.code === 'CC_COIN_CHANGED') return null;
  return `Did you mean ${names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`}?`;
}

/**
 * Builds the reply about an error: message and remedy, never a cause or a stack.
 * `reference` is what the log calls this failure; it is shown for failures, not for plain answers.
 */
export function errorReply(error: unknown, reference: string | null = null): Reply {
  const known = asCandlecastError(error);
  const plain = PLAIN_ANSWERS.has(known.code);
  const meant = suggestions(known);
  const lines = [escapeMarkdown(clip(known.message, 1500)), meant ?? escapeMarkdown(clip(known.remedy, 1500))];
  return {
    embeds: [
      fitEmbed({
        title: TITLES[known.code] ?? ERROR_CATALOGUE[known.code].meaning,
        description: lines.filter((line) => line !== '').join('\n'),
        color: plain ? 0x6d7690 : 0xf08a3c,
        footer: { text: reference !== null && !plain ? `${known.code} · reference ${reference}` : known.code },
      }),
    ],
    files: [],
    components: [],
  };
}
