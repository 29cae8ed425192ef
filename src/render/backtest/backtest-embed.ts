import type { APIEmbedField } from 'discord-api-types/v10';
import type { BacktestBenchmark, BacktestReport, TradingStatistics } from '../../core/backtest.ts';
import type { Interval } from '../../core/candle.ts';
import {
  escapeMarkdown,
  formatCount,
  formatPercent,
  formatProbability,
  formatSignedPercent,
  MINUS,
  timestamp,
} from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

const ratio = (value: number | null): string =>
  value === null ? 'none' : `${value < 0 ? MINUS : ''}${Math.abs(value).toFixed(2)}`;

/** The figures of one account in three lines. */
function accountText({
  totalReturn,
  annualVolatility,
  sharpe,
  sortino,
  drawdown,
  exposure,
}: TradingStatistics): string {
  const interval = sharpe === null ? '' : ` (${ratio(sharpe.low)} to ${ratio(sharpe.high)})`;
  return [
    `**${formatSignedPercent(100 * totalReturn)}**, volatility ${formatPercent(annualVolatility * 100)} a year`,
    `Sharpe ${ratio(sharpe?.value ?? null)}${interval}, Sortino ${ratio(sortino)}`,
    `deepest fall ${formatPercent(-drawdown.depth * 100)}, ${formatCount(drawdown.days)} days${drawdown.recoveredMs === null ? ', not recovered' : ''}; exposure ${formatPercent(exposure * 100)}`,
  ].join('\n');
}

function benchmarkText({ statistics, difference, draws }: BacktestBenchmark): string {
  if (draws !== null) {
    return [
      `median of ${formatCount(draws.n)}: **${formatSignedPercent(100 * draws.median)}**`,
      `nine in ten between ${formatSignedPercent(100 * draws.low)} and ${formatSignedPercent(100 * draws.high)}`,
      `the rule beat ${formatProbability(draws.beaten)} of them`,
    ].join('\n');
  }
  const lead = accountText(statistics);
  if (difference === null) return lead;
  const chance = difference.low <= 0 && difference.high >= 0 ? ', within chance' : '';
  return `${lead}\nthe rule’s growth a year less this: ${formatSignedPercent(100 * difference.value)} (${formatSignedPercent(100 * difference.low)} to ${formatSignedPercent(100 * difference.high)}${chance})`;
}

function tradingText({ statistics, n }: BacktestReport): string {
  const { trades, hitRate, profitFactor, turnover, costs } = statistics;
  if (trades === 0) return 'No trade was finished.';
  const dollars = (value: number) => `$${formatCount(Math.round(value))}`;
  const stops = n.stops.loss + n.stops.profit + n.stops.trailing;
  return [
    `${formatCount(trades)} trades, ${hitRate === null ? 'none' : formatPercent(hitRate * 100)} of them with a gain; gains ÷ losses ${ratio(profitFactor)}`,
    `turnover ${turnover.toFixed(1)} × the account a year; fees ${dollars(costs.fees)}, spread and slippage ${dollars(costs.slippage)}${costs.funding === 0 ? '' : `, funding ${dollars(costs.funding)}`}`,
    ...(stops > 0
      ? [`stopped out ${stops} times (loss ${n.stops.loss}, profit ${n.stops.profit}, trailing ${n.stops.trailing})`]
      : []),
  ].join('\n');
}

const BREAKERS = {
  'drawdown-limit': 'drawdown limit',
  'volatility-shock': 'volatility shock',
  'stale-data': 'old data',
  'drift-alarm': 'drift alarm',
  'no-edge': 'no measurable edge',
} as const;

