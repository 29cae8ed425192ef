import type { APIEmbedField } from 'discord-api-types/v10';
import type { BreakerName, FillReason } from '../../core/backtest.ts';
import { HORIZONS, horizonMs } from '../../core/horizon.ts';
import type { PaperPosition, PaperReport, PaperTripPayload } from '../../core/paper.ts';
import type { RecordHead } from '../../core/record.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { decisionText, dollarsText, ruleHowOf, ruleLabelOf } from '../backtest/rule-text.ts';
import { titleOf } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';
import { footer } from '../subscriptions/daily-post.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d, stopped: 0x82899a, tripped: 0xf08a3c } as const;

/** Coins that are named one by one. */
const MAX_NAMED = 3;

/** Why a portfolio stays out of the market, as the end of a sentence about a coin. */
const BREAKER_REASON: Readonly<Record<BreakerName, MessageKey>> = {
  'drawdown-limit': 'paper.reasonDrawdown',
  'volatility-shock': 'paper.reasonShock',
  'stale-data': 'paper.reasonStale',
  'drift-alarm': 'paper.reasonDrift',
  'no-edge': 'paper.reasonEdge',
};

/** Why an order was filled. */
const FILL_REASON: Readonly<Record<FillReason, MessageKey>> = {
  decision: 'paper.fillDecision',
  'stop-loss': 'paper.fillStopLoss',
  'take-profit': 'paper.fillTakeProfit',
  'trailing-stop': 'paper.fillTrailing',
  liquidation: 'paper.fillLiquidation',
  'drawdown-limit': 'paper.fillDrawdown',
  'volatility-shock': 'paper.fillShock',
  'stale-data': 'paper.fillStale',
  'drift-alarm': 'paper.fillDrift',
  'no-edge': 'paper.fillEdge',
};

const namesOf = (symbols: readonly string[], { t }: Translator) =>
  symbols.length > MAX_NAMED ? t('reply.coins', { count: symbols.length }) : symbols.join(', ');

/** How a portfolio stands beside holding, in one sentence; before its first candle, what it waits for. */
export function paperSentence(report: PaperReport, translator: Translator): string {
  const { t, formats } = translator;
  const { portfolio, markedMs, fromMs, equity, hold, interval } = report;
  const { capital, stoppedMs } = portfolio;
  if (markedMs === null) {
    const values = { capital: dollarsText(capital, translator), unit: interval === '1d' ? 'day' : 'hour' };
    return t(stoppedMs === null ? 'paper.begun' : 'paper.stoppedEarly', values);
  }
  return t(stoppedMs === null ? 'paper.stands' : 'paper.ended', {
    time: formats.duration(markedMs - fromMs),
    equity: dollarsText(equity, translator),
    change: formats.change(capital, equity),
    hold: dollarsText(hold, translator),
  });
}

/** The line about a portfolio under a server's posts. */
export function paperLine(report: PaperReport, translator: Translator): string {
  const { portfolio, simulated } = report;
  const coins = namesOf(portfolio.symbols, translator);
  const line = translator.t('paper.line', { coins, sentence: paperSentence(report, translator) });
  return `-# ${titleOf(line, simulated, translator)}`;
}

/** Builds the reply of `/paper`; `chart` is null where there is nothing to draw yet. */
export function paperReply(report: PaperReport, chart: Uint8Array | 'failed' | null, translator: Translator): Reply {
  const { t } = translator;
  const chartPng = chart === 'failed' ? null : chart;
  const { portfolio, ruleLabel, markedMs, simulated } = report;
  const { symbols, stoppedMs } = portfolio;
  const sentence = paperSentence(report, translator);
  const lines = [
    simulated ? t('reply.simulatedMarket') : '',
    `**${sentence}**`,
    markedMs === null || stoppedMs !== null ? '' : t('paper.asOf', { time: timestamp(markedMs, 'f') }),
    stoppedMs === null ? '' : t('paper.stopped', { time: timestamp(stoppedMs, 'f') }),
    chart === 'failed' ? t('reply.chartMissing') : '',
  ];
  const description = clip(sentence, LIMITS.fileDescription);
  const files: ReplyFile[] = chartPng
    ? [{ name: 'paper.png', contentType: 'image/png', data: chartPng, description }]
    : [];
  const rule = ruleLabelOf({ name: portfolio.rule, label: ruleLabel }, translator);
  const title = t('paper.title', { coins: namesOf(symbols, translator), rule });
  return {
    embeds: [
      fitEmbed({
        title: titleOf(title, simulated, translator),
        description: lines.filter((line) => line !== '').join('\n'),
        color: stoppedMs !== null ? COLOUR.stopped : simulated ? COLOUR.simulated : COLOUR.normal,
        fields: fieldsOf(report, translator),
        ...(chartPng ? { image: { url: 'attachment://paper.png' } } : {}),
        footer: { text: t('paper.footer') },
      }),
    ],
    files,
    components: [],
  };
}

