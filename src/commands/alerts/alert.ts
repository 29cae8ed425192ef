import { ApplicationCommandType } from 'discord.js';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import { CandlecastError } from '../../core/errors.ts';
import { chosenHorizon, parseHorizon } from '../../core/horizon.ts';
import { ALERT_DAYS } from '../../core/personal-alert.ts';
import { BANDS } from '../../core/quantiles.ts';
import { translatorFor } from '../../language/translator.ts';
import {
  ALERT_PREFIX,
  listReply,
  OFFERS,
  offerReply,
  removedReply,
  setReply,
} from '../../render/alerts/personal-alert.ts';
import { oldControlError } from '../../render/details.ts';
import type { Reply } from '../../render/reply.ts';
import type { Caller, Command, CommandContext, ComponentHandler } from '../command.ts';
import { described } from '../localizations.ts';
import { momentChoices } from '../odds/odds-options.ts';
import { EVERYWHERE, subcommand, symbolChoices } from '../shared-options.ts';
import { ADD_OPTIONS, REMOVE_OPTIONS } from './alert-options.ts';
import { channelOf, madeBy, offeredRule, ruleOf, seenBy } from './typed-alert.ts';

/** `/alert`: tells a person, or a channel, once when something happens to a coin. */
export const alertCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'alert',
    ...described({
      en: 'Be told once when a price, its range, its odds or its restlessness pass a mark',
      de: 'Einmal Bescheid bekommen, wenn Kurs, Spanne, Chance oder Unruhe eine Marke erreichen',
      es: 'Recibir un aviso cuando precio, rango, probabilidad o agitación pasen una marca',
      fr: 'Être prévenu une fois quand prix, fourchette, probabilité ou agitation passent un seuil',
      pt: 'Ser avisado uma vez quando preço, faixa, chance ou agitação passarem uma marca',
    }),
    ...EVERYWHERE,
    options: [
      subcommand(
        'add',
        {
          en: 'Set an alert',
          de: 'Einen Alarm setzen',
          es: 'Poner una alerta',
          fr: 'Poser une alerte',
          pt: 'Criar um alerta',
        },
        ADD_OPTIONS,
      ),
      subcommand('list', {
        en: 'Your alerts, and those of this server’s channels for who manages it',
        de: 'Die eigenen Alarme und, für Verwalter, die der Kanäle dieses Servers',
        es: 'Tus alertas y, para quien lo gestiona, las de los canales de este servidor',
        fr: 'Tes alertes et, pour qui le gère, celles des salons de ce serveur',
        pt: 'Seus alertas e, para quem gerencia, os dos canais deste servidor',
      }),
      subcommand(
        'remove',
        {
          en: 'Remove an alert',
          de: 'Einen Alarm entfernen',
          es: 'Quitar una alerta',
          fr: 'Retirer une alerte',
          pt: 'Remover um alerta',
        },
        REMOVE_OPTIONS,
      ),
    ],
  },

  isPrivate: () => true,

  autocomplete(focused, context, caller) {
    if (focused.name === 'symbol') return symbolChoices(focused.value, context);
    return focused.name === 'by' ? momentChoices(focused.value, caller, context) : [];
  },

  async execute(options, caller, context, _progress, signal) {
    const translator = translatorFor(caller.locale);
    const { alerts } = context.services;
    switch (options['subcommand']) {
      case 'list':
        return listReply(await alerts.list(seenBy(caller)), caller, translator);
      case 'remove':
        return removeAlert(String(options['id'] ?? ''), caller, context);
      default: {
        const alert = await alerts.add(
          {
            ...madeBy(caller),
            channelId: channelOf(options, caller),
            symbol: String(options['symbol'] ?? ''),
            rule: ruleOf(options, caller, context, alertCommand.definition),
            days: Number(options['days'] ?? ALERT_DAYS.usual),
          },
          { asker: caller.isOwner ? undefined : caller, signal },
        );
        return setReply(alert, translator);
      }
    }
  },
};

/** Removes one of the caller's alerts; throws `CC_USAGE` where there is none of that id. */
async function removeAlert(id: string, caller: Caller, { services }: CommandContext): Promise<Reply> {
  const removed = await services.alerts.remove(id.trim().toUpperCase(), seenBy(caller));
  if (removed) return removedReply(removed, translatorFor(caller.locale));
  throw new CandlecastError('CC_USAGE', 'You have no alert of that id.', {
    remedy: 'See /alert list.',
    said: { key: 'alert.idUnknown' },
    advice: { key: 'alert.idAdvice' },
  });
}

/** The button under a forecast that offers alerts, its menu, and the menu under `/alert list`. */
export const alertComponentHandler: ComponentHandler = {
  prefix: ALERT_PREFIX,
  isPrivate: (rest) => rest.startsWith('offer:'),
  async execute({ rest, values }, caller, context, signal) {
    const translator = translatorFor(caller.locale);
    const [action, symbol = '', typed = '', low = '', high = ''] = rest.split(':');
    const [chosen = ''] = values;
    if (action === 'remove') return removeAlert(chosen, caller, context);
    if ((action !== 'offer' && action !== 'make') || !SYMBOL_PATTERN.test(symbol)) throw oldControlError('/alert list');
    const horizon = chosenHorizon(parseHorizon(typed).name);
    const asking = { asker: caller.isOwner ? undefined : caller, signal };
    if (action === 'offer') {
      const { quantiles } = await context.services.forecast.forecast({ symbol, horizon }, asking);
      const { lower, upper } = BANDS[1];
      return offerReply(symbol, horizon, { low: quantiles[lower]!, high: quantiles[upper]! }, translator);
    }
    const offer = OFFERS.find((known) => known === chosen);
    const edges = { low: Number(low), high: Number(high) };
    if (!offer || !(edges.low > 0) || !(edges.high > 0)) throw oldControlError('/alert list');
    const rule = offeredRule(offer, horizon, edges);
    const wanted = { ...madeBy(caller), channelId: null, symbol, rule, days: ALERT_DAYS.usual };
    return setReply(await context.services.alerts.add(wanted, asking), translator);
  },
};
