import type { APIEmbedField } from 'discord-api-types/v10';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import type { SourceHealth } from '../../core/market.ts';
import type { SentimentReading, SentimentReport, WeighedHeadline } from '../../core/sentiment.ts';
import { MINUS } from '../../language/formats.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { detailsRow, oldControlError, sectionName, titleOf, type View } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed, packLines } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** What the custom ids of /sentiment start with. */
export const SENTIMENT_PREFIX = 'sent';

/** A mean score closer to 0 than this is called neutral. */
const NEUTRAL_SCORE = 0.05;
const STRONG = 0.25;

/** A score with its sign and two decimals, such as `+0.12`. */
export function signedScore(score: number, { formats }: Translator): string {
  return `${score >= 0.005 ? '+' : score <= -0.005 ? MINUS : ''}${formats.number(Math.abs(score), 2)}`;
}

/** The tones that a mean score is called by. */
export type Tone = 'neutral' | 'mildlyPositive' | 'mildlyNegative' | 'stronglyPositive' | 'stronglyNegative';

/** What a mean score is called. */
export function tone(score: number): Tone {
  if (Math.abs(score) < NEUTRAL_SCORE) return 'neutral';
  if (Math.abs(score) < STRONG) return score > 0 ? 'mildlyPositive' : 'mildlyNegative';
  return score > 0 ? 'stronglyPositive' : 'stronglyNegative';
}

const toneText = (score: number, { t }: Translator) => t(`sentiment.${tone(score)}`);

const STATE_MARKS = { ok: '🟢', degraded: '🟠', down: '🔴', untried: '⚪' } as const;
/** Standard deviations from the usual number of stories at which the reply mentions it. */
const UNUSUAL_COUNT = 1.5;
const MAX_TERMS = 4;
const MAX_HEADLINES = 6;
const MAX_SOURCES = 3;

function readingText(now: SentimentReading, then: SentimentReading | undefined, translator: Translator): string {
  const { t } = translator;
  // A feed that is down gives no score.
  if (now.count === null) return t('sentiment.unheard');
  if (now.score === null) return t('sentiment.noStory');
  const before = then?.score ?? null;
  const unusual = now.unusual === null ? 0 : now.unusual;
  return [
    t('sentiment.reading', {
      score: signedScore(now.score, translator),
      tone: toneText(now.score, translator),
      before: before === null ? t('common.unknown') : signedScore(before, translator),
    }),
    t('sentiment.amount', {
      stories: t('sentiment.stories', { count: now.count }),
      unusual: unusual > UNUSUAL_COUNT ? 'more' : unusual < -UNUSUAL_COUNT ? 'less' : 'usual',
    }),
  ].join('\n');
}

/** The report in one sentence. */
function summary({ asset, coin, weekAgo, market }: SentimentReport, translator: Translator): string {
  const { t } = translator;
  const { symbol } = asset;
  const { score, count } = coin.together;
  if (score === null) {
    return count === null || market.together.score === null
      ? t('sentiment.nothing', { symbol })
      : t('sentiment.marketOnly', { symbol, tone: toneText(market.together.score, translator) });
  }
  const then = weekAgo?.coin.together.score ?? null;
  const same = then === null || Math.abs(score - then) < NEUTRAL_SCORE;
  return t('sentiment.summary', {
    symbol,
    tone: toneText(score, translator),
    moved: same ? 'same' : score > then ? 'better' : 'worse',
    stories: t('sentiment.stories', { count: count ?? 0 }),
  });
}

/** An address with the characters encoded that would end its Markdown link. */
function linkTo(url: string): string {
  return url.replace(/[\s()<>[\]\\]/g, (character) => encodeURIComponent(character).replace(/[()]/g, escapeParen));
}
const escapeParen = (character: string): string => (character === '(' ? '%28' : '%29');

function headlineLine({ headline, score, weight, terms }: WeighedHeadline, translator: Translator): string {
  const { t, formats } = translator;
  const title = escapeMarkdown(headline.title);
  const linked = headline.url === null ? title : `[${title}](${linkTo(headline.url)})`;
  const words = [...terms]
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, MAX_TERMS)
    .map((term) => `${escapeMarkdown(term.text)} ${signedScore(term.weight, translator)}`);
  const why = t('sentiment.headline', {
    outlet: escapeMarkdown(headline.outlet),
    time: timestamp(headline.firstSeenMs, 'R'),
    weight: formats.percent(weight * 100),
    words: words.length === 0 ? t('sentiment.noWords') : words.join(', '),
  });
  return `**${signedScore(score, translator)}** ${linked}\n-# ${why}`;
}