function fieldsOf(report: PaperReport, translator: Translator): APIEmbedField[] {
  const { t } = translator;
  const { stoppedMs } = report.portfolio;
  // Hourly orders need the time of day.
  const style = report.interval === '1h' ? 'f' : 'D';
  const held = stoppedMs === null ? report.positions : [];
  const field = (key: MessageKey, lines: readonly string[]) => ({ name: t(key), value: lines.join('\n') });
  return [
    field(
      stoppedMs === null ? 'paper.positionsField' : 'paper.endedField',
      report.positions.map((position) => positionLine(position, translator)),
    ),
    field(
      'paper.changedField',
      report.changes.map((one) => t('backtest.note', { text: translator.message(one, escapeMarkdown) })),
    ),
    field(
      'paper.heldField',
      held.flatMap((position) => heldBackLines(position, translator)),
    ),
    field(
      'paper.ordersField',
      report.recent.map((one) => orderLine(one, style, translator)),
    ),
    field(
      'paper.tripsField',
      report.trips.map(({ timeMs, symbol, breaker }) =>
        t('paper.trip', { time: timestamp(timeMs, style), symbol, reason: t(BREAKER_REASON[breaker]) }),
      ),
    ),
    field('backtest.howField', howLines(report, translator)),
  ];
}

function positionLine(position: PaperPosition, translator: Translator): string {
  const { t, formats } = translator;
  const { symbol, equity, capital, exposure, entryPrice, lastClose } = position;
  const worth = { symbol, equity: dollarsText(equity, translator), change: formats.change(capital, equity) };
  if (exposure === 0) return t('paper.out', worth);
  return t('paper.position', {
    ...worth,
    side: exposure > 0 ? 'long' : 'short',
    share: formats.percent(Math.abs(exposure) * 100),
    entry: formats.price(entryPrice),
    price: formats.price(lastClose),
  });
}

function heldBackLines({ symbol, heldBack, pausedUntilMs }: PaperPosition, { t }: Translator): string[] {
  if (heldBack === null) return [];
  const reason = t(BREAKER_REASON[heldBack]);
  if (pausedUntilMs === null) return [t('paper.heldWhile', { symbol, reason })];
  return [t('paper.heldUntil', { symbol, reason, time: timestamp(pausedUntilMs, 'f') })];
}

function orderLine({ symbol, fill }: PaperReport['recent'][number], style: 'D' | 'f', translator: Translator): string {
  const { t, formats } = translator;
  const { timeMs, side, units, price, reason } = fill;
  return t(side === 'buy' ? 'paper.bought' : 'paper.sold', {
    time: timestamp(timeMs, style),
    symbol,
    amount: dollarsText(units * price, translator),
    price: formats.price(price),
    reason: t(FILL_REASON[reason]),
  });
}

function howLines(report: PaperReport, translator: Translator): string[] {
  const { t, formats } = translator;
  const { portfolio, ruleExplanation, costs, fills, fromMs, interval } = report;
  const { horizon, capital, symbols, rule } = portfolio;
  return [
    ruleHowOf({ name: rule, explanation: ruleExplanation }, translator),
    decisionText(interval, translator),
    t('paper.follows', {
      horizon: formats.duration(horizonMs(HORIZONS[horizon])),
      from: timestamp(fromMs, 'f'),
      capital: dollarsText(capital, translator),
      parts: symbols.length,
    }),
    t('paper.orders', { count: fills, costs: dollarsText(costs, translator) }),
  ];
}

/** Builds the message about circuit breakers of a server's paper portfolio that have tripped. */
export function paperTripReply(
  { atMs, trips, simulated }: PaperTripPayload,
  postId: string,
  head: RecordHead | null,
  translator: Translator,
): Reply {
  const { t } = translator;
  const lines = trips.map(({ symbol, breaker, untilMs }) => {
    const values = { symbol, reason: t(BREAKER_REASON[breaker]) };
    if (untilMs === null) return t('paper.tripWhile', values);
    return t('paper.tripUntil', { ...values, time: timestamp(untilMs, 'f') });
  });
  return {
    embeds: [
      fitEmbed({
        title: titleOf(t('paper.tripTitle'), simulated, translator),
        description: [...lines, t('paper.tripFound', { time: timestamp(atMs, 'f') })].join('\n'),
        color: COLOUR.tripped,
        footer: { text: footer(postId, head, translator) },
      }),
    ],
    files: [],
    components: [],
  };
}
