import { FOOTER_MARK, type RecordHead, type RecordPart, recordLine } from '../../core/record.ts';
import { escapeMarkdown, formatCount, timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;
/** Coins that are named one by one. */
const MAX_NAMED = 12;

/** Builds the reply of `/accuracy export:True`: the file, what is in it, and how to verify it. */
export function recordPartReply(part: RecordPart, head: RecordHead | null): Reply {
  const { name, data, verifier, symbols, ofServer, days, forecasts, scored, cutBeforeMs, simulated } = part;
  const named = symbols.slice(0, MAX_NAMED).map(escapeMarkdown).join(', ');
  const more = symbols.length > MAX_NAMED ? ` and ${symbols.length - MAX_NAMED} more` : '';
  const of = ofServer ? `the coins of this server’s subscriptions (${named}${more})` : named;
  const holds =
    forecasts === 0
      ? `I have recorded no forecast of ${of} in the last ${days} days, so the file holds none.`
      : `The file holds **${formatCount(forecasts)} forecasts** of ${of} from the last ${days} days, as they were recorded before their outcome was known, and what came of ${formatCount(scored)} of them.`;
  return {
    embeds: [
      fitEmbed({
        title: `${simulated ? 'SIMULATED: ' : ''}Record of ${ofServer ? 'this server’s coins' : named} as a file`,
        description: [
          holds,
          ...(simulated ? ['Simulated market: these prices are made up, and so is this record.'] : []),
          ...(cutBeforeMs === null
            ? []
            : [`More do not fit into one message: those from before ${timestamp(cutBeforeMs, 'f')} are left out.`]),
          '',
          `Save both files and run \`python3 verify.py ${name}\`: it recomputes the hash of each row and every score, without asking me anything. ` +
            'Whether rows were left out, only the whole record shows, which whoever runs this bot can export. Nothing in it says who asked for a forecast.',
        ].join('\n'),
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        footer: { text: ['Not investment advice', ...(head === null ? [] : [recordLine(head)])].join(FOOTER_MARK) },
      }),
    ],
    files: [
      {
        name,
        contentType: 'application/gzip',
        data,
        description: 'Forecasts and their outcomes as JSON Lines, compressed',
      },
      {
        name: 'verify.py',
        contentType: 'text/x-python',
        data: verifier,
        description: 'Script in Python that verifies the other file',
      },
    ],
    components: [],
  };
}