/** Up to three sources that fail by name, the others counted. */
function sourcesText(sources: readonly SourceHealth[], { t }: Translator): string {
  if (sources.length === 0) return t('sentiment.sourcesNone');
  const bad = sources.filter(({ state }) => state === 'down' || state === 'degraded');
  const untried = sources.filter(({ state }) => state === 'untried').length;
  const more = bad.length - MAX_SOURCES;
  return [
    ...bad.slice(0, MAX_SOURCES).map(({ name, state }) => `${STATE_MARKS[state]} ${escapeMarkdown(name)}`),
    ...(more > 0 ? [t('sentiment.sourcesMore', { count: more })] : []),
    t('sentiment.sourcesWell', { well: sources.length - bad.length - untried, all: sources.length, untried }),
  ].join('\n');
}

function setAsideText(setAside: SentimentReport['setAside'], { t, formats }: Translator): string {
  const parts: readonly (readonly [number, MessageKey])[] = [
    [setAside.duplicate, 'sentiment.asideDuplicate'],
    [setAside.language, 'sentiment.asideLanguage'],
    [setAside.spam, 'sentiment.asideSpam'],
    [setAside['price-bot'], 'sentiment.asideBots'],
    [setAside.old, 'sentiment.asideOld'],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, key]) => t(key, { count: formats.count(count) }));
  return said.length === 0 ? t('sentiment.asideNone') : said.join(', ');
}

function fieldsOf(report: SentimentReport, translator: Translator): APIEmbedField[] {
  const { t } = translator;
  const { coin, market, weekAgo, fearGreed, top } = report;
  const reading = (key: MessageKey, now: SentimentReading, then: SentimentReading | undefined): APIEmbedField => ({
    name: t(key),
    value: readingText(now, then, translator),
    inline: true,
  });
  const headlines = packLines(top.slice(0, MAX_HEADLINES).map((one) => headlineLine(one, translator)));
  const kept =
    report.sinceMs === null
      ? t('sentiment.keptNone')
      : t('sentiment.keptSince', { time: timestamp(report.sinceMs, 'D') });
  return [
    reading('sentiment.newsField', coin.news, weekAgo?.coin.news),
    reading('sentiment.redditField', coin.reddit, weekAgo?.coin.reddit),
    reading('sentiment.marketField', market.together, weekAgo?.market.together),
    ...(fearGreed === null
      ? []
      : [
          {
            name: t('sentiment.fearField'),
            value: [
              t('sentiment.fear', {
                value: fearGreed.now.value,
                before: fearGreed.weekAgo?.value ?? t('common.unknown'),
              }),
              timestamp(fearGreed.now.timeMs, 'D'),
            ].join('\n'),
            inline: true,
          },
        ]),
    { name: t('sentiment.sourcesField'), value: sourcesText(report.sources, translator), inline: true },
    ...headlines.map((value, i) => ({ name: sectionName(t('sentiment.topField'), i, translator), value })),
    { name: t('sentiment.asideField'), value: [setAsideText(report.setAside, translator), kept].join('\n') },
  ];
}

/** Builds the reply of `/sentiment`: one sentence and the chart, or in details also what it rests on; `chartPng` is null when it could not be drawn. */
export function sentimentReply(
  report: SentimentReport,
  chartPng: Uint8Array | null,
  translator: Translator,
  view: View,
): Reply {
  const { t } = translator;
  const { asset, simulated } = report;
  const said = summary(report, translator);
  const files: ReplyFile[] =
    chartPng === null ? [] : [{ name: 'sentiment.png', contentType: 'image/png', data: chartPng, description: said }];
  const lines = [simulated ? t('sentiment.simulated') : '', said, chartPng === null ? t('reply.chartMissing') : ''];
  return {
    embeds: [
      fitEmbed({
        title: titleOf(t('sentiment.title', { symbol: asset.symbol }), simulated, translator),
        description: lines.filter((line) => line !== '').join('\n'),
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        ...(view === 'details' ? { fields: fieldsOf(report, translator) } : {}),
        ...(chartPng === null ? {} : { image: { url: 'attachment://sentiment.png' } }),
        footer: { text: t(view === 'details' ? 'sentiment.footer' : 'sentiment.noForecast') },
      }),
    ],
    files,
    components: detailsRow((to) => `${SENTIMENT_PREFIX}:${to}:${asset.symbol}`, view, translator),
  };
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseSentimentPress(rest: string): { readonly view: View; readonly symbol: string } {
  const [view, symbol = '', ...more] = rest.split(':');
  if ((view === 'brief' || view === 'details') && SYMBOL_PATTERN.test(symbol) && more.length === 0) {
    return { view, symbol };
  }
  throw oldControlError('/sentiment');
}
