import type { APIEmbed } from 'discord-api-types/v10';
import { type CoinGlance, type CoinLine, type Restlessness, restlessnessOf } from '../../core/outlook.ts';
import { WATCH_LIMIT, type WatchChange } from '../../core/watch.ts';
import type { MessageKey } from '../../language/message.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { errorSentence } from '../error-embed.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** How a coin's restlessness is said. */
const RESTLESSNESS_WORDS = {
  1: 'watch.muchCalmer',
  2: 'watch.calmer',
  3: 'watch.usual',
  4: 'watch.restless',
  5: 'watch.muchMore',
} as const satisfies Record<Restlessness, MessageKey>;

/** How restless a coin is, in words; `ratio` is its forecast volatility divided by the usual one. */
export function restlessnessText(ratio: number | null, { t }: Pick<Translator, 't'>): string {
  return t(ratio === null ? 'watch.unknownRestlessness' : RESTLESSNESS_WORDS[restlessnessOf(ratio)]);
}

/** One coin of a table in words, as short as its columns: what they are stands above it. */
export function coinLineText(line: CoinLine, { t, formats }: Pick<Translator, 't' | 'formats'>): string {
  const price = formats.prices(line.price);
  const restlessness = restlessnessText(line.ratio, { t });
  const values = {
    coin: line.symbol,
    price: price(line.price),
    low: price(line.low),
    high: price(line.high),
    restlessness,
  };
  return line.dayAgo === null
    ? t('watch.lineWithoutChange', values)
    : t('watch.line', { ...values, change: formats.change(line.dayAgo, line.price) });
}

/**
 * The picture of a table with what it shows as its alternative text, and the lines that found no room there, all of them where there is no
 * picture: they belong into the message.
 */
export function tablePicture(
  png: Uint8Array | null,
  name: string,
  caption: string,
  lines: readonly string[],
): { readonly file: ReplyFile | null; readonly rest: readonly string[] } {
  if (png === null) return { file: null, rest: lines };
  let description = caption;
  let fitting = 0;
  for (const line of lines) {
    if (description.length + 1 + line.length > LIMITS.fileDescription) break;
    description += `\n${line}`;
    fitting++;
  }
  const file = { name, contentType: 'image/png', data: png, description: clip(description, LIMITS.fileDescription) };
  return { file, rest: lines.slice(fitting) };
}

/** What is said under a table: prices that are made up or not confirmed, and coins that have no forecast, with the reason. */
export function tableNotes(
  glances: readonly CoinGlance[],
  { t, formats, locale }: Pick<Translator, 't' | 'formats' | 'locale'>,
): readonly string[] {
  const unconfirmed = glances.flatMap(({ line }) => (line?.isUnconfirmed ? [line.symbol] : []));
  return [
    ...(glances.some(({ line }) => line?.simulated) ? [t('reply.simulatedMarket')] : []),
    ...(unconfirmed.length > 0 ? [`⚠️ ${t('watch.unconfirmed', { coins: formats.list(unconfirmed) })}`] : []),
    ...glances.flatMap(({ symbol, problem }) =>
      problem === null
        ? []
        : [`⚠️ ${t('watch.problem', { coin: escapeMarkdown(symbol), problem: errorSentence(problem, locale) })}`],
    ),
  ];
}

/** A person's list as one table; null instead of the picture where it could not be drawn. */
export function watchReply(glances: readonly CoinGlance[], png: Uint8Array | null, locale: string): Reply {
  const translator = translatorFor(locale);
  const { t } = translator;
  const first = glances.find(({ line }) => line !== null)?.line ?? null;
  const lines = glances.map(({ symbol, line }) =>
    line === null ? t('watch.lineWithout', { coin: symbol }) : coinLineText(line, translator),
  );
  const { file, rest } = tablePicture(png, 'watch.png', t('watch.picture'), lines);
  const words = [
    ...(first === null ? [] : [t('watch.first', { time: timestamp(first.targetMs, 'f') })]),
    ...rest.map(escapeMarkdown),
    ...(png === null ? [`-# ${t('watch.noPicture')}`] : []),
    ...tableNotes(glances, translator),
  ];
  const embed: APIEmbed = {
    description: clip(words.join('\n'), LIMITS.description),
    color: first?.simulated ? COLOUR.simulated : COLOUR.normal,
    ...(file === null ? {} : { image: { url: `attachment://${file.name}` } }),
    footer: { text: t('common.notAdvice') },
  };
  return { embeds: [fitEmbed(embed)], files: file === null ? [] : [file], components: [] };
}

/** The answer where a list is empty. */
export function emptyWatchReply(locale: string): Reply {
  return wordsReply([translatorFor(locale).t('watch.empty')]);
}

/** What came of adding coins or removing them. */
export function watchChangeReply(
  done: 'added' | 'removed',
  { changed, unchanged, leftOut, symbols }: WatchChange,
  locale: string,
): Reply {
  const { t, formats } = translatorFor(locale);
  const list = (coins: readonly string[]) => escapeMarkdown(formats.list(coins.map((coin) => clip(coin, 20))));
  const said = [
    ...(changed.length > 0 ? [t(`watch.${done}`, { coins: list(changed) })] : []),
    ...(unchanged.length > 0
      ? [t(done === 'added' ? 'watch.already' : 'watch.notThere', { coins: list(unchanged) })]
      : []),
    ...(leftOut.length > 0 ? [t('watch.leftOut', { coins: list(leftOut), most: WATCH_LIMIT })] : []),
  ];
  return wordsReply([...said, symbols.length === 0 ? t('watch.empty') : t('watch.now', { coins: list(symbols) })]);
}

const wordsReply = (lines: readonly string[]): Reply => ({
  embeds: [fitEmbed({ description: lines.join('\n'), color: COLOUR.normal })],
  files: [],
  components: [],
});
