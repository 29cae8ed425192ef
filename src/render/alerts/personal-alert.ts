import { ComponentType } from 'discord-api-types/v10';
import type { HorizonChoice } from '../../core/horizon.ts';
import type { AlertEvent, AlertRule, PersonalAlert, UnreachedOutcome } from '../../core/personal-alert.ts';
import type { Translator } from '../../language/translator.ts';
import { titleOf } from '../details.ts';
import { timestamp } from '../format.ts';
import { fitEmbed } from '../limits.ts';
import type { Reply } from '../reply.ts';

/** Begins the custom ids of controls about alerts: `alert:offer:BTC:1d`, `alert:make:BTC:1d`, `alert:remove`. */
export const ALERT_PREFIX = 'alert';
const COLOUR = 0xf08a3c;

/** What is offered by the button under a forecast, by the value of its choice. */
export const OFFERS = ['range80', 'range95', 'up', 'down', 'restless'] as const;
export type AlertOffer = (typeof OFFERS)[number];

/** What the button under a forecast opens: a menu of alerts about its coin; `edges` are those of the 80 % range of its forecast. */
export function offerReply(
  symbol: string,
  horizon: HorizonChoice,
  edges: { readonly low: number; readonly high: number },
  { t, formats }: Translator,
): Reply {
  const price = formats.prices(edges.high);
  const labels: Readonly<Record<AlertOffer, string>> = {
    range80: t('alert.offerRange', { share: '80 %', horizon }),
    range95: t('alert.offerRange', { share: '95 %', horizon }),
    up: t('alert.offerAbove', { price: price(edges.high) }),
    down: t('alert.offerBelow', { price: price(edges.low) }),
    restless: t('alert.offerRestless'),
  };
  return {
    embeds: [fitEmbed({ title: t('alert.offerTitle', { symbol }), description: t('alert.offerText'), color: COLOUR })],
    files: [],
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.StringSelect,
            custom_id: `${ALERT_PREFIX}:make:${symbol}:${horizon}:${Number(edges.low.toPrecision(6))}:${Number(edges.high.toPrecision(6))}`,
            placeholder: t('alert.offerPlaceholder'),
            options: OFFERS.map((value) => ({ value, label: labels[value] })),
          },
        ],
      },
    ],
  };
}

/** What an alert waits for, in one sentence. */
export function ruleText(symbol: string, rule: AlertRule, { t, formats }: Translator): string {
  switch (rule.kind) {
    case 'price': {
      const values = { symbol, price: formats.price(rule.level) };
      return t(rule.side === 'above' ? 'alert.ruleAbove' : 'alert.ruleBelow', values);
    }
    case 'range':
      return t('alert.ruleRange', { symbol, share: `${rule.coverage} %`, horizon: rule.horizon });
    case 'odds': {
      const values = {
        symbol,
        price: formats.price(rule.level),
        time: timestamp(rule.byMs, 'f'),
        chance: formats.probability(rule.chance),
      };
      if (rule.direction === 'above')
        return t(rule.rises ? 'alert.ruleOddsAboveUp' : 'alert.ruleOddsAboveDown', values);
      return t(rule.rises ? 'alert.ruleOddsBelowUp' : 'alert.ruleOddsBelowDown', values);
    }
    case 'restless':
      return t('alert.ruleRestless', { symbol });
  }
}

/** Says that an alert is set, where it goes, how long it waits, and what else has to be known. */
export function setReply(alert: PersonalAlert, translator: Translator): Reply {
  const { t } = translator;
  const { channelId, expiresMs, rule, watch, symbol, id } = alert;
  const price = translator.formats.prices(watch.band?.high ?? 1);
  const lines = [
    ruleText(symbol, rule, translator),
    channelId === null ? t('alert.toYou') : t('alert.toChannel', { channel: `<#${channelId}>` }),
    ...(watch.band
      ? [
          t('alert.bandNow', {
            low: price(watch.band.low),
            high: price(watch.band.high),
            time: timestamp(watch.band.targetMs, 'f'),
          }),
        ]
      : []),
    ...(watch.armed ? [] : [t('alert.notArmed')]),
    t('alert.until', { time: timestamp(expiresMs, 'f') }),
  ];
  return {
    embeds: [fitEmbed({ title: t('alert.setTitle', { id }), description: lines.join('\n'), color: COLOUR })],
    files: [],
    components: [],
  };
}

