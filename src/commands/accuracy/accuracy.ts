import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord.js';
import type { AccuracyQuery } from '../../core/accuracy.ts';
import type { Asking } from '../../core/fair-queue.ts';
import { parseHorizon } from '../../core/horizon.ts';
import { type Translator, translatorFor } from '../../language/translator.ts';
import {
  ACCURACY_PREFIX,
  accuracyReply,
  parseAccuracyPress,
  recordPartReply,
} from '../../render/accuracy/accuracy-embed.ts';
import { hasDiagram, oddsRecordReply } from '../../render/accuracy/odds-record-embed.ts';
import type { View } from '../../render/details.ts';
import type { Reply } from '../../render/reply.ts';
import { type Command, type CommandContext, type ComponentHandler, chartOrNull } from '../command.ts';
import { described } from '../localizations.ts';
import { DETAILS_OPTION, EVERYWHERE, horizonChoices, SYMBOL_OPTION, symbolChoices, viewOf } from '../shared-options.ts';

/** `/accuracy`: how the forecasts in the ledger came out, or these forecasts as a file. */
export const accuracyCommand: Command = {
  definition: {
    type: ApplicationCommandType.ChatInput,
    name: 'accuracy',
    ...described({
      en: 'How past forecasts came out: ranges, direction, errors, each beside its baseline',
      de: 'Wie frühere Prognosen ausgingen: Spannen, Richtung, Fehler, jeweils mit Vergleichswert',
      es: 'Cómo resultaron los pronósticos pasados: rangos, dirección, errores, con su referencia',
      fr: 'Ce que valaient les prévisions passées : fourchettes, sens, erreurs, avec leur référence',
      pt: 'Como se saíram as previsões passadas: faixas, direção, erros, com sua referência',
    }),
    ...EVERYWHERE,
    options: [
      {
        ...SYMBOL_OPTION,
        ...described({
          en: 'Ticker or name, such as BTC (default: all tracked coins)',
          de: 'Kürzel oder Name, zum Beispiel BTC (Standard: alle verfolgten)',
          es: 'Símbolo o nombre, por ejemplo BTC (por defecto: todas las seguidas)',
          fr: 'Symbole ou nom, par exemple BTC (par défaut : toutes celles suivies)',
          pt: 'Símbolo ou nome, por exemplo BTC (padrão: todas as acompanhadas)',
        }),
        required: false,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'horizon',
        ...described({
          en: 'Only forecasts so far ahead (default: all)',
          de: 'Nur Prognosen so weit voraus (Standard: alle)',
          es: 'Solo pronósticos a este plazo (por defecto: todos)',
          fr: 'Seulement les prévisions à cette échéance (par défaut : toutes)',
          pt: 'Só previsões com esta antecedência (padrão: todas)',
        }),
        choices: horizonChoices(),
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'days',
        ...described({
          en: 'How many days back (default: 60)',
          de: 'Wie viele Tage zurück (Standard: 60)',
          es: 'Cuántos días atrás (por defecto: 60)',
          fr: 'Sur combien de jours (par défaut : 60)',
          pt: 'Quantos dias para trás (padrão: 60)',
        }),
        min_value: 7,
        max_value: 1_826,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'model',
        ...described({
          en: 'Only forecasts of this model version, as /model shows it (default: all)',
          de: 'Nur Prognosen dieser Modellversion, wie /model sie zeigt (Standard: alle)',
          es: 'Solo pronósticos de esta versión del modelo, como la muestra /model (por defecto: todas)',
          fr: 'Seulement cette version du modèle, telle que /model la montre (par défaut : toutes)',
          pt: 'Só previsões desta versão do modelo, como /model a mostra (padrão: todas)',
        }),
        max_length: 60,
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'export',
        ...described({
          en: 'The forecasts themselves as a file, to verify: of the coin, or of this server’s coins',
          de: 'Die Prognosen selbst als prüfbare Datei: die des Coins oder der Coins dieses Servers',
          es: 'Los pronósticos mismos en un archivo verificable: de la moneda o de las de este servidor',
          fr: 'Les prévisions elles-mêmes dans un fichier vérifiable : de la crypto ou de celles du serveur',
          pt: 'As próprias previsões em um arquivo verificável: da moeda ou das moedas deste servidor',
        }),
      },
      DETAILS_OPTION,
      {
        type: ApplicationCommandOptionType.Boolean,
        name: 'odds',
        ...described({
          en: 'How odds of prices held, as /odds gives them, instead of the forecasts',
          de: 'Wie Chancen von Kursen stimmten, wie /odds sie nennt, statt der Prognosen',
          es: 'Cuánto acertaron las probabilidades de precios, como las de /odds, en vez de los pronósticos',
          fr: 'Ce que valaient les chances de prix, comme celles de /odds, au lieu des prévisions',
          pt: 'Quanto acertaram as chances de preços, como as de /odds, em vez das previsões',
        }),
      },
    ],
  },

  autocomplete: (focused, context) => (focused.name === 'symbol' ? symbolChoices(focused.value, context) : []),

  async execute(options, caller, context, _progress, signal) {
    const { symbol, horizon, days, model } = options;
    const query = {
      ...(symbol ? { symbol: String(symbol) } : {}),
      ...(horizon ? { horizon: parseHorizon(String(horizon)).name } : {}),
      ...(days ? { days: Number(days) } : {}),
      ...(model ? { model: String(model) } : {}),
    };
    const translator = translatorFor(caller.locale);
    if (options['export'] !== true) {
      const view = viewOf(options);
      if (options['odds'] === true) return replyWithOddsRecord(query, context, translator, view);
      return replyWithAccuracy(query, context, { translator, view, withButton: true }, { asker: caller, signal });
    }
    const { witness, recordParts } = context.services;
    // First, so that the checkpoint in the file is that of the footer or a later one.
    const head = await witness.head();
    return recordPartReply(await recordParts.part(query, caller.guildId, { asker: caller, signal }), head, translator);
  },
};

