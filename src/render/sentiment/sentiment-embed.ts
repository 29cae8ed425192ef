import type { APIEmbedField } from 'discord-api-types/v10';
import type { SourceHealth } from '../../core/market.ts';
import type { SentimentReading, SentimentReport, WeighedHeadline } from '../../core/sentiment.ts';
import { escapeMarkdown, formatCount, formatPercent, timestamp } from '../format.ts';
import { fitEmbed, packLines } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** A mean score closer to 0 than this is called neutral. */
const NEUTRAL_SCORE = 0.05;
const STRONG = 0.25;

/** A score with its sign and two decimals, such as `+0.12`. */
export const signedScore = (score: number): string =>
  `${score >= 0.005 ? '+' : score <= -0.005 ? '−' : ''}${Math.abs(score).toFixed(2)}`;

/** A mean score in words, such as `mildly positive`. */
export function tone(score: number): string {
  if (Math.abs(score) < NEUTRAL_SCORE) return 'neutral';
  return `${Math.abs(score) < STRONG ? 'mildly' : 'strongly'} ${score > 0 ? 'positive' : 'negative'}`;
}

const STATE_MARKS = { ok: '🟢', degraded: '🟠', down: '🔴', untried: '⚪' } as const;
/** Standard deviations from the usual number of stories at which the reply mentions it. */
const UNUSUAL_COUNT = 1.5;
const MAX_TERMS = 4;
const MAX_HEADLINES = 6;

const stories = (count: number): string => `${formatCount(count)} ${count === 1 ? 'story' : 'stories'}`;

function readingText(now: SentimentReading, then: SentimentReading | undefined): string {
  // A feed that is down gives no score.
  if (now.count === null) return 'unknown: none of its feeds was heard in two days';
  if (now.score === null) return 'no story seen in the last 7 days';
  const before =
    then?.score === undefined || then.score === null ? 'a week ago unknown' : `a week ago ${signedScore(then.score)}`;
  const amount =
    now.unusual === null
      ? ''
      : now.unusual > UNUSUAL_COUNT
        ? '; far more talk than usual'
        : now.unusual < -UNUSUAL_COUNT
          ? '; far less talk than usual'
          : '';
  return `**${signedScore(now.score)}** ${tone(now.score)} (${before})\n${stories(now.count)} in 24 hours${amount}`;
}

/** The report in one sentence. */
function summary({ asset, coin, weekAgo, market }: SentimentReport): string {
  const { score, count } = coin.together;
  if (score === null) {
    return count === null || market.together.score === null
      ? `There are no headlines to go by, neither about ${asset.symbol} nor about the market.`
      : `Nobody spoke of ${asset.symbol} lately; the market as a whole sounds ${tone(market.together.score)}.`;
  }
  const then = weekAgo?.coin.together.score ?? null;
  const moved =
    then === null || Math.abs(score - then) < NEUTRAL_SCORE
      ? ''
      : score > then
        ? ', better than a week ago'
        : ', worse than a week ago';
  return `What is written about ${asset.symbol} sounds ${tone(score)}${moved} (${stories(count ?? 0)} in 24 hours).`;
}

/** An address with the characters encoded that would end its Markdown link. */
function linkTo(url: string): string {
  return url.replace(/[\s()<>[\]\\]/g, (character) => encodeURIComponent(character).replace(/[()]/g, escapeParen));
}
const escapeParen = (character: string): string => (character === '(' ? '%28' : '%29');

function headlineLine({ headline, score, weight, terms }: WeighedHeadline): string {
  const title = escapeMarkdown(headline.title);
  const linked = headline.url === null ? title : `[${title}](${linkTo(headline.url)})`;
  const words = [...terms]
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, MAX_TERMS)
    .map((term) => `${escapeMarkdown(term.text)} ${signedScore(term.weight)}`);
  const why = words.length === 0 ? 'no telling word' : words.join(', ');
  return `**${signedScore(score)}** ${linked}\n-# ${escapeMarkdown(headline.outlet)}, ${timestamp(headline.firstSeenMs, 'R')}, ${formatPercent(weight * 100)} of the weight: ${why}`;
}

