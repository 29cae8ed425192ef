import { INTERVAL_MS } from '../../core/candle.ts';
import { type OddsAnswer, returnsAt } from '../../core/odds.ts';
import type { Translator } from '../../language/translator.ts';
import { historySlots } from '../chart/chart-layout.ts';
import { pastOf } from '../forecast/fan-chart-input.ts';
import { currencyOfReport } from '../forecast/forecast-currency.ts';
import type { OddsChartInput } from './odds-chart.ts';

/** For whom a picture is drawn. */
export interface OddsReader {
  readonly translator: Translator;
  /** IANA name of the zone whose clock the times are written by. */
  readonly timeZone: string;
}

/** What the picture of odds shows: the fan cut at the moment asked about, and the words in the reader's language. */
export function oddsChartInput(answer: OddsAnswer, { translator, timeZone }: OddsReader): OddsChartInput {
  const { t, formats, locale } = translator;
  const { forecast, level, targetMs, above, touch } = answer;
  const { originMs, lastPrice, asset, history, historyInterval, horizon } = forecast;
  const end = returnsAt(forecast, targetMs).map((value) => lastPrice * Math.exp(value));
  const past = pastOf(horizon.name, historyInterval);
  const moment = new Intl.DateTimeFormat(locale, {
    timeZone,
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const currency = currencyOfReport(forecast);
  const price = formats.prices(lastPrice, currency);
  const shown = price(level);
  return {
    originMs,
    targetMs,
    lastPrice,
    level,
    fan: [...forecast.fan.filter(({ timeMs }) => timeMs < targetMs), { timeMs: targetMs, quantiles: end }],
    history: historySlots(history, past, originMs),
    slotMs: past.each * INTERVAL_MS[past.interval],
    simulated: forecast.simulated ? t('reply.simulatedBadge') : null,
    locale,
    currency,
    words: {
      title: t('odds.chartTitle', {
        symbol: asset.symbol,
        price: shown,
        time: moment.format(targetMs),
        zone: zoneLabel(timeZone),
      }),
      level: shown,
      lastPrice: price(lastPrice),
      origin: moment.format(originMs),
      target: moment.format(targetMs),
      chances: { above: formats.probability(above), below: formats.probability(1 - above) },
      sides: { above: t('odds.sideAbove'), below: t('odds.sideBelow') },
      touch: t('odds.chartTouch', { price: shown, chance: formats.probability(touch) }),
    },
  };
}

/** A zone by its city, or as it is named. */
function zoneLabel(timeZone: string): string {
  return timeZone.split('/').at(-1)!.replaceAll('_', ' ');
}