/** The buttons under an accuracy report. */
export const accuracyComponentHandler: ComponentHandler = {
  prefix: ACCURACY_PREFIX,
  async execute(press, caller, context, signal) {
    const { query, page, view } = parseAccuracyPress(press.rest);
    const translator = translatorFor(caller.locale);
    if (page === 'odds') return replyWithOddsRecord(query, context, translator, view);
    const look = { translator, view, withButton: true };
    return replyWithAccuracy(query, context, look, { asker: caller, signal });
  },
};

/** How {@link replyWithAccuracy} shows a report; a post has no button. */
interface Look {
  readonly translator: Translator;
  readonly view: View;
  readonly withButton: boolean;
}

/** Reads the record and renders it, with a chart when any forecast has come due: for `/accuracy` and for weekly posts. */
export async function replyWithAccuracy(
  query: AccuracyQuery,
  { services, charts }: CommandContext,
  { translator, view, withButton }: Look,
  asking: Asking = {},
): Promise<Reply> {
  const report = await services.accuracy.report(query, asking);
  const drawing = () => charts.accuracyChart(report, 'dark', translator.locale);
  const chart = report.past.length > 0 ? await chartOrNull(drawing()) : null;
  // A button asks for the coin's symbol, which stays the same when its name does not.
  const asked = withButton ? { ...query, ...(report.symbol === null ? {} : { symbol: report.symbol }) } : null;
  return accuracyReply(report, chart, await services.witness.head(), translator, { view, query: asked });
}

/** Reads the record of odds and renders it, with its diagrams where there are enough odds for one. */
async function replyWithOddsRecord(
  query: AccuracyQuery,
  { services, charts }: CommandContext,
  translator: Translator,
  view: View,
): Promise<Reply> {
  const report = await services.oddsRecord.report(query);
  const drawing = () => charts.oddsRecordChart(report, 'dark', translator.locale);
  const chart = hasDiagram(report) ? await chartOrNull(drawing()) : null;
  // A button asks for the coin's symbol, which stays the same when its name does not.
  const asked = { ...query, ...(report.symbol === null ? {} : { symbol: report.symbol }) };
  return oddsRecordReply(report, chart, await services.witness.head(), translator, { view, query: asked });
}
