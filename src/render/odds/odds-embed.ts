import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { BASE_CURRENCY } from '../../core/currency.ts';
import { cutText } from '../../core/cut-text.ts';
import { chanceOf, type OddsAnswer, type OddsDirection } from '../../core/odds.ts';
import type { Translator } from '../../language/translator.ts';
import { toldValues } from '../accuracy/odds-record-embed.ts';
import { formatZoned } from '../chart/time-axis.ts';
import { oldControlError, titleOf } from '../details.ts';
import { currencyOfReport } from '../forecast/forecast-currency.ts';
import { rateLines } from '../forecast/forecast-details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

/** Begins the custom ids of the controls under odds: `odds:action:symbol:direction:level:target in seconds:currency`. */
export const ODDS_PREFIX = 'odds';
const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** Builds the reply to a question about a level: the two chances first, then the picture, described by the clock of a zone; how they are computed on request. */
export function oddsReply(
  answer: OddsAnswer,
  chart: Uint8Array | null,
  translator: Translator,
  details: boolean,
  timeZone = 'UTC',
): Reply {
  const { t, formats, locale } = translator;
  const { forecast, level, direction, targetMs, touch } = answer;
  const { asset, lastPrice, simulated, model, unconfirmed } = forecast;
  const { symbol } = asset;
  const currency = currencyOfReport(forecast);
  const price = formats.prices(lastPrice, currency);
  const shown = price(level);
  const at = timestamp(targetMs, 'f');
  const chance = formats.probability(chanceOf(answer, direction));
  const isFar = level > lastPrice === (direction === 'above');
  const values = { symbol, price: shown, time: at };
  const lines = [
    t(direction === 'above' ? 'odds.above' : 'odds.below', { ...values, chance }),
    // Of a price that is on that side already, the way there is the way out.
    t(isFar ? 'odds.touch' : 'odds.leaves', { ...values, chance: formats.probability(touch) }),
    t('odds.now', { symbol, price: price(lastPrice), change: formats.change(lastPrice, level), level: shown }),
    ...(simulated ? [t('odds.simulated')] : []),
    ...(unconfirmed ? [t('odds.unconfirmed')] : []),
    ...(model.version === 'climatology' ? [t('odds.noModel')] : []),
    ...(chart ? [] : [t('odds.noChart')]),
  ];
  const name = asset.name === symbol ? symbol : `${escapeMarkdown(cutText(asset.name, 80))} (${symbol})`;
  const state = `${symbol}:${direction}:${level}:${Math.round(targetMs / 1_000)}:${currency}`;
  const { end, touch: touched } = answer.record?.fixed ?? {};
  const isLive = end?.enough && end.reliability;
  const held = isLive
    ? [
        t('odds.heldLive', toldValues(end.reliability, translator)),
        ...(touched?.enough && touched.reliability
          ? [t('odds.heldLiveTouch', toldValues(touched.reliability, translator))]
          : []),
      ]
    : [];
  const fields = details
    ? [
        { name: t('odds.howEnd'), value: t('odds.howEndText', { horizon: forecast.horizon.name }) },
        { name: t('odds.howTouch'), value: t('odds.howTouchText') },
        { name: t('odds.howWell'), value: [...held, ...(isLive ? [] : [t('odds.howWellText')])].join(' ') },
        {
          name: t('odds.model'),
          value: [escapeMarkdown(cutText(model.version, 200)), ...rateLines(forecast, translator)].join('\n'),
        },
      ]
    : [];
  const title = t(direction === 'above' ? 'odds.titleAbove' : 'odds.titleBelow', { name, price: shown });
  const embed = fitEmbed({
    title: titleOf(title, simulated, translator),
    description: lines.join('\n'),
    color: simulated ? COLOUR.simulated : COLOUR.normal,
    fields,
    footer: { text: t('common.notAdvice') },
    ...(chart ? { image: { url: 'attachment://odds.png' } } : {}),
  });
  const button = {
    type: ComponentType.Button,
    style: ButtonStyle.Secondary,
    label: t(details ? 'odds.hide' : 'odds.details'),
    custom_id: `${ODDS_PREFIX}:${details ? 'brief' : 'details'}:${state}`,
  } as const;
  const files: ReplyFile[] = chart
    ? [
        {
          name: 'odds.png',
          contentType: 'image/png',
          data: chart,
          description: t('odds.picture', { ...values, time: formatZoned(targetMs, timeZone, locale), chance }),
        },
      ]
    : [];
  return { embeds: [embed], files, components: [{ type: ComponentType.ActionRow, components: [button] }] };
}

/** What a control under odds asks for. */
export interface OddsPress {
  readonly action: 'details' | 'brief';
  readonly symbol: string;
  readonly direction: OddsDirection;
  readonly level: number;
  readonly targetMs: number;
  /** ISO 4217 code that the level is in. */
  readonly currency: string;
}

/** Reads the rest of a custom id; throws `CC_USAGE` where it is of another version. */
export function parseOddsPress(rest: string): OddsPress {
  // Controls of earlier versions name no currency.
  const [action, symbol = '', direction, level = '', seconds = '', currency = BASE_CURRENCY] = rest.split(':');
  const price = Number(level);
  const targetMs = Number(seconds) * 1_000;
  if (
    (action !== 'details' && action !== 'brief') ||
    !SYMBOL_PATTERN.test(symbol) ||
    (direction !== 'above' && direction !== 'below') ||
    !(price > 0 && Number.isFinite(price)) ||
    !Number.isSafeInteger(targetMs) ||
    !/^[A-Z]{3}$/.test(currency)
  ) {
    throw oldControlError('/odds');
  }
  return { action, symbol, direction, level: price, targetMs, currency };
}