function heldBackText({ n }: BacktestReport): string {
  const parts = Object.entries(BREAKERS)
    .map(([name, words]) => [n.heldBack[name as keyof typeof BREAKERS], words] as const)
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${words} ${formatCount(count)}`);
  return parts.length === 0 ? 'never' : `candles kept out of the market: ${parts.join(', ')}`;
}

/** The Sharpe ratio corrected for the number of variants tried. */
function luckText({ deflatedSharpe, statistics }: BacktestReport): string {
  const { probability, variants, luckSharpe } = deflatedSharpe;
  if (probability === null || statistics.sharpe === null) return 'Nothing can be said: the returns do not vary.';
  return `The best of ${formatCount(variants)} worthless rules would show a Sharpe ratio of ${ratio(luckSharpe)} by luck. Chance that this one is truly better: ${formatProbability(probability)}.`;
}

/** At what moments a trading rule decides, beside the forecasts that people ask for. */
export function decisionText(interval: Interval): string {
  const close = interval === '1d' ? 'day, at midnight UTC' : 'hour';
  return `Decides at the close of every ${close}, unlike /forecast, which counts from the moment it is asked.`;
}

/** Builds the reply of `/backtest`; `chartPng` is null when it could not be drawn. */
export function backtestReply(report: BacktestReport, chartPng: Uint8Array | null): Reply {
  const { rule, symbols, benchmarks, options, model, n, simulated } = report;
  const coins = symbols.length > 3 ? `${symbols.length} coins` : symbols.join(', ');
  const fields: APIEmbedField[] = [
    { name: 'This rule', value: accountText(report.statistics), inline: true },
    ...benchmarks.map((one) => ({ name: one.label, value: benchmarkText(one), inline: true })),
    { name: 'Trading', value: tradingText(report) },
    { name: 'Circuit breakers', value: heldBackText(report), inline: true },
    { name: 'Luck', value: luckText(report), inline: true },
    {
      name: 'How',
      value: [
        rule.explanation,
        decisionText(report.interval),
        `${timestamp(report.fromMs, 'D')} to ${timestamp(report.toMs, 'D')}, ${formatCount(n.decisions)} decisions on forecasts over ${report.horizon} of ${escapeMarkdown(model.version)}, which had learnt from candles until ${timestamp(model.stopUntilMs, 'D')}; orders are filled at the very next open, which is a little better than could be had.`,
        `Fee ${formatPercent(options.costs.feeShare * 100)}, spread ${formatPercent(options.costs.spreadShare * 100)}, slippage that grows with size and volatility; $${formatCount(options.capital)} at the start.`,
        ...report.notes.map(escapeMarkdown),
      ].join('\n'),
    },
  ];
  const lead = simulated ? 'Simulated market: these prices are made up.\n' : '';
  const missing = chartPng === null ? '\n⚠️ The chart could not be drawn this time; the numbers are complete.' : '';
  const files: ReplyFile[] =
    chartPng === null
      ? []
      : [
          {
            name: 'backtest.png',
            contentType: 'image/png',
            data: chartPng,
            description: clip(report.sentence, LIMITS.fileDescription),
          },
        ];
  return {
    embeds: [
      fitEmbed({
        title: `${simulated ? 'SIMULATED: ' : ''}${coins}: ${rule.label}`,
        description: `${lead}**${escapeMarkdown(report.sentence)}**${missing}`,
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        fields,
        ...(chartPng === null ? {} : { image: { url: 'attachment://backtest.png' } }),
        footer: { text: 'Past candles, imagined orders. Not investment advice.' },
      }),
    ],
    files,
    components: [],
  };
}

/** What is shown while a backtest runs, or while `before` others run first. */
export function backtestProgress(symbol: string, share: number, before = 0): Reply {
  const cells = 20;
  const full = Math.round(Math.min(Math.max(share, 0), 1) * cells);
  const others = before === 1 ? 'Another backtest runs' : `${before} other backtests run`;
  return {
    embeds: [
      {
        title: `Backtest of ${escapeMarkdown(symbol)} ${before > 0 ? 'waiting' : 'under way'}`,
        description:
          before > 0
            ? `${others} first. Delete this message to cancel it.`
            : `\`${'█'.repeat(full)}${'░'.repeat(cells - full)}\` ${Math.round(share * 100)}\u00a0%`,
        color: COLOUR.normal,
      },
    ],
    files: [],
    components: [],
  };
}
