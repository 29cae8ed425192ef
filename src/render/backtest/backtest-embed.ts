import type { APIEmbedField } from 'discord-api-types/v10';
import { SYMBOL_PATTERN } from '../../core/asset.ts';
import type { BacktestBenchmark, BacktestReport, BreakerName, TradingStatistics } from '../../core/backtest.ts';
import { HORIZON_NAMES, type HorizonName } from '../../core/horizon.ts';
import { MINUS, NBSP } from '../../language/formats.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { detailsRow, oldControlError, titleOf, type View } from '../details.ts';
import { escapeMarkdown, timestamp } from '../format.ts';
import { clip, fitEmbed, LIMITS } from '../limits.ts';
import type { Reply, ReplyFile } from '../reply.ts';
import { coinsText, decisionText, dollarsText, horizonText, ruleHowOf, ruleLabelOf } from './rule-text.ts';

const COLOUR = { normal: 0x5563c8, simulated: 0xffc53d } as const;

/** What the custom ids of /backtest start with. */
export const BACKTEST_PREFIX = 'bt';

/** Deflated Sharpe ratio (a probability) from which on luck is not mentioned first. */
const MIN_DEFLATED_SHARPE = 0.95;

/** What was asked for, as the button holds it. */
export interface BacktestQuestion {
  readonly symbol: string;
  readonly horizon: HorizonName;
  readonly rule: string;
  readonly days: number;
}

function ratioText(value: number | null, { t, formats }: Translator): string {
  if (value === null) return t('backtest.none');
  return `${value < 0 ? MINUS : ''}${formats.number(Math.abs(value), 2)}`;
}

/** The figures of one account in three lines. */
function accountText(statistics: TradingStatistics, translator: Translator): string {
  const { t, formats } = translator;
  const { totalReturn, annualVolatility, sharpe, sortino, drawdown, exposure } = statistics;
  const ratio = ratioText(sharpe?.value ?? null, translator);
  return t('backtest.account', {
    total: formats.signedPercent(100 * totalReturn),
    volatility: formats.percent(annualVolatility * 100),
    sharpe:
      sharpe === null
        ? ratio
        : t('reply.interval', {
            value: ratio,
            low: ratioText(sharpe.low, translator),
            high: ratioText(sharpe.high, translator),
          }),
    sortino: ratioText(sortino, translator),
    fall: formats.percent(-drawdown.depth * 100),
    days: Math.round(drawdown.days),
    open: drawdown.recoveredMs === null ? 'yes' : 'no',
    exposure: formats.percent(exposure * 100),
  });
}

const BENCHMARK_NAMES = {
  hold: 'backtest.holding',
  'volatility-hold': 'backtest.steadyHolding',
  'coin-flip': 'backtest.coinFlips',
} as const satisfies Record<BacktestBenchmark['name'], MessageKey>;

/** A difference of log growth a year as a share, which never falls below −100 %. */
const growth = (logGrowth: number): number => 100 * Math.expm1(logGrowth);

function benchmarkText({ statistics, difference, draws }: BacktestBenchmark, translator: Translator): string {
  const { t, formats } = translator;
  if (draws !== null) {
    return t('backtest.draws', {
      n: formats.count(draws.n),
      median: formats.signedPercent(100 * draws.median),
      low: formats.signedPercent(100 * draws.low),
      high: formats.signedPercent(100 * draws.high),
      beaten: formats.probability(draws.beaten),
    });
  }
  const lead = accountText(statistics, translator);
  if (difference === null) return lead;
  const { value, low, high } = difference;
  const line = t('backtest.difference', {
    size: formats.percent(Math.abs(growth(value))),
    side: value < 0 ? 'less' : 'more',
    low: formats.signedPercent(growth(low)),
    high: formats.signedPercent(growth(high)),
    chance: low <= 0 && high >= 0 ? 'yes' : 'no',
  });
  return `${lead}\n${line}`;
}

