import type { APIEmbedField } from 'discord-api-types/v10';
import { HORIZONS } from '../../core/horizon.ts';
import type { PaperPosition, PaperReport } from '../../core/paper.ts';
import { formatChange, formatCount, formatPercent, formatPrice, timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';
import { BREAKER_WORDS, FILL_WORDS, formatDollars, paperSentence } from './paper-words.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d, stopped: 0x82899a } as const;

/** Builds the reply of `/paper`; `chart` is null where there is nothing to draw yet. */
export function paperReply(report: PaperReport, chart: Uint8Array | 'failed' | null): Reply {
  const chartPng = chart === 'failed' ? null : chart;
  const { portfolio, ruleLabel, markedMs, simulated, trips } = report;
  const { symbols, stoppedMs } = portfolio;
  const sentence = paperSentence(report);
  // Within a day, orders are told apart by the hour.
  const style = report.interval === '1h' ? 'f' : 'D';
  const held = stoppedMs === null ? report.positions.filter(({ heldBack }) => heldBack !== null) : [];
  const fields: APIEmbedField[] = [
    {
      name: stoppedMs === null ? 'Positions' : 'Positions at the end',
      value: report.positions.map(positionLine).join('\n'),
    },
    { name: 'Kept out of the market', value: held.map(heldBackLine).join('\n') },
    { name: 'Newest orders, all imagined', value: report.recent.map((one) => orderLine(one, style)).join('\n') },
    {
      name: 'Breakers that tripped',
      value: trips
        .map(({ timeMs, symbol, breaker }) => `${timestamp(timeMs, style)} ${symbol}: ${BREAKER_WORDS[breaker]}`)
        .join('\n'),
    },
    { name: 'How', value: howText(report) },
  ];
  const lines = [
    simulated ? 'Simulated market: these prices are made up.' : '',
    `**${sentence}**`,
    markedMs === null || stoppedMs !== null ? '' : `As of the close of ${timestamp(markedMs, 'f')}.`,
    stoppedMs === null ? '' : `Stopped ${timestamp(stoppedMs, 'f')}.`,
    chart === 'failed' ? '⚠️ The chart could not be drawn this time; the numbers are complete.' : '',
  ];
  const coins = symbols.length > 3 ? `${symbols.length} coins` : symbols.join(', ');
  const files: ReplyFile[] = chartPng
    ? [
        {
          name: 'paper.png',
          contentType: 'image/png',
          data: chartPng,
          description: clip(sentence, LIMITS.fileDescription),
        },
      ]
    : [];
  return {
    embeds: [
      fitEmbed({
        title: `${simulated ? 'SIMULATED: ' : ''}Paper portfolio: ${coins}, ${ruleLabel}`,
        description: lines.filter((line) => line !== '').join('\n'),
        color: stoppedMs !== null ? COLOUR.stopped : simulated ? COLOUR.simulated : COLOUR.normal,
        fields,
        ...(chartPng ? { image: { url: 'attachment://paper.png' } } : {}),
        footer: { text: 'Imagined orders with imagined money; nothing is sent to an exchange. Not investment advice.' },
      }),
    ],
    files,
    components: [],
  };
}

function positionLine({ symbol, equity, capital, exposure, entryPrice, lastClose }: PaperPosition): string {
  const worth = `**${symbol}** ${formatDollars(equity)} (${formatChange(capital, equity)})`;
  if (exposure === 0) return `${worth}, out of the market`;
  const side = exposure > 0 ? 'long' : 'short';
  return `${worth}, ${side} with ${formatPercent(Math.abs(exposure) * 100)} of it since ${formatPrice(entryPrice)}, now ${formatPrice(lastClose)}`;
}

function heldBackLine({ symbol, heldBack, pausedUntilMs }: PaperPosition): string {
  const long = pausedUntilMs === null ? 'while that lasts' : `until ${timestamp(pausedUntilMs, 'f')}`;
  return heldBack === null ? '' : `**${symbol}** ${long}: ${BREAKER_WORDS[heldBack]}`;
}

function orderLine({ symbol, fill }: PaperReport['recent'][number], style: 'D' | 'f'): string {
  const { timeMs, side, units, price, reason } = fill;
  const what = `${side === 'buy' ? '▲ bought' : '▼ sold'} ${symbol} for ${formatDollars(units * price)}`;
  return `${timestamp(timeMs, style)} ${what} at ${formatPrice(price)} (${FILL_WORDS[reason]})`;
}

function howText({ portfolio, ruleExplanation, costs, fills, fromMs }: PaperReport): string {
  const { horizon, capital, symbols } = portfolio;
  const each = symbols.length > 1 ? `, in ${symbols.length} equal parts` : '';
  return [
    ruleExplanation,
    `Follows the live forecasts over ${HORIZONS[horizon].label} from ${timestamp(fromMs, 'f')} on, beginning with ${formatDollars(capital)}${each}. Orders are filled at the open of the candle after the forecast, which is a little better than could be had, with the costs and circuit breakers of /backtest.`,
    `${formatCount(fills)} order${fills === 1 ? '' : 's'}, ${formatDollars(costs)} of fees, spread and slippage.`,
  ].join('\n');
}
