import type { APIEmbedField } from 'discord-api-types/v10';
import type { BreakerName, FillReason } from '../../core/backtest.ts';
import { HORIZONS } from '../../core/horizon.ts';
import type { PaperPosition, PaperReport, PaperTripPayload } from '../../core/paper.ts';
import type { RecordHead } from '../../core/record.ts';
import { decisionText } from '../backtest/backtest-embed.ts';
import {
  escapeMarkdown,
  formatChange,
  formatCount,
  formatDuration,
  formatPercent,
  formatPrice,
  timestamp,
} from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';
import { footer } from '../subscriptions/daily-post.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d, stopped: 0x82899a, tripped: 0xf08a3c } as const;

/** Why a portfolio stays out of the market, as the end of a sentence about a coin. */
const BREAKER_REASON: Readonly<Record<BreakerName, string>> = {
  'drawdown-limit': 'its part has lost more than the limit from its highest value',
  'volatility-shock': 'the price moved far more in one candle than was expected of it',
  'stale-data': 'there is no fresh forecast',
  'drift-alarm': 'the model no longer does as well as its record says',
  'no-edge': 'forecasts at this horizon have no measurable edge over climatology',
};

/** Why an order was filled. */
const FILL_REASON: Readonly<Record<FillReason, string>> = {
  decision: 'the rule',
  'stop-loss': 'stop-loss',
  'take-profit': 'take-profit',
  'trailing-stop': 'trailing stop',
  liquidation: 'liquidation',
  'drawdown-limit': 'drawdown limit',
  'volatility-shock': 'volatility shock',
  'stale-data': 'no fresh forecast',
  'drift-alarm': 'drift alarm',
  'no-edge': 'no measurable edge',
};

/** Writes dollars: whole ones from a hundred on, else with cents. */
export function formatDollars(dollars: number): string {
  if (Math.abs(dollars) >= 100) return `${dollars < 0 ? '−' : ''}$${formatCount(Math.abs(dollars))}`;
  return `${dollars < 0 ? '−' : ''}$${Math.abs(dollars).toFixed(2)}`;
}

/** How a portfolio stands beside holding, in one sentence; before its first candle, what it waits for. */
export function paperSentence({ portfolio, markedMs, fromMs, equity, hold, interval }: PaperReport): string {
  const { capital, stoppedMs } = portfolio;
  const candle = interval === '1d' ? 'day' : 'hour';
  if (markedMs === null) {
    return stoppedMs === null
      ? `This paper portfolio of ${formatDollars(capital)} has just begun: it is first worked out when the next full ${candle} has closed.`
      : `This paper portfolio of ${formatDollars(capital)} was stopped before its first full ${candle} had closed.`;
  }
  const stands = stoppedMs === null ? 'this paper portfolio stands' : 'this paper portfolio was stopped';
  const held = stoppedMs === null ? 'would be' : 'would have been';
  return `After ${formatDuration(markedMs - fromMs)} ${stands} at ${formatDollars(equity)} (${formatChange(capital, equity)}); the same money held ${held} ${formatDollars(hold)}.`;
}

/** Stands for {@link paperLine} where it could not be looked up whether a portfolio runs. */
export const PAPER_UNKNOWN = '-# ⚠️ Paper portfolio: it could not be looked up this time.';

/** The line about a portfolio under a server's posts. */
export function paperLine(report: PaperReport): string {
  const { portfolio, simulated } = report;
  const coins = portfolio.symbols.length > 3 ? `${portfolio.symbols.length} coins` : portfolio.symbols.join(', ');
  return `-# ${simulated ? 'SIMULATED: ' : ''}Paper portfolio (${coins}; imagined orders): ${paperSentence(report)}`;
}

/** Builds the reply of `/paper`; `chart` is null where there is nothing to draw yet. */
export function paperReply(report: PaperReport, chart: Uint8Array | 'failed' | null): Reply {
  const chartPng = chart === 'failed' ? null : chart;
  const { portfolio, ruleLabel, markedMs, simulated, trips } = report;
  const { symbols, stoppedMs } = portfolio;
  const sentence = paperSentence(report);
  // Hourly orders need the time of day.
  const style = report.interval === '1h' ? 'f' : 'D';
  const held = stoppedMs === null ? report.positions.filter(({ heldBack }) => heldBack !== null) : [];
  const fields: APIEmbedField[] = [
    {
      name: stoppedMs === null ? 'Positions' : 'Positions at the end',
      value: report.positions.map(positionLine).join('\n'),
    },
    { name: 'Changed coins', value: report.changes.map(escapeMarkdown).join('\n') },
    { name: 'Kept out of the market', value: held.map(heldBackLine).join('\n') },
    { name: 'Newest orders, all imagined', value: report.recent.map((one) => orderLine(one, style)).join('\n') },
    {
      name: 'Breakers that tripped',
      value: trips
        .map(({ timeMs, symbol, breaker }) => `${timestamp(timeMs, style)} ${symbol}: ${BREAKER_REASON[breaker]}`)
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
  return heldBack === null ? '' : `**${symbol}** ${long}: ${BREAKER_REASON[heldBack]}`;
}

function orderLine({ symbol, fill }: PaperReport['recent'][number], style: 'D' | 'f'): string {
  const { timeMs, side, units, price, reason } = fill;
  const what = `${side === 'buy' ? '▲ bought' : '▼ sold'} ${symbol} for ${formatDollars(units * price)}`;
  return `${timestamp(timeMs, style)} ${what} at ${formatPrice(price)} (${FILL_REASON[reason]})`;
}

function howText({ portfolio, ruleExplanation, costs, fills, fromMs, interval }: PaperReport): string {
  const { horizon, capital, symbols } = portfolio;
  const each = symbols.length > 1 ? `, in ${symbols.length} equal parts` : '';
  return [
    ruleExplanation,
    decisionText(interval),
    `Follows the forecasts of the record over ${HORIZONS[horizon].label} from ${timestamp(fromMs, 'f')} on, beginning with ${formatDollars(capital)}${each}. Orders are filled at the open of the candle after the forecast, which is a little better than could be had, with the costs and circuit breakers of /backtest.`,
    `${formatCount(fills)} order${fills === 1 ? '' : 's'}, ${formatDollars(costs)} of fees, spread and slippage.`,
  ].join('\n');
}

/** Builds the message about circuit breakers of a server's paper portfolio that have tripped. */
export function paperTripReply(
  { atMs, trips, simulated }: PaperTripPayload,
  postId: string,
  head: RecordHead | null,
): Reply {
  const lines = trips.map(({ symbol, breaker, untilMs }) => {
    const long = untilMs === null ? 'while that lasts' : `until ${timestamp(untilMs, 'f')}`;
    return `**${symbol}** is kept out of the market ${long}: ${BREAKER_REASON[breaker]}.`;
  });
  return {
    embeds: [
      fitEmbed({
        title: `${simulated ? 'SIMULATED: ' : ''}A circuit breaker of this server’s paper portfolio tripped`,
        description: [
          ...lines,
          `Found at the close of ${timestamp(atMs, 'f')}. Orders are imagined; \`/paper status\` shows how it stands.`,
        ].join('\n'),
        color: COLOUR.tripped,
        footer: { text: footer(postId, head) },
      }),
    ],
    files: [],
    components: [],
  };
}