function sourceLine({ name, state, lastFailure }: SourceHealth): string {
  const failed = (state === 'down' || state === 'degraded') && lastFailure !== null;
  return `${STATE_MARKS[state]} ${escapeMarkdown(name)}${failed ? `: ${escapeMarkdown(lastFailure.reason)}` : ''}`;
}

/** Up to three sources that fail by name, the others counted. */
function sourcesText(sources: readonly SourceHealth[]): string {
  if (sources.length === 0) return 'none is configured';
  const bad = sources.filter(({ state }) => state === 'down' || state === 'degraded');
  const untried = sources.filter(({ state }) => state === 'untried').length;
  const well = sources.length - bad.length - untried;
  return [
    ...bad.slice(0, 3).map(sourceLine),
    ...(bad.length > 3 ? [`…and ${bad.length - 3} more that fail`] : []),
    `${well} of ${sources.length} answer${untried > 0 ? `, ${untried} not asked yet` : ''}`,
  ].join('\n');
}

function setAsideText(setAside: SentimentReport['setAside']): string {
  const parts = [
    [setAside.duplicate, 'told again by another outlet'],
    [setAside.language, 'not in English'],
    [setAside.spam, 'advertising'],
    [setAside['price-bot'], 'by price bots'],
    [setAside.old, 'old news when first seen'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, why]) => `${formatCount(count)} ${why}`);
  return said.length === 0 ? 'none' : said.join(', ');
}

/** Builds the reply of `/sentiment`; `chartPng` is null when it could not be drawn. */
export function sentimentReply(report: SentimentReport, chartPng: Uint8Array | null): Reply {
  const { asset, coin, market, weekAgo, fearGreed, top, simulated } = report;
  const fields: APIEmbedField[] = [
    { name: 'News', value: readingText(coin.news, weekAgo?.coin.news), inline: true },
    { name: 'Reddit', value: readingText(coin.reddit, weekAgo?.coin.reddit), inline: true },
    { name: 'Whole market', value: readingText(market.together, weekAgo?.market.together), inline: true },
  ];
  if (fearGreed !== null) {
    const { now, weekAgo: then } = fearGreed;
    fields.push({
      name: 'Fear & Greed',
      value: `**${now.value}** of 100${then === null ? '' : `, a week ago ${then.value}`}\n${timestamp(now.timeMs, 'D')}`,
      inline: true,
    });
  }
  fields.push({ name: 'Sources', value: sourcesText(report.sources), inline: true });
  packLines(top.slice(0, MAX_HEADLINES).map(headlineLine)).forEach((value, i) => {
    fields.push({ name: i === 0 ? 'What weighed most' : 'What weighed most, continued', value });
  });
  fields.push({
    name: 'Set aside this week',
    value: `${setAsideText(report.setAside)}\n${
      report.sinceMs === null
        ? 'No headline is kept yet.'
        : `Headlines are kept since ${timestamp(report.sinceMs, 'D')}; each counts from when it was first seen here.`
    }`,
  });
  const files: ReplyFile[] =
    chartPng === null
      ? []
      : [{ name: 'sentiment.png', contentType: 'image/png', data: chartPng, description: summary(report) }];
  const lead = simulated ? 'Simulated market: these headlines are made up.\n' : '';
  const missing = chartPng === null ? '\n⚠️ The chart could not be drawn this time; the numbers are complete.' : '';
  return {
    embeds: [
      fitEmbed({
        title: `${simulated ? 'SIMULATED: ' : ''}${asset.symbol}: what is said`,
        description: `${lead}${summary(report)}${missing}`,
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        fields,
        ...(chartPng === null ? {} : { image: { url: 'attachment://sentiment.png' } }),
        footer: { text: 'Scores from −1 to 1, older words counting less. Tone is no forecast.' },
      }),
    ],
    files,
    components: [],
  };
}