/** The alerts of a person, with those of the server's channels for who may manage them; active ones can be removed. */
export function listReply(
  alerts: readonly PersonalAlert[],
  { userId }: { readonly userId: string },
  translator: Translator,
): Reply {
  const { t } = translator;
  if (alerts.length === 0) {
    return {
      embeds: [fitEmbed({ title: t('alert.listTitle'), description: t('alert.none'), color: COLOUR })],
      files: [],
      components: [],
    };
  }
  const lines = alerts.slice(0, 25).map((alert) => {
    const values = { id: alert.id, rule: ruleText(alert.symbol, alert.rule, translator) };
    const place = alert.channelId === null || alert.userId !== userId ? '' : ` <#${alert.channelId}>`;
    const time = timestamp(alert.endedMs ?? alert.expiresMs, 'R');
    if (alert.state === 'active') return `${t('alert.lineActive', { ...values, time })}${place}`;
    if (alert.state === 'expired') return t('alert.lineExpired', { ...values, time });
    return t(alert.undelivered ? 'alert.lineUndelivered' : 'alert.lineFired', { ...values, time });
  });
  const active = alerts.filter(({ state }) => state === 'active').slice(0, 25);
  return {
    embeds: [fitEmbed({ title: t('alert.listTitle'), description: lines.join('\n'), color: COLOUR })],
    files: [],
    components:
      active.length === 0
        ? []
        : [
            {
              type: ComponentType.ActionRow,
              components: [
                {
                  type: ComponentType.StringSelect,
                  custom_id: `${ALERT_PREFIX}:remove`,
                  placeholder: t('alert.removePlaceholder'),
                  options: active.map((alert) => ({
                    value: alert.id,
                    label: `${alert.symbol} · ${alert.id}`,
                  })),
                },
              ],
            },
          ],
  };
}

/** Says that an alert was removed. */
export function removedReply(alert: PersonalAlert, translator: Translator): Reply {
  const description = ruleText(alert.symbol, alert.rule, translator);
  const title = translator.t('alert.removedTitle', { id: alert.id });
  return { embeds: [fitEmbed({ title, description, color: COLOUR })], files: [], components: [] };
}

/** The message of an alert whose moment has come. */
export function eventReply(event: AlertEvent, postId: string, translator: Translator): Reply {
  const { t, formats } = translator;
  const { symbol, rule, band, value, simulated } = event;
  const price = formats.price(event.price);
  const at = timestamp(event.priceAtMs, 't');
  const what = (): string => {
    switch (rule.kind) {
      case 'price':
        return t(rule.side === 'above' ? 'alert.isAbove' : 'alert.isBelow', {
          symbol,
          price,
          time: at,
          level: formats.price(rule.level),
        });
      case 'range':
        return t('alert.leftRange', {
          ...{ symbol, price, time: at, share: `${rule.coverage} %` },
          ...{ low: formats.price(band?.low ?? Number.NaN), high: formats.price(band?.high ?? Number.NaN) },
          by: timestamp(band?.targetMs ?? event.priceAtMs, 'f'),
        });
      case 'odds':
        return t(rule.direction === 'above' ? 'alert.oddsAbove' : 'alert.oddsBelow', {
          ...{ symbol, level: formats.price(rule.level), time: timestamp(rule.byMs, 'f'), price },
          ...{ chance: formats.probability(value ?? Number.NaN), wanted: formats.probability(rule.chance) },
        });
      case 'restless':
        return t('alert.isRestless', { symbol, price, factor: formats.number(value ?? Number.NaN, 1) });
    }
  };
  const lines = [what(), ...(simulated ? [t('odds.simulated')] : []), t('alert.over')];
  return {
    embeds: [
      fitEmbed({
        title: titleOf(t('alert.eventTitle', { symbol }), simulated, translator),
        description: lines.join('\n'),
        color: COLOUR,
        footer: { text: t('alert.footer', { id: postId }) },
      }),
    ],
    files: [],
    components: [],
  };
}

/** Tells where an alert was set that it did not arrive, or may not have; it says nothing about what the alert was. */
export function unreachedReply(userId: string, outcome: UnreachedOutcome, postId: string, { t }: Translator): Reply {
  const person = `<@${userId}>`;
  return {
    embeds: [
      fitEmbed({
        title: t(outcome === 'refused' ? 'alert.unreachedTitle' : 'alert.uncertainTitle'),
        description: t(outcome === 'refused' ? 'alert.unreached' : 'alert.uncertain', { person }),
        color: COLOUR,
        footer: { text: t('alert.footer', { id: postId }) },
      }),
    ],
    files: [],
    components: [],
  };
}
