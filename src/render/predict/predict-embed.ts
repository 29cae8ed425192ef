import type { APIEmbed } from 'discord-api-types/v10';
import {
  type Call,
  type CallSkill,
  type Leaderboard,
  RANKED_FROM,
  type RecordedCall,
  type Standing,
} from '../../core/calls.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply } from '../reply.ts';

const COLOUR = 0x5563c8;
const MOST_RANKED = 10;
/** Characters in which the first member of both tables fits. */
const LEAST_ROOM = 500;

function reply(lines: readonly string[], title?: string): Reply {
  const description = clip(lines.join('\n'), LIMITS.description);
  const embed = fitEmbed({ ...(title === undefined ? {} : { title }), description, color: COLOUR });
  return { embeds: [embed], files: [], components: [] };
}

/** What a call says, in words. */
function claimText({ symbol, claim, lastPrice, targetMs }: Call, { t, formats }: Translator): string {
  const price = formats.prices(lastPrice);
  const time = timestamp(targetMs, 'f');
  if (claim.sort === 'range') {
    return t('predict.rangeClaim', { coin: symbol, low: price(claim.low), high: price(claim.high), time });
  }
  const up = claim.pUp >= 0.5;
  const chance = formats.probability(up ? claim.pUp : 1 - claim.pUp);
  return t(up ? 'predict.upClaim' : 'predict.downClaim', { coin: symbol, price: price(lastPrice), time, chance });
}

/** A call that was taken, with what the bot says. */
export function callReply(call: Call, locale: string): Reply {
  const translator = translatorFor(locale);
  const { t, formats } = translator;
  const price = formats.prices(call.lastPrice);
  const bot =
    call.claim.sort === 'range'
      ? t('predict.botRange', { low: price(call.bot.low), high: price(call.bot.high) })
      : t('predict.botChance', { chance: formats.probability(call.bot.pUp) });
  return reply([t('predict.taken', { claim: claimText(call, translator) }), bot, `-# ${t('predict.frozen')}`]);
}

/** A person's newest calls. */
export function callListReply(calls: readonly RecordedCall[], locale: string): Reply {
  const translator = translatorFor(locale);
  const { t, formats } = translator;
  if (calls.length === 0) return reply([t('predict.noCalls')]);
  const lines = calls.map(({ call, end }) => {
    const claim = claimText(call, translator);
    if (end === null) return t('predict.open', { claim });
    if (end.kind === 'void')
      return t(end.reason === 'no-price' ? 'predict.voidNoPrice' : 'predict.voidOther', { claim });
    return t('predict.scored', {
      claim,
      price: formats.prices(call.lastPrice)(end.scores.actualPrice),
      score: formats.number(end.scores.score, 2),
      bot: formats.number(end.scores.bot, 2),
    });
  });
  return reply(lines);
}

function skillText(skill: CallSkill | null, { t, formats }: Translator): string {
  if (skill === null) return t('predict.tooFewFor');
  const [value, low, high] = [skill.value, skill.low, skill.high].map(formats.signedPercent);
  return t('predict.skill', { value: value!, low: low!, high: high! });
}

function table(standings: readonly Standing[], translator: Translator): string[] {
  const { t } = translator;
  const ranked = standings.filter(({ againstBot }) => againstBot !== null);
  const rest = standings.length - ranked.length;
  return [
    ...ranked.slice(0, MOST_RANKED).map(({ userId, calls, againstBot, againstToss }, i) =>
      t('predict.rank', {
        rank: String(i + 1),
        member: memberText(userId),
        calls,
        bot: skillText(againstBot, translator),
        toss: skillText(againstToss, translator),
      }),
    ),
    ...(rest > 0 ? [t('predict.unranked', { count: rest, calls: RANKED_FROM.calls, spans: RANKED_FROM.spans })] : []),
  ];
}

/** Discord shows a mention as the member's name; in an embed it notifies nobody. */
const memberText = (userId: string) => (/^\d{5,20}$/.test(userId) ? `<@${userId}>` : escapeMarkdown(clip(userId, 32)));

/** The tables of a month as a part of a weekly report, in so many characters at most; null where nothing has come due or little room is left. */
export function weeklyBoard(board: Leaderboard, locale: string, room: number): APIEmbed | null {
  const [embed] = leaderboardReply(board, locale).embeds;
  const left = room - (embed?.title?.length ?? 0);
  if (!embed?.description || board.direction.length + board.range.length === 0 || left < LEAST_ROOM) return null;
  return { ...embed, description: clip(embed.description, Math.min(left, LIMITS.description)) };
}

/** The tables of a server. */
export function leaderboardReply({ month, direction, range }: Leaderboard, locale: string): Reply {
  const translator = translatorFor(locale);
  const { t } = translator;
  const all = [...direction, ...range];
  const ranked = all.flatMap(({ userId, againstBot }) =>
    againstBot === null ? [] : [{ userId, low: againstBot.low }],
  );
  const better = new Set(ranked.filter(({ low }) => low > 0).map(({ userId }) => userId)).size;
  const first =
    all.length === 0
      ? t('predict.boardEmpty')
      : ranked.length === 0
        ? t('predict.boardTooFew', { calls: RANKED_FROM.calls, spans: RANKED_FROM.spans })
        : better === 0
          ? t('predict.boardNobody')
          : t('predict.boardBetter', { count: better });
  const lines = [
    first,
    ...(direction.length > 0 ? [`\n**${t('predict.directions')}**`, ...table(direction, translator)] : []),
    ...(range.length > 0 ? [`\n**${t('predict.ranges')}**`, ...table(range, translator)] : []),
    ...(ranked.length > 0 ? [`-# ${t('predict.chance')}`] : []),
  ];
  return reply(lines, month === null ? t('predict.boardAll') : t('predict.boardMonth', { month }));
}
