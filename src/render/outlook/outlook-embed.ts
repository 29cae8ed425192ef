import { type Outlook, type OutlookChange, restlessnessOf } from '../../core/outlook.ts';
import { translatorFor } from '../../language/translator.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { coinLineText, restlessnessText, tableNotes, tablePicture } from '../watch/watch-embed.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** A server's coins by how far they are likely to move against their usual; null instead of the picture where it could not be drawn. */
export function outlookReply(
  { glances, changes, isSubscribed }: Outlook,
  png: Uint8Array | null,
  locale: string,
): Reply {
  const translator = translatorFor(locale);
  const { t, formats } = translator;
  const line = glances[0]?.line ?? null;
  const coins = (isWanted: (change: OutlookChange) => boolean) =>
    escapeMarkdown(formats.list(changes.filter(isWanted).map(({ symbol }) => symbol)));
  const changed = [
    ['outlook.wider', coins(({ width }) => width === 'wider')],
    ['outlook.narrower', coins(({ width }) => width === 'narrower')],
    ['outlook.likelier', coins(({ rise }) => rise === 'likelier')],
    ['outlook.lessLikely', coins(({ rise }) => rise === 'less likely')],
  ] as const;
  const since = changed.flatMap(([key, names]) => (names === '' ? [] : [t(key, { coins: names })]));
  const lines = glances.map((glance) =>
    glance.line === null ? t('watch.lineWithout', { coin: glance.symbol }) : coinLineText(glance.line, translator),
  );
  const { file, rest } = tablePicture(png, 'outlook.png', t('outlook.picture'), lines);
  const said =
    line === null || line.ratio === null
      ? t('outlook.unknown')
      : restlessnessOf(line.ratio) > 3
        ? t('outlook.first', {
            coin: line.symbol,
            time: timestamp(line.targetMs, 'f'),
            restlessness: restlessnessText(line.ratio, translator),
          })
        : t('outlook.calm', { time: timestamp(line.targetMs, 'f') });
  const words = [
    said,
    ...(changes.length === 0 ? [t('outlook.noYesterday')] : since.length === 0 ? [t('outlook.unchanged')] : since),
    ...rest.map(escapeMarkdown),
    ...(png === null ? [`-# ${t('watch.noPicture')}`] : []),
    ...tableNotes(glances, translator),
    `-# ${t(isSubscribed ? 'outlook.subscribed' : 'outlook.tracked')}`,
  ];
  const simulated = glances.some((glance) => glance.line?.simulated);
  return {
    embeds: [
      fitEmbed({
        description: clip(words.join('\n'), LIMITS.description),
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        ...(file === null ? {} : { image: { url: `attachment://${file.name}` } }),
        footer: { text: t('common.notAdvice') },
      }),
    ],
    files: file === null ? [] : [file],
    components: [],
  };
}