function tradingText({ statistics, n }: BacktestReport, translator: Translator): string {
  const { t, formats } = translator;
  const { trades, hitRate, profitFactor, turnover, costs } = statistics;
  if (trades === 0) return t('backtest.noTrades');
  const dollars = (value: number) => dollarsText(value, translator);
  const stops = n.stops.loss + n.stops.profit + n.stops.trailing;
  return [
    t('backtest.trades', {
      count: trades,
      hits: hitRate === null ? t('backtest.none') : formats.percent(hitRate * 100),
      ratio: ratioText(profitFactor, translator),
    }),
    t('backtest.turnover', {
      turnover: formats.number(turnover, 1),
      fees: dollars(costs.fees),
      slippage: dollars(costs.slippage),
      funding: dollars(costs.funding),
    }),
    ...(stops > 0 ? [t('backtest.stops', { count: stops, ...n.stops })] : []),
  ].join('\n');
}

const BREAKERS = {
  'drawdown-limit': 'backtest.drawdown',
  'volatility-shock': 'backtest.shock',
  'stale-data': 'backtest.stale',
  'drift-alarm': 'backtest.drift',
  'no-edge': 'backtest.noEdge',
} as const satisfies Record<BreakerName, MessageKey>;

function heldBackText({ n }: BacktestReport, { t, formats }: Translator): string {
  const parts = Object.entries(BREAKERS)
    .map(([name, key]) => [n.heldBack[name as BreakerName], key] as const)
    .filter(([count]) => count > 0)
    .map(([count, key]) => t(key, { count: formats.count(count) }));
  return parts.length === 0 ? t('backtest.heldNever') : t('backtest.held', { reasons: parts.join(', ') });
}

/** The Sharpe ratio corrected for the number of variants tried. */
function luckText({ deflatedSharpe, statistics }: BacktestReport, translator: Translator): string {
  const { t, formats } = translator;
  const { probability, variants, luckSharpe } = deflatedSharpe;
  if (probability === null || statistics.sharpe === null) return t('backtest.luckUnknown');
  return t('backtest.luck', {
    variants: formats.count(variants),
    ratio: ratioText(luckSharpe, translator),
    chance: formats.probability(probability),
  });
}

/** How the rule did, a plain sentence a line: against holding, whether chance explains it, against coin flips, and how many variants were tried. */
export function backtestSentences(report: BacktestReport, translator: Translator): readonly string[] {
  const { t, formats } = translator;
  const { statistics, benchmarks, deflatedSharpe, symbols } = report;
  const hold = benchmarks.find(({ name }) => name === 'hold');
  const draws = benchmarks.find(({ name }) => name === 'coin-flip')?.draws;
  const share = (value: number) => formats.signedPercent(100 * value);
  const coins = coinsText(symbols, translator);
  const other = hold ? share(hold.statistics.totalReturn) : t('common.unknown');
  if (statistics.timeInMarket === 0) return [t('backtest.never', { coins, other })];
  const difference = hold?.difference;
  const luck = statistics.totalReturn > 0 && (deflatedSharpe.probability ?? 0) < MIN_DEFLATED_SHARPE;
  return [
    t('backtest.result', { own: share(statistics.totalReturn), coins, other }),
    ...(difference
      ? [t(difference.low <= 0 && difference.high >= 0 ? 'backtest.mayBeChance' : 'backtest.notChance')]
      : []),
    ...(draws ? [t('backtest.flips', { beaten: Math.round(draws.n * draws.beaten), n: draws.n })] : []),
    ...(luck ? [t('backtest.byLuck', { variants: deflatedSharpe.variants })] : []),
  ];
}

