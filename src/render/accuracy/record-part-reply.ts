import { FOOTER_MARK, type RecordHead, type RecordPart, recordLine } from '../../core/record.ts';
import type { Translator } from '../../language/translator.ts';
import { titleOf } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;
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