function fieldsOf(report: BacktestReport, translator: Translator): APIEmbedField[] {
  const { t, formats } = translator;
  const { rule, benchmarks, options, model, n } = report;
  const how = [
    ruleHowOf(rule, translator),
    decisionText(report.interval, translator),
    t('backtest.decisions', {
      from: timestamp(report.fromMs, 'D'),
      to: timestamp(report.toMs, 'D'),
      count: formats.count(n.decisions),
      horizon: horizonText(report.horizon, translator),
      model: escapeMarkdown(model.version),
      until: timestamp(model.stopUntilMs, 'D'),
    }),
    t('backtest.costs', {
      fee: formats.percent(options.costs.feeShare * 100),
      spread: formats.percent(options.costs.spreadShare * 100),
      capital: dollarsText(options.capital, translator),
    }),
    ...report.notes.map((note) => t('backtest.note', { text: translator.message(note, escapeMarkdown) })),
  ];
  return [
    { name: t('backtest.thisRule'), value: accountText(report.statistics, translator), inline: true },
    ...benchmarks.map((one) => ({
      name: t(BENCHMARK_NAMES[one.name]),
      value: benchmarkText(one, translator),
      inline: true,
    })),
    { name: t('backtest.tradingField'), value: tradingText(report, translator) },
    { name: t('backtest.breakersField'), value: heldBackText(report, translator), inline: true },
    { name: t('backtest.luckField'), value: luckText(report, translator), inline: true },
    { name: t('backtest.howField'), value: how.join('\n') },
  ];
}

/** Builds the reply of `/backtest`: how the rule did in plain sentences and the chart, in details every figure; `chartPng` is null when it could not be drawn. */
export function backtestReply(
  report: BacktestReport,
  chartPng: Uint8Array | null,
  translator: Translator,
  view: View,
  question: BacktestQuestion,
): Reply {
  const { t } = translator;
  const { rule, symbols, simulated } = report;
  const sentences = backtestSentences(report, translator);
  const lines = [
    ...(simulated ? [t('reply.simulatedMarket')] : []),
    ...sentences,
    ...(chartPng === null ? [t('reply.chartMissing')] : []),
  ];
  const description = clip(sentences.join(' ').replaceAll('**', ''), LIMITS.fileDescription);
  const files: ReplyFile[] =
    chartPng === null ? [] : [{ name: 'backtest.png', contentType: 'image/png', data: chartPng, description }];
  const title = t('backtest.title', { coins: coinsText(symbols, translator), rule: ruleLabelOf(rule, translator) });
  return {
    embeds: [
      fitEmbed({
        title: titleOf(title, simulated, translator),
        description: lines.join('\n'),
        color: simulated ? COLOUR.simulated : COLOUR.normal,
        ...(view === 'details' ? { fields: fieldsOf(report, translator) } : {}),
        ...(chartPng === null ? {} : { image: { url: 'attachment://backtest.png' } }),
        footer: { text: t('backtest.footer') },
      }),
    ],
    files,
    components: detailsRow((to) => backtestCustomId(question, to), view, translator),
  };
}

/** Such as `bt:details:BTC:1d:pup-threshold:365`. */
function backtestCustomId({ symbol, horizon, rule, days }: BacktestQuestion, view: View): string {
  return [BACKTEST_PREFIX, view, symbol, horizon, rule, days].join(':');
}

/** Reads what follows the prefix of a custom id; throws `CC_USAGE` when it is none of ours. */
export function parseBacktestPress(rest: string): { readonly view: View; readonly question: BacktestQuestion } {
  const [view, symbol = '', horizonName, rule = '', days = '', ...more] = rest.split(':');
  const horizon = HORIZON_NAMES.find((name) => name === horizonName);
  const fits = SYMBOL_PATTERN.test(symbol) && /^[a-z-]{1,40}$/.test(rule) && /^\d{1,4}$/.test(days);
  if ((view === 'brief' || view === 'details') && horizon && fits && more.length === 0) {
    return { view, question: { symbol, horizon, rule, days: Number(days) } };
  }
  throw oldControlError('/backtest');
}

/** What is shown while a backtest runs, or while `before` others run first. */
export function backtestProgress(symbol: string, share: number, { t }: Translator, before = 0): Reply {
  const cells = 20;
  const full = Math.round(Math.min(Math.max(share, 0), 1) * cells);
  const values = { symbol: escapeMarkdown(symbol) };
  return {
    embeds: [
      {
        title: t(before > 0 ? 'backtest.progressWaiting' : 'backtest.progress', values),
        description:
          before > 0
            ? t('backtest.others', { count: before })
            : `\`${'█'.repeat(full)}${'░'.repeat(cells - full)}\` ${Math.round(share * 100)}${NBSP}%`,
        color: COLOUR.normal,
      },
    ],
    files: [],
    components: [],
  };
}
